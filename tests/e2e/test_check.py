"""The check that the other tests trust: it has to see every single thing that is wrong."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sandbox.check import expected
from sandbox.check.compare import compare
from sandbox.check.expected import Books
from sandbox.check.found import Crm, FoundRow
from sandbox.freshbooks import FreshBooks


@pytest.fixture
def source():
    """Books with one of everything."""
    freshbooks = FreshBooks(send=lambda *_: 200, background=False)
    books = freshbooks.books
    client = books.create_client(organization="Aldermoor Hospitality Group")["id"]
    line = {"name": "Workshop", "qty": "2", "unit_cost": "150.00"}
    shown = books.create_invoice(client, [line, line | {"qty": "0.5"}], sent=True)["id"]
    books.pay_invoice(shown, "100.00")
    gone = books.create_invoice(client, [line], sent=True)["id"]
    books.pay_invoice(gone, "400.00")
    books.delete_invoice(gone)
    books.create_expense("54.00", clientid=client)
    books.create_expense("9.00")
    records = (
        {one["id"]: one for one in books.records(kind)}
        for kind in ("client", "invoice", "payment", "expense")
    )
    yield Books(freshbooks.account, *records)
    freshbooks.close()


@pytest.fixture
def target(source):
    """A Dataverse that shows these books perfectly."""
    clients = {
        source.client_key(client): expected.account(source, client, "USD")
        for client in source.clients
    }

    def rows(wanted, **extra):
        return [
            FoundRow(key, f"row of {key}", {"opportunity": None} | each.fields | extra)
            for key, each in wanted.items()
            if each.fields and each.presence is not expected.Presence.FORBIDDEN
        ]

    return Crm(
        accounts=rows(clients, currency="USD"),
        invoices=rows(expected.invoices(source)),
        entries=rows(expected.entries(source)),
        opportunities={},
    )


def other(value):
    """Something else of the same kind."""
    match value:
        case bool():
            return not value
        case Decimal():
            return value + Decimal("0.01")
        case date():
            return value.replace(year=value.year - 1)
        case list():
            return value[:-1]
        case _:
            return "something else"


def test_equal_sides_have_no_difference(source, target):
    assert compare(source, target) == []


@pytest.mark.parametrize("table", ["accounts", "invoices", "entries"])
def test_every_wrong_value_is_named(source, target, table):
    for position, row in enumerate(getattr(target, table)):
        for name in row.fields.keys() - {"opportunity", "currency"}:
            rows = list(getattr(target, table))
            rows[position] = replace(row, fields=row.fields | {name: other(row.fields[name])})

            found = compare(source, replace(target, **{table: rows}))

            assert any(row.key in each and f": {name} is" in each for each in found), name


@pytest.mark.parametrize("table", ["accounts", "invoices", "entries"])
def test_a_row_that_is_missing_twice_there_or_nobodys_is_named(source, target, table):
    first, *others = getattr(target, table)
    stranger = replace(first, key=f"{source.account}-invoice-1")

    missing = compare(source, replace(target, **{table: others}))
    twice = compare(source, replace(target, **{table: [first, first, *others]}))
    nobodys = compare(source, replace(target, **{table: [first, stranger, *others]}))

    assert any(first.key in each and "is missing" in each for each in missing)
    assert any(first.key in each and "more than once" in each for each in twice)
    assert any(stranger.key in each and "not in FreshBooks" in each for each in nobodys)


def test_nothing_of_a_held_client_may_be_there(source, target):
    held = replace(source, held=frozenset(source.clients))

    found = compare(held, target)

    assert any("waits for a decision" in each for each in found)


def test_an_invoice_that_names_an_opportunity_has_to_belong_to_it(source, target):
    record, invoice = next(iter(source.invoices.items()))
    named = {record: invoice | {"po_number": "PO-4471"}}
    client = source.client_key(invoice["customerid"])
    there = replace(target, opportunities={(client, "PO-4471"): ["row of the opportunity"]})

    found = compare(replace(source, invoices=source.invoices | named), there)

    assert any("PO-4471" in each for each in found)
