"""What an opportunity shows of its invoices, whatever becomes of them and of it."""

from decimal import Decimal

import pytest

from sandbox.check import Told
from sandbox.dataverse import errors
from shared.core.options import Health
from tests.functional.people import People
from tests.functional.world import Firm

_SUMS = ("fbx_invoiced", "fbx_paid", "fbx_outstanding", "fbx_overdue")


@pytest.fixture
def firm():
    return Firm()


@pytest.fixture
def people(firm):
    return People(firm)


def a_customer(firm, people, name="Aster Works"):
    """A client that is linked already, and a new opportunity of its account."""
    client = firm.books.create_client(organization=name)
    firm.run()
    account = firm.account_of(client)
    dollars = account["_transactioncurrencyid_value"]
    return client, people.opportunity(
        account["accountid"],
        "Roof",
        transactioncurrencyid=("transactioncurrency", dollars),
    )


def bill(firm, client, amount="100.00", **fields):
    line = {"name": "Work", "qty": "1", "unit_cost": amount}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True, **fields)
    settle(firm)
    return invoice


def settle(firm):
    """Let the messages come, and what follows from them."""
    firm.run()
    firm.clock.advance(60)
    firm.run()


def refuse_opportunities(firm):
    """Let a plug-in of the firm's own refuse every opportunity with a sum."""

    def look(table, row):
        if table == "opportunity" and row["fbx_invoiced"] is not None:
            raise errors.plug_in("This opportunity is closed.")

    firm.dataverse.plug_in(look)


def health(firm, opportunity):
    return firm.dataverse.get("opportunity", opportunity)["fbx_financialhealth"]


def sums(firm, opportunity):
    row = firm.dataverse.get("opportunity", opportunity)
    return [None if row.get(name) is None else Decimal(row[name]) for name in _SUMS]


def test_an_opportunity_shows_the_sums_of_its_invoices(firm, people):
    client, roof = a_customer(firm, people)
    bill(firm, client, "100.00")
    paid = bill(firm, client, "250.00")

    firm.books.pay_invoice(paid["id"], "50.00")
    settle(firm)

    assert sums(firm, roof) == [350, 50, 300, 0]
    assert firm.differences() == []


def test_what_becomes_overdue_is_overdue_on_the_opportunity(firm, people):
    client, roof = a_customer(firm, people)
    bill(firm, client, "100.00", due_offset_days=10)

    for _ in range(15):
        firm.clock.advance(86_400)
        firm.poll()
    settle(firm)

    assert sums(firm, roof) == [100, 0, 100, 100]
    assert firm.differences() == []


def test_a_voided_invoice_counts_no_more(firm, people):
    client, roof = a_customer(firm, people)
    invoice = bill(firm, client)

    firm.books.delete_invoice(invoice["id"])
    settle(firm)

    assert sums(firm, roof) == [0, 0, 0, 0]
    assert firm.differences() == []


def test_an_opportunity_without_invoices_is_not_written(firm, people):
    client, _ = a_customer(firm, people)
    bill(firm, client)
    idle = people.opportunity(firm.account_of(client)["accountid"], "Cellar")

    firm.books.edit_client(client["id"], fax="1")
    settle(firm)

    assert sums(firm, idle) == [None] * 4


def test_every_open_opportunity_shows_how_its_account_stands(firm, people):
    client, roof = a_customer(firm, people)
    bill(firm, client, due_offset_days=10)
    idle = people.opportunity(firm.account_of(client)["accountid"], "Cellar")

    due = health(firm, roof)
    for _ in range(15):
        firm.clock.advance(86_400)
        firm.poll()
    settle(firm)

    assert due == Health.PAYMENT_DUE
    assert health(firm, roof) == health(firm, idle) == Health.OVERDUE
    assert sums(firm, idle) == [None] * 4
    assert firm.differences() == []


def test_an_opportunity_that_moves_to_another_account_shows_how_that_one_stands(firm, people):
    client, _ = a_customer(firm, people)
    bill(firm, client)
    idle = people.opportunity(firm.account_of(client)["accountid"], "Cellar")
    other = firm.books.create_client(organization="Birch Works")
    firm.run()
    firm.books.edit_client(client["id"], fax="1")
    settle(firm)

    theirs = firm.account_of(other)["accountid"]
    firm.dataverse.update("opportunity", idle, customerid_account=theirs)
    firm.books.edit_client(other["id"], fax="1")
    settle(firm)

    assert health(firm, idle) == Health.NO_ACTIVITY
    assert firm.differences() == []


