"""The comparison at night: a piece at a time, healing what is safe, telling what stays."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.identity import RECONCILE_LEASE, Kind
from shared.core.policies import ReconcilePolicy
from shared.core.reconcile.nights import PROGRESS
from shared.errors import ReconnectNeededError, RetryLaterError
from shared.sync.reconcile.progress import Notes
from tests.functional.planted import Planted
from tests.memory import FakeClock

NIGHT = datetime(2026, 11, 3, 2, 7, tzinfo=UTC)


class Nights(Planted):
    """A firm whose days are quiet.

    Attributes:
        nightly: the night's work in a process that knows nothing.
    """

    def __init__(self, **settings):
        super().__init__(**settings)
        self.client_number = self.client("Aster")
        self.invoices = [self.invoice(self.client_number, f"{n}.00") for n in range(1, 15)]
        self.settle()
        self.firm.clock.now = NIGHT

    def nightly(self, **changes):
        return replace(self.firm.start().reconciling.nightly, **changes)

    def run(self, **changes):
        """Run one piece, and carry over what it asked for."""
        night = self.nightly(**changes).run()
        self.firm.drain()
        return night

    def wipe(self, invoice):
        self.change("invoice", self.header(invoice), fbx_total=999)

    def day(self):
        """Let a day pass in which nothing is compared."""
        self.firm.clock.now += timedelta(days=1)


@pytest.fixture
def nights():
    return Nights()


def told(caplog):
    """Return the lines that were written, by their event."""
    lines = [json.loads(record.message) for record in caplog.records if "{" in record.message]
    return [line for line in lines if line["event"] in {"reconciled", "trouble"}]


def test_what_differs_is_healed_by_itself_and_the_night_is_over(nights, caplog):
    nights.wipe(nights.invoices[0])

    with caplog.at_level(logging.INFO):
        night = nights.run()

    assert (night.differences, night.asked, night.remained) == ({"changed by a person": 1}, 1, 0)
    assert nights.firm.differences() == []
    (line,) = told(caplog)
    assert (line["event"], line["differences"], line["asked"]) == ("reconciled", 1, 1)
    nights.wipe(nights.invoices[0])
    assert nights.run() is None  # once a night


@pytest.mark.parametrize("mode", [ReconcilePolicy.REPORT, ReconcilePolicy.OFF])
def test_by_setting_it_only_says_what_differs_or_does_nothing(nights, mode):
    nights.wipe(nights.invoices[0])

    night = nights.run(mode=mode)

    assert (night.asked if night else 0) == 0
    assert (night is None) is (mode is ReconcilePolicy.OFF)
    assert nights.row("invoice", nights.header(nights.invoices[0]))["fbx_total"] == 999


def test_what_is_still_there_the_next_night_is_told_to_a_person(nights, caplog):
    nights.wipe(nights.invoices[0])
    nights.run(mode=ReconcilePolicy.REPORT)
    nights.day()

    with caplog.at_level(logging.INFO):
        night = nights.run(mode=ReconcilePolicy.REPORT)

    assert night.remained == 1
    (trouble,) = (line for line in told(caplog) if line["event"] == "trouble")
    assert trouble["what"] == "person"
    assert "1 differences between FreshBooks and Sales are still there" in trouble["text"]


@pytest.mark.parametrize("pages", [1, 2, 4, 7, 10])
def test_a_piece_that_ends_after_any_page_is_gone_on_from(nights, pages):
    nights.wipe(nights.invoices[0])
    nights.rows.delete("fbx_financialactivity", nights.entry(Kind.INVOICE, nights.invoices[5]))
    for number in nights.invoices[10:]:
        nights.books.delete_invoice(number)

    pieces = 0
    night = None
    while night is None:
        pieces += 1
        night = nights.run(seconds=0 if pieces <= pages else 1000)
        assert pieces < 20

    assert nights.firm.differences() == []
    # Of the balances it depends on when their client was read again.
    causes = {cause: n for cause, n in night.differences.items() if cause != "other amount"}
    assert causes == {"changed by a person": 1, "missing": 1, "extra": 4}
    assert nights.firm.checkpoints.get(PROGRESS) is None
    assert not [name for name, _ in nights.firm.checkpoints.list_all() if "seen" in name]


def test_a_service_that_fails_in_the_middle_costs_no_page_twice(nights):
    nights.wipe(nights.invoices[0])
    nights.firm.queue.sent.clear()
    fault = {"kind": "status", "path": "/payments", "status": 503, "times": None}
    nights.firm.freshbooks_door.fail(**fault, retry_after="120")
    assert nights.nightly().run() is None
    assert len(nights.firm.queue.sent) == 1  # invoices were compared before
    nights.firm.freshbooks_door.heal()
    nights.firm.freshbooks_door.traffic.clear()

    night = nights.nightly().run()

    assert night is not None
    assert not [name for name in nights.firm.freshbooks_door.traffic if "/invoices" in name]


def test_a_list_that_cannot_be_read_is_told_and_the_others_are_compared(nights):
    nights.wipe(nights.invoices[0])
    nights.firm.freshbooks_door.fail(kind="status", path="/payments", status=500, times=None)

    night = nights.nightly().run()

    assert night.asked == 1
    (text,) = night.not_compared
    assert text.startswith(f"payments of {nights.firm.account}: ")


class _Refuses:
    """A FreshBooks that answers one business and no other, or none."""

    def __init__(self, freshbooks, error, *, answers=""):
        self._freshbooks, self._error, self._answers = freshbooks, error, answers

    def __getattr__(self, name):
        def ask(business, *given, **named):
            if business != self._answers:
                raise self._error
            return getattr(self._freshbooks, name)(business, *given, **named)

        return ask


def test_a_dead_login_ends_the_night_of_its_business_alone(nights):
    whole = nights.nightly().reconcile
    refuses = _Refuses(whole.freshbooks, ReconnectNeededError("log in again"))

    night = nights.run(reconcile=replace(whole, freshbooks=refuses))

    assert night.not_compared == (f"{nights.firm.account}: log in again",)


def test_a_business_whose_service_fails_again_and_again_is_left_to_the_next_night(nights):
    whole = nights.nightly().reconcile
    refuses = _Refuses(whole.freshbooks, RetryLaterError("it is down", service="FreshBooks"))
    broken = replace(whole, freshbooks=refuses)

    pieces = [nights.run(reconcile=broken) for _ in range(3)]

    assert pieces[:2] == [None, None]
    assert "it is down" in pieces[2].text


def test_more_than_a_share_is_not_cancelled_at_night_and_a_person_is_told(nights, caplog):
    for number in nights.invoices[:12]:
        nights.books.delete_invoice(number)

    with caplog.at_level(logging.INFO):
        night = nights.run()

    assert "12 of 14 invoices" in night.stopped[0]
    assert [row for row in nights.firm.invoices() if row["statecode"] == 3] == []
    assert any("none of them was asked for" in line.get("text", "") for line in told(caplog))


def test_it_leaves_a_service_alone_that_wants_to_be_and_runs_in_one_instance_alone(nights):
    nights.wipe(nights.invoices[0])
    nights.firm.dataverse_door.traffic.clear()

    assert nights.run(stops_dataverse=lambda: "it is down") is None
    lease = nights.firm.leases.acquire(RECONCILE_LEASE, seconds=60)
    assert nights.run() is None
    nights.firm.leases.give_back(lease)

    assert not nights.firm.dataverse_door.traffic
    night = nights.run(is_open=lambda _business: "its login is not accepted")
    assert night.not_compared == (f"{nights.firm.account}: its login is not accepted",)


def test_what_cannot_be_read_of_a_progress_begins_anew():
    planted = Planted()
    clock = FakeClock(NIGHT)
    planted.firm.checkpoints.set(PROGRESS, clock(), note='{"v":1,"night":"nonsense"}')

    assert Notes(planted.firm.checkpoints, clock).progress() is None
