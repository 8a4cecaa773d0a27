"""Where invoices, payments and expenses belong: the reference's deal, a person's choice, the owner.

Payments are where their invoice is, and say its number, whatever becomes of it.
"""

import pytest

from shared.core.identity import Kind, RecordId
from tests.functional.people import People
from tests.functional.world import Firm


@pytest.fixture
def firm():
    return Firm(unmatched_clients="hold")


@pytest.fixture
def people(firm):
    return People(firm)


@pytest.fixture
def home(people):
    return people.account("Aster Works")


@pytest.fixture
def client(firm, home):
    return firm.books.create_client(organization="Aster Works")


def bill(firm, client, **fields):
    """An invoice with a payment, both carried over."""
    lines = [{"name": "Work", "unit_cost": "100.00"}]
    invoice = firm.books.create_invoice(client["id"], lines=lines, sent=True, **fields)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    firm.clock.advance(60)
    return invoice


def deals(firm):
    return [row["_opportunityid_value"] for row in firm.invoices()]


def regarded(firm, kind):
    return {row["_regardingobjectid_value"] for row in firm.entries(kind)}


def test_a_closed_deal_is_found_by_its_name_and_no_open_one_is_guessed(firm, people, home, client):
    won, other = people.opportunity(home, "PO-77"), people.opportunity(home, "Renewal")
    people.win(won)

    named, unknown = bill(firm, client, po_number="PO-77"), bill(firm, client, po_number="PO-78")

    assert deals(firm) == [won, None]
    assert regarded(firm, "payment") == {won, home}
    assert other not in regarded(firm, "invoice")
    history = firm.journal.list_history(RecordId(firm.account, Kind.INVOICE, unknown["id"]))
    assert any("no opportunity of the account is called PO-78" in each.reason for each in history)
    assert firm.invoices()[0]["fbx_placedby"] == named["po_number"]


def test_without_a_reference_a_deal_that_is_closed_draws_nothing(firm, people, home, client):
    people.win(people.opportunity(home, "Won"))
    living = people.opportunity(home, "Living")

    bill(firm, client)

    assert deals(firm) == [living]
    assert regarded(firm, "payment") == {living}


def test_another_reference_takes_the_invoice_and_its_payments_along(firm, people, home, client):
    first, second = people.opportunity(home, "PO-1"), people.opportunity(home, "PO-2")
    invoice = bill(firm, client, po_number="PO-1")
    assert regarded(firm, "payment") == {first}

    firm.books.edit_invoice(invoice["id"], po_number="PO-2")
    firm.run()

    assert deals(firm) == [second]
    assert regarded(firm, "payment") == {second}


def test_a_purchase_order_number_that_is_filled_in_later_moves_the_invoice(
    firm, people, home, client
):
    first = people.opportunity(home, "Deal 1")
    invoice = bill(firm, client)
    firm.run()
    assert {row["_opportunityid_value"] for row in firm.invoices()} == {first}
    second = people.opportunity(home, "Deal 2")

    firm.books.edit_invoice(invoice["id"], po_number="Deal 2")
    firm.run()

    assert {row["_opportunityid_value"] for row in firm.invoices()} == {second}
    assert firm.differences() == []


def test_what_a_person_moved_stands_until_the_reference_changes(firm, people, home, client):
    first, chosen = people.opportunity(home, "PO-1"), people.opportunity(home, "Chosen")
    invoice = bill(firm, client, po_number="PO-1")
    people.move(firm.invoices()[0]["invoiceid"], chosen)

    firm.books.edit_invoice(invoice["id"], notes="Thank you")
    firm.run()
    assert deals(firm) == [chosen]
    assert regarded(firm, "invoice") == {chosen}
    assert regarded(firm, "payment") == {chosen}

    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], po_number=" po-1 ")
    firm.run()
    assert deals(firm) == [first]


def test_an_invoice_that_goes_to_another_client_leaves_the_deal_of_the_first(
    firm, people, home, client
):
    deal, other = people.opportunity(home, "Deal"), people.account("Birchwood Dental")
    invoice = bill(firm, client)
    assert deals(firm) == [deal]
    second = firm.books.create_client(organization="Birchwood Dental")
    firm.run()

    firm.books.edit_invoice(invoice["id"], customerid=second["id"])
    firm.run()

    assert deals(firm) == [None]
    assert regarded(firm, "invoice") == {other}


def test_a_payment_says_its_invoices_number_and_follows_it(firm, home, client):
    invoice = bill(firm, client)

    firm.books.edit_invoice(invoice["id"], invoice_number="2026-17")
    firm.run()

    (payment,) = firm.entries("payment")
    assert payment["fbx_reference"] == "2026-17"
    assert payment["subject"] == "Payment 10.00 USD for invoice 2026-17"
    assert firm.differences() == []


def test_a_payment_whose_invoice_is_not_in_sales_is_on_the_account_alone(
    firm, people, home, client
):
    people.opportunity(home, "Deal 1")
    lines = [{"name": "Work", "unit_cost": "100.00"}]
    invoice = firm.books.create_invoice(client["id"], lines=lines, sent=True)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.books.delete_invoice(invoice["id"])

    firm.run()

    assert regarded(firm, "payment") == {home}
    assert firm.differences() == []


def test_a_payment_gets_its_link_back_when_its_invoice_is_made_anew(firm, home, client):
    invoice = bill(firm, client)
    row = firm.invoices()[0]["invoiceid"]
    firm.dataverse.delete("invoice", row)
    assert firm.entries("payment")[0]["_fbx_invoiceid_value"] is None

    firm.books.edit_invoice(invoice["id"], notes="Thank you")
    firm.run()

    assert firm.entries("payment")[0]["_fbx_invoiceid_value"] == row
    assert firm.differences() == []


def test_every_entry_names_the_account_though_it_is_on_a_deal(firm, people, home, client):
    deal = people.opportunity(home, "Deal")
    bill(firm, client)
    firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()

    assert regarded(firm, None) == {deal}
    assert {row["_fbx_accountid_value"] for row in firm.entries()} == {home}
    client_row = firm.row_of(client)["fbx_clientid"]
    assert {row["_fbx_clientid_value"] for row in firm.entries()} == {client_row}


@pytest.mark.parametrize("owner", ["account", "connector"])
def test_rows_are_made_for_the_accounts_owner_or_stay_the_connectors(owner):
    firm = Firm(unmatched_clients="hold", row_owner=owner)
    seller = firm.dataverse.user("Ann Ray")
    people = People(firm)
    people.account("Aster Works", ownerid=("systemuser", seller))
    client = firm.books.create_client(organization="Aster Works")

    bill(firm, client)

    owners = {row["_ownerid_value"] for row in (*firm.invoices(), *firm.entries())}
    assert (owners == {seller}) is (owner == "account")
    assert (seller in owners) is (owner == "account")
