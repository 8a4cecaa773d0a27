"""What clients and currencies wait for, asked of a whole Dataverse: once, and not for each wait."""

import pytest

from tests.functional.world import Firm

QUARTER = 15 * 60 + 1
DAY = 24 * 3600 + QUARTER


def a_client(firm, name="Aster Works", **fields):
    """Let a client with an invoice come in and be held."""
    client = firm.books.create_client(organization=name, **fields)
    line = {"name": "Work", "qty": "1", "unit_cost": "100.00"}
    firm.books.create_invoice(client["id"], lines=[line], sent=True)
    return client


def after(firm, seconds=QUARTER):
    """Let time pass and poll; return what was asked of Dataverse by that."""
    firm.clock.advance(seconds)
    firm.dataverse_door.traffic.clear()
    sent = len(firm.queue.sent)
    firm.poll()
    return sum(firm.dataverse_door.traffic.values()), len(firm.queue.sent) - sent


@pytest.fixture
def firm():
    """A firm whose held clients were looked at as a whole a moment ago."""
    firm = Firm(unmatched_clients="hold")
    for number in range(8):
        a_client(firm, f"Client Number {number}")
    firm.run()
    firm.poll()
    assert len(firm.connector.review.list_held()) == 8
    return firm


def test_while_no_account_changes_all_that_wait_together_cost_one_request(firm):
    found = [after(firm) for _ in range(4)]

    assert found == [(1, 0)] * 4


def test_a_poll_within_the_quarter_of_an_hour_costs_nothing(firm):
    after(firm)

    assert after(firm, 300) == (0, 0)


def test_an_account_of_the_clients_name_is_found_and_all_its_records_follow(firm):
    firm.clock.advance(60)
    firm.dataverse.add("account", name="Client Number 7")

    after(firm)

    assert len(firm.connector.review.list_held()) == 7
    assert len(firm.invoices()) == 1
    assert after(firm) == (1, 0)


def test_an_account_that_is_renamed_to_the_clients_name_is_found(firm):
    account = firm.dataverse.add("account", name="Something else")
    assert after(firm) == (1, 0)
    firm.clock.advance(60)
    firm.dataverse.update("account", account, name="Client Number 7")

    after(firm)

    assert len(firm.connector.review.list_held()) == 7


def test_an_account_that_is_named_like_no_client_asks_for_nobody(firm):
    firm.clock.advance(60)
    for number in range(50):
        firm.dataverse.add("account", name=f"Somebody {number}")

    assert after(firm) == (1, 0)


def test_of_two_that_fit_the_other_one_is_taken_when_one_is_deleted(firm):
    one, other = (firm.dataverse.add("account", name="Birch Ltd") for _ in range(2))
    client = a_client(firm, "Birch Ltd")
    firm.run()
    assert len(firm.connector.review.list_held()) == 9
    firm.clock.advance(60)
    firm.dataverse.delete("account", one)

    after(firm, DAY)

    assert firm.account_of(client)["accountid"] == str(other)
    held = [int(each.hold.awaited.name) for each in firm.connector.review.list_held()]
    assert firm.differences(held=held) == []


def test_of_two_that_fit_the_other_one_is_taken_when_one_is_deactivated(firm):
    one, other = (firm.dataverse.add("account", name="Birch Ltd") for _ in range(2))
    client = a_client(firm, "Birch Ltd")
    firm.run()
    after(firm)
    firm.clock.advance(60)
    firm.dataverse.update("account", one, statecode=1, statuscode=2)

    after(firm)

    assert firm.account_of(client)["accountid"] == str(other)


def test_a_currency_that_is_added_lets_its_records_follow(firm):
    firm.dataverse.add("account", name="Birch Ltd")
    client = firm.books.create_client(organization="Birch Ltd", currency_code="SEK")
    line = {"name": "Work", "qty": "1", "unit_cost": "100.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True, currency_code="SEK")
    firm.run()
    held = firm.outcomes()["invoice", invoice["id"]]
    after(firm)
    firm.clock.advance(60)
    firm.dataverse.add(
        "transactioncurrency", isocurrencycode="SEK", currencyname="Krona", currencyprecision=2,
        currencysymbol="kr", exchangerate=10,
    )  # fmt: skip

    after(firm)

    assert held == "held"
    assert firm.outcomes()["invoice", invoice["id"]] == "created"
