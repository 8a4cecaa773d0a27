from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.homes import AccountName
from shared.core.identity import Awaited, Kind
from shared.core.waiting import Candidate, Hold, HoldState, noted
from shared.errors import ConfigurationError
from shared.sync.recheck import Recheck
from shared.sync.release import Release
from tests.memory import FakeClock, MemoryCheckpoints, MemoryHolds, MemoryQueue


class Accounts:
    """What Dataverse says of accounts and currencies, and how often it was asked."""

    def __init__(self):
        self.every, self.changed, self.codes = [], [], frozenset()
        self.asked = Counter()
        self.refuses_currencies = False

    def list_account_names(self, *, changed_since):
        self.asked["accounts"] += 1
        yield from self.every if changed_since is None else self.changed

    def list_currency_codes(self):
        self.asked["currencies"] += 1
        if self.refuses_currencies:
            raise ConfigurationError("the role may not read currencies")
        return self.codes


class Scene:
    def __init__(self):
        self.clock, self.crm = FakeClock(), Accounts()
        self.holds, self.queue = MemoryHolds(), MemoryQueue(self.clock)
        self.recheck = Recheck(
            crm=self.crm,
            queue=self.queue,
            holds=self.holds,
            checkpoints=MemoryCheckpoints(),
            release=Release(holds=self.holds, queue=self.queue, clock=self.clock),
            clock=self.clock,
        )

    def hold(self, number=42, name="Aster Works", candidates=(), **fields):
        hold = Hold(
            business="xazq5",
            awaited=Awaited.client(number),
            name=name,
            reason="no match",
            since=self.clock(),
            candidates=tuple(candidates),
            **fields,
        )
        self.holds.upsert(hold)
        return hold

    def run(self):
        self.clock.advance(900)
        return self.recheck.run(["xazq5"])

    def asked_for(self):
        return [request.number for request in self.queue.requests()]


@pytest.fixture
def scene():
    made = Scene()
    made.recheck.run(["xazq5"])
    made.crm.asked.clear()
    return made


def test_thousands_of_clients_that_wait_cost_one_question_while_nothing_changes(scene):
    for number in range(1, 3001):
        scene.hold(number, name=f"Client {number}")

    for _ in range(4):
        scene.run()

    assert scene.crm.asked == {"accounts": 4}
    assert scene.asked_for() == []


def test_nothing_that_waits_costs_nothing(scene):
    scene.run()

    assert not scene.crm.asked


def test_an_account_that_is_called_as_a_client_that_waits_has_it_asked_for(scene):
    scene.hold()
    scene.hold(43, name="Birchwood Dental")
    scene.run()
    scene.crm.changed = [AccountName(uuid4(), " Aster  Works ")]

    scene.run()

    assert scene.asked_for() == [42]


def test_an_account_with_the_value_that_is_compared_has_the_client_asked_for(scene):
    scene.hold(value="DE 123")
    scene.run()
    scene.crm.changed = [AccountName(uuid4(), "Quite another", match_value="DE 123")]

    scene.run()

    assert scene.asked_for() == [42]


@pytest.mark.parametrize(
    "change",
    [{"name": "Aster, former"}, {"active": False}],
    ids=lambda change: next(iter(change)),
)
def test_a_candidate_that_is_another_one_now_has_the_client_asked_for(scene, change):
    account = uuid4()
    scene.hold(candidates=[Candidate(account, "Aster Works", "")])
    scene.crm.every = [AccountName(account, "Aster Works")]
    scene.run()
    scene.crm.changed = [AccountName(**{"id": account, "name": "Aster Works", **change})]

    scene.run()

    assert scene.asked_for() == [42]


def test_a_candidate_whose_balances_alone_changed_asks_for_nobody(scene):
    account = uuid4()
    scene.hold(candidates=[Candidate(account, "Aster Works", "Zug, no. 17")])
    scene.crm.every = [AccountName(account, "Aster Works")]
    scene.run()
    scene.crm.changed = [AccountName(account, "Aster Works")]

    scene.run()

    assert scene.asked_for() == []


def test_an_account_that_is_activated_again_has_its_client_asked_for(scene):
    account = uuid4()
    scene.hold(candidates=[Candidate(account, "Aster Works", noted("Zug", active=False))])
    scene.crm.every = [AccountName(account, "Aster Works", active=False)]
    scene.run()
    assert scene.asked_for() == []
    scene.crm.changed = [AccountName(account, "Aster Works")]

    scene.run()

    assert scene.asked_for() == [42]


def test_a_candidate_that_was_deleted_is_noticed_within_a_day(scene):
    stays, goes = uuid4(), uuid4()
    scene.hold(candidates=[Candidate(each, "Aster Works", "") for each in (stays, goes)])
    scene.crm.every = [AccountName(each, "Aster Works") for each in (stays, goes)]
    scene.run()
    scene.crm.every.pop()
    scene.clock.advance(timedelta(days=1).total_seconds())

    scene.run()

    assert scene.asked_for() == [42]


def test_a_decision_is_not_asked_about_again(scene):
    scene.hold(state=HoldState.IGNORED)
    scene.run()
    scene.crm.changed = [AccountName(uuid4(), "Aster Works")]

    scene.run()

    assert scene.asked_for() == []


def a_currency(scene, *, waiting=True):
    awaited = Awaited.currency("EUR")
    hold = Hold(business="xazq5", awaited=awaited, name="EUR", reason="none", since=scene.clock())
    scene.holds.upsert(hold)
    if waiting:
        scene.holds.add_waiting(
            awaited,
            SyncRequest(
                business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.POLL, seen=scene.clock()
            ),
        )


def test_a_currency_that_is_there_ends_the_wait_for_it(scene):
    a_currency(scene)
    scene.run()
    assert scene.asked_for() == []
    scene.crm.codes = frozenset({"EUR"})

    scene.run()

    assert scene.asked_for() == [7]
    assert not scene.holds.holds


def test_the_wait_for_a_currency_that_nothing_needs_any_more_ends(scene):
    a_currency(scene, waiting=False)

    scene.run()

    assert not scene.holds.holds


def test_a_release_that_was_cut_short_is_taken_up_at_once(scene):
    hold = scene.hold(state=HoldState.RELEASED)
    scene.holds.add_waiting(
        hold.awaited,
        SyncRequest(
            business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.POLL, seen=scene.clock()
        ),
    )

    scene.recheck.run(["xazq5"])

    assert scene.asked_for() == [7]


def test_what_belongs_to_a_business_that_is_not_synced_waits(scene):
    scene.hold()
    scene.crm.changed = [AccountName(uuid4(), "Aster Works")]
    scene.clock.advance(900)

    scene.recheck.run(["other"])

    assert scene.asked_for() == []


def test_currencies_that_may_not_be_read_keep_no_client_waiting(scene):
    a_currency(scene)
    scene.hold()
    scene.run()
    scene.crm.changed = [AccountName(uuid4(), "Aster Works")]
    scene.crm.refuses_currencies = True
    told = []
    scene.clock.advance(900)

    scene.recheck.run(["xazq5"], lambda where, _error: told.append(where))

    assert told == ["currencies"]
    assert scene.asked_for() == [42]
