"""TARGET=activity, in a Dataverse without the Sales app: entries are all there is of an invoice."""

import io
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.check import Told
from sandbox.dataverse import errors
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.outcomes import OutcomeName
from shared.core.policies import Target
from shared.errors import NotPossibleError
from tests.functional.life.freshbooks_verbs import FreshBooksVerbs
from tests.functional.life.peoples_verbs import PeoplesVerbs
from tests.functional.life.stage import NAMES, Luck
from tests.functional.people import People
from tests.functional.planned import Planner, done, rows_of, said, timeless
from tests.functional.world import Firm
from tests.soak import SOAK

ENTRY = "fbx_financialactivity"
LINES = [{"name": "Work", "qty": "2", "unit_cost": "50.00"}]
OPEN, COMPLETED, CANCELED = 0, 1, 2
WALKS, MOVES = (10, 200) if SOAK else (1, 60)
# Whatever the Sales app brings, by its tables, their sets, and what leads to them.
OF_SALES = re.compile(rb"invoices\b|invoicedetail|invoice_|opportunit|pricelevel|fbx_invoiceid\b")


def a_firm(*, sales: bool = False, **settings: Any) -> Firm:
    return Firm(sales=sales, target="activity", **settings)


class Billed:
    """A firm with an invoice of 100.00 of which 40.00 are paid, all of it in Dynamics."""

    def __init__(self, **settings: Any) -> None:
        self.firm = a_firm(**settings)
        self.books = self.firm.books
        self.client = self.books.create_client(organization="Aster Works")
        self.other = self.books.create_client(organization="Birchwood Dental")
        self.invoice = self.books.create_invoice(self.client["id"], LINES, sent=True)
        self.payment = self.books.pay_invoice(self.invoice["id"], "40.00")
        self.firm.run()
        self.firm.clock.advance(60)

    @property
    def bill(self) -> dict[str, Any]:
        """The entry that stands for the invoice."""
        (row,) = [row for row in self.firm.entries("invoice") if not row["fbx_replacedby"]]
        return row

    @property
    def paid(self) -> dict[str, Any]:
        """The entry of the payment."""
        (row,) = [row for row in self.firm.entries("payment") if not row["fbx_replacedby"]]
        return row

    def edit(self, **fields: Any) -> None:
        """Edit the invoice."""
        self.books.edit_invoice(self.invoice["id"], **fields)

    def ask(self, kind: Kind, record: Mapping[str, Any]) -> None:
        """Ask for a record, as an operator does."""
        ours = RecordId(self.firm.account, kind, record["id"])
        request = SyncRequest.of(ours, cause=Cause.OPERATOR, seen=self.firm.clock())
        self.firm.queue.send(request)


@pytest.fixture
def billed() -> Billed:
    return Billed()


def test_an_invoice_is_its_entry_and_its_payments_lead_to_it(billed):
    bill, paid = billed.bill, billed.paid
    account = billed.firm.account_of(billed.client)["accountid"]

    assert bill["subject"] == "Invoice 0000001: 100.00 USD, 60.00 USD open"
    assert bill["fbx_reference"] == paid["fbx_reference"] == "0000001"
    assert bill["statecode"] == OPEN
    assert bill["_fbx_invoiceentryid_value"] is None
    assert paid["subject"] == "Payment 40.00 USD for invoice 0000001"
    assert paid["_fbx_invoiceentryid_value"] == bill["activityid"]
    assert bill["_regardingobjectid_value"] == paid["_regardingobjectid_value"] == account
    assert billed.firm.differences() == []


def test_a_second_run_has_nothing_left_to_do(billed):
    before = billed.firm.everything()

    billed.ask(Kind.CLIENT, billed.client)
    billed.ask(Kind.INVOICE, billed.invoice)
    billed.ask(Kind.PAYMENT, billed.payment)
    billed.firm.drain()

    assert billed.firm.everything() == before


def pay_the_rest(one: Billed) -> None:
    one.books.pay_invoice(one.invoice["id"])


def back_to_draft(one: Billed) -> None:
    one.books.delete_payment(one.payment["id"])
    one.edit(stage="draft")


