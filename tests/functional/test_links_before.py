"""What the release before left: keys on accounts, and decisions that stood beside the holds."""

import pytest

from shared.core.identity import Awaited
from shared.core.options import ClientState
from shared.core.waiting import Candidate, Hold, HoldState
from tests.functional.people import People
from tests.functional.world import Firm

WAITS, IGNORED = int(ClientState.NEEDS_A_PERSON), int(ClientState.IGNORED)
LINES = [{"name": "Work", "unit_cost": "100.00"}]


@pytest.fixture
def firm():
    return Firm(unmatched_clients="hold")


@pytest.fixture
def people(firm):
    return People(firm)


def a_client(firm):
    """A client whose records the release before carried over, or left waiting."""
    firm.freshbooks.deliveries.set(drop=1.0)
    client = firm.books.create_client(organization="Aster Works")
    firm.freshbooks.deliveries.set(drop=0.0)
    return client


def key_of(firm, client):
    return f"{firm.account}-{client['id']}"


def bill(firm, client):
    invoice = firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    firm.run()
    return invoice


def decided(firm, client, state, *candidates):
    """What somebody decided about a client, as the release before kept it."""
    firm.holds.upsert(
        Hold(
            business=firm.account,
            awaited=Awaited.ignored(client["id"]),
            name="Aster Works",
            reason="somebody decided",
            since=firm.clock(),
            candidates=candidates,
            state=state,
        )
    )


def test_an_account_with_a_clients_key_is_its_account_whatever_it_is_called(firm, people):
    client = a_client(firm)
    home = people.account("Aster, the old ones", fbx_clientkey=key_of(firm, client))
    people.account("Aster Works")

    bill(firm, client)

    assert firm.account_of(client)["accountid"] == home
    assert firm.row_of(client)["fbx_reason"] == "an earlier release linked it"
    # a roll back finds it again
    assert firm.account_of(client)["fbx_clientkey"] == key_of(firm, client)
    assert firm.differences() == []


def test_an_inactive_account_with_a_clients_key_gets_nothing(firm, people):
    client = a_client(firm)
    home = people.account("Aster Works", fbx_clientkey=key_of(firm, client))
    people.set_active(home, active=False)
    people.account("Aster Works")

    bill(firm, client)

    assert firm.row_of(client)["fbx_state"] == WAITS
    assert firm.row_of(client)["_fbx_accountid_value"] == home
    assert firm.invoices() == []


def test_a_key_on_an_account_that_was_merged_leads_to_the_one_that_stays(firm, people):
    client = a_client(firm)
    gone = people.account("Aster Works", fbx_clientkey=key_of(firm, client))
    stays = people.account("Birchwood Dental")
    people.merge(stays, gone)

    bill(firm, client)

    assert firm.account_of(client)["accountid"] == stays


def test_unlinking_clears_the_clients_key_so_that_a_roll_back_links_nothing(firm, people):
    client = a_client(firm)
    home = people.account("Aster Works", fbx_clientkey=key_of(firm, client))
    bill(firm, client)

    firm.connector.review.unlink(firm.account, client["id"])
    firm.drain()

    assert firm.dataverse.get("account", home)["fbx_clientkey"] is None
    assert firm.account_of(client) is None


def test_unlinking_one_client_leaves_the_key_of_another_on_their_account(firm, people):
    client, other = a_client(firm), a_client(firm)
    home = people.account("Aster Works", fbx_clientkey=key_of(firm, other))
    bill(firm, client)
    bill(firm, other)
    assert firm.account_of(client)["accountid"] == home

    firm.connector.review.unlink(firm.account, client["id"])
    firm.drain()

    assert firm.dataverse.get("account", home)["fbx_clientkey"] == key_of(firm, other)


def test_a_client_that_is_deleted_keeps_its_key_and_its_place(firm, people):
    client = a_client(firm)
    home = people.account("Aster Works", fbx_clientkey=key_of(firm, client))
    bill(firm, client)
    firm.clock.advance(60)

    firm.books.delete_client(client["id"])
    firm.run()

    assert firm.row_of(client)["_fbx_accountid_value"] == home
    assert firm.dataverse.get("account", home)["fbx_clientkey"] == key_of(firm, client)


def test_a_key_says_nothing_once_a_client_has_a_row_of_its_own(firm, people):
    client = a_client(firm)
    bill(firm, client)
    assert firm.row_of(client)["fbx_state"] == WAITS

    people.account("Aster, the old ones", fbx_clientkey=key_of(firm, client))
    later = bill(firm, client)

    assert firm.row_of(client)["fbx_state"] == WAITS
    assert firm.outcomes()["invoice", later["id"]] == "held"
    assert firm.invoices() == []


def test_a_client_that_was_unlinked_before_waits_though_its_name_fits(firm, people):
    client = a_client(firm)
    home = people.account("Aster Works")
    decided(firm, client, HoldState.UNLINKED, Candidate(home, "Aster Works", ""))

    bill(firm, client)

    row = firm.row_of(client)
    assert (row["fbx_state"], row["fbx_linkedto"]) == (WAITS, home)
    assert firm.account_of(client) is None
    assert firm.connector.review.list_held()
    assert firm.invoices() == []


def test_a_client_that_was_ignored_before_stays_ignored(firm, people):
    client = a_client(firm)
    people.account("Aster Works")
    decided(firm, client, HoldState.IGNORED)

    invoice = bill(firm, client)

    assert firm.row_of(client)["fbx_state"] == IGNORED
    assert firm.outcomes()["invoice", invoice["id"]] == "skipped"
    assert firm.invoices() == []
    assert [each.hold.name for each in firm.connector.review.list_ignored()] == ["Aster Works"]
