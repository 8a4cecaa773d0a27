from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from shared.core.adopting import (
    adopt,
    plan_adopted_gone,
    plan_adopted_replaced,
    plan_given_back,
)
from shared.core.identity import Edition, Kind, RecordId
from shared.core.mapping import INVOICE_OPEN, INVOICE_PAID, render_invoice
from shared.core.options import Status
from shared.core.place import Place
from shared.core.planning import Cancel, Skip, Stale
from shared.core.policies import DeletedPolicy
from shared.core.records import SourceVersion
from shared.core.rows import Change, Reference, Remove, State
from shared.core.schema import ACTIVITY_TABLE, INVOICE_COLUMNS
from shared.core.views import RecordRow

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
INVOICE = RecordId("xazq5", Kind.INVOICE, 1000)
PLACE = Place(account=uuid4(), opportunity=uuid4(), currency=uuid4(), price_list=uuid4())
OPEN, NEW = INVOICE_OPEN, State(0, 1)
LATER, EARLIER = SourceVersion("2026-11-02T11:00:00Z"), SourceVersion("2026-11-02T09:00:00Z")


def a_row(state=NEW, **columns):
    written = {"fbx_adopted": True, "fbx_outstanding": Decimal(10), "name": "Workshop in May"}
    return RecordRow(
        uuid4(),
        "etag",
        {**written, "fbx_sourceversion": "2026-11-02T10:00:00Z", **columns},
        {"fbx_clientid": uuid4()},
        state,
    )


def an_entry():
    subject = "Invoice 0007: 10.00 USD, 10.00 USD open"
    columns = {"subject": subject, "fbx_outstanding": Decimal(10)}
    return RecordRow(INVOICE.entry, "etag", columns, {}, State(0, 1))


def changes(operations, table="invoice"):
    return [each for each in operations if isinstance(each, Change) and each.table == table]


def test_an_adopted_header_has_our_columns_alone_and_no_lines(make):
    rows = render_invoice(
        make.an_invoice(1000), edition=Edition(INVOICE), place=PLACE, url="https://x", now=NOW
    )
    row = a_row()

    adopted = adopt(rows, row)

    assert adopted.header.id == row.id
    assert all(column.startswith("fbx_") for column in adopted.header.columns)
    assert adopted.header.columns["fbx_adopted"] is True
    assert set(adopted.header.lookups) == {"customerid", "opportunityid", "fbx_clientid"}
    assert (adopted.header.filled_lookups, adopted.lines) == ({}, ())
    assert adopted.entry.lookups["fbx_invoiceid"] == Reference("invoice", row.id)
    assert adopted.entry.id == rows.entry.id
    assert adopted.header.state == rows.header.state


@pytest.mark.parametrize("state", [NEW, OPEN, INVOICE_PAID, State(2, 100002)])
@pytest.mark.parametrize("policy", [DeletedPolicy.CANCEL, DeletedPolicy.DELETE])
def test_a_row_whose_record_is_gone_ends_in_the_state_it_was_in(policy, state):
    row, entry = a_row(state), an_entry()

    plan = plan_adopted_gone(
        policy, version=LATER, header=row, entry=entry, now=NOW, status=Status.DELETED
    )

    assert isinstance(plan, Cancel)
    written = changes(plan.operations)
    assert not [each for each in plan.operations if each.table == "invoice" and each not in written]
    merged = {name: value for each in written for name, value in each.columns.items()}
    assert (merged["fbx_status"], merged["fbx_outstanding"]) == (Status.DELETED, 0)
    states = [each.state for each in written if each.state is not None]
    assert states == ([] if state.state == 0 else [OPEN, state])
    removed = [each for each in plan.operations if isinstance(each, Remove)]
    assert [each.table for each in removed] == (
        [ACTIVITY_TABLE] if policy is DeletedPolicy.DELETE else []
    )


def test_by_policy_a_row_whose_record_is_gone_is_left_as_it_is():
    plan = plan_adopted_gone(
        DeletedPolicy.KEEP,
        version=LATER,
        header=a_row(),
        entry=an_entry(),
        now=NOW,
        status=Status.DELETED,
    )

    assert plan == Skip()


def test_an_older_reading_marks_nothing():
    plan = plan_adopted_gone(
        DeletedPolicy.CANCEL,
        version=EARLIER,
        header=a_row(),
        entry=None,
        now=NOW,
        status=Status.DELETED,
    )

    assert isinstance(plan, Stale)


def test_what_is_marked_already_is_not_marked_again():
    row = a_row(
        INVOICE_PAID,
        fbx_status=int(Status.DELETED),
        fbx_outstanding=Decimal(0),
        fbx_sourceversion=LATER.text,
    )

    plan = plan_adopted_gone(
        DeletedPolicy.DELETE, version=LATER, header=row, entry=None, now=NOW, status=Status.DELETED
    )

    assert plan == Skip()


def test_a_row_that_was_replaced_says_by_what_and_keeps_its_state():
    row = a_row(INVOICE_PAID)

    operations = plan_adopted_replaced(row, None, by="CAD", now=NOW)

    written = changes(operations)
    assert [each.state for each in written if each.state is not None] == [OPEN, INVOICE_PAID]
    merged = {name: value for each in written for name, value in each.columns.items()}
    assert merged["fbx_replacedby"] == "CAD"
    assert merged["fbx_status"] == Status.REPLACED


def test_a_row_that_is_given_back_has_none_of_our_values_and_all_of_its_own():
    filled = {column.name: "x" for column in INVOICE_COLUMNS}
    row = replace(
        a_row(), columns={**filled, "fbx_complete": True, "fbx_adopted": True, "name": "W"}
    )

    (change,) = plan_given_back(row)

    assert isinstance(change, Change)
    assert set(change.columns) == {column.name for column in INVOICE_COLUMNS}
    assert not any(change.columns.values())
    assert change.lookups == {"fbx_clientid": None}
    assert change.etag == row.etag
