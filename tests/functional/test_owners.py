"""Who owns the rows the connector makes: the account's owner, or the connector."""

import pytest

from shared.core.identity import Kind, RecordId
from tests.functional.people import People
from tests.functional.world import Firm


def sold(firm):
    client = firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "qty": "1", "unit_cost": "100.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True)
    firm.books.pay_invoice(invoice["id"], "10.00")
    firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    return client, invoice


def owners(firm):
    rows = [*firm.invoices(), *firm.entries(), *firm.dataverse.all("fbx_client")]
    assert len(rows) == 5
    return {row["_ownerid_value"] for row in rows}


def seller(firm, **fields):
    return str(firm.dataverse.user("Ann Ray", **fields))


def test_what_is_made_belongs_to_the_owner_of_the_account():
    firm = Firm()
    ann = seller(firm, role="administrator")
    People(firm).account("Aster Works", ownerid=("systemuser", ann))

    sold(firm)

    assert owners(firm) == {ann}
    assert firm.differences() == []


def test_by_setting_it_belongs_to_the_connector():
    firm = Firm(row_owner="connector")
    ann = seller(firm, role="administrator")
    People(firm).account("Aster Works", ownerid=("systemuser", ann))

    sold(firm)

    assert owners(firm) == {firm.dataverse.environment.user}


def test_a_later_owner_stands():
    firm = Firm()
    ann = seller(firm, role="administrator")
    People(firm).account("Aster Works")
    _, invoice = sold(firm)
    (row,) = firm.invoices()
    firm.dataverse.update("invoice", row["invoiceid"], ownerid=("systemuser", ann))
    firm.clock.advance(60)

    firm.books.edit_invoice(invoice["id"], po_number="7")
    firm.run()

    assert firm.invoices()[0]["_ownerid_value"] == ann


@pytest.mark.parametrize("disabled", [False, True])
def test_who_cannot_own_leaves_it_to_the_connector_and_the_history_says_so(disabled):
    firm = Firm()
    ann = seller(firm, role="administrator")
    People(firm).account("Aster Works", ownerid=("systemuser", ann))
    if disabled:
        firm.dataverse.update("systemuser", ann, isdisabled=True)
    else:
        firm.dataverse.grant(ann, "none")

    _, invoice = sold(firm)

    assert owners(firm) == {firm.dataverse.environment.user}
    history = firm.journal.list_history(RecordId(firm.account, Kind.INVOICE, invoice["id"]))
    assert any("its account's owner cannot own it" in entry.reason for entry in history)
    assert not firm.dead_letters.letters
