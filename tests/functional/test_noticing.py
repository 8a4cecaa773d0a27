"""What people decide about clients is noticed, however clocks go and whatever fails meanwhile."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.known import CLOCKS_APART
from shared.core.options import ClientState
from shared.errors import ConflictError, NotPossibleError
from shared.sync.decisions import ALL_EVERY
from shared.sync.match import Wish
from tests.functional.people import People
from tests.functional.world import Firm

WAITS, LINKED = int(ClientState.NEEDS_A_PERSON), int(ClientState.LINKED)
A_WHILE = 2 * CLOCKS_APART
LINES = [{"name": "Work", "unit_cost": "100.00"}]


@pytest.fixture
def firm():
    return Firm(unmatched_clients="hold")


@pytest.fixture
def people(firm):
    return People(firm)


def sold(firm, name="Aster Works"):
    client = firm.books.create_client(organization=name)
    firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    firm.run()
    firm.clock.advance(60)
    return client


def pass_a_while(firm, time=A_WHILE):
    """Let time pass in which everything is at rest, and look once in the end."""
    firm.clock.advance(time.total_seconds())
    firm.notice()


def choose(firm, client, account, *, ago=timedelta()):
    """Fill in a client's account by a clock that is behind."""
    firm.clock.now -= ago
    firm.decide(client, fbx_accountid=("account", account))
    firm.clock.now += ago


def test_a_decision_by_a_clock_that_is_behind_is_noticed(firm, people):
    client, home = sold(firm), people.account("Something Else")
    pass_a_while(firm)

    choose(firm, client, home, ago=CLOCKS_APART / 2)
    firm.notice()

    assert firm.account_of(client)["accountid"] == home


def test_a_decision_that_was_overlooked_is_noticed_within_a_day(firm, people):
    people.account("Aster Works")
    client, home = sold(firm), people.account("Something Else")
    pass_a_while(firm)
    choose(firm, client, home, ago=A_WHILE)
    firm.notice()
    assert firm.row_of(client)["fbx_linkedto"] != home

    pass_a_while(firm, ALL_EVERY)

    assert firm.account_of(client)["accountid"] == home


def test_a_decision_made_while_dataverse_does_not_answer_is_noticed_afterwards(firm, people):
    client, home = sold(firm), people.account("Something Else")
    pass_a_while(firm)
    choose(firm, client, home)
    firm.clock.advance(A_WHILE.total_seconds())

    firm.dataverse_door.fail(kind="status", path="", status=503, times=None)
    assert any("Decisions in Dynamics" in each for each in firm.connector.upkeep.run())
    firm.dataverse_door.heal()
    pass_a_while(firm, timedelta(minutes=5))

    assert firm.account_of(client)["accountid"] == home


def test_rows_of_a_business_that_is_not_synced_are_left_alone(firm, people):
    home = people.account("Somebody Else's")
    firm.dataverse.add("fbx_client", fbx_name="Stranger", fbx_key="other-7", fbx_state=WAITS)
    client = sold(firm)

    choose(firm, client, home)
    firm.notice()

    (row,) = [each for each in firm.dataverse.all("fbx_client") if each["fbx_key"] == "other-7"]
    assert row["fbx_carriedout"] is None
    assert firm.account_of(client)["accountid"] == home


def test_a_client_that_is_set_to_need_a_person_lets_its_account_go(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)

    firm.decide(client, fbx_state=WAITS)
    firm.notice()

    row = firm.row_of(client)
    assert (row["fbx_state"], row["_fbx_accountid_value"]) == (WAITS, None)
    assert firm.dataverse.get("account", home)["fbx_outstanding"] is None
    (waiting,) = firm.connector.review.list_held()
    assert [each.name for each in waiting.hold.candidates] == ["Aster Works"]


def test_what_a_person_is_asked_follows_what_there_is_to_choose_from(firm, people):
    client = sold(firm)
    (before,) = firm.connector.review.list_held()
    assert before.hold.candidates == ()

    people.account("Aster Works Inc")
    firm.books.edit_client(client["id"], email="ap@aster.example")
    firm.run()

    (after,) = firm.connector.review.list_held()
    assert [each.name for each in after.hold.candidates] == ["Aster Works Inc"]
    assert "Aster Works Inc" in firm.row_of(client)["fbx_candidates"]


def test_a_client_that_was_left_out_and_is_taken_back_is_matched_as_if_it_were_new(firm, people):
    home = people.account("Aster Works")
    client = sold(firm)
    review = firm.connector.review
    review.unlink(firm.account, client["id"])
    firm.drain()
    review.ignore(firm.account, client["id"])
    firm.drain()

    review.unignore(firm.account, client["id"])
    firm.drain()

    assert firm.account_of(client)["accountid"] == home
    assert firm.differences() == []


def test_no_second_account_is_made_for_a_client_whose_first_was_taken_away():
    firm = Firm(unmatched_clients="create")
    client = sold(firm)
    made = firm.account_of(client)["accountid"]
    firm.connector.review.unlink(firm.account, client["id"])
    firm.drain()

    with pytest.raises(NotPossibleError, match="took its account away"):
        firm.connector.review.create(firm.account, client["id"])

    assert [row["accountid"] for row in firm.dataverse.all("account")] == [made]
    assert firm.account_of(client) is None


def test_an_operator_is_told_that_an_account_is_inactive(firm, people):
    client, home = sold(firm), people.account("Aster Holding")
    people.set_active(home, active=False)

    with pytest.raises(NotPossibleError, match="Aster Holding is inactive; activate it"):
        firm.connector.review.link(firm.account, client["id"], UUID(home))

    assert firm.row_of(client)["fbx_state"] == WAITS


def test_an_account_that_is_deactivated_at_the_last_moment_gets_no_client(firm, people):
    client, home = sold(firm), people.account("Aster Holding")
    people.set_active(home, active=False)
    record = RecordId(firm.account, Kind.CLIENT, client["id"])

    with pytest.raises(ConflictError, match="not there, or not active"):
        firm.connector.review.clients.decide(record, Wish(UUID(home)))

    assert firm.row_of(client)["_fbx_accountid_value"] is None


def test_an_account_that_was_made_is_found_though_its_clients_row_and_its_name_are_gone():
    firm = Firm(unmatched_clients="create")
    client = sold(firm)
    made = firm.account_of(client)["accountid"]
    firm.dataverse.update("account", made, name="Quite Different")
    firm.dataverse.delete("fbx_client", firm.row_of(client)["fbx_clientid"])

    firm.books.edit_client(client["id"], email="ap@aster.example")
    firm.run()

    assert firm.account_of(client)["accountid"] == made
    assert [row["accountid"] for row in firm.dataverse.all("account")] == [made]