def delete(one: Billed) -> None:
    one.books.delete_invoice(one.invoice["id"])


def restore(one: Billed) -> None:
    delete(one)
    one.firm.run()
    one.firm.clock.advance(60)
    one.books.restore_invoice(one.invoice["id"])


def delete_payment(one: Billed) -> None:
    one.books.delete_payment(one.payment["id"])


def lower_payment(one: Billed) -> None:
    one.books.edit_payment(one.payment["id"], amount="15.00")


LIFE: dict[str, tuple[Callable[[Billed], None], int, str]] = {
    "edited": (lambda one: one.edit(lines=[LINES[0] | {"qty": "3"}]), OPEN, "110.00 USD open"),
    "paid": (pay_the_rest, COMPLETED, "100.00 USD, settled"),
    "a draft again": (back_to_draft, CANCELED, "draft"),
    "deleted": (delete, CANCELED, "deleted"),
    "restored": (restore, OPEN, "60.00 USD open"),
    "its payment deleted": (delete_payment, OPEN, "100.00 USD open"),
    "its payment lowered": (lower_payment, OPEN, "85.00 USD open"),
}


@pytest.mark.parametrize("happens", LIFE)
def test_whatever_happens_to_an_invoice_its_entry_shows_it(billed, happens):
    act, state, subject = LIFE[happens]

    act(billed)
    billed.firm.run()

    assert (billed.bill["statecode"], billed.bill["subject"][-len(subject) :]) == (state, subject)
    told = Told(most={f"{billed.firm.account}-payment-{billed.payment['id']}": 40})
    assert billed.firm.differences(told=told) == []


@pytest.mark.parametrize(("policy", "there"), [("delete", False), ("keep", True)])
def test_what_becomes_of_a_deleted_invoice_is_by_the_policy(policy, there):
    billed = Billed(deleted_records=policy)
    before = billed.bill["subject"]

    delete(billed)
    billed.firm.pass_time(5)

    assert [row["subject"] for row in billed.firm.entries("invoice")] == [before] * there
    assert billed.firm.differences() == []


def test_a_draft_is_shown_by_the_policy():
    firm = a_firm(draft_invoices="show")
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_invoice(client["id"], LINES, sent=False)

    firm.run()

    (row,) = firm.entries("invoice")
    assert row["subject"] == "Invoice 0000001: 100.00 USD, draft"
    assert row["fbx_outstanding"] == 0
    assert firm.differences() == []


def test_payments_follow_an_invoice_that_is_renumbered(billed):
    billed.edit(invoice_number="N-7", po_number="PO-1")
    billed.firm.run()

    assert billed.bill["fbx_reference"] == billed.paid["fbx_reference"] == "N-7"
    assert billed.bill["fbx_ponumber"] == "PO-1"
    assert billed.paid["subject"].endswith("for invoice N-7")
    assert billed.firm.differences() == []


def test_payments_follow_an_invoice_to_another_client(billed):
    billed.edit(customerid=billed.other["id"])
    billed.firm.run()

    account = billed.firm.account_of(billed.other)["accountid"]
    for row in (billed.bill, billed.paid):
        assert row["_fbx_accountid_value"] == row["_regardingobjectid_value"] == account
    assert billed.firm.differences() == []


def test_payments_follow_an_invoice_into_its_currency_and_back(billed):
    first = billed.bill["activityid"]

    billed.edit(currency_code="CAD")
    billed.firm.run()
    second = billed.bill["activityid"]
    leads = billed.paid["_fbx_invoiceentryid_value"]
    differences = billed.firm.differences()
    billed.firm.clock.advance(60)
    billed.edit(currency_code="USD")
    billed.firm.run()

    assert (second != first, leads) == (True, second)
    assert (billed.bill["activityid"], billed.paid["_fbx_invoiceentryid_value"]) == (first, first)
    assert differences == billed.firm.differences() == []


