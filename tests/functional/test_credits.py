"""Credits: given, used, edited, taken back, and shown once though FreshBooks has each twice."""

from decimal import Decimal

import pytest

from shared.core.identity import Kind
from shared.core.options import EntryKind, Status
from shared.sync.upkeep import REPAIR_WEBHOOKS_EVERY
from tests.functional.world import Firm

ANY_WAY = pytest.mark.parametrize("told", ["by webhooks", "by polls alone"])
SCOPE = "%20user%3Acredit_notes%3Aread"


class Narrow(Firm):
    """A firm whose login is one of a release that did not ask for credit notes."""

    narrow = True

    def consent(self, page, **decision):
        return super().consent(page.replace(SCOPE, "") if self.narrow else page, **decision)


@pytest.fixture
def firm():
    return Firm()


def a_client(firm, name="Aster Works"):
    return firm.books.create_client(organization=name)


def an_invoice(firm, client, price="100.00"):
    line = {"name": "Work", "qty": "1", "unit_cost": price}
    return firm.books.create_invoice(client["id"], lines=[line], sent=True)


def a_credit(firm, client, amount="50.00", **fields):
    line = {"name": "Voucher", "unit_cost": amount}
    return firm.books.create_credit_note(client["id"], [line], **fields)


def carried(firm, told="by webhooks"):
    """Let what happened in FreshBooks reach Dynamics."""
    if told == "by polls alone":
        firm.freshbooks.deliveries.set(drop=1.0)
        firm.poll()
        firm.clock.advance(600)
    firm.run()


def row_of(firm, credit):
    """The payment that stands for a credit note in FreshBooks."""
    (row,) = (
        each
        for each in firm.books.records("payment", firm.account)
        if each["creditid"] == credit["id"] and each["invoiceid"] is None
    )
    return row


# one life


@ANY_WAY
def test_a_credit_is_an_entry_of_its_own_on_the_account_whatever_deals_are_open(firm, told):
    client = a_client(firm)
    carried(firm)
    account = firm.account_of(client)["accountid"]
    firm.dataverse.add("opportunity", name="Deal", customerid=("account", account))

    credit = a_credit(firm, client, credit_type="prepayment", notes="for the fair")
    carried(firm, told)

    (entry,) = firm.entries()
    assert entry["subject"] == "Credit 50.00 USD"
    assert entry["fbx_sourcekey"] == f"{firm.account}-credit-{credit['id']}"
    assert entry["fbx_kind"] == EntryKind.CREDIT
    assert entry["fbx_method"] == "prepayment"
    assert entry["fbx_reference"] == credit["credit_number"]
    assert entry["description"] == "for the fair"
    assert entry["_regardingobjectid_value"] == account
    assert firm.account_of(client)["fbx_credit"] == 50
    assert firm.differences() == []


@ANY_WAY
def test_a_credit_that_is_edited_deleted_and_restored_is_followed(firm, told):
    client = a_client(firm)
    credit = a_credit(firm, client)
    carried(firm, told)

    firm.books.edit_credit_note(credit["id"], lines=[{"name": "Voucher", "unit_cost": "80.00"}])
    carried(firm, told)
    (edited,) = firm.entries()
    firm.books.delete_credit_note(credit["id"])
    carried(firm, told)
    (deleted,) = firm.entries()
    after_deletion = firm.differences()
    firm.books.restore_credit_note(credit["id"])
    carried(firm, told)
    (restored,) = firm.entries()

    assert edited["fbx_amount"] == 80
    assert (deleted["statecode"], deleted["fbx_status"]) == (2, Status.DELETED)
    assert after_deletion == []
    assert (restored["statecode"], restored["fbx_status"]) == (1, Status.RECORDED)
    assert firm.account_of(client)["fbx_credit"] == 80
    assert firm.differences() == []


