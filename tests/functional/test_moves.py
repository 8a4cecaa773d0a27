"""Records that change their client, and clients that change their account."""

import io
from decimal import Decimal
from uuid import UUID

import pytest
import requests

from sandbox.web import InProcess
from shared.core.options import ClientState
from tests.functional.people import People
from tests.functional.world import DATAVERSE, Firm


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


class Slow:
    """A door in which the first write of some rows is under way while something else happens."""

    def __init__(self, app, path, meanwhile):
        self.app, self.path, self.meanwhile = app, path, meanwhile

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        where = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}\n{body.decode()}"
        ours = any("PATCH" in line and self.path in line for line in where.splitlines())
        if ours and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return self.app(environ, start_response)


def test_balances_that_arrive_late_do_not_stay_when_they_were_taken_back_meanwhile(firm):
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client)
    firm.run()
    firm.freshbooks.deliveries.set(drop=1.0)
    message = next(r for r in firm.queue.sent if r.kind == "client").model_dump_json().encode()
    payment = firm.books.pay_invoice(invoice["id"], "40.00")

    def taken_back_and_handled():
        firm.books.delete_payment(payment["id"])
        firm.start().process.handle(message)

    firm.dataverse_door.app = Slow(firm.dataverse, "/accounts(", taken_back_and_handled)
    firm.connector.process.handle(message)

    assert outstanding(firm, client) == 100


def test_a_client_that_is_linked_to_another_account_takes_all_its_records_along(firm):
    client = firm.books.create_client(organization="Aster Works")
    other = firm.books.create_client(organization="Birchwood Dental")
    for each in (client, other):
        invoice = an_invoice(firm, each)
        firm.books.pay_invoice(invoice["id"], "10.00")
        firm.books.create_expense("12.50", clientid=each["id"])
    firm.run()
    after = firm.dataverse.add("account", name="Aster Holding")

    firm.decide(client, fbx_accountid=None)
    firm.connector.review.link(firm.account, client["id"], UUID(after))
    firm.drain()

    assert firm.account_of(client)["accountid"] == after
    assert firm.differences() == []


@pytest.mark.parametrize("state", [ClientState.IGNORED, ClientState.GONE])
def test_a_client_whose_account_changed_while_nothing_was_carried_takes_all_along(firm, state):
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    after = firm.dataverse.add("account", name="Aster Holding")
    firm.clock.advance(60)
    if state is ClientState.GONE:
        firm.books.delete_client(client["id"])
        firm.run()
    else:
        firm.decide(client, fbx_state=int(state))
    firm.decide(client, fbx_accountid=("account", after))
    firm.notice()
    firm.run()
    firm.clock.advance(60)

    if state is ClientState.GONE:
        firm.books.restore_client(client["id"])
    else:
        firm.decide(client, fbx_state=int(ClientState.LINKED))
    firm.notice()
    firm.run()

    assert firm.account_of(client)["accountid"] == after
    assert [row["_customerid_value"] for row in firm.invoices()] == [after]
    assert {row["_fbx_accountid_value"] for row in firm.entries()} == {after}
    assert firm.differences() == []


@pytest.mark.parametrize("policy", ["cancel", "delete"])
def test_payments_of_an_invoice_that_went_in_another_currency_are_in_it_too(policy):
    firm = Firm(deleted_records=policy)
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    firm.clock.advance(60)

    firm.freshbooks.deliveries.set(drop=1.0)
    firm.books.edit_invoice(invoice["id"], currency_code="CAD")
    firm.freshbooks.deliveries.set(drop=0.0)
    firm.books.delete_invoice(invoice["id"])
    firm.run()
    firm.clock.advance(60)
    firm.run()

    assert firm.differences() == []


def win(firm, opportunity):
    """Close an opportunity as a person does."""
    session = requests.Session()
    session.mount("https://", InProcess(firm.dataverse))
    closed = {"opportunityid@odata.bind": f"/opportunities({opportunity})", "subject": "won"}
    answer = session.post(
        f"{DATAVERSE}/api/data/v9.2/WinOpportunity",
        json={"Status": 3, "OpportunityClose": closed},
        headers={"Authorization": "Bearer a-token"},
    )
    assert answer.ok


