"""A write that Dataverse refuses for a key or a version, and that is no race: it ends, and says so.

A key of the customer's own, a plug-in, or a row that may not be read keeps the row out for good.
"""

import pytest
import requests

from sandbox.web import InProcess, json_response
from tests.functional.doors import writes
from tests.functional.scene import KINDS, Scene
from tests.functional.world import DATAVERSE, Firm


def add_key(firm, table, column):
    """Let the customer define an alternate key of their own."""
    session = requests.Session()
    session.mount("https://", InProcess(firm.dataverse))
    answer = session.post(
        f"{DATAVERSE}/api/data/v9.2/EntityDefinitions(LogicalName='{table}')/Keys",
        json={
            "SchemaName": f"new_{column}",
            "KeyAttributes": [column],
            "DisplayName": {"LocalizedLabels": [{"Label": column, "LanguageCode": 1033}]},
        },
        headers={"Authorization": "Bearer a-token"},
    )
    assert answer.ok, answer.text


class Refusing:
    """A door that answers every write as a plug-in of the customer's would."""

    def __init__(self, firm):
        self.firm, self.writes = firm, 0
        firm.dataverse_door.app = self

    def __call__(self, environ, start_response):
        if not writes(environ):
            return self.firm.dataverse(environ, start_response)
        self.writes += 1
        error = {"code": "0x80040265", "message": "The period is closed."}
        return json_response({"error": error}, status=412)(environ, start_response)


def test_an_invoice_that_a_key_of_the_customers_refuses_is_refused_in_dataverses_words():
    firm = Firm()
    add_key(firm, "invoice", "name")
    client = firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "unit_cost": "100.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True)
    firm.run()
    (name,) = [row["name"] for row in firm.invoices()]
    firm.dataverse.delete("invoice", firm.invoices()[0]["invoiceid"])
    customer = ("account", firm.account_of(client)["accountid"])
    firm.dataverse.add("invoice", name=name, customerid=customer)

    firm.queue.send(next(request for request in firm.queue.sent if request.kind == "invoice"))
    firm.drain(most=20)

    (wait,) = firm.holds.list_waits()
    assert wait.awaited.kind == "problem"
    assert "It is no race" in wait.reason
    assert "0x80060892" in wait.reason
    assert firm.outcomes()["invoice", invoice["id"]] == "waiting"


def test_an_account_that_a_key_of_the_customers_refuses_is_refused_in_dataverses_words():
    firm = Firm()
    add_key(firm, "account", "emailaddress1")
    firm.dataverse.add("account", name="Somebody else", emailaddress1="ada@example.com")
    client = firm.books.create_client(organization="Aster Works", email="ada@example.com")
    firm.run()

    (wait,) = firm.holds.list_waits()
    assert "It is no race" in wait.reason
    assert firm.outcomes()["client", client["id"]] == "waiting"


@pytest.mark.parametrize("what", ["create", "edit"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_plug_in_refuses_with_412_ends_after_two_tries(kind, what):
    scene = Scene()
    scene.do(what, kind, "20.00")
    door = Refusing(scene.firm)

    outcome = scene.firm.connector.process.handle(scene.message(kind))

    assert "The period is closed" in outcome.reason
    assert "0x80040265" in outcome.reason
    assert door.writes == 2
