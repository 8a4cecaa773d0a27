"""A client's own row in Dynamics: people decide on it, merge and deactivate its account."""

from decimal import Decimal
from itertools import pairwise

import pytest

from sandbox.dataverse import errors
from shared.core.options import ClientState, Health
from tests.functional.people import People
from tests.functional.world import Firm

WAITS, IGNORED, LINKED = (
    int(state) for state in (ClientState.NEEDS_A_PERSON, ClientState.IGNORED, ClientState.LINKED)
)


@pytest.fixture
def firm():
    return Firm(unmatched_clients="hold")


@pytest.fixture
def people(firm):
    return People(firm)


def sold(firm, name="Aster Works", amount="100.00", **fields):
    """A client with an invoice, both carried over as far as they can be."""
    client = firm.books.create_client(organization=name, **fields)
    bill(firm, client, amount)
    firm.run()
    firm.clock.advance(60)
    return client


def bill(firm, client, amount="100.00", **fields):
    line = {"name": "Work", "qty": "1", "unit_cost": amount}
    return firm.books.create_invoice(client["id"], lines=[line], sent=True, **fields)


def owed(firm, account):
    value = firm.dataverse.get("account", account)["fbx_outstanding"]
    return None if value is None else Decimal(value)


def places(firm):
    return {row["_customerid_value"] for row in firm.invoices()}


def test_a_client_that_fits_no_account_waits_on_a_row_that_says_why(firm, people):
    people.account("Aster Works Inc", address1_city="Zug", accountnumber="17")

    client = sold(firm)

    row = firm.row_of(client)
    assert row["fbx_state"] == WAITS
    assert row["_fbx_accountid_value"] is None
    assert row["fbx_reason"] == "no active account has its name; similar ones exist"
    assert "Aster Works Inc" in row["fbx_candidates"]
    assert "Zug, no. 17" in row["fbx_candidates"]
    assert Decimal(row["fbx_outstanding"]) == 100
    assert row["fbx_url"] == f"https://my.freshbooks.com/#/client/{client['id']}"
    assert firm.invoices() == []


def test_filling_in_the_account_in_dynamics_carries_everything_over(firm, people):
    client = sold(firm)
    home = people.account("Something Else")

    firm.decide(client, fbx_accountid=("account", home))
    firm.notice()

    assert firm.row_of(client)["fbx_state"] == LINKED
    assert firm.row_of(client)["fbx_reason"] == "it was linked in Dynamics"
    assert places(firm) == {home}
    assert not firm.holds.holds
    assert firm.differences() == []


def test_what_is_settled_costs_one_question_a_minute_and_nothing_else(firm, people):
    people.account("Aster Works")
    sold(firm)
    firm.notice()
    firm.dataverse_door.traffic.clear()
    firm.freshbooks_door.traffic.clear()

    for _ in range(10):
        firm.notice()

    assert sum(firm.dataverse_door.traffic.values()) == 10
    assert sum(firm.freshbooks_door.traffic.values()) == 0


def test_ignoring_a_client_in_dynamics_leaves_its_records_out_and_lists_them(firm):
    client = sold(firm)

    firm.decide(client, fbx_state=IGNORED)
    firm.notice()

    (ignored,) = firm.connector.review.list_ignored()
    assert ignored.hold.name == "Aster Works"
    assert firm.connector.review.list_held() == []
    assert firm.outcomes()["client", client["id"]] == "skipped"
    assert firm.invoices() == []


def test_a_client_that_is_taken_back_in_dynamics_is_matched_again(firm, people):
    client = sold(firm)
    firm.decide(client, fbx_state=IGNORED)
    firm.notice()
    home = people.account("Aster Works")

    firm.decide(client, fbx_state=WAITS)
    firm.notice()

    assert places(firm) == {home}
    assert firm.connector.review.list_ignored() == []
    assert firm.differences() == []


def test_ignoring_a_linked_client_takes_what_it_owes_from_its_account(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)
    assert owed(firm, home) == 100

    firm.decide(client, fbx_state=IGNORED)
    firm.notice()
    bill(firm, client)
    firm.run()

    assert owed(firm, home) is None
    assert len(firm.invoices()) == 1


