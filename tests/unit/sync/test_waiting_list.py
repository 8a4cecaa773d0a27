from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.core.circuit import Circuit, CircuitState, connection_circuit
from shared.core.connections import SyncedBusiness
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.listed import Why, totals
from shared.core.outcomes import OutcomeName
from shared.core.waiting import Hold, HoldState, Shown
from shared.sync.waiting_list import WaitingList
from shared.sync.wake import by_awaited
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
)

BUSINESSES = ("xazq5", "yb7k2")


class Scene:
    def __init__(self):
        self.clock = FakeClock()
        self.holds, self.journal = MemoryHolds(), MemoryJournal()
        self.dead_letters, self.businesses = MemoryDeadLetters(), MemoryBusinesses()
        for business in BUSINESSES:
            self.businesses.upsert(SyncedBusiness(business, business, "a-login", 1))
        self.open = []
        self.list = WaitingList(
            businesses=self.businesses,
            holds=self.holds,
            dead_letters=self.dead_letters,
            journal=self.journal,
            circuits=lambda: by_awaited(self.open),
        )

    def wait(self, awaited, number=7, *, kind=Kind.INVOICE, business="xazq5", **fields):
        record = RecordId(business, kind, number)
        request = SyncRequest.of(record, cause=Cause.POLL, seen=self.clock())
        self.holds.add_waiting(awaited, request, since=self.clock(), **fields)
        return record

    def note(self, record, outcome, *, awaited="", **fields):
        self.journal.write(JournalEntry(record, outcome, self.clock(), awaited=awaited, **fields))

    def hold(self, awaited, *, business="xazq5", state=HoldState.WAITING):
        self.holds.upsert(
            Hold(business, awaited, "Aster Works", "two fit", self.clock(), state=state)
        )

    def bury(self, record, *, dismissed=False, body=None):
        body = body or SyncRequest.of(record, cause=Cause.POLL, seen=self.clock()).model_dump_json()
        at = self.clock()
        letter = DeadLetter(
            record.key, body, "no", at, amount="7.00", currency="EUR",
            dismissed_at=at if dismissed else None,
        )  # fmt: skip
        self.dead_letters.add(letter)

    def whys(self, business=None):
        return Counter((each.why.value, each.kind) for each in self.list.gather(business))


@pytest.fixture
def scene():
    return Scene()


def an_invoice(number, business="xazq5"):
    return RecordId(business, Kind.INVOICE, number)


def test_everything_is_listed_whatever_keeps_it_away(scene):
    scene.hold(Awaited.client(42))
    scene.wait(Awaited.client(42), 1)
    scene.wait(Awaited.service("Dataverse"), 2)
    scene.wait(Awaited.invoice(1), 3, kind=Kind.PAYMENT, partly=True)
    scene.hold(Awaited.ignored(43), state=HoldState.IGNORED)
    scene.wait(Awaited.client(43), 4)
    scene.note(scene.wait(Awaited.policy("draft"), 5), OutcomeName.SKIPPED, awaited="policy-draft")
    scene.bury(an_invoice(6))
    scene.bury(an_invoice(8), dismissed=True)
    scene.bury(an_invoice(9), body="no message of ours")
    scene.note(an_invoice(10), OutcomeName.DEFERRED)

    assert scene.whys() == {
        ("held", "client"): 1,
        ("held", "invoice"): 1,
        ("waiting", "invoice"): 1,
        ("waiting", "payment"): 1,
        ("ignored", "client"): 1,
        ("ignored", "invoice"): 1,
        ("skipped", "invoice"): 1,
        ("refused", "invoice"): 1,
        ("dismissed", "invoice"): 1,
        ("unreadable", ""): 1,
        ("deferred", "invoice"): 1,
    }
    assert {each.why for each in scene.list.gather()} == set(Why)


def test_a_category_is_not_listed_whatever_keeps_it_away(scene):
    scene.wait(Awaited.service("FreshBooks"), 1, kind=Kind.CATEGORY)
    scene.bury(RecordId("xazq5", Kind.CATEGORY, 2))
    scene.note(RecordId("xazq5", Kind.CATEGORY, 3), OutcomeName.DEFERRED)
    scene.wait(Awaited.service("FreshBooks"), 4, kind=Kind.CREDIT)

    assert scene.whys() == {("waiting", "credit"): 1}


def test_what_is_in_sales_is_not_listed(scene):
    for number, outcome in enumerate(("created", "updated", "cancelled", "unchanged"), 1):
        scene.note(an_invoice(number), OutcomeName(outcome))

    assert scene.list.gather() == []


def test_the_totals_are_those_of_what_is_listed(scene):
    scene.wait(Awaited.client(42), 1, shown=Shown(amount="10.10", currency="EUR"))
    scene.wait(Awaited.problem("a"), 2, shown=Shown(amount="0.90", currency="EUR"))
    scene.wait(Awaited.currency("CAD"), 3, shown=Shown(amount="4.00", currency="CAD"))
    linkless = Shown(amount="99.00", currency="EUR")
    scene.wait(Awaited.invoice(1), 4, kind=Kind.PAYMENT, partly=True, shown=linkless)
    scene.bury(an_invoice(5))

    assert totals(scene.list.gather()) == {
        ("invoice", "EUR"): (3, Decimal("18.00")),
        ("invoice", "CAD"): (1, Decimal("4.00")),
    }


