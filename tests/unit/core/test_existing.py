from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from shared.core.existing import Unsure, Wanted, candidates, find_existing, refusal
from shared.core.policies import ExistingPolicy
from shared.core.rows import State
from shared.core.views import RecordRow

ACCOUNT, USD, CAD = uuid4(), uuid4(), uuid4()
WANTED = Wanted(number="0007", total=Decimal("135.00"), currency=USD, code="USD")
ACTIVE, CANCELED = State(0, 4), State(3, 100003)


def a_row(*, number="0007", total="135.0000", currency=USD, state=ACTIVE, **columns):
    native = {"invoicenumber": number, "name": "Workshop", "totalamount": Decimal(total)}
    lookups = {"customerid": ACCOUNT, "transactioncurrencyid": currency}
    return RecordRow(uuid4(), "1", {**native, **columns}, lookups, state)


def find(*rows, wanted=WANTED, policy=ExistingPolicy.ADOPT, column=None):
    return find_existing(rows, wanted, policy=policy, column=column)


@pytest.mark.parametrize(
    "row",
    [
        a_row(),
        a_row(number=" 0007 "),
        a_row(number="INV-1", name="0007"),
        a_row(state=State(2, 100001)),
        a_row(totalamount=135),
    ],
)
def test_a_row_of_the_number_currency_and_total_is_it(row):
    assert find(row) == row


@pytest.mark.parametrize(
    "row",
    [
        a_row(number="00071"),
        a_row(number="0007a"),
        a_row(fbx_sourcekey="xazq5-invoice-9"),
        a_row(state=CANCELED),
        a_row(number="INV-1", new_number="0007"),
    ],
)
def test_a_row_of_another_number_or_record_or_one_that_was_canceled_is_not_looked_at(row):
    assert find(row) is None
    assert find(row, policy=ExistingPolicy.HOLD) is None


def test_letters_are_told_apart_though_dataverse_finds_both():
    wanted = Wanted("a7", WANTED.total, USD, "USD")

    assert find(a_row(number="A7"), wanted=wanted) is None
    assert find(a_row(number="a7"), wanted=wanted) is not None


def test_a_column_of_the_firms_own_is_looked_at_too():
    row = a_row(number="INV-1", new_number="0007")

    assert find(row, column="new_number") == row


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([a_row(total="134.99")], "a total of 134.99, FreshBooks' is 135.00"),
        ([a_row(total="134.9995")], "a total of 134.9995,"),
        ([a_row(totalamount=None)], "no total"),
        ([a_row(currency=CAD)], "not in USD"),
        ([a_row(currency=None)], "not in USD"),
        ([a_row(), a_row(total="1.00")], "2 invoices of this number"),
        ([a_row(), a_row()], "2 invoices of this number"),
    ],
)
def test_a_person_is_asked_where_it_is_not_plain(rows, said):
    found = find(*rows)

    assert isinstance(found, Unsure)
    assert found.rows == tuple(rows)
    assert said in found.reason


def test_by_policy_a_person_is_asked_always_or_never():
    assert isinstance(find(a_row(), policy=ExistingPolicy.HOLD), Unsure)
    assert find(a_row(), policy=ExistingPolicy.IGNORE) is None
    assert find(a_row(total="1.00"), policy=ExistingPolicy.IGNORE) is None


def test_an_invoice_without_a_number_is_none_of_those_without_one():
    assert find(a_row(number=""), wanted=Wanted("", WANTED.total, USD, "USD")) is None


@pytest.mark.parametrize(
    ("row", "account", "said"),
    [
        (None, ACCOUNT, "no such invoice"),
        (a_row(fbx_sourcekey="xazq5-invoice-9"), ACCOUNT, "belongs to xazq5-invoice-9"),
        (a_row(state=CANCELED), ACCOUNT, "canceled"),
        (a_row(), uuid4(), "another account"),
        (a_row(currency=CAD), ACCOUNT, "not in USD"),
        (a_row(total="1.00", number="another"), ACCOUNT, ""),
    ],
)
def test_a_chosen_row_is_refused_with_the_reason(row, account, said):
    why = refusal(row, account=account, wanted=WANTED)

    assert said in why
    assert bool(why) == bool(said)


def test_candidates_say_what_tells_them_apart():
    rows = (a_row(), a_row(number="", totalamount=None, state=State(2, 100001)))

    first, second = candidates(rows, {USD: "USD"})

    assert (first.account, first.name) == (rows[0].id, "Workshop")
    assert first.note == "no. 0007, total 135.00 USD"
    assert second.note == "no total, closed"
    assert isinstance(first.account, UUID)
