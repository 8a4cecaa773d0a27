"""What a client owes: exactly, by currency and by age, and what that means."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.currencies import spell
from shared.core.figures import (
    AGES,
    Amounts,
    Figures,
    age_of,
    figures_of,
    read_amounts,
    total,
    write_amounts,
)
from shared.core.options import Health
from shared.core.records import LastActivity, OpenAmount

TODAY = date(2026, 11, 27)
AMOUNTS = st.builds(
    Amounts,
    *[st.decimals(min_value=-(10**9), max_value=10**9, places=3)] * 3,
    ages=st.none() | st.tuples(*[st.decimals(-(10**9), 10**9, places=3)] * len(AGES)),
)
BY_CURRENCY = st.dictionaries(st.sampled_from(["USD", "CAD", "JPY", "KWD"]), AMOUNTS)


def figures(make, activity=None, **balances):
    def entries(amounts):
        return [{"amount": make.money(amount, code)} for code, amount in amounts.items()]

    client = make.a_client(42, **{f"{name}_balance": entries(v) for name, v in balances.items()})
    return figures_of(client, activity or LastActivity(date(2026, 10, 1), None), TODAY)


def owed(*amounts):
    found = (OpenAmount(Decimal(amount), code, due) for amount, code, due in amounts)
    return LastActivity(None, None, open=tuple(found))


def test_health_says_what_the_balances_mean(make):
    def health(**fields):
        return figures(make, **fields).health

    assert health(outstanding={"USD": "10"}, overdue={"CAD": "1"}) is Health.OVERDUE
    assert health(outstanding={"CAD": "10"}, overdue={"USD": "0"}) is Health.PAYMENT_DUE
    assert health(outstanding={"USD": "0"}) is Health.GOOD_STANDING


def test_what_is_below_zero_is_owed_by_nobody(make):
    assert figures(make, outstanding={"USD": "-50"}).health is Health.GOOD_STANDING
    assert figures(make, overdue={"USD": "-50"}).health is Health.GOOD_STANDING


def test_a_credit_alone_is_no_missing_activity(make):
    nothing = LastActivity(None, None)

    assert figures(make, nothing, credit={"USD": "5"}).health is Health.GOOD_STANDING
    assert figures(make, nothing, credit={"USD": "0"}).health is Health.NO_ACTIVITY


def test_amounts_of_one_currency_are_added_up(make):
    two = [{"amount": make.money("10.00")}, {"amount": make.money("5.00")}]
    client = make.a_client(42, outstanding_balance=two)

    found = figures_of(client, LastActivity(None, None), TODAY)

    assert found.amounts["USD"].outstanding == 15


def test_the_text_of_balances_leaves_out_currencies_in_which_nothing_is_open(make):
    found = figures(
        make,
        outstanding={"CAD": "5.00", "EUR": "0.00"},
        overdue={"EUR": "0.00"},
        credit={"USD": "2.50"},
    )

    assert found.text == (
        "CAD: 5.00 open (0.00 overdue), 0.00 credit; USD: 0.00 open (0.00 overdue), 2.50 credit"
    )


@pytest.mark.parametrize(
    ("amount", "code", "said"),
    [
        ("1234.5", "JPY", "1,234.5"),
        ("1200", "JPY", "1,200"),
        ("1.2", "KWD", "1.200"),
        ("1000000", "USD", "1,000,000.00"),
        ("0.005", "USD", "0.005"),
        ("-3", "CLF", "-3.0000"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency_and_never_fewer_than_it_needs(
    amount, code, said
):
    assert spell(Decimal(amount), code) == said


@pytest.mark.parametrize(
    ("days", "age"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (4000, 4)],
)
def test_an_open_amount_is_in_the_age_of_its_due_date(days, age):
    assert age_of(TODAY - timedelta(days=days), TODAY) == age


def test_the_ages_add_up_to_what_is_open_and_the_next_day_is_the_first_to_come(make):
    activity = owed(
        ("10.00", "USD", TODAY),
        ("20.00", "USD", None),
        ("-5.00", "USD", TODAY - timedelta(days=100)),
        ("40.00", "USD", TODAY - timedelta(days=45)),
        ("7.00", "CAD", TODAY + timedelta(days=9)),
    )

    found = figures(make, activity, outstanding={"USD": "65.00", "CAD": "7.00"})

    assert found.amounts["USD"].ages == (Decimal("25.00"), 0, Decimal("40.00"), 0, 0)
    assert found.amounts["CAD"].ages == (Decimal("7.00"), 0, 0, 0, 0)
    assert found.next_due == TODAY


def test_a_day_on_which_nothing_but_a_credit_is_due_is_not_the_next(make):
    activity = owed(("-5.00", "USD", TODAY), ("7.00", "USD", TODAY + timedelta(days=9)))

    assert figures(make, activity).next_due == TODAY + timedelta(days=9)


def test_ages_that_are_not_known_are_what_they_were(make):
    unsure = LastActivity(None, None, payment_known=False, open=None)
    found = figures(make, unsure, outstanding={"USD": "9"})
    before = Figures(amounts={"USD": Amounts(ages=(Decimal(1),) * len(AGES))}, last_payment=TODAY)

    kept = found.known_by(before)

    assert found.amounts["USD"].ages is None
    assert found.known_by(None) == found
    assert kept.amounts["USD"].ages == (1, 1, 1, 1, 1)
    assert (kept.amounts["USD"].outstanding, kept.last_payment) == (9, TODAY)


@given(BY_CURRENCY)
def test_amounts_read_back_as_they_were_written(amounts):
    said = {code: each for code, each in amounts.items() if not each.is_nothing}

    assert read_amounts(write_amounts(amounts)) == said


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "{", '{"USD":7}', '{"USD":["1"]}', '{"USD":["1","2","NaN"]}', '{"USD":["x"]}'],
)
def test_a_text_that_holds_no_amounts_is_none(text):
    assert read_amounts(text) is None


@given(st.lists(BY_CURRENCY, max_size=4))
def test_a_sum_is_the_sum_of_its_parts_in_each_currency(parts):
    found = total(Figures(amounts=part) for part in parts)

    for code, amounts in found.amounts.items():
        there = [part[code] for part in parts if code in part]
        assert amounts.outstanding == sum(each.outstanding for each in there)
        assert amounts.credit == sum(each.credit for each in there)
        assert (amounts.ages is None) is any(each.ages is None for each in there)


def test_of_several_clients_the_newest_days_count_and_the_first_that_is_due():
    one = Figures(last_invoice=date(2026, 1, 5), last_payment=None, next_due=date(2026, 12, 5))
    other = Figures(last_invoice=date(2026, 2, 5), last_payment=TODAY, payment_known=False)

    found = total([one, other])

    assert (found.last_invoice, found.last_payment) == (date(2026, 2, 5), TODAY)
    assert found.next_due == date(2026, 12, 5)
    assert (found.invoice_known, found.payment_known) == (True, False)
    assert total([replace(other, payment_known=True)]) == replace(other, payment_known=True)


def test_of_two_clients_that_paid_the_later_payment_counts_and_the_earlier_day_to_come():
    one = Figures(last_payment=date(2026, 1, 5), next_due=date(2026, 12, 5))
    other = Figures(last_payment=date(2026, 2, 5), next_due=date(2026, 12, 1))

    for both in ([one, other], [other, one]):
        assert total(both).last_payment == date(2026, 2, 5)
        assert total(both).next_due == date(2026, 12, 1)


def test_a_client_of_which_only_a_payment_is_known_had_activity(make):
    assert figures(make, LastActivity(None, TODAY)).health is Health.GOOD_STANDING
    assert figures(make, LastActivity(TODAY, None)).health is Health.GOOD_STANDING
