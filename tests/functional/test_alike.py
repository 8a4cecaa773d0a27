"""Several workers and new clients, some alike: nobody gets a second account, and none is its own.

The workers take turns at every request and claim, in an order that a seed chooses.
"""

from datetime import timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.matching import Claim
from shared.sync.naming import HEEDED_FOR
from tests.functional.turns import Turns
from tests.functional.world import Firm
from tests.soak import SOAK

SEEDS = range(300) if SOAK else range(2)
SIMILAR = {
    "another case": ("Aster Works", "ASTER WORKS"),
    "an accent": ("Café Zürich", "Cafe Zurich"),
    "one word with an accent": ("Café", "Cafe"),
    "similar": ("Aster Works", "Aster Works Ltd"),
}


def message(firm, kind, number):
    record = RecordId(firm.account, kind, number)
    request = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=firm.clock())
    return request.model_dump_json().encode()


def taking_turns(firm, seed):
    """Return turns at every door, that of the claims too."""
    turns = Turns(firm, seed)
    for method in ("put", "list_all", "delete"):
        firm.claims.before(method, turns.pause)
    return turns


def new_client(firm, name, **fields):
    firm.freshbooks.deliveries.set(drop=1.0)
    client = firm.books.create_client(organization=name, **fields)["id"]
    line = {"name": "Work", "unit_cost": "100.00"}
    invoice = firm.books.create_invoice(client, lines=[line], sent=True)["id"]
    return client, invoice


def handled(firm, kind, number):
    body, worker = message(firm, kind, number), firm.start().process
    return lambda: worker.handle(body)


def made(firm):
    homes = {row["_fbx_accountid_value"] for row in firm.dataverse.all("fbx_client")}
    return [row for row in firm.dataverse.all("account") if row["accountid"] in homes]


@pytest.mark.parametrize("seed", SEEDS)
def test_eight_workers_do_not_take_a_clients_own_new_account_for_another_one(seed):
    firm = Firm()
    client, invoice = new_client(firm, "Aster Works")
    turns = taking_turns(firm, seed)

    turns.run(
        *(handled(firm, Kind.CLIENT, client) for _ in range(4)),
        *(handled(firm, Kind.INVOICE, invoice) for _ in range(4)),
    )

    assert not firm.holds.holds
    firm.drain()
    assert not firm.holds.holds
    assert len(made(firm)) == 1
    assert firm.differences() == []
    assert not firm.claims.claims


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("names", SIMILAR.values(), ids=SIMILAR)
def test_of_two_clients_alike_that_come_at_once_one_gets_an_account_and_one_is_held(names, seed):
    firm = Firm()
    clients = [new_client(firm, name) for name in names]
    turns = taking_turns(firm, seed)

    turns.run(
        *(handled(firm, Kind.CLIENT, client) for client, _ in clients),
        *(handled(firm, Kind.INVOICE, invoice) for _, invoice in clients),
    )
    firm.drain()

    (account,) = made(firm)
    (hold,) = firm.holds.holds.values()
    assert {candidate.name for candidate in hold.candidates} == {account["name"]}
    assert not firm.claims.claims
    assert firm.differences(held=[int(hold.awaited.name)]) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_many_clients_of_one_name_share_one_account(seed):
    firm = Firm()
    clients = [new_client(firm, "Aster Works")[0] for _ in range(5)]
    turns = taking_turns(firm, seed)

    turns.run(*(handled(firm, Kind.CLIENT, client) for client in clients))
    firm.drain()

    assert len(made(firm)) == 1
    assert len(firm.dataverse.all("fbx_client")) == 5
    assert not firm.holds.holds


@pytest.mark.parametrize("seed", SEEDS)
def test_an_account_a_person_decided_to_create_is_seen_by_a_client_alike(seed):
    firm = Firm()
    decided, other = (new_client(firm, name)[0] for name in SIMILAR["similar"])
    review = firm.start().review
    turns = taking_turns(firm, seed)

    turns.run(
        lambda: review.create(firm.account, decided),
        handled(firm, Kind.CLIENT, other),
    )
    firm.drain()

    assert firm.account_of({"id": decided}) is not None
    if firm.account_of({"id": other}) is None:  # it came second
        assert len(firm.holds.holds) == 1


def test_a_client_does_not_wait_for_one_alike_whose_worker_died():
    firm = Firm()
    (first, _), (second, _) = [new_client(firm, "Aster Works") for _ in range(2)]
    died = RecordId(firm.account, Kind.CLIENT, first)
    until = firm.clock() + HEEDED_FOR
    firm.claims.put(Claim(f"{died.client_key}~x", died, "Aster Works", until))

    firm.queue.send(SyncRequest.parse(message(firm, Kind.CLIENT, second)))
    firm.step()

    assert firm.outcomes()["client", second] == "deferred"
    firm.drain()
    assert firm.clock() <= until + timedelta(minutes=10)
    assert firm.account_of({"id": second}) is not None
