"""Bookkeepers at work in the books: nothing they do is refused, and the figures stay right.

Never the connector's picture of it.
"""

import contextlib
import itertools
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sandbox.bookkeeper import EVERYDAY, Bookkeeper
from sandbox.freshbooks import FreshBooks
from sandbox.remotes import RemoteBooks
from sandbox.seasoned import WHOLE_LIFE, SeasonedBookkeeper
from sandbox.web import InProcess
from tests.memory import FakeClock

ORIGIN = "https://books.test"


@contextlib.contextmanager
def reached(freshbooks):
    books = RemoteBooks(ORIGIN)
    books._session.mount(ORIGIN, InProcess(freshbooks))
    with contextlib.closing(books):
        yield books


@pytest.fixture
def remote(freshbooks):
    with reached(freshbooks) as books:
        yield books


def number(money):
    return Decimal(money["amount"])


def alive(books, kind):
    return [each for each in books.records(kind) if each["vis_state"] != 1]


@pytest.mark.parametrize(
    ("hired", "habits"), [(Bookkeeper, EVERYDAY), (SeasonedBookkeeper, WHOLE_LIFE)]
)
def test_everything_that_is_a_habit_is_done_and_nothing_is_refused(remote, clock, hired, habits):
    someone = hired(remote, random.Random("habits"), clock=clock)

    done = {someone.edit() for _ in range(1500)}

    assert done == set(habits)


def test_only_what_is_asked_for_is_done(remote, clock):
    habits = {"new_client": 1, "new_credit": 2}
    someone = SeasonedBookkeeper(remote, random.Random("asked"), clock=clock, habits=habits)

    assert {someone.edit() for _ in range(50)} == set(habits)


@pytest.fixture(scope="module")
def lived():
    """Books in which a seasoned bookkeeper has worked for some days, to be looked at only."""
    clock = FakeClock(datetime(2026, 1, 15, 2, 30, tzinfo=UTC))
    freshbooks = FreshBooks(clock=clock, send=lambda *_: 200, background=False)
    with reached(freshbooks) as remote:
        someone = SeasonedBookkeeper(remote, random.Random("lived"), clock=clock)
        for number_of in range(1200):
            someone.edit()
            if number_of % 100 == 0:
                clock.advance(86_400)
    return freshbooks.books


def test_an_invoice_is_paid_by_its_payments_in_its_own_currency(lived):
    paid = {}
    for payment in alive(lived, "payment"):
        invoice = payment["invoiceid"]
        if invoice is not None:
            paid.setdefault(invoice, []).append(payment["amount"])

    invoices = lived.records("invoice")
    assert any(number(each["outstanding"]) < 0 for each in invoices)
    for invoice in invoices:
        amounts = paid.get(invoice["id"], [])
        assert number(invoice["paid"]) == sum(map(number, amounts))
        assert {each["code"] for each in amounts} <= {invoice["currency_code"]}
        assert number(invoice["amount"]) - number(invoice["paid"]) == number(invoice["outstanding"])


def test_all_money_of_a_record_is_in_one_currency(lived):
    for invoice in lived.records("invoice"):
        money = [value for value in invoice.values() if isinstance(value, dict)]
        money += [line["amount"] for line in invoice["lines"]]
        assert {each["code"] for each in money} == {invoice["currency_code"]}


def test_every_credit_and_its_row_agree_and_balances_are_given_minus_applied(lived):
    notes = {each["id"]: each for each in lived.records("credit_note")}
    rows = [each for each in lived.records("payment") if each["creditid"] is not None]

    assert sorted(row["creditid"] for row in rows) == sorted(notes)
    for row in rows:
        note = notes[row["creditid"]]
        for name in ("amount", "clientid", "vis_state"):
            assert row[name] == note[name]
    given = sum(number(each["amount"]) for each in notes.values() if each["vis_state"] != 1)
    applied = sum(number(each["amount"]) for each in alive(lived, "payment") if each["from_credit"])
    left = itertools.chain.from_iterable(each["credit_balance"] for each in lived.records("client"))
    assert applied > 0
    assert sum(number(each["amount"]) for each in left) == given - applied