@pytest.mark.parametrize("answers", ["row", "unknown", "deleted"])
@ANY_WAY
def test_a_deleted_credit_is_canceled_however_freshbooks_answers_for_it(firm, told, answers):
    firm.freshbooks.switches.set(deleted_reads=answers)
    client = a_client(firm)
    credit = a_credit(firm, client)
    carried(firm, told)

    firm.books.delete_credit_note(credit["id"])
    carried(firm, told)

    (entry,) = firm.entries()
    assert entry["statecode"] == 2
    assert firm.account_of(client)["fbx_credit"] == 0
    assert firm.differences() == []


def test_of_credits_a_poll_asks_for_those_that_are_new_changed_or_gone_and_no_others(firm):
    client = a_client(firm)
    kept, edited, deleted = (a_credit(firm, client) for _ in range(3))
    carried(firm)
    firm.clock.advance(3600)
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.poll()
    firm.clock.advance(300)
    at_rest = firm.poll().asked[firm.account]
    firm.books.edit_credit_note(edited["id"], notes="of May")
    firm.books.delete_credit_note(deleted["id"])
    new = a_credit(firm, client)
    firm.queue.sent.clear()

    firm.poll()

    asked = {request.number for request in firm.queue.sent if request.kind is Kind.CREDIT}
    assert asked == {edited["id"], deleted["id"], new["id"]}
    assert kept["id"] not in asked
    assert at_rest == 0
    assert firm.differences() == []


def test_a_credit_that_the_list_hides_for_no_reason_is_not_asked_for_again_and_again(firm):
    client = a_client(firm)
    credit = a_credit(firm, client)
    carried(firm)
    door = firm.freshbooks_door.app

    def hiding(environ, start_response):
        if environ["PATH_INFO"].endswith("credit_notes/credit_notes"):
            environ["QUERY_STRING"] += "&search[creditid]=1"
        return door(environ, start_response)

    firm.freshbooks_door.app = hiding
    firm.queue.sent.clear()
    for _ in range(100):
        firm.clock.advance(300)
        firm.poll()

    asked = [request for request in firm.queue.sent if request.kind is Kind.CREDIT]
    assert 1 < len(asked) < 10
    assert firm.outcomes()["credit", credit["id"]] == "unchanged"
    assert firm.differences() == []


# used for an invoice


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(("paid", "left"), [(False, None), (True, Decimal(20))])
@ANY_WAY
def test_a_credit_that_is_used_is_no_money_received(firm, told, named, paid, left):
    firm.freshbooks.switches.set(
        applied_credits_name_their_credit=named, credits_paid_when_applied=paid
    )
    client = a_client(firm)
    invoice = an_invoice(firm, client)
    a_credit(firm, client)
    carried(firm, told)
    firm.clock.advance(86400)

    used = firm.books.pay_invoice(invoice["id"], "30.00", from_credit=True)
    carried(firm, told)
    firm.poll()  # nothing tells of the note that less is left of it

    (use,) = firm.entries("payment")
    (credit,) = firm.entries("credit")
    assert use["subject"] == f"Credit applied 30.00 USD for invoice {invoice['invoice_number']}"
    assert use["fbx_sourcekey"].endswith(f"-{used['id']}")
    assert use["fbx_kind"] == EntryKind.CREDIT_APPLIED
    assert credit["fbx_outstanding"] == left
    assert firm.row_of(client)["fbx_lastpaymenton"] is None
    assert firm.row_of(client)["fbx_credit"] == 20
    assert firm.differences() == []


def test_neither_a_payment_of_nothing_nor_a_credit_nor_its_use_is_a_last_payment(firm):
    client = a_client(firm)
    invoice, other = an_invoice(firm, client), an_invoice(firm, client)
    payment = firm.books.pay_invoice(invoice["id"], "60.00", date="2026-10-01")
    firm.books.pay_invoice(other["id"], "10.00", date="2026-09-15")
    a_credit(firm, client, create_date="2026-10-20")
    firm.books.pay_invoice(invoice["id"], "30.00", from_credit=True, date="2026-10-25")
    carried(firm)
    received = firm.row_of(client)["fbx_lastpaymenton"]

    firm.books.refund(payment["id"], keep=True)
    carried(firm)

    assert str(received)[:10] == "2026-10-01"
    assert str(firm.row_of(client)["fbx_lastpaymenton"])[:10] == "2026-09-15"
    assert firm.differences() == []


