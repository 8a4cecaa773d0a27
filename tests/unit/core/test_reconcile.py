"""Comparing both sides, as far as it is a matter of values: sums, causes, the guard, notes."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.identity import Kind, RecordId
from shared.core.listed import Why
from shared.core.reconcile.causes import DECIDED, ENDED_BY_ASKING, OF_WHY, Cause
from shared.core.reconcile.differences import Booked, Difference
from shared.core.reconcile.findings import Age, Finding, worst
from shared.core.reconcile.guard import FLOOR, guard, is_stopped
from shared.core.reconcile.ledger import Ledger, unexplained
from shared.core.reconcile.months import month_of, read_month
from shared.core.reconcile.nights import Night, Progress, ended, key_of, noted, read_noted

amounts = st.decimals(min_value=-10_000, max_value=10_000, places=2)
booked = st.builds(Booked, st.sampled_from(["2026-10", "2026-11", ""]), st.just("USD"), amounts)
sides = st.lists(st.tuples(st.lists(booked, max_size=2), st.lists(booked, max_size=2)))


def difference(cause=Cause.MISSING, number=1, *, cancels=False, books=(), sales=(), kind="invoice"):
    ask = RecordId("xazq5", Kind.INVOICE, number)
    return Difference(
        cause,
        "xazq5",
        kind,
        number,
        str(number),
        "",
        "",
        books=tuple(books),
        sales=tuple(sales),
        ask=ask,
        cancels=cancels,
    )


@given(records=sides)
def test_freshbooks_is_sales_and_what_is_listed_whatever_differs(records):
    ledger, listed, numbers = Ledger(), [], count(1)
    for books, sales in records:
        ledger.book("xazq5", "invoice", books)
        ledger.sell("xazq5", "invoice", sales)
        if books != sales:
            listed.append(difference(number=next(numbers), books=books, sales=sales))

    sums = ledger.sums(listed)

    assert all(each.remainder.is_nothing for each in sums)
    assert list(unexplained(sums)) == []


def test_what_nothing_explains_is_a_difference_itself_by_which_the_page_adds_up():
    ledger = Ledger()
    ledger.book("xazq5", "invoice", [Booked("2026-11", "USD", Decimal(100))])
    ledger.sell("xazq5", "invoice", [Booked("2026-11", "USD", Decimal(70))])

    (found,) = unexplained(ledger.sums([]))

    assert found.cause is Cause.UNEXPLAINED
    assert found.books == (Booked("2026-11", "USD", Decimal(30), 0),)
    assert all(each.remainder.is_nothing for each in ledger.sums([found]))


def test_a_month_has_its_own_sums_and_differences_and_the_balances_of_today():
    here, elsewhere = Booked("2026-10", "USD", Decimal(1)), Booked("2026-11", "USD", Decimal(2))
    ledger = Ledger()
    ledger.book("xazq5", "invoice", [here, elsewhere, Booked("", "USD", Decimal(4))])

    assert [each.group.month for each in ledger.sums([], month="2026-10")] == ["", "2026-10"]
    assert difference(books=[here]).concerns("2026-10")
    assert difference(books=[elsewhere], sales=[here]).concerns("2026-10")
    assert not difference(books=[elsewhere]).concerns("2026-10")
    assert difference(kind="account").concerns("2026-10")


@pytest.mark.parametrize(
    ("causes", "age", "said"),
    [
        ([Cause.PLACE, Cause.AMOUNT], Age(False, False, False), Cause.AMOUNT),
        ([Cause.PLACE, Cause.AMOUNT], Age(False, False, True), Cause.CHANGED),
        ([Cause.PLACE, Cause.AMOUNT], Age(True, False, True), Cause.STALE),
        ([Cause.AMOUNT], Age(False, True, False), Cause.DEFERRED),
        ([Cause.STATUS, Cause.CURRENCY], Age(True, False, True), Cause.CURRENCY),
        ([Cause.STATUS, Cause.MISSING], Age(False, False, False), Cause.MISSING),
    ],
)
def test_several_findings_are_one_difference_by_the_gravest_unless_the_rows_age_explains_it(
    causes, age, said
):
    found = worst([Finding(cause, cause) for cause in causes], age)

    assert found.cause is said
    assert all(cause in found.text for cause in causes)
    assert worst([], age) is None


def test_every_reason_of_the_connectors_own_list_is_a_cause_and_no_cause_is_ended_twice():
    assert OF_WHY.keys() == set(Why)
    assert not ENDED_BY_ASKING & DECIDED


@pytest.mark.parametrize(
    ("would", "rows", "share", "held"),
    [
        (FLOOR, 10, 20, False),  # so few are no mass
        (FLOOR + 1, 10, 20, True),
        (20, 100, 20, False),
        (21, 100, 20, True),
        (100, 100, 100, False),
        (FLOOR + 1, 1000, 0, True),
    ],
)
def test_more_than_a_share_is_held_back_and_nothing_else_is(would, rows, share, held):
    cancels = [difference(Cause.EXTRA, number, cancels=True) for number in range(would)]

    stopped = guard([*cancels, difference()], {("xazq5", "invoice"): rows}, share=share)

    assert bool(stopped) is held
    assert all(is_stopped(each, stopped) is held for each in cancels)
    assert not is_stopped(difference(), stopped)
    assert not is_stopped(replace(cancels[0], kind="payment"), stopped)


@pytest.mark.parametrize(
    "text", ["2026-00", "2026-13", "26-10", "2026-1", "2026-10-01", "", "0000-01"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="is no month; write one such as 2026-11"):
        read_month(text, today=date(2026, 11, 2))


def test_the_current_month_has_begun_and_the_next_has_not():
    today = date(2026, 11, 2)

    assert read_month(month_of(today), today=today) == "2026-11"
    with pytest.raises(ValueError, match="has not begun"):
        read_month("2026-12", today=today)


@given(seen=st.sets(st.integers(min_value=1, max_value=2**63 - 1)))
def test_numbers_come_back_from_the_notes_that_hold_them(seen):
    notes = noted(seen)

    assert read_noted(notes) == seen
    assert all(len(note) <= 30_000 for note in notes)


def test_a_hundred_thousand_numbers_take_few_notes_and_damaged_ones_are_none():
    notes = noted(set(range(5_000_000, 5_300_000, 3)))

    assert len(notes) <= 10
    assert read_noted([note[:-7] for note in notes]) is None
    assert read_noted(["what is this"]) is None


def test_what_remains_is_what_was_there_the_night_before():
    keys = tuple(map(key_of, "abc"))
    before = Night(night=date(2026, 11, 1), keys=keys[:2])
    progress = Progress(night=date(2026, 11, 2), keys=keys[1:], differences={"stale": 2}, asked=2)

    night = ended(progress, before)

    assert (night.remained, night.differences) == (1, {"stale": 2})
    assert "1 differences" in night.text
    assert ended(progress, None).text == ""
    assert Night.read(night.model_dump_json()) == night
    assert Night.read("nonsense") is None


def test_differences_of_two_causes_of_one_record_are_two():
    keys = Counter(each.key for each in (difference(), difference(Cause.STALE), difference()))

    assert sorted(keys.values()) == [1, 2]
