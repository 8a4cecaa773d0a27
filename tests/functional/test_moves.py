"""Records that change their client, and clients that change their account."""

from decimal import Decimal

import pytest

from tests.functional.world import Firm


@pytest.fixture
def firm():
    return Firm()


def an_invoice(firm, client, *, price="100.00", **fields):
    line = {"name": "Work", "qty": "1", "unit_cost": price}
    return firm.books.create_invoice(client["id"], lines=[line], sent=True, **fields)


def outstanding(firm, client):
    return Decimal(str(firm.account_of(client)["fbx_outstanding"]))


@pytest.mark.parametrize("then", ["stays", "is deleted"])
def test_an_invoice_that_moves_to_another_client_leaves_the_balances_of_the_first(firm, then):
    first = firm.books.create_client(organization="Aster Works")
    other = firm.books.create_client(organization="Birchwood Dental")
    invoice = an_invoice(firm, first)
    firm.run()
    firm.clock.advance(60)

    firm.books.edit_invoice(invoice["id"], customerid=other["id"])
    if then == "is deleted":
        firm.books.delete_invoice(invoice["id"])
    firm.run()

    assert outstanding(firm, first) == 0
    assert outstanding(firm, other) == (100 if then == "stays" else 0)
    assert firm.differences() == []