@ANY_WAY
def test_what_an_invoice_was_overpaid_is_a_credit_once(firm, told):
    client = a_client(firm)
    invoice = an_invoice(firm, client)

    firm.books.pay_invoice(invoice["id"], "130.00", type="Cash")
    carried(firm, told)

    (credit,) = firm.entries("credit")
    (payment,) = firm.entries("payment")
    assert (credit["fbx_amount"], credit["fbx_method"]) == (30, "overpayment")
    assert payment["fbx_amount"] == 100
    assert firm.differences() == []


# shown once


@pytest.mark.parametrize("listed", [True, False])
@ANY_WAY
def test_the_payment_that_stands_for_a_credit_has_no_entry(firm, told, listed):
    firm.freshbooks.switches.set(payments_list_credits=listed)
    credit = a_credit(firm, a_client(firm))

    carried(firm, told)

    row = row_of(firm, credit)
    assert [each["fbx_sourcekey"].split("-")[1] for each in firm.entries()] == ["credit"]
    assert firm.outcomes().get(("payment", row["id"]), "skipped") == "skipped"
    assert firm.connector.waiting_list.gather() == []
    assert firm.differences() == []


@pytest.mark.parametrize("policy", ["cancel", "delete", "keep"])
def test_entries_of_a_time_without_credit_notes_are_canceled_when_they_can_be_read(policy):
    firm = Narrow(deleted_records=policy)
    client = a_client(firm)
    credit = a_credit(firm, client)
    carried(firm)
    (before,) = firm.entries()
    shown_by_payments = firm.differences(credits_by="payments")

    firm.clock.advance(86400)
    firm.narrow = False
    firm.connect()
    firm.clock.advance(3600)
    carried(firm, "by polls alone")

    old, new = sorted(firm.entries(), key=lambda row: row["fbx_sourcekey"], reverse=True)
    row = row_of(firm, credit)
    assert before["subject"] == "Credit 50.00 USD"
    assert shown_by_payments == []
    assert old["fbx_sourcekey"] == f"{firm.account}-payment-{row['id']}"
    assert (old["subject"], old["statecode"]) == ("Credit 50.00 USD, replaced", 2)
    assert old["fbx_status"] == Status.REPLACED
    assert new["statecode"] == 1
    (journal,) = (e for e in firm.journal.latest.values() if e.record.key == old["fbx_sourcekey"])
    assert (journal.outcome, journal.reason) == ("cancelled", "it is shown as its credit note")
    assert firm.differences() == []
    before = firm.everything()
    firm.clock.advance(3600)
    assert firm.poll().asked == {firm.account: 0}
    assert firm.everything() == before


def test_a_credit_is_not_shown_twice_when_notes_cannot_be_read_any_more():
    firm = Narrow(connected=False)
    firm.narrow = False
    firm.connect()
    client = a_client(firm)
    credit = a_credit(firm, client)
    carried(firm)

    firm.clock.advance(86400)
    firm.narrow = True
    firm.connect()
    firm.clock.advance(3600)
    firm.books.edit_payment(row_of(firm, credit)["id"], note="for May")
    carried(firm)
    later = a_credit(firm, client, "7.00")
    carried(firm)

    shown = {row["fbx_sourcekey"] for row in firm.entries()}
    assert shown == {
        f"{firm.account}-credit-{credit['id']}",
        f"{firm.account}-payment-{row_of(firm, later)['id']}",
    }


# a login that may not read them


