"""Records that change their client, and clients that change their account."""

from decimal import Decimal
from uuid import UUID

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


class Slow:
    """A door in which the first write of some rows is under way while something else happens."""

    def __init__(self, app, path, meanwhile):
        self.app, self.path, self.meanwhile = app, path, meanwhile

    def __call__(self, environ, start_response):
        ours = environ["REQUEST_METHOD"] == "PATCH" and self.path in environ["PATH_INFO"]
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
        firm.start().process(message)

    firm.dataverse_door.app = Slow(firm.dataverse, "/accounts(", taken_back_and_handled)
    firm.connector.process(message)

    assert outstanding(firm, client) == 100


def test_a_client_that_is_linked_to_another_account_takes_all_its_records_along(firm):
    client = firm.books.create_client(organization="Aster Works")
    other = firm.books.create_client(organization="Birchwood Dental")
    for each in (client, other):
        invoice = an_invoice(firm, each)
        firm.books.pay_invoice(invoice["id"], "10.00")
        firm.books.create_expense("12.50", clientid=each["id"])
    firm.run()
    before = firm.account_of(client)["accountid"]
    after = firm.dataverse.add("account", name="Aster Holding")

    firm.dataverse.update("account", before, fbx_clientkey=None)
    firm.connector.review.link(firm.account, client["id"], UUID(after))
    firm.drain()

    assert firm.account_of(client)["accountid"] == after
    assert firm.differences() == []