@pytest.mark.parametrize("deleted", ["by a person", "by the policy, and restored"])
def test_payments_lead_to_an_entry_that_was_made_anew(deleted):
    billed = Billed(deleted_records="delete")
    if deleted == "by a person":
        billed.firm.dataverse.delete(ENTRY, billed.bill["activityid"])
        billed.edit(notes="anew")
    else:
        restore(billed)
    billed.firm.run()

    assert billed.paid["_fbx_invoiceentryid_value"] == billed.bill["activityid"]
    assert billed.paid["fbx_reference"] == "0000001"
    assert billed.firm.differences() == []


def test_a_payment_that_was_given_back_whole_leads_to_an_entry_that_was_made_anew(billed):
    billed.books.edit_payment(billed.payment["id"], amount="0.00")
    billed.firm.run()
    billed.firm.dataverse.delete(ENTRY, billed.bill["activityid"])

    billed.edit(invoice_number="N-7")
    billed.firm.run()

    assert billed.paid["_fbx_invoiceentryid_value"] == billed.bill["activityid"]
    assert billed.paid["fbx_reference"] == "N-7"


def test_a_payment_of_an_invoice_that_is_refused_is_on_the_account_and_follows_it():
    firm = a_firm()
    client = firm.books.create_client(organization="Aster Works")
    firm.dataverse.plug_in(refuse_invoices)
    invoice = firm.books.create_invoice(client["id"], LINES, sent=True)
    firm.books.pay_invoice(invoice["id"], "40.00")
    firm.run()
    (alone,) = firm.entries()

    firm.dataverse.unplug()
    firm.books.edit_invoice(invoice["id"], notes="once more")
    firm.run()

    (bill,), (paid,) = firm.entries("invoice"), firm.entries("payment")
    assert (alone["_fbx_invoiceentryid_value"], alone["subject"]) == (None, "Payment 40.00 USD")
    assert paid["_fbx_invoiceentryid_value"] == bill["activityid"]
    assert firm.differences() == []


def refuse_invoices(table: str, row: Mapping[str, Any]) -> None:
    if table == ENTRY and "-invoice-" in row["fbx_sourcekey"]:
        raise errors.plug_in("An invoice has to be approved.")


def test_an_older_reading_overwrites_nothing(billed):
    billed.edit(lines=[LINES[0] | {"qty": "3"}])
    billed.firm.run()
    before = billed.bill
    billed.books.serve_stale("invoice", billed.invoice["id"], 2)

    billed.ask(Kind.INVOICE, billed.invoice)
    billed.firm.step()

    assert billed.firm.outcomes()["invoice", billed.invoice["id"]] is OutcomeName.DEFERRED
    assert billed.bill == before


def test_a_version_that_shows_the_same_writes_nothing(billed):
    before = billed.bill

    billed.edit(notes="for ourselves")
    billed.firm.run()

    assert billed.bill == before


def test_an_expense_that_loses_its_client_is_on_no_account_any_more():
    firm = a_firm(expenses="all")
    client = firm.books.create_client(organization="Aster Works")
    expense = firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    firm.clock.advance(60)

    firm.books.edit_expense(expense["id"], clientid=None)
    firm.run()

    (row,) = firm.entries("expense")
    assert (row["_regardingobjectid_value"], row["_fbx_accountid_value"]) == (None, None)
    assert firm.differences() == []


def test_what_a_person_did_to_an_entry_is_set_right_and_payments_go_along(billed):
    other = People(billed.firm).account("Somebody Else")
    party = {"regardingobjectid_account_fbx_financialactivity": other, "fbx_accountid": other}
    billed.firm.dataverse.update(ENTRY, billed.bill["activityid"], **party)

    billed.edit(notes="touched")
    billed.firm.run()

    assert billed.firm.differences() == []


def test_nothing_is_moved_to_an_inactive_account_and_all_follows_when_it_is_active_again(billed):
    account = billed.firm.account_of(billed.client)["accountid"]
    People(billed.firm).set_active(account, active=False)
    billed.edit(lines=[LINES[0] | {"qty": "3"}])
    billed.firm.run()
    waits = billed.bill["fbx_amount"], billed.firm.row_of(billed.client)["fbx_state"]

    People(billed.firm).set_active(account, active=True)
    billed.firm.pass_time(20)

    assert waits[0] == 100
    assert billed.bill["fbx_amount"] == 150
    assert billed.firm.differences() == []


