"""Rows in words: titles, amounts, choices, states and names."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from shared.core.accounts import render_account
from shared.core.afterwards import STATE
from shared.core.clients import Link, render_client
from shared.core.entries import render_expense, render_payment
from shared.core.figures import Figures
from shared.core.fitting import LENGTHS
from shared.core.identity import Edition, Kind, RecordId
from shared.core.mapping import render_invoice
from shared.core.options import ClientState, Status
from shared.core.place import Place
from shared.core.rows import Reference, State
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE, COLUMNS, LOOKUPS
from shared.core.views import Currency
from shared.core.wording import column_in_words, row_in_words, table_in_words, value_in_words

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
USD = Currency(uuid4(), "USD")
PLACE = Place(
    uuid4(), uuid4(), USD.id, price_list=uuid4(), client=uuid4(), owner=Reference("team", uuid4())
)
CLIENT = RecordId("xazq5", Kind.CLIENT, 42)


def in_words(table, column, value, **names):
    known = {row: name for name, row in names.items()}
    return value_in_words(table, column, value, currency="USD", names=known)


def rendered(make):
    """Every row that is written of a record."""
    invoice = render_invoice(
        make.an_invoice(1000),
        edition=Edition(RecordId("xazq5", Kind.INVOICE, 1000)),
        place=PLACE,
        url="https://example.com",
        now=NOW,
    )
    entry = {"place": PLACE, "url": "https://example.com", "now": NOW}
    yield from (invoice.header, *invoice.lines, invoice.entry)
    yield render_payment(
        make.a_payment(),
        edition=Edition(RecordId("xazq5", Kind.PAYMENT, 7)),
        invoice=uuid4(),
        number="1",
        received=None,
        **entry,
    )
    yield render_expense(
        make.an_expense(), edition=Edition(RecordId("xazq5", Kind.EXPENSE, 9)), **entry
    )
    yield render_account(make.a_client(), record=CLIENT, currency=USD, figures={}, now=NOW)
    yield render_client(
        make.a_client(),
        record=CLIENT,
        row=None,
        link=Link(ClientState.LINKED, uuid4()),
        figures=Figures(),
        currency=USD,
        url="https://example.com",
        now=NOW,
    )


def test_every_column_that_is_written_has_a_name_people_know(make):
    written = {
        (row.table, column)
        for row in rendered(make)
        for part in (
            row.columns,
            row.lookups,
            row.initial,
            row.initial_lookups,
            row.filled_lookups,
            row.stamps,
        )
        for column in part
    }
    written |= {(table, name) for table, columns in LENGTHS.items() for name in columns}
    written |= {(table, each.name) for table, columns in COLUMNS.items() for each in columns}
    written |= {(each.table, each.name) for each in LOOKUPS}

    assert {each for each in written if column_in_words(*each) == each[1]} == set()
    assert {table for table, _ in written if table_in_words(table) == table} == set()


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("invoice", "fbx_total", Decimal("1234.5"), "1,234.50 USD"),
        ("invoice", "discountamount", 0, "0.00 USD"),
        ("invoice", "discountpercentage", Decimal("0.00"), "0"),
        ("invoicedetail", "quantity", Decimal("0.2500"), "0.25"),
        ("invoicedetail", "priceperunit", Decimal("0.655"), "0.655 USD"),
        ("invoice", "fbx_status", int(Status.DEPOSIT_PARTIAL), "Deposit partial"),
        ("invoice", "fbx_status", Decimal(int(Status.PAID)), "Paid"),
        ("invoice", "fbx_status", 7, "7"),
        ("invoice", "fbx_complete", False, "no"),
        ("invoice", "duedate", "2026-11-02T00:00:00Z", "2026-11-02"),
        ("invoice", "duedate", date(2026, 11, 2), "2026-11-02"),
        ("invoice", "fbx_invoicedate", "2026-11-02", "2026-11-02"),
        (ACTIVITY_TABLE, "sortdate", "2026-11-02T12:00:00Z", "2026-11-02 12:00 UTC"),
        (ACTIVITY_TABLE, "sortdate", NOW, "2026-11-02 12:00 UTC"),
        (ACTIVITY_TABLE, "fbx_syncedon", "once", "once"),
        ("invoice", "name", "0000001 Aster Works", "0000001 Aster Works"),
        ("invoice", "name", "", "(empty)"),
        ("invoice", "duedate", None, "(empty)"),
        ("invoice", STATE, State(2, 100001), "Paid"),
        ("invoice", STATE, State(9, 1), "9"),
        (ACTIVITY_TABLE, STATE, State(2, 3), "Canceled"),
        (CLIENT_TABLE, "fbx_state", int(ClientState.NEEDS_A_PERSON), "Needs a person"),
    ],
)
def test_a_value_reads_as_people_say_it(table, column, value, words):
    assert in_words(table, column, value) == words


def test_a_lookup_reads_as_the_name_of_its_row_else_as_its_id():
    row = uuid4()

    assert in_words("invoice", "customerid", Reference("account", row), Aster=row) == "Aster"
    assert in_words("invoice", "customerid", Reference("account", row)) == f"account {row}"
    assert in_words(ACTIVITY_TABLE, "regardingobjectid", Reference("", row)) == f"row {row}"


def test_amounts_of_an_unknown_currency_are_shown_all_the_same():
    words = value_in_words("invoice", "fbx_total", Decimal(5), currency="", names={})

    assert words == "5.00"


@pytest.mark.parametrize(
    ("table", "columns", "name"),
    [
        ("account", {"name": "Aster Works"}, "Aster Works"),
        (CLIENT_TABLE, {"fbx_name": "Aster Works"}, "Aster Works"),
        (ACTIVITY_TABLE, {"subject": "Payment 1.00 USD"}, "Payment 1.00 USD"),
        ("invoicedetail", {"lineitemnumber": 2, "productdescription": "Work"}, "2 Work"),
        ("invoicedetail", {"lineitemnumber": 2, "productdescription": None}, "2"),
        ("invoice", {}, ""),
    ],
)
def test_a_row_is_called_as_people_call_it(table, columns, name):
    assert row_in_words(table, columns) == name