def test_choosing_another_account_moves_all_records_and_both_sums(firm, people):
    home, other = people.account("Aster Works"), people.account("Aster Holding")
    client = sold(firm)
    firm.books.pay_invoice(firm.books.records("invoice", firm.account)[0]["id"], "30.00")
    firm.run()

    firm.decide(client, fbx_accountid=("account", other))
    firm.notice()

    assert places(firm) == {other}
    assert {row["_fbx_accountid_value"] for row in firm.entries()} == {other}
    assert (owed(firm, home), owed(firm, other)) == (None, 70)
    assert firm.differences() == []


def test_several_clients_of_one_account_are_summed_up_on_it(firm, people):
    home = people.account("Aster Works")
    sold(firm, amount="100.00")
    second = sold(firm, "Aster Works", "20.00")
    third = sold(firm, "Aster Branch", "3.00")

    firm.decide(third, fbx_accountid=("account", home))
    firm.notice()

    assert owed(firm, home) == 123
    assert firm.differences() == []
    firm.connector.review.unlink(firm.account, second["id"])
    firm.drain()
    assert owed(firm, home) == 103


@pytest.mark.parametrize("picked", [{}, {"fbx_outstanding": 7, "telephone1": "1"}])
def test_a_merge_takes_clients_and_records_to_the_account_that_stays(firm, people, picked):
    gone, stays = people.account("Aster Works"), people.account("Birchwood Dental")
    one, other = sold(firm), sold(firm, "Birchwood Dental", "20.00")

    people.merge(stays, gone, **picked)
    firm.notice()
    bill(firm, one, "5.00")
    bill(firm, other, "1.00")
    firm.run()

    assert places(firm) == {stays}
    assert owed(firm, stays) == 126
    assert {firm.account_of(each)["accountid"] for each in (one, other)} == {stays}
    assert firm.dataverse.get("account", gone)["fbx_outstanding"] is None
    assert firm.differences() == []


def test_a_merge_that_the_platform_did_not_carry_is_followed_over_a_chain(firm, people):
    accounts = [people.account(name) for name in ("Aster Works", "Second", "Third")]
    client = sold(firm)
    for gone, stays in pairwise(accounts):
        people.merge(stays, gone)
    # as if the row had stayed behind
    firm.decide(client, fbx_accountid=("account", accounts[0]))

    bill(firm, client, "5.00")
    firm.run()
    firm.notice()

    assert firm.account_of(client)["accountid"] == accounts[2]
    assert places(firm) == {accounts[2]}
    assert owed(firm, accounts[2]) == 105


def test_nothing_goes_to_an_inactive_account_and_all_follows_when_it_is_active_again(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)
    people.set_active(home, active=False)

    bill(firm, client, "5.00")
    firm.run()

    (waiting,) = firm.connector.review.list_held()
    assert "its account Aster Works is inactive" in waiting.hold.reason
    assert firm.row_of(client)["fbx_state"] == WAITS
    assert len(firm.invoices()) == 1
    assert places(firm) == {home}

    people.set_active(home, active=True)
    firm.clock.advance(1000)
    firm.poll()

    assert len(firm.invoices()) == 2
    assert firm.row_of(client)["fbx_state"] == LINKED
    assert firm.differences() == []


def test_an_account_that_is_deactivated_is_noticed_though_nothing_comes_of_its_client(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)
    people.set_active(home, active=False)

    firm.notice()

    assert firm.row_of(client)["fbx_state"] == WAITS
    assert "is inactive" in firm.row_of(client)["fbx_reason"]
    writes = firm.writes()
    firm.notice()
    assert firm.writes() == writes

    people.set_active(home, active=True)
    firm.clock.advance(1000)
    firm.notice()

    assert firm.row_of(client)["fbx_state"] == LINKED
    assert firm.differences() == []


def test_a_client_of_an_inactive_account_goes_where_a_person_says(firm, people):
    home, other = people.account("Aster Works"), people.account("Aster Holding")
    client = sold(firm)
    people.set_active(home, active=False)
    bill(firm, client, "5.00")
    firm.run()

    firm.decide(client, fbx_accountid=("account", other))
    firm.notice()

    assert places(firm) == {other}
    assert owed(firm, other) == 105


