"""Payments, credits and what is given back on the timeline: kind, amounts, subject, days."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from shared.core.editions import FIRST
from shared.core.entries import (
    ENTRY_DONE,
    crossed_out,
    kind_of,
    noon,
    render_expense,
    render_payment,
)
from shared.core.identity import Edition, Kind, RecordId
from shared.core.options import EntryKind
from shared.core.place import Place
from shared.core.rows import Reference

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
DAY = date(2026, 10, 20)
NOON = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
ACCOUNT, DEAL, CLIENT, CURRENCY, OWNER = (uuid4() for _ in range(5))
PLACE = Place(ACCOUNT, DEAL, CURRENCY, client=CLIENT, owner=Reference("team", OWNER))


def row_of(payment, *, received=None, number="0001", invoice=None, place=PLACE):
    return render_payment(
        payment,
        edition=Edition(RecordId("xazq5", Kind.PAYMENT, 7), FIRST),
        place=place,
        invoice=invoice,
        number=number,
        received=received,
        url="https://my.freshbooks.com/#/invoice/xazq5-1000",
        now=NOW,
    )


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, EntryKind.PAYMENT),
        ({"type": "Check"}, EntryKind.PAYMENT),
        ({"from_credit": True}, EntryKind.CREDIT_APPLIED),
        ({"type": " credit"}, EntryKind.CREDIT_APPLIED),
        ({"invoice": None}, EntryKind.CREDIT),
        ({"invoice": None, "type": "Credit", "from_credit": True}, EntryKind.CREDIT),
    ],
)
def test_money_received_a_credit_and_its_use_are_told_apart(make, fields, kind):
    payment = make.a_payment(7, **fields)

    assert kind_of(payment) is kind
    assert row_of(payment).columns["fbx_kind"] == kind


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({}, "Payment 40.00 USD for invoice 0001"),
        ({"from_credit": True}, "Credit applied 40.00 USD for invoice 0001"),
    ],
)
def test_a_subject_says_what_it_is_and_for_which_invoice(make, fields, subject):
    assert row_of(make.a_payment(7, **fields)).columns["subject"] == subject


def test_a_lowered_payment_says_what_was_received_and_what_was_given_back(make):
    columns = row_of(make.a_payment(7, amount="15.00"), received=Decimal("40.00")).columns

    assert (columns["fbx_amount"], columns["fbx_received"]) == (Decimal("15.00"), Decimal("40.00"))
    assert columns["fbx_returned"] == Decimal("25.00")
    assert columns["subject"] == (
        "Payment 15.00 USD for invoice 0001 (40.00 USD received, 25.00 USD given back)"
    )


def test_a_raised_payment_gave_nothing_back(make):
    columns = row_of(make.a_payment(7, amount="50.00"), received=Decimal("40.00")).columns

    assert (columns["fbx_received"], columns["fbx_returned"]) == (Decimal("50.00"), 0)
    assert columns["subject"] == "Payment 50.00 USD for invoice 0001"


def test_a_payment_lowered_to_nothing_is_a_payment_still(make):
    columns = row_of(make.a_payment(7, amount="0.00"), received=Decimal("40.00")).columns

    assert columns["fbx_kind"] == EntryKind.PAYMENT
    assert (columns["fbx_amount"], columns["fbx_returned"]) == (0, Decimal("40.00"))


@pytest.mark.parametrize("fields", [{"from_credit": True}, {"invoice": None}])
def test_of_a_credit_and_its_use_no_money_was_received(make, fields):
    columns = row_of(make.a_payment(7, amount="15.00", **fields), received=Decimal(40)).columns

    assert (columns["fbx_received"], columns["fbx_returned"]) == (None, None)
    assert "given back" not in columns["subject"]


def test_an_entry_stands_on_the_timeline_by_the_records_day(make):
    payment = row_of(make.a_payment(7, date="2026-10-20"))
    expense = render_expense(
        make.an_expense(9, date="2026-10-20"),
        edition=Edition(RecordId("xazq5", Kind.EXPENSE, 9), FIRST),
        place=PLACE,
        url="https://my.freshbooks.com/#/expense/xazq5-9",
        now=NOW,
    )

    for row in (payment, expense):
        assert row.state == ENTRY_DONE
        assert row.columns["fbx_date"] == DAY
        assert row.columns["sortdate"] == row.columns["scheduledend"] == NOON
        assert row.stamps["actualend"] == NOON


def test_a_day_is_that_day_in_every_zone_it_is_shown_in():
    assert noon(DAY) == NOON
    assert noon(None) is None


def test_an_entry_names_its_place_its_account_its_client_and_its_owner(make):
    row = row_of(make.a_payment(7), invoice=DEAL)

    assert row.lookups == {
        "regardingobjectid": Reference("opportunity", DEAL),
        "fbx_accountid": Reference("account", ACCOUNT),
        "fbx_clientid": Reference("fbx_client", CLIENT),
        "fbx_invoiceid": Reference("invoice", DEAL),
    }
    assert row.initial_lookups["ownerid"] == Reference("team", OWNER)


@pytest.mark.parametrize(
    ("subject", "after"),
    [
        ("Invoice 7: 9.00 USD, 9.00 USD open", "Invoice 7: 9.00 USD, deleted"),
        ("Invoice 7: 9.00 USD, 1.00 USD too much", "Invoice 7: 9.00 USD, deleted"),
        ("Invoice 7: 9.00 USD, settled", "Invoice 7: 9.00 USD, deleted"),
        ("Invoice 7: 9.00 USD, draft", "Invoice 7: 9.00 USD, deleted"),
        ("Invoice 7: 9.00 USD, deleted", "Invoice 7: 9.00 USD, deleted"),
        ("Payment 9.00 USD for invoice 7", "Payment 9.00 USD for invoice 7, deleted"),
        ("Expense 9.00 USD: Taxi, food", "Expense 9.00 USD: Taxi, food, deleted"),
    ],
)
def test_a_subject_says_that_its_record_is_gone_in_place_of_what_was_open(subject, after):
    assert crossed_out(subject, "deleted") == after
