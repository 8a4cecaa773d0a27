"""Invoices that come back: where a canceled row may not be opened again, one is made anew."""

from decimal import Decimal

import pytest

from sandbox.dataverse import errors
from tests.functional.world import Firm

_ACTIVE, _CANCELED = 0, 3
LINES = [{"name": "Work", "unit_cost": "60.00"}, {"name": "Travel", "unit_cost": "40.00"}]


@pytest.fixture
def firm():
    firm = Firm()
    firm.dataverse.set({"choices": {"canceled_reopens": False}})
    return firm


@pytest.fixture
def invoice(firm):
    """Return an invoice with a payment that was deleted, and whose rows say so."""
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], LINES, sent=True)
    firm.books.pay_invoice(invoice["id"], "25.00")
    firm.run()
    delete(firm, invoice)
    return invoice


def delete(firm, invoice):
    firm.clock.advance(60)
    firm.books.delete_invoice(invoice["id"])
    firm.run()


def restore(firm, invoice):
    firm.clock.advance(60)
    firm.books.restore_invoice(invoice["id"])
    firm.run()


def states(firm):
    return sorted(row["statecode"] for row in firm.invoices())


def standing(firm):
    """Return the only invoice that is not canceled, with its lines."""
    (row,) = [row for row in firm.invoices() if row["statecode"] != _CANCELED]
    lines = [
        line
        for line in firm.dataverse.all("invoicedetail")
        if line["_invoiceid_value"] == row["invoiceid"]
    ]
    return row, lines


def test_a_restored_invoice_is_made_anew_beside_the_canceled_one(firm, invoice):
    restore(firm, invoice)

    row, lines = standing(firm)
    assert states(firm) == [_ACTIVE, _CANCELED]
    assert Decimal(row["fbx_outstanding"]) == 75
    assert len(lines) == 2
    entries = [*firm.entries("invoice"), *firm.entries("payment")]
    assert [entry["_fbx_invoiceid_value"] for entry in entries] == [row["invoiceid"]] * 2
    assert firm.differences() == []


def test_what_happens_to_it_afterwards_happens_to_the_new_row(firm, invoice):
    restore(firm, invoice)

    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], lines=[{"name": "Work", "unit_cost": "90.00"}])
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()

    row, lines = standing(firm)
    assert Decimal(row["fbx_outstanding"]) == 55
    assert len(lines) == 1
    payments = firm.entries("payment")
    assert {entry["_fbx_invoiceid_value"] for entry in payments} == {row["invoiceid"]}
    assert firm.differences() == []


def test_it_may_be_deleted_and_restored_again_and_again(firm, invoice):
    for _ in range(3):
        restore(firm, invoice)
        assert states(firm).count(_ACTIVE) == 1
        delete(firm, invoice)
        assert states(firm).count(_ACTIVE) == 0

    restore(firm, invoice)

    assert states(firm) == [_ACTIVE, *[_CANCELED] * 4]
    assert firm.differences() == []


def test_the_new_row_is_found_though_a_person_deleted_the_entry(firm, invoice):
    restore(firm, invoice)
    (entry,) = firm.entries("invoice")
    firm.dataverse.delete("fbx_financialactivity", entry["activityid"])

    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], lines=[{"name": "Work", "unit_cost": "90.00"}])
    firm.run()

    row, lines = standing(firm)
    assert states(firm) == [_ACTIVE, _CANCELED]
    assert (Decimal(row["fbx_total"]), len(lines)) == (90, 1)
    assert firm.differences() == []


def test_a_refusal_for_another_reason_makes_no_second_row(invoice, firm):
    firm.dataverse.set({"choices": {"canceled_reopens": True}})

    (first,) = firm.invoices()

    def look(table, row):
        mine = table == "invoice" and row["invoiceid"] == first["invoiceid"]
        if mine and row["statecode"] == _ACTIVE and row["fbx_outstanding"]:
            raise errors.plug_in("Ask Ada first.")

    firm.dataverse.plug_in(look)

    restore(firm, invoice)

    assert states(firm) == [_CANCELED]