def test_an_account_that_a_client_left_while_it_was_inactive_shows_nothing_of_it(firm, people):
    home, other = people.account("Aster Works"), people.account("Aster Holding")
    client = sold(firm)
    people.set_active(home, active=False)
    bill(firm, client, "5.00")
    firm.run()
    firm.decide(client, fbx_accountid=("account", other))
    firm.notice()

    people.set_active(home, active=True)

    assert owed(firm, home) is None
    assert firm.differences() == []


def test_a_client_leaves_an_inactive_account_that_may_not_be_changed(firm, people):
    home, other = people.account("Aster Works"), people.account("Aster Holding")
    client = sold(firm)
    people.set_active(home, active=False)

    def look(table, row):
        if table == "account" and row["statecode"] == 1:
            raise errors.plug_in("This account is closed.")

    firm.dataverse.plug_in(look)
    firm.decide(client, fbx_accountid=("account", other))
    firm.notice()

    assert owed(firm, other) == 100
    assert owed(firm, home) == 100


def test_what_was_on_an_account_that_is_gone_follows_to_the_next_one(firm, people):
    home, other = people.account("Aster Works"), people.account("Aster Holding")
    client = firm.books.create_client(organization="Aster Works")
    expense = firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    firm.dataverse.delete("account", home)
    firm.clock.advance(86_400)
    firm.notice()
    assert firm.row_of(client)["fbx_state"] == WAITS

    firm.decide(client, fbx_accountid=("account", other))
    firm.notice()

    (entry,) = firm.entries("expense")
    assert entry["fbx_sourcekey"].endswith(f"-expense-{expense['id']}")
    assert entry["_fbx_accountid_value"] == other


def test_an_account_that_owes_in_another_currency_only_shows_it_converted(firm, people):
    usd = next(
        row["transactioncurrencyid"]
        for row in firm.dataverse.all("transactioncurrency")
        if row["isocurrencycode"] == "USD"
    )
    home = people.account("Aster Works", transactioncurrencyid=("transactioncurrency", usd))
    client = sold(firm, currency_code="CAD")
    account = firm.dataverse.get("account", home)

    assert account["fbx_outstanding"] is None
    assert Decimal(account["fbx_converted"]) == Decimal("73.53")
    assert account["fbx_conversion"] == "CAD 100.00 at 0.7353 = 73.53 USD"
    assert account["fbx_financialhealth"] == Health.PAYMENT_DUE
    assert Decimal(firm.row_of(client)["fbx_outstanding"]) == 100
    assert firm.differences() == []


def test_what_is_open_is_told_by_age_and_grows_older_by_itself(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)
    due = firm.books.records("invoice", firm.account)[0]["due_date"]
    assert firm.row_of(client)["fbx_nextdueon"][:10] == due

    seen = []
    for day in range(140):
        firm.clock.advance(86_400 if day else 0)
        firm.poll()
        row = firm.dataverse.get("account", home)
        ages = ("current", "overdue30", "overdue60", "overdue90", "overdueolder")
        (age,) = [name for name in ages if Decimal(row[f"fbx_{name}"])]
        seen.append(age)
        if day % 10 == 0:
            assert firm.differences() == []

    assert list(dict.fromkeys(seen)) == [*ages]
    assert seen.count("overdue60") == 30


@pytest.mark.parametrize("reads", ["row", "unknown", "deleted"])
def test_a_client_that_is_deleted_is_gone_and_comes_back_when_it_is_restored(firm, people, reads):
    firm.freshbooks.switches.set(deleted_reads=reads)
    home = people.account("Aster Works")
    client = sold(firm)

    firm.books.delete_client(client["id"])
    firm.run()
    assert firm.row_of(client)["fbx_state"] == int(ClientState.GONE)
    assert owed(firm, home) == 0 or owed(firm, home) is None
    assert firm.differences() == []

    firm.clock.advance(60)
    firm.books.restore_client(client["id"])
    firm.run()

    assert firm.row_of(client)["fbx_state"] == LINKED
    assert owed(firm, home) == 100
    assert firm.differences() == []


def test_a_rename_on_either_side_changes_the_row_and_no_link(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)

    firm.dataverse.update("account", home, name="Aster Works International")
    firm.books.edit_client(client["id"], organization="Aster & Sons")
    firm.run()

    assert firm.row_of(client)["fbx_name"] == "Aster & Sons"
    assert firm.account_of(client)["name"] == "Aster Works International"
