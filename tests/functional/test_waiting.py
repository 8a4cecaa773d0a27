"""Records whose client is not in Dynamics yet: whatever keeps it away, they follow it."""

import pytest

from sandbox.web import json_response
from tests.functional.doors import writes
from tests.functional.world import Firm


def an_invoice(firm, client, *, price="100.00", **fields):
    line = {"name": "Work", "qty": "1", "unit_cost": price}
    return firm.books.create_invoice(client["id"], lines=[line], sent=True, **fields)


class Refusing:
    """A door that answers every write with a status."""

    def __init__(self, firm, status):
        self.firm, self.status = firm, status

    def __call__(self, environ, start_response):
        if not writes(environ):
            return self.firm.dataverse(environ, start_response)
        error = {"code": "0x80040265", "message": "No new customers today."}
        return json_response({"error": error}, status=self.status)(environ, start_response)


def test_what_was_skipped_while_a_client_was_ignored_follows_when_it_is_taken_in():
    firm = Firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")
    an_invoice(firm, client)
    firm.run()
    firm.connector.review.ignore(firm.account, client["id"])
    firm.drain()
    paid = an_invoice(firm, client)
    firm.books.pay_invoice(paid["id"], "10.00")
    firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    assert firm.invoices() == []

    firm.connector.review.create(firm.account, client["id"])
    firm.drain()

    assert firm.differences() == []
    assert len(firm.invoices()) == 2


def test_what_was_skipped_while_a_client_was_deleted_follows_when_it_is_restored():
    firm = Firm()
    client = firm.books.create_client(organization="Aster Works")
    firm.books.delete_client(client["id"])
    firm.run()
    invoice = an_invoice(firm, client)
    firm.run()
    assert firm.outcomes()["invoice", invoice["id"]] == "skipped"

    firm.clock.advance(60)
    firm.books.restore_client(client["id"])
    firm.run()

    assert firm.differences() == []
    assert firm.outcomes()["invoice", invoice["id"]] == "created"


def test_what_waited_for_the_currency_of_its_client_follows_when_the_client_gets_another():
    firm = Firm()
    client = firm.books.create_client(organization="Aster Works", currency_code="EUR")
    invoice = an_invoice(firm, client, currency_code="USD")
    firm.run()
    assert firm.outcomes()["invoice", invoice["id"]] == "held"

    firm.clock.advance(60)
    firm.books.edit_client(client["id"], currency_code="USD")
    firm.run()

    assert firm.differences() == []
    assert firm.outcomes()["invoice", invoice["id"]] == "created"


@pytest.mark.parametrize("status", [400, 412, 500, 503])
def test_records_of_a_client_that_cannot_be_carried_over_rest_until_it_is(status):
    firm = Firm()
    firm.dataverse_door.app = Refusing(firm, status)
    client = firm.books.create_client(organization="Aster Works")
    for _ in range(3):
        an_invoice(firm, client)
    firm.freshbooks.deliveries.run_pending()
    handled = 0
    while firm.step():
        handled += 1
        assert handled < 50
    firm.pass_time(30)
    asked = sum(firm.dataverse_door.traffic.values())

    firm.dataverse_door.app = firm.dataverse
    firm.pass_time(10)

    assert asked < 300
    assert firm.differences() == []
    assert len(firm.invoices()) == 3
    assert not firm.holds.waiting


@pytest.mark.parametrize("kind", ["invoice", "expense"])
def test_a_record_is_not_forgotten_when_its_client_appears_while_it_is_skipped(kind):
    firm = Firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")
    firm.run()
    firm.connector.review.ignore(firm.account, client["id"])
    firm.drain()
    if kind == "invoice":
        an_invoice(firm, client)
    else:
        firm.books.create_expense("12.50", clientid=client["id"])

    def somebody_decides(_awaited, _request):
        firm.connector.review.create(firm.account, client["id"])

    firm.holds.before("add_waiting", somebody_decides, once=True)
    firm.run()

    assert firm.differences() == []
    assert len(firm.entries(kind)) == 1
    assert not firm.holds.waiting


def test_records_of_an_ignored_client_are_read_once_and_then_rest():
    firm = Firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")
    for _ in range(3):
        an_invoice(firm, client)
    firm.run()
    firm.connector.review.ignore(firm.account, client["id"])
    firm.drain()
    firm.clock.advance(600)
    firm.poll()
    sent = len(firm.queue.sent)

    firm.clock.advance(3600)
    firm.poll()

    assert len(firm.queue.sent) == sent
    assert firm.invoices() == []


@pytest.mark.parametrize("policy", ["cancel", "keep"])
def test_a_payment_waits_quietly_for_a_deleted_invoice_whose_row_a_person_removed(policy):
    firm = Firm(deleted_records=policy)
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client)
    payment = firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    firm.clock.advance(60)
    firm.books.delete_invoice(invoice["id"])
    firm.run()
    firm.dataverse.delete("invoice", firm.invoices()[0]["invoiceid"])

    for note in ("once", "again"):
        firm.clock.advance(60)
        firm.books.edit_payment(payment["id"], note=note)
        firm.freshbooks.deliveries.run_pending()
        firm.drain(most=100)

    assert firm.outcomes()["invoice", invoice["id"]] == "skipped"
    assert [request.number for request in firm.holds.waiting.values()] == [payment["id"]]


def test_a_client_whose_made_account_a_person_unlinked_is_held_and_not_made_again():
    firm = Firm()
    client = firm.books.create_client(organization="Aster Works")
    firm.run()
    made = firm.account_of(client)["accountid"]
    firm.dataverse.update("account", made, name="Aster, former")
    firm.decide(client, fbx_accountid=None)
    firm.clock.advance(60)
    invoice = an_invoice(firm, client)
    firm.freshbooks.deliveries.run_pending()
    firm.drain(most=50)
    (waiting,) = firm.connector.review.list_held()
    assert [str(candidate.account) for candidate in waiting.hold.candidates] == [made]

    firm.connector.review.link(firm.account, client["id"], waiting.hold.candidates[0].account)
    firm.drain()

    assert firm.differences() == []
    assert [row["fbx_number"] for row in firm.invoices()] == [invoice["invoice_number"]]


def test_a_payment_of_an_invoice_that_is_refused_is_shown_and_gets_its_link_later():
    firm = Firm()
    firm.refuse_discounts()
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client, discount_value="5")
    firm.freshbooks.deliveries.run_pending()
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    assert firm.outcomes()["invoice", invoice["id"]] == "waiting"
    assert len(firm.entries("payment")) == 1

    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], discount_value="0")
    firm.run()

    assert firm.differences() == []
    assert not firm.dead_letters.letters