def test_a_client_that_is_linked_to_another_account_takes_its_entries_along(billed):
    there = People(billed.firm).account("Aster Holding")

    billed.firm.decide(billed.client, fbx_accountid=("account", there))
    billed.firm.notice()

    assert billed.bill["_fbx_accountid_value"] == billed.paid["_fbx_accountid_value"] == there
    assert billed.firm.differences() == []


def test_records_wait_for_a_client_and_follow_when_a_person_decides():
    firm = a_firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], LINES, sent=True)
    firm.books.pay_invoice(invoice["id"], "40.00")
    firm.run()
    waiting = firm.entries()

    firm.decide(client, fbx_accountid=("account", People(firm).account("Somewhere Else")))
    firm.notice()

    assert waiting == []
    assert len(firm.entries()) == 2
    assert firm.differences() == []


def test_rows_belong_to_the_owner_of_the_account():
    firm = a_firm(unmatched_clients="hold")
    owner = firm.dataverse.user("A Salesperson")
    People(firm).account("Aster Works", ownerid=("systemuser", owner))
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_invoice(client["id"], LINES, sent=True)

    firm.run()

    (row,) = firm.entries("invoice")
    assert row["_ownerid_value"] == owner


def test_decisions_about_rows_of_invoices_are_refused(billed):
    review, row = billed.firm.connector.invoice_review, billed.bill["activityid"]
    number = billed.invoice["id"]

    for decide in (
        lambda: review.link(billed.firm.account, number, row),
        lambda: review.create(billed.firm.account, number),
        lambda: review.unlink(billed.firm.account, number),
    ):
        with pytest.raises(NotPossibleError, match="TARGET=activity"):
            decide()


class Overheard:
    """Stands before Dataverse and keeps what is asked there."""

    def __init__(self, app: Any) -> None:
        self.app, self.asked = app, list[bytes]()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        line = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}\n"
        self.asked.append(line.encode() + body)
        return self.app(environ, start_response)


def test_where_the_sales_app_is_there_nothing_of_it_is_named():
    firm = a_firm(sales=True, deleted_records="delete", existing_invoices="hold")
    firm.dataverse_door.app = ears = Overheard(firm.dataverse_door.app)
    people = People(firm)
    account = people.account("Aster Works")
    people.opportunity(account, "PO-1")
    firm.dataverse.add("invoice", name="0000001", customerid=("account", account))
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], LINES, sent=True, po_number="PO-1")

    firm.books.pay_invoice(invoice["id"], "40.00")
    firm.pass_time(5)
    firm.books.create_expense("12.50", clientid=client["id"])
    firm.books.edit_invoice(invoice["id"], currency_code="CAD")
    firm.pass_time(5)
    firm.books.delete_invoice(invoice["id"])
    firm.pass_time(5)

    assert len(ears.asked) > 10
    assert [each for each in ears.asked if OF_SALES.search(each)] == []
    assert firm.differences() == []


def test_what_a_plan_says_is_exactly_what_a_run_then_writes(capsys):
    billed = Billed(deleted_records="delete")
    firm, books = billed.firm, billed.books
    planner = Planner(firm, capsys)
    gone = books.create_invoice(billed.client["id"], LINES, sent=True)
    firm.run()
    firm.clock.advance(60)
    billed.edit(invoice_number="N-7", customerid=billed.other["id"])
    books.delete_invoice(gone["id"])
    new = books.create_client(organization="Cedar & Stone")
    made = books.create_invoice(new["id"], LINES, sent=True, po_number="PO-9")
    books.pay_invoice(made["id"], "10.00")
    before, kept = rows_of(firm), planner.everything()

    plan = planner.plan("--since", "2026-11-02")
    untouched = planner.everything() == kept
    firm.run()

    assert untouched
    assert timeless(done(before, rows_of(firm))) == timeless(said(plan))
    number = made["invoice_number"]
    first = [said_first for each in plan["records"] for said_first in each["first"]]
    assert f"its invoice {number} is created" in first
    actions = {(each["kind"], each["number"]): each["action"] for each in plan["records"]}
    assert actions["invoice", number] == "create"
    assert not said(planner.plan("--since", "2026-11-02"))


