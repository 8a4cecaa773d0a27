"""Expenses on the timeline: what they show, whose they are, and what leaves them alone."""

import pytest

from shared.core.options import Billing
from shared.core.policies import ExpensePolicy
from tests.functional.world import Firm

NOBODYS = ("_fbx_accountid_value", "_fbx_clientid_value", "_regardingobjectid_value")


@pytest.fixture
def firm():
    return Firm()


@pytest.fixture
def everything():
    """Return a firm that wants its own expenses shown as well."""
    return Firm(expenses=ExpensePolicy.ALL)


def entry_of(firm, expense):
    """Return the only row there is of an expense."""
    key = f"{firm.account}-expense-{expense['id']}"
    (row,) = [each for each in firm.entries("expense") if each["fbx_sourcekey"] == key]
    return row


def test_tax_receipt_and_billing_are_shown_and_follow(firm):
    client = firm.books.create_client(organization="Aster Works")
    expense = firm.books.create_expense(
        "54.00", clientid=client["id"], taxAmount1="4.00", taxAmount2="1.25", has_receipt=True
    )
    firm.run()

    row = entry_of(firm, expense)
    assert (row["fbx_tax"], row["fbx_receipt"]) == (pytest.approx(5.25), True)
    assert Billing(row["fbx_billing"]) is Billing.NOT_BILLABLE

    firm.books.edit_expense(expense["id"], taxAmount1=None, taxAmount2=None, billable=True)
    firm.run()

    row = entry_of(firm, expense)
    assert row["fbx_tax"] is None
    assert Billing(row["fbx_billing"]) is Billing.TO_BE_BILLED
    assert firm.differences() == []


def test_an_expense_that_is_billed_and_taken_off_the_invoice_says_so(firm):
    client = firm.books.create_client(organization="Aster Works")
    expense = firm.books.create_expense("54.00", clientid=client["id"], billable=True)
    invoice = firm.books.create_invoice(client["id"], [], sent=True)
    firm.books.rebill_expense(expense["id"], invoice["id"])
    firm.run()
    assert Billing(entry_of(firm, expense)["fbx_billing"]) is Billing.BILLED

    firm.books.edit_invoice(invoice["id"], lines=[{"name": "Work", "unit_cost": "10.00"}])
    firm.run()

    assert Billing(entry_of(firm, expense)["fbx_billing"]) is Billing.TO_BE_BILLED
    assert firm.differences() == []


def test_a_firms_own_expenses_are_nobodys_and_count_nowhere(everything):
    expense = everything.books.create_expense("9.00", vendor="Harbour Taxi")
    everything.run()

    row = entry_of(everything, expense)
    assert [row[name] for name in NOBODYS] == [None] * 3
    assert row["fbx_reference"] == "Harbour Taxi"
    assert everything.differences() == []


def test_an_own_expense_comes_to_the_client_it_is_given_and_leaves_it_again(everything):
    client = everything.books.create_client(organization="Aster Works")
    expense = everything.books.create_expense("9.00")
    everything.run()

    everything.books.edit_expense(expense["id"], clientid=client["id"])
    everything.run()

    account = everything.account_of(client)["accountid"]
    row = entry_of(everything, expense)
    assert (row["_fbx_accountid_value"], row["_regardingobjectid_value"]) == (account, account)

    everything.books.edit_expense(expense["id"], clientid=0)
    everything.run()

    assert [entry_of(everything, expense)[name] for name in NOBODYS] == [None] * 3
    assert everything.differences() == []


def test_an_own_expense_that_is_deleted_or_not_wanted_any_more_is_canceled(everything):
    deleted, unwanted = (everything.books.create_expense(amount) for amount in ("9.00", "8.00"))
    everything.run()

    everything.books.delete_expense(deleted["id"])
    everything.run()
    everything.settings = everything.settings.model_copy(update={"expenses": ExpensePolicy.CLIENT})
    everything.connector = everything.start()
    everything.books.edit_expense(unwanted["id"], vendor="Ferry Co.")
    everything.run()

    states = [entry_of(everything, each)["statecode"] for each in (deleted, unwanted)]
    assert states == [2, 2]
    assert everything.differences() == []


@pytest.mark.parametrize("kind", ["payment", "expense"])
def test_a_new_version_that_shows_the_same_leaves_its_entry_alone(firm, kind):
    client = firm.books.create_client(organization="Aster Works")
    if kind == "payment":
        lines = [{"name": "Work", "unit_cost": "60.00"}]
        invoice = firm.books.create_invoice(client["id"], lines, sent=True)
        made = firm.books.pay_invoice(invoice["id"], "60.00")
    else:
        made = firm.books.create_expense("54.00", clientid=client["id"])
    firm.run()
    (before,) = firm.entries(kind)
    firm.clock.advance(60)

    getattr(firm.books, f"edit_{kind}")(made["id"], amount=made["amount"])
    firm.run()

    (after,) = firm.entries(kind)
    assert after == before
    assert firm.differences() == []
