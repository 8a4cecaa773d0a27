"""The poll with a FreshBooks on a bad day, and with lists that move while they are read."""

import hashlib
import itertools

import pytest

from shared.core.outcomes import OutcomeName
from tests.functional.world import Firm

_names = (hashlib.sha256(str(n).encode()).hexdigest()[:12] for n in itertools.count())


@pytest.fixture
def firm():
    found = Firm()
    found.freshbooks.deliveries.set(drop=1.0)  # no webhook arrives: the poll alone does it
    return found


def some_clients(firm, count):
    return [firm.books.create_client(organization=next(_names))["id"] for _ in range(count)]


def an_invoice(firm, client, amount="100.00"):
    return firm.books.create_invoice(
        client, lines=[{"name": "Work", "qty": "1", "unit_cost": amount}], sent=True
    )["id"]


def accounts(firm):
    return {row["fbx_key"] for row in firm.dataverse.all("fbx_client")}


def test_a_bad_page_costs_only_the_bad_row_until_it_is_mended(firm):
    clients = some_clients(firm, 104)
    invoice = an_invoice(firm, clients[0])
    firm.freshbooks.switches.set(breaking_rows=[clients[102]])
    report = firm.poll()
    assert len(accounts(firm)) == 103
    assert len(firm.invoices()) == 1
    assert any("client" in problem for problem in report.problems)

    firm.freshbooks.switches.set(breaking_rows=[])
    firm.clock.advance(300)
    report = firm.poll()

    assert report.problems == []
    assert firm.differences() == []
    assert firm.outcomes()["invoice", invoice] is OutcomeName.CREATED


def test_a_row_that_a_list_shows_wrong_is_read_by_its_number(firm):
    clients = some_clients(firm, 3)
    firm.freshbooks.switches.set(unreadable_rows=[clients[1]])

    report = firm.poll()

    assert report.problems == []
    assert firm.differences() == []


def test_a_row_that_is_none_is_told_and_hides_nothing(firm):
    clients = some_clients(firm, 3)
    firm.freshbooks.switches.set(shapeless_rows=[clients[1]])

    report = firm.poll()

    assert len(accounts(firm)) == 2
    assert any("name no record" in problem for problem in report.problems)


def test_a_list_without_an_end_ends(firm):
    clients = some_clients(firm, 3)
    firm.freshbooks.switches.set(endless_lists=True)

    report = firm.connector.poll.run()
    requests = sum(firm.freshbooks_door.traffic.values())
    firm.drain()

    assert len(accounts(firm)) == len(clients)
    assert any("ever more pages" in problem for problem in report.problems)
    assert firm.checkpoints.get(f"poll.{firm.account}.client") is None
    assert requests < 250


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_row_that_slips_while_another_enters_is_not_missed(firm, newest_first):
    firm.freshbooks.switches.set(newest_first=newest_first)
    clients = some_clients(firm, 150)
    asked = []
    door = firm.freshbooks_door.app

    def moving(environ, start_response):
        if environ["PATH_INFO"].endswith("/users/clients"):
            asked.append(environ["QUERY_STRING"])
            if len(asked) == 2:
                firm.books.delete_client(clients[-1] if newest_first else clients[0])
                some_clients(firm, 1)
        return door(environ, start_response)

    firm.freshbooks_door.app = moving

    firm.connector.poll.run()

    sent = {request.number for request in firm.queue.sent if request.kind == "client"}
    assert sent >= set(clients[1:-1])


def test_an_invoice_that_moved_to_another_client_leaves_nothing_open_on_the_first(firm):
    first, second = some_clients(firm, 2)
    firm.poll()
    firm.clock.advance(20 * 86400)  # no list of what changed shows the clients any more
    firm.poll()
    invoice = an_invoice(firm, first)
    firm.connector.process.handle(
        f'{{"account":"{firm.account}","kind":"client","record":{first},"cause":"webhook",'
        f'"seen":"{firm.clock().isoformat()}"}}'.encode()
    )
    assert firm.account_of({"id": first})["fbx_outstanding"] == 100
    firm.books.edit_invoice(invoice, customerid=second)
    firm.clock.advance(600)

    firm.poll()

    assert firm.account_of({"id": first})["fbx_outstanding"] == 0
    assert firm.account_of({"id": second})["fbx_outstanding"] == 100
    assert firm.differences() == []


def test_a_list_that_leaves_balances_out_makes_no_client_changed(firm):
    some_clients(firm, 3)
    firm.clock.advance(60)
    firm.poll()
    firm.clock.advance(3600)
    door = firm.freshbooks_door.app

    def without(environ, start_response):
        if environ["PATH_INFO"].endswith("/users/clients"):
            pairs = environ["QUERY_STRING"].split("&")
            environ["QUERY_STRING"] = "&".join(each for each in pairs if "include" not in each)
        return door(environ, start_response)

    firm.freshbooks_door.app = without

    assert firm.poll().asked == {firm.account: 0}


def test_polls_cost_a_firm_at_rest_a_few_requests_and_no_message(firm):
    (client,) = some_clients(firm, 1)
    an_invoice(firm, client)
    firm.poll()
    firm.clock.advance(3600)
    firm.freshbooks_door.traffic.clear()

    report = firm.poll()

    assert report.asked == {firm.account: 0}
    assert sum(firm.freshbooks_door.traffic.values()) == 11