class Walk(FreshBooksVerbs, PeoplesVerbs):
    """A life in which nobody does what only the Sales app lets people do."""


_OF_SALES = {
    "deactivate_or_reactivate_account",
    "delete_account",
    "reassign_row_of_invoice",
    "delete_row_of_invoice",
    "open_opportunity",
    "win_opportunity",
    "move_row_of_invoice",
}
VERBS = sorted(
    name
    for side in (FreshBooksVerbs, PeoplesVerbs)
    for name in vars(side)
    if not name.startswith("_") and name not in _OF_SALES
)


@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_is_done_on_either_side_entries_show_what_they_must(seed):
    walk, drawn = Walk(), random.Random(seed)
    walk.open(seed=seed, sales=False, target="activity")
    found = []

    for move in range(1, MOVES + 1):
        luck = Luck(
            pick=drawn.randrange(60),
            other=drawn.randrange(60),
            yes=drawn.random() < 0.5,
            amount=drawn.choice(["0.01", "12.50", "99.99"]),
            code=drawn.choice(["USD", "CAD"]),
            name=drawn.choice([*NAMES, "Dunelm Radio"]),
            prices=(("2", drawn.choice(["12.50", "1000.00"])),),
        )
        getattr(walk, drawn.choice(VERBS))(luck)
        if move % 20 == 0:
            walk.settle()
            found += walk.differences()

    assert found == []


def become(firm: Firm, target: Target) -> None:
    """Set TARGET, apply the schema and sync everything again, as an administrator does."""
    firm.settings = firm.settings.model_copy(update={"target": target})
    firm.connector = firm.start()
    firm.connector.customizing.schema.apply(wait=10)
    for kind in (Kind.CLIENT, Kind.INVOICE, Kind.PAYMENT, Kind.EXPENSE):
        for record in firm.books.records(kind.value):
            ours = RecordId(firm.account, kind, record["id"])
            firm.queue.send(SyncRequest.of(ours, cause=Cause.OPERATOR, seen=firm.clock()))
    firm.drain()


def test_with_the_sales_app_later_rows_are_made_and_payments_lead_to_them():
    billed = Billed(sales=True)
    gone = billed.books.create_invoice(billed.client["id"], LINES, sent=True)
    billed.edit(currency_code="CAD", po_number="PO-1")
    billed.firm.run()
    billed.books.delete_invoice(gone["id"])
    billed.firm.run()
    people = People(billed.firm)
    account = billed.firm.account_of(billed.client)["accountid"]
    deal = people.opportunity(account, "PO-1")

    become(billed.firm, Target.RECORD)

    (row,) = [row for row in billed.firm.invoices() if row["statecode"] == 0]
    assert (row["fbx_number"], row["_opportunityid_value"]) == ("0000001", deal)
    assert billed.paid["_fbx_invoiceid_value"] == row["invoiceid"]
    assert billed.firm.connector.customizing.schema.check() == []
    assert billed.firm.differences() == []


def test_without_the_sales_app_later_rows_stay_as_they_are_and_entries_go_on():
    firm = Firm()
    people = People(firm)
    account = people.account("Aster Works")
    people.opportunity(account, "PO-1")
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], LINES, sent=True, po_number="PO-1")
    firm.books.pay_invoice(invoice["id"], "40.00")
    firm.run()
    firm.clock.advance(60)
    before = firm.invoices()

    become(firm, Target.ACTIVITY)
    firm.books.pay_invoice(invoice["id"])
    firm.run()

    assert firm.invoices() == before
    (bill,) = firm.entries("invoice")
    assert (bill["statecode"], bill["_regardingobjectid_value"]) == (COMPLETED, account)
    assert firm.connector.customizing.schema.check() == []
    assert firm.differences(told=Told(left=True)) == []