def test_an_opportunity_that_is_closed_without_invoices_keeps_what_it_showed(firm, people):
    client, _ = a_customer(firm, people)
    closed = people.opportunity(firm.account_of(client)["accountid"], "Cellar")
    invoice = bill(firm, client, po_number="Roof")
    people.win(closed)

    firm.books.pay_invoice(invoice["id"], "100.00")
    settle(firm)

    assert health(firm, closed) == Health.PAYMENT_DUE
    assert firm.differences() == []


def test_an_account_that_stands_as_before_has_none_of_its_opportunities_written(firm, people):
    client, roof = a_customer(firm, people)
    bill(firm, client)
    before = firm.dataverse.get("opportunity", roof)["versionnumber"]

    firm.books.edit_client(client["id"], fax="1")
    settle(firm)

    assert firm.dataverse.get("opportunity", roof)["versionnumber"] == before


def test_amounts_in_another_currency_are_not_added_up(firm, people):
    client, roof = a_customer(firm, people)
    bill(firm, client, "100.00")

    bill(firm, client, "40.00", currency_code="CAD")

    assert sums(firm, roof) == [100, 0, 100, 0]
    assert firm.differences() == []


def test_an_invoice_that_a_person_moves_counts_where_it_is_from_the_next_look_on(firm, people):
    client, roof = a_customer(firm, people)
    invoice = bill(firm, client)
    dollars = firm.account_of(client)["_transactioncurrencyid_value"]
    cellar = people.opportunity(
        firm.account_of(client)["accountid"],
        "Cellar",
        transactioncurrencyid=("transactioncurrency", dollars),
    )
    (row,) = firm.invoices()
    people.move(row["invoiceid"], cellar)

    firm.books.pay_invoice(invoice["id"], "30.00")
    settle(firm)

    assert sums(firm, roof) == [0, 0, 0, 0]
    assert sums(firm, cellar) == [100, 30, 70, 0]
    moved = Told(moved=frozenset({f"{firm.account}-invoice-{invoice['id']}"}))
    assert firm.differences(told=moved) == []


def test_a_closed_opportunity_that_is_named_shows_its_sums(firm, people):
    client, roof = a_customer(firm, people)
    people.win(roof)

    bill(firm, client, "80.00", po_number="Roof")

    assert sums(firm, roof) == [80, 0, 80, 0]
    assert firm.differences() == []


def test_invoices_that_leave_for_another_account_leave_no_sums_behind(firm, people):
    client, roof = a_customer(firm, people)
    bill(firm, client, "100.00")
    bill(firm, client, "20.00")
    other = people.account("Aster Holding")

    firm.decide(client, fbx_accountid=("account", other))
    firm.notice()
    settle(firm)

    assert sums(firm, roof) == [0, 0, 0, 0]
    assert firm.differences() == []


@pytest.mark.parametrize("policy", ["cancel", "delete", "keep"])
def test_an_invoice_that_is_deleted_after_its_client_left_leaves_no_sums_behind(policy):
    firm = Firm(deleted_records=policy)
    client, roof = a_customer(firm, People(firm))
    bill(firm, client, "20.00")
    invoice = bill(firm, client, "100.00")
    firm.decide(client, fbx_accountid=None)
    firm.notice()
    settle(firm)

    firm.books.delete_invoice(invoice["id"])
    settle(firm)

    assert sums(firm, roof) == ([120, 0, 120, 0] if policy == "keep" else [20, 0, 20, 0])


def test_payments_of_an_invoice_whose_row_is_removed_leave_it_and_its_opportunity():
    firm = Firm(deleted_records="delete")
    client, roof = a_customer(firm, People(firm))
    invoice = bill(firm, client, "100.00")
    firm.books.pay_invoice(invoice["id"], "30.00")
    settle(firm)
    (before,) = firm.entries("payment")

    firm.books.delete_invoice(invoice["id"])
    settle(firm)

    (after,) = firm.entries("payment")
    assert before["subject"] == f"Payment 30.00 USD for invoice {invoice['invoice_number']}"
    assert after["subject"] == "Payment 30.00 USD"
    assert before["_regardingobjectid_value"] == roof
    assert after["_regardingobjectid_value"] == firm.account_of(client)["accountid"]
    assert firm.differences() == []


def test_where_the_sums_cannot_be_written_everything_else_is(firm, people):
    client, roof = a_customer(firm, people)
    refuse_opportunities(firm)

    bill(firm, client, "100.00")

    assert sums(firm, roof) == [None] * 4
    account = firm.account_of(client)
    assert Decimal(account["fbx_outstanding"]) == 100


def test_a_refresh_that_finds_nothing_new_writes_nothing(firm, people):
    client, _ = a_customer(firm, people)
    bill(firm, client)
    before = firm.writes()

    firm.books.edit_client(client["id"], fax="1")
    settle(firm)

    assert firm.writes() == before