@pytest.mark.parametrize("before", [0, 1])
def test_an_expense_stays_where_it_is_when_opportunities_open_and_close(firm, before):
    account = firm.dataverse.add("account", name="Aster Works")
    customer = ("account", account)
    there = [
        firm.dataverse.add("opportunity", name="A", customerid=customer) for _ in range(before)
    ]
    client = firm.books.create_client(organization="Aster Works")
    expense = firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    for each in there:
        win(firm, each)
    firm.dataverse.add("opportunity", name="B", customerid=customer)
    firm.clock.advance(60)

    firm.books.edit_expense(expense["id"], vendor="Harbour Taxi")
    firm.run()

    (entry,) = firm.entries("expense")
    assert entry["_regardingobjectid_value"] == (there or [account])[0]
    assert entry["fbx_reference"] == "Harbour Taxi"


def test_an_expense_that_gets_another_client_goes_to_that_clients_account(firm):
    accounts = [firm.dataverse.add("account", name=name) for name in ("Aster Works", "Birchwood")]
    customer = ("account", accounts[0])
    firm.dataverse.add("opportunity", name="A", customerid=customer)
    clients = [firm.books.create_client(organization=name) for name in ("Aster Works", "Birchwood")]
    expense = firm.books.create_expense("12.50", clientid=clients[0]["id"])
    firm.run()
    firm.clock.advance(60)

    firm.books.edit_expense(expense["id"], clientid=clients[1]["id"])
    firm.run()

    assert firm.entries("expense")[0]["_regardingobjectid_value"] == accounts[1]


def test_payments_follow_an_invoice_that_a_person_moved_to_another_opportunity(firm):
    client = firm.books.create_client(organization="Aster Works")
    invoice = an_invoice(firm, client)
    firm.books.pay_invoice(invoice["id"], "40.00")
    firm.run()
    people = People(firm)
    deal = people.opportunity(firm.account_of(client)["accountid"], "Deal")
    people.move(firm.invoices()[0]["invoiceid"], deal)
    firm.clock.advance(60)

    firm.books.edit_invoice(invoice["id"], notes="Thank you")
    firm.run()

    (payment,) = firm.entries("payment")
    assert payment["_regardingobjectid_value"] == deal


def test_a_payment_is_beside_its_invoice_though_the_client_it_was_of_is_left_out():
    firm = Firm(unmatched_clients="hold")
    firm.freshbooks.switches.set(payments_follow_clients=False)
    known = firm.dataverse.add("account", name="Birchwood Dental")
    first = firm.books.create_client(organization="Aster Works")
    other = firm.books.create_client(organization="Birchwood Dental")
    invoice = an_invoice(firm, first)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    assert firm.entries("payment") == []
    firm.clock.advance(60)

    firm.books.edit_invoice(invoice["id"], customerid=other["id"])
    firm.run()

    (entry,) = firm.entries("payment")
    assert entry["_fbx_accountid_value"] == known
    assert firm.differences() == []


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("then", ["stays", "is deleted"])
def test_payments_are_where_their_invoice_is_whichever_client_freshbooks_gives_them(
    firm, follow, then
):
    firm.freshbooks.switches.set(payments_follow_clients=follow)
    first = firm.books.create_client(organization="Aster Works")
    other = firm.books.create_client(organization="Birchwood Dental")
    an_invoice(firm, other)
    invoice = an_invoice(firm, first)
    payment = firm.books.pay_invoice(invoice["id"], "10.00")
    firm.run()
    firm.clock.advance(60)

    firm.books.edit_invoice(invoice["id"], customerid=other["id"])
    if then == "is deleted":
        firm.books.delete_invoice(invoice["id"])  # before anybody heard that it moved
    firm.books.edit_payment(payment["id"], note="by hand")
    firm.run()

    row = next(each for each in firm.invoices() if each["fbx_number"] == invoice["invoice_number"])
    (entry,) = firm.entries("payment")
    assert entry["_fbx_accountid_value"] == row["_customerid_value"]
    assert firm.differences() == []
