"""A bill: what is granted is not paid, what always waits is, and every rule that watches."""

import re

import pytest

from bench import bill as page
from bench.prices import Inputs
from bench.usage import MONTH_SECONDS, Measured, Plan, Use, bill
from sandbox.stack import ROOT

INPUTS = Inputs.read()
RUNBOOKS = ROOT / "docs" / "operations.md"
ON_DEMAND = Plan("on demand", memory=2, ready=0, alerts=())
READY = Plan("ready", memory=2, ready=1, alerts=())


def test_an_execution_is_billed_for_a_second_at_least_and_for_what_it_waits():
    short = Use.run(INPUTS.assumed, cpu=0.02, tables=3)
    long = Use.run(INPUTS.assumed, cpu=0.5, tables=10, freshbooks=2, dataverse=2)

    assert short.seconds == INPUTS.assumed.least_seconds
    assert long.seconds == pytest.approx(0.5 + 10 * 0.01 + 2 * 0.3 + 2 * 0.25)


def test_what_is_granted_is_not_paid():
    granted = INPUTS.prices["on_demand_gb_second"].free

    within = bill(Use(runs=1000, seconds=granted / 2), Use(), ON_DEMAND, INPUTS)
    beyond = bill(Use(runs=1000, seconds=granted / 2 + 50_000), Use(), ON_DEMAND, INPUTS)

    assert within.total == 0
    assert beyond.total == pytest.approx(100_000 * INPUTS.prices["on_demand_gb_second"].price)


def test_an_always_ready_instance_is_paid_for_waiting_and_runs_without_a_grant():
    webhooks = Use(runs=1000, seconds=1000)

    paid = bill(Use(), webhooks, READY, INPUTS)

    waits = 2 * MONTH_SECONDS * INPUTS.prices["ready_gb_second"].price
    assert paid.ready == pytest.approx(waits + 2000 * INPUTS.prices["ready_run_gb_second"].price)
    assert paid.executions == pytest.approx(1000 * INPUTS.prices["execution"].price)
    assert paid.on_demand == 0


def test_storage_and_vaults_are_paid_by_the_request():
    paid = bill(Use(tables=1e6, queues=1e6, vaults=1e6), Use(), ON_DEMAND, INPUTS)

    prices = INPUTS.prices
    assert paid.storage == pytest.approx(
        1e6 * (prices["table_operation"].price + prices["queue_operation"].price)
    )
    assert paid.vaults == pytest.approx(1e6 * prices["vault_operation"].price)


def test_every_rule_that_is_deployed_has_a_price():
    plan = Plan("watched", memory=2, ready=0, alerts=page._alerts())

    assert len(plan.alerts) == len(re.findall("^### Alert: ", RUNBOOKS.read_text(), re.MULTILINE))
    assert bill(Use(), Use(), plan, INPUTS).alerts > 0


def test_ten_times_the_invoices_use_ten_times_as_much():
    one = Use(1, 1, 1, 1, 1, 1, 1)
    measured = Measured(*[one] * 9)

    few, many = measured.live(50, INPUTS), measured.live(500, INPUTS)

    assert many.all() == pytest.approx(few.times(10).all())
    assert measured.idle().runs == 8640 + 43200