def test_the_oldest_stands_first(scene):
    for number in (3, 1, 2):
        scene.wait(Awaited.client(42), number)
        scene.clock.advance(60)

    assert [each.number for each in scene.list.gather()] == [3, 1, 2]


def test_the_same_number_in_two_businesses_is_two_records(scene):
    for business in BUSINESSES:
        scene.wait(Awaited.client(42), 1, business=business)
    scene.hold(Awaited.ignored(42), state=HoldState.IGNORED)
    scene.bury(an_invoice(2, "yb7k2"))
    scene.note(an_invoice(3), OutcomeName.DEFERRED)

    assert scene.whys("xazq5") == {
        ("ignored", "client"): 1,
        ("ignored", "invoice"): 1,
        ("deferred", "invoice"): 1,
    }
    assert scene.whys("yb7k2") == {("held", "invoice"): 1, ("refused", "invoice"): 1}
    assert sum(scene.whys().values()) == 5


def test_a_draft_that_another_release_carried_over_since_is_left_out(scene):
    draft, sent = (scene.wait(Awaited.policy("draft"), number) for number in (1, 2))
    scene.note(draft, OutcomeName.SKIPPED, awaited="policy-draft")
    scene.note(sent, OutcomeName.CREATED)

    assert [each.number for each in scene.list.gather()] == [1]


def test_a_draft_of_which_nothing_is_noted_any_more_is_listed(scene):
    scene.wait(Awaited.policy("draft"), 1)

    assert [each.why for each in scene.list.gather()] == [Why.SKIPPED]


def test_many_drafts_are_looked_up_together(scene):
    looked = []
    for number in range(1, 251):
        record = scene.wait(Awaited.policy("draft"), number)
        scene.note(record, OutcomeName.SKIPPED, awaited="policy-draft")
    scene.journal.before("get_many", lambda *_given: looked.append(1))

    assert len(scene.list.gather()) == 250
    assert len(looked) <= 3


def test_a_client_whose_account_was_taken_from_it_is_asked_about_once(scene):
    scene.hold(Awaited.ignored(42), state=HoldState.UNLINKED)
    scene.hold(Awaited.client(42))
    scene.wait(Awaited.client(42), 1)

    assert scene.whys() == {("held", "client"): 1, ("held", "invoice"): 1}


@pytest.mark.parametrize("awaited", [Awaited.client(42), Awaited.ignored(42)])
def test_a_client_that_waits_for_a_service_too_is_listed_once(scene, awaited):
    scene.hold(awaited)
    scene.wait(Awaited.service("Dataverse"), 42, kind=Kind.CLIENT)

    assert sum(scene.whys().values()) == 1


def test_a_hold_that_ended_is_not_listed_and_those_that_wait_with_it_are(scene):
    scene.hold(Awaited.client(42), state=HoldState.RELEASED)
    scene.wait(Awaited.client(42), 1)

    assert scene.whys() == {("held", "invoice"): 1}


def test_a_record_that_waits_and_is_tried_is_listed_once(scene):
    record = scene.wait(Awaited.problem("a"), 1)
    scene.note(record, OutcomeName.DEFERRED, awaited="problem-a")

    assert scene.whys() == {("waiting", "invoice"): 1}


@pytest.mark.parametrize("outcome", [OutcomeName.WAITING, OutcomeName.HELD])
def test_a_record_that_was_sent_on_is_listed_until_it_is_handled(scene, outcome):
    scene.note(an_invoice(1), outcome, awaited="client-42", reason="two fit", label="0001")

    (listed,) = scene.list.gather()
    assert (listed.why, listed.shown.label) == (Why.DEFERRED, "0001")
    assert listed.reason == ""  # what it waited for is over
    assert "nobody" in listed.who


def test_a_record_that_was_seen_and_never_read_is_listed(scene):
    scene.note(an_invoice(1), OutcomeName.ASKED, pending="a-ticket")

    assert scene.whys() == {("deferred", "invoice"): 1}


@pytest.mark.parametrize(
    ("awaited", "name"),
    [
        (Awaited.service("Dataverse"), "dataverse"),
        (Awaited.connection("a-login"), "connection.a-login"),
        (Awaited.problem("0a1b"), "problem.xazq5.0a1b"),
    ],
)
def test_a_record_says_why_what_it_waits_for_is_not_there(scene, awaited, name):
    scene.wait(awaited, 1)
    scene.open = [
        Circuit(name, CircuitState.OPEN, scene.clock(), "it is down"),
        Circuit("problem.yb7k2.0a1b", CircuitState.OPEN, scene.clock(), "another one"),
    ]

    assert [each.reason for each in scene.list.gather()] == ["it is down"]


@pytest.mark.parametrize(("probed", "who"), [(False, "the administrator"), (True, "nobody")])
def test_only_a_dead_login_asks_somebody_to_log_in(scene, probed, who):
    scene.wait(Awaited.connection("a-login"), 1)
    due = scene.clock() if probed else None
    name = connection_circuit("a-login")
    scene.open = [Circuit(name, CircuitState.OPEN, scene.clock(), "no", next_probe=due)]

    assert [each.who.split(":")[0] for each in scene.list.gather()] == [who]


def test_a_record_of_a_client_says_why_the_client_waits(scene):
    scene.hold(Awaited.client(42))
    scene.wait(Awaited.client(42), 1)
    scene.clock.advance(timedelta(days=3).total_seconds())

    assert {each.reason for each in scene.list.gather()} == {"two fit"}
