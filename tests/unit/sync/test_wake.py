import itertools
from collections import Counter
from datetime import timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.circuit import connection_circuit, problem_circuit
from shared.core.connections import SyncedBusiness
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.lines import StillWaiting
from shared.core.outcomes import OutcomeName
from shared.errors import RetryLaterError
from shared.sync.beside import Beside
from shared.sync.circuits import CircuitBreakers
from shared.sync.release import MOST_AT_ONCE, Release
from shared.sync.tickets import Tickets
from shared.sync.wake import Wake, circuit_of
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryCircuits,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryQueue,
)

DATAVERSE = Awaited.service("Dataverse")
LOGIN = Awaited.connection("a-login")
PROBLEM = Awaited.problem("0a1b")
DOWN = RetryLaterError("answered 503", service="Dataverse")


class Told(Logs):
    """Keeps the lines that were written."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def write(self, line):
        self.lines.append(line)


class Scene:
    def __init__(self):
        self.clock = FakeClock()
        self.queue, self.holds = MemoryQueue(self.clock), MemoryHolds()
        self.journal, self.kept = MemoryJournal(), MemoryCircuits()
        self.businesses, self.checkpoints = MemoryBusinesses(), MemoryCheckpoints()
        self.telemetry = Told()
        self.businesses.upsert(SyncedBusiness("xazq5", "Aster", "a-login", 1))
        self.start()

    def start(self):
        """Begin anew, as another instance would."""
        self.circuits = CircuitBreakers(self.kept, clock=self.clock, draw=lambda: 1.0)
        self.release = Release(
            holds=self.holds,
            queue=self.queue,
            clock=self.clock,
            is_stopped=lambda business, what: self.circuits.is_open(circuit_of(business, what)),
            pace=0.1,
        )
        tickets = itertools.count()
        self.wake = Wake(
            circuits=self.circuits,
            release=self.release,
            beside=Beside(
                journal=self.journal,
                holds=self.holds,
                dead_letters=MemoryDeadLetters(),
                release=self.release,
                clock=self.clock,
            ),
            tickets=Tickets(
                queue=self.queue,
                journal=self.journal,
                clock=self.clock,
                new_ticket=lambda: f"ticket{next(tickets):010d}",
            ),
            holds=self.holds,
            businesses=self.businesses,
            checkpoints=self.checkpoints,
            telemetry=self.telemetry,
            clock=self.clock,
        )

    def wait(self, awaited, *numbers, business="xazq5"):
        for number in numbers:
            record = RecordId(business, Kind.INVOICE, number)
            request = SyncRequest.of(record, cause=Cause.POLL, seen=self.clock())
            self.holds.add_waiting(awaited, request, since=self.clock(), noted=True)
            self.journal.write(
                JournalEntry(record, OutcomeName.WAITING, self.clock(), awaited=str(awaited))
            )

    def open(self, awaited, business="xazq5"):
        record = RecordId(business, Kind.INVOICE, 1)
        if awaited == LOGIN:
            self.circuits.open_connection(awaited.name, "log in")
        elif awaited == PROBLEM:
            self.circuits.problem(record, awaited.name, reason="it is refused")
        else:
            for number in (1, 2, 3):
                self.circuits.failed(awaited.name, f"xazq5-invoice-{number}", DOWN)

    def close(self, awaited, business="xazq5"):
        return self.circuits.close(circuit_of(business, awaited))

    def is_kept(self, awaited, business="xazq5"):
        return circuit_of(business, awaited) in self.kept.circuits

    def minutes(self, number):
        for _ in range(number):
            self.clock.advance(60)
            self.wake.run()

    def sent(self):
        return [request.number for request in self.queue.sent]

    def waiting(self):
        return sorted(wait.request.number for wait in self.holds.list_waits())

    def lines(self):
        return [line for line in self.telemetry.lines if isinstance(line, StillWaiting)]


@pytest.fixture
def scene():
    made = Scene()
    made.wake.run()  # its sweep is over for ten minutes
    made.telemetry.lines.clear()
    return made


# what follows an end


@pytest.mark.parametrize("awaited", [DATAVERSE, LOGIN, PROBLEM])
def test_what_waited_follows_in_slices_when_the_circuit_closed(scene, awaited):
    scene.open(awaited)
    scene.wait(awaited, *range(1, MOST_AT_ONCE + 11))
    scene.wake.end(scene.close(awaited))
    first = len(scene.sent())

    scene.wake.run()

    assert (first, len(scene.sent())) == (MOST_AT_ONCE, MOST_AT_ONCE + 10)
    assert scene.waiting() == []
    assert scene.circuits.released() == []


def test_what_follows_is_paced_so_that_live_messages_go_ahead(scene):
    scene.open(DATAVERSE)
    scene.wait(DATAVERSE, *range(1, 301))

    scene.wake.end(scene.close(DATAVERSE))

    assert scene.queue.messages[0][0] == scene.clock()
    last = max(at for at, _, _ in scene.queue.messages)
    assert last - scene.clock() == timedelta(seconds=30)


@pytest.mark.parametrize("method", ["delete_waiting", "list_waiting"])
def test_an_end_that_was_cut_short_is_taken_up_by_another_instance(scene, method):
    scene.open(DATAVERSE)
    scene.wait(DATAVERSE, 1, 2, 3)
    closed = scene.close(DATAVERSE)

    def die(*_given):
        raise RetryLaterError("the instance is gone")

    scene.holds.before(method, die, once=True)
    with pytest.raises(RetryLaterError):
        scene.wake.end(closed)
    left = scene.waiting()
    scene.start()
    scene.minutes(1)

    assert left == [1, 2, 3]
    assert set(scene.sent()) == {1, 2, 3}
    assert scene.waiting() == []


def test_a_queue_that_breaks_in_the_middle_of_an_end_loses_nothing(scene):
    scene.open(DATAVERSE)
    scene.wait(DATAVERSE, 1, 2, 3)
    closed = scene.close(DATAVERSE)
    scene.queue.before("send", lambda *_given: scene.queue.sent and fail(), once=False)

    def fail():
        raise RetryLaterError("the queue is down")

    with pytest.raises(RetryLaterError):
        scene.wake.end(closed)
    scene.wake.run()
    assert scene.waiting() == [2, 3]
    scene.queue.heal()
    scene.wake.run()

    assert Counter(scene.sent()) == {1: 1, 2: 1, 3: 1}
    assert scene.waiting() == []


def test_trouble_with_one_circuit_keeps_no_other_one_from_being_looked_after(scene):
    scene.open(PROBLEM)
    scene.open(DATAVERSE)
    scene.wait(PROBLEM, 1)
    scene.wait(DATAVERSE, 2)
    scene.close(PROBLEM)
    scene.close(DATAVERSE)

    def refuse(_business, awaited):
        if awaited == DATAVERSE:
            raise RetryLaterError("a table is busy")

    scene.holds.before("list_waiting", refuse)
    scene.wake.run()

    assert scene.sent() == [1]
    assert scene.waiting() == [2]


# probes


def test_a_probe_that_was_lost_is_sent_again_and_its_record_goes_on_waiting(scene):
    scene.open(DATAVERSE)
    scene.wait(DATAVERSE, 1)
    scene.clock.advance(20)
    scene.wake.run()
    early = scene.sent()
    scene.minutes(1)

    (probe,) = scene.queue.sent
    assert early == []
    assert (probe.number, probe.cause) == (1, Cause.RELEASE)
    assert scene.waiting() == [1]


@pytest.mark.parametrize("awaited", [DATAVERSE, PROBLEM])
def test_while_the_queue_is_not_served_hardly_any_probe_is_added(scene, awaited):
    scene.open(awaited)
    scene.wait(awaited, *range(1, 32))

    scene.minutes(600)

    assert 1 <= len(scene.sent()) <= 12


def test_a_probe_that_never_came_is_sent_again_while_nothing_else_is_on_the_queue(scene):
    scene.open(PROBLEM)
    scene.wait(PROBLEM, 1)
    scene.minutes(2)
    assert scene.sent() == [1]
    scene.queue.messages.clear()

    scene.minutes(15)

    assert scene.sent() == [1, 1]


def test_a_dead_login_has_no_probe(scene):
    scene.open(LOGIN)
    scene.wait(LOGIN, 1)

    scene.minutes(9)

    assert scene.sent() == []


def test_probes_take_turns(scene):
    scene.wait(PROBLEM, 1, 2, 3)
    scene.open(PROBLEM)
    name = problem_circuit("xazq5", PROBLEM.name)
    tried = []
    for _ in range(3):
        while len(scene.sent()) == len(tried):
            scene.minutes(1)
        tried.append(scene.sent()[-1])
        record = RecordId("xazq5", Kind.INVOICE, tried[-1])
        assert scene.circuits.blocking([name], record) is None
        scene.circuits.problem(record, PROBLEM.name, reason="it is refused")

    assert sorted(tried) == [1, 2, 3]


def test_a_circuit_nobody_waits_for_is_forgotten(scene):
    scene.open(PROBLEM)

    scene.minutes(3)

    assert not scene.is_kept(PROBLEM)
    assert scene.sent() == []


def test_a_login_that_reads_no_business_any_more_stops_nobody(scene):
    scene.open(LOGIN)
    scene.wait(LOGIN, 1)
    scene.businesses.upsert(SyncedBusiness("xazq5", "Aster", "another-login", 1))

    scene.wake.run()

    assert scene.sent() == [1]
    assert scene.waiting() == []
    assert not scene.is_kept(LOGIN)


def test_a_login_that_is_accepted_again_lets_follow_what_waited(scene):
    scene.open(LOGIN)
    scene.wait(LOGIN, 1)

    scene.wake.reconnected(LOGIN.name)

    assert scene.sent() == [1]
    assert scene.waiting() == []


# what was missed


@pytest.mark.parametrize("awaited", [DATAVERSE, LOGIN, PROBLEM])
def test_what_waits_for_a_circuit_that_is_not_there_is_found_within_ten_minutes(scene, awaited):
    scene.wait(awaited, 1, 2)
    scene.minutes(8)
    early = scene.sent()
    scene.minutes(3)

    assert early == []
    assert (scene.sent(), scene.waiting()) == ([1, 2], [])


@pytest.mark.parametrize(
    "awaited",
    [Awaited.client(42), Awaited.currency("CAD"), Awaited.invoice(7), Awaited.policy("draft")],
)
def test_what_waits_for_something_else_is_left_alone(scene, awaited):
    scene.wait(awaited, 1)

    scene.minutes(25)
    scene.wake.retry()

    assert (scene.sent(), scene.waiting()) == ([], [1])


# told


def test_every_ten_minutes_it_is_told_how_much_waits(scene):
    scene.open(DATAVERSE)
    scene.wait(DATAVERSE, 1)
    scene.wait(Awaited.client(42), 2)
    scene.wait(Awaited.policy("draft"), 3)

    scene.minutes(25)

    found = [(line.records, line.circuits, line.problems) for line in scene.lines()]
    assert found == [(2, 1, 0), (2, 1, 0)]
    assert scene.lines()[-1].oldest_s == pytest.approx(1200)
    assert scene.lines()[-1].stopped_s == pytest.approx(1200)


# by hand


def test_an_operator_tries_all_that_waits_for_circuits_at_once(scene):
    for awaited, number in ((DATAVERSE, 1), (LOGIN, 2), (PROBLEM, 3)):
        scene.open(awaited)
        scene.wait(awaited, number)

    assert scene.wake.retry() == 3

    assert sorted(scene.sent()) == [1, 2, 3]
    assert scene.circuits.list_open() == []
    assert scene.waiting() == []


def test_an_operator_tries_what_waits_for_one_thing(scene):
    for awaited, number in ((DATAVERSE, 1), (PROBLEM, 3)):
        scene.open(awaited)
        scene.wait(awaited, number)

    assert scene.wake.retry(PROBLEM) == 1

    assert scene.sent() == [3]
    assert [circuit.name for circuit in scene.circuits.list_open()] == ["dataverse"]


def test_an_operator_tries_what_waits_of_one_business(scene):
    scene.businesses.upsert(SyncedBusiness("yb7k2", "Birch", "a-login", 1))
    scene.open(DATAVERSE)
    scene.wait(DATAVERSE, 1)
    scene.wait(DATAVERSE, 2, business="yb7k2")

    assert scene.wake.retry(DATAVERSE, "yb7k2") == 1

    assert scene.sent() == [2]
    scene.wake.run()  # the service is tried: the others follow
    assert scene.waiting() == []


def test_a_business_in_trouble_is_not_tried_for_another_one(scene):
    scene.businesses.upsert(SyncedBusiness("yb7k2", "Birch", "a-login", 1))
    scene.open(PROBLEM)
    scene.wait(PROBLEM, 1)
    scene.wait(PROBLEM, 2, business="yb7k2")

    scene.wake.retry(PROBLEM, "yb7k2")

    assert scene.sent() == [2]
    assert [circuit.business for circuit in scene.circuits.list_open()] == ["xazq5"]
    assert connection_circuit("a-login") not in scene.kept.circuits