def test_a_login_without_the_scope_keeps_everything_else_working():
    firm = Narrow()
    client = a_client(firm)
    invoice = an_invoice(firm, client)
    firm.books.pay_invoice(invoice["id"], "40.00")
    a_credit(firm, client)
    firm.books.create_expense("12.50", clientid=client["id"])
    carried(firm)
    firm.clock.advance(3600)

    report = firm.poll()
    problems = firm.connector.upkeep.run()

    nouns = {callback.event for callback in firm.freshbooks.callbacks.of(firm.account)}
    assert report.problems == []
    assert problems == []
    assert nouns == {"client", "invoice", "payment", "expense", "category"}
    assert "credit_notes" not in str(firm.freshbooks_door.traffic)
    assert firm.differences(credits_by="payments") == []


def test_all_of_a_clients_records_move_though_its_credits_cannot_be_read():
    firm = Narrow()
    client, other = a_client(firm), a_client(firm, "Birchwood Dental")
    invoice = an_invoice(firm, client)
    a_credit(firm, client)
    carried(firm)
    account = firm.account_of(other)["accountid"]

    firm.decide(client, fbx_accountid=("account", account))
    firm.notice()

    (row,) = firm.invoices()
    assert row["_customerid_value"] == account
    assert {entry["_fbx_accountid_value"] for entry in firm.entries()} == {account}
    assert invoice["invoice_number"] == row["fbx_number"]
    assert firm.differences(credits_by="payments") == []


@pytest.mark.parametrize("filtered", [True, False])
def test_credits_go_with_their_client_to_another_account(firm, filtered):
    firm.freshbooks.switches.set(credit_notes_filter_client=filtered)
    client, other = a_client(firm), a_client(firm, "Birchwood Dental")
    a_credit(firm, client)
    a_credit(firm, other)
    carried(firm)
    account = firm.account_of(other)["accountid"]

    firm.decide(client, fbx_accountid=("account", account))
    firm.notice()

    assert {entry["_fbx_accountid_value"] for entry in firm.entries("credit")} == {account}
    assert firm.differences() == []


def test_the_webhook_for_credits_comes_with_the_scope_and_goes_with_it():
    firm = Narrow()

    def nouns():
        firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())
        firm.connector.upkeep.run()
        firm.freshbooks.deliveries.run_pending()
        firm.clock.advance(60)
        firm.connector.upkeep.run()
        kept = firm.connector.webhooks.inspect(firm.account)
        assert all(each.is_live for each in kept)
        return {each.noun for each in kept}

    before = nouns()
    firm.narrow = False
    firm.log_in()
    with_it = nouns()
    firm.narrow = True
    firm.log_in()
    without = nouns()

    assert before == without == set(Kind) - {Kind.CREDIT}
    assert with_it == set(Kind)
    callbacks = firm.freshbooks.callbacks.of(firm.account)
    assert "credit_note" not in {callback.event for callback in callbacks}


@pytest.mark.parametrize("plural", [True, False])
def test_one_credit_is_read_by_either_name_freshbooks_may_have_for_it(firm, plural):
    firm.freshbooks.switches.set(plural_credit_note_key=plural)
    a_credit(firm, a_client(firm))

    carried(firm)

    assert len(firm.entries("credit")) == 1
    assert firm.differences() == []


def test_a_credit_of_a_client_that_waits_follows_when_that_is_decided():
    firm = Firm(unmatched_clients="hold")
    client = a_client(firm)
    credit = a_credit(firm, client)
    carried(firm)
    (held, *others) = firm.connector.waiting_list.gather()
    account = firm.dataverse.add("account", name="Aster Holding")
    firm.clock.advance(60)

    firm.decide(client, fbx_accountid=("account", account))
    firm.notice()

    assert [each.kind for each in (held, *others) if each.kind != "client"] == ["credit"]
    (entry,) = firm.entries()
    assert entry["fbx_sourcekey"].endswith(f"-credit-{credit['id']}")
    assert entry["_regardingobjectid_value"] == account
    assert firm.connector.waiting_list.gather() == []
    assert firm.differences() == []
