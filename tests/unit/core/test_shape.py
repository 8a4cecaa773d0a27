"""What stands for records: rows of the Sales app and entries, or entries alone."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.core.afterwards import edited, made
from shared.core.blueprint import ACTIVITY, RECORD, blueprint
from shared.core.entries import render_payment
from shared.core.identity import Edition, Kind, RecordId
from shared.core.mapping import render_invoice
from shared.core.place import Place
from shared.core.planning import Create, Skip, Stale, Update
from shared.core.policies import Target
from shared.core.rows import Insert, Reference
from shared.core.schema import ACTIVITY_TABLE, SALES_TABLES
from shared.core.shape import shape_of
from shared.core.views import InvoiceView, RecordRow

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
INVOICE = Edition(RecordId("xazq5", Kind.INVOICE, 1000))
PAYMENT = Edition(RecordId("xazq5", Kind.PAYMENT, 7))
PLACE = Place(account=uuid4(), opportunity=None, currency=uuid4())
ALONE, BESIDE = shape_of(Target.ACTIVITY), shape_of(Target.RECORD)
NOTHING = InvoiceView(invoice=None, lines=(), entry=None, home=None)


def plan(invoice, view=NOTHING, shape=ALONE):
    rows = render_invoice(invoice, edition=INVOICE, place=PLACE, url="https://x.example", now=NOW)
    return shape.plan(invoice, rows, view, edition=INVOICE)


def as_there(operation):
    """Return a view of the entry that an operation makes."""
    row = RecordRow(**vars(made(edited(None, operation))))
    return InvoiceView(invoice=row, lines=(), entry=row, home=None)


def paid(make, invoice):
    return render_payment(
        make.a_payment(7),
        edition=PAYMENT,
        place=PLACE,
        invoice=invoice,
        number="0001000",
        received=None,
        url="https://x.example",
        now=NOW,
    )


def test_an_invoice_is_one_entry_that_says_what_its_row_says_otherwise(make):
    invoice = make.an_invoice(1000, po_number="PO-1")

    step = plan(invoice)

    assert isinstance(step, Create)
    (entry,) = step.operations
    assert isinstance(entry, Insert)
    assert (entry.table, entry.id) == (ACTIVITY_TABLE, INVOICE.entry)
    assert entry.columns["fbx_reference"] == "0001000"
    assert entry.columns["fbx_ponumber"] == "PO-1"
    assert entry.columns["fbx_sourceversion"] == invoice.version.text
    assert not {"fbx_invoiceid", "fbx_invoiceentryid"} & set(entry.lookups)
    assert {step.table for step in plan(invoice, shape=BESIDE).operations} == {
        "invoice",
        "invoicedetail",
        ACTIVITY_TABLE,
    }


def test_a_version_that_shows_the_same_is_no_reason_to_write_and_goes_along_with_one(make):
    invoice = make.an_invoice(1000)
    (entry,) = plan(invoice).operations
    newer = make.an_invoice(1000, version="2026-10-02 09:00:00.000000")
    later = make.an_invoice(1000, version="2026-10-02 09:00:00.000000", po_number="PO-2")

    step = plan(later, as_there(entry))

    assert isinstance(plan(newer, as_there(entry)), Skip)
    assert isinstance(step, Update)
    changed = step.operations[0].columns
    assert set(changed) == {"fbx_ponumber", "fbx_sourceversion", "fbx_syncedon"}
    assert (ALONE.versioned, BESIDE.versioned) == (False, True)


def test_an_older_reading_is_known_by_the_entry(make):
    (entry,) = plan(make.an_invoice(1000, version="2026-10-02 09:00:00.000000")).operations

    assert isinstance(plan(make.an_invoice(1000), as_there(entry)), Stale)


@pytest.mark.parametrize("invoice", [None, INVOICE.entry])
def test_a_payment_leads_to_its_invoices_entry(make, invoice):
    row = paid(make, invoice)

    alone = ALONE.entry(row)

    wanted = Reference(ACTIVITY_TABLE, invoice) if invoice else None
    assert alone.lookups["fbx_invoiceentryid"] == wanted
    assert "fbx_invoiceid" not in alone.lookups
    assert replace(alone, lookups=row.lookups) == row
    assert BESIDE.entry(row) is row


def test_payments_point_at_the_entry_or_at_the_row():
    assert ALONE.row_of(INVOICE) == INVOICE.entry
    assert BESIDE.row_of(INVOICE) == INVOICE.row
    assert (ALONE.has_invoices, BESIDE.has_invoices) == (False, True)


def test_what_stands_beside_an_entry_is_its_row_or_nothing():
    row = RecordRow(uuid4(), "", {})
    view = replace(NOTHING, invoice=row, entry=row)

    assert (ALONE.header(view), BESIDE.header(view)) == (None, row)


def test_a_schema_of_entries_alone_names_no_table_of_the_sales_app():
    named = {*ACTIVITY.tables, *ACTIVITY.columns}
    named |= {each for lookup in ACTIVITY.lookups for each in (lookup.table, lookup.target)}

    assert not named & set(SALES_TABLES)
    assert blueprint(Target.ACTIVITY) is ACTIVITY
    assert blueprint(Target.RECORD) is RECORD
    assert {each.name for each in ACTIVITY.lookups_of(ACTIVITY_TABLE)} == {
        "fbx_accountid",
        "fbx_clientid",
        "fbx_invoiceentryid",
    }
