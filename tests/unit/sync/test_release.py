from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.waiting import Hold, HoldState, Wait
from shared.errors import RetryLaterError
from shared.sync.circuits import CircuitBreakers
from shared.sync.release import Release
from shared.sync.wake import circuit_of
from tests.memory import FakeClock, MemoryCircuits, MemoryHolds, MemoryQueue

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
CLIENT = Awaited.client(42)


class Scene:
    """A hold of one client with one record waiting."""

    def __init__(self):
        self.clock = FakeClock(NOW)
        self.holds, self.queue = MemoryHolds(), MemoryQueue(self.clock)
        self.release = Release(holds=self.holds, queue=self.queue, clock=self.clock)
        self.hold = Hold(
            business="xazq5", awaited=CLIENT, name="Aster", reason="no match", since=NOW
        )
        self.request = SyncRequest(
            business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.POLL, seen=NOW, attempt=4
        )
        self.wait = Wait(CLIENT, self.request, since=NOW)
        self.holds.upsert(self.hold)
        self.holds.add_waiting(self.hold.awaited, self.request)
        self.clock.advance(86400)


def test_a_record_that_waited_starts_afresh():
    scene = Scene()

    followed = scene.release.end("xazq5", CLIENT)

    (sent,) = scene.queue.requests()
    assert followed == 1
    assert (sent.number, sent.attempt, sent.cause) == (7, 0, Cause.RELEASE)
    assert sent.seen == scene.clock()


def test_a_release_that_cannot_send_leaves_everything_to_the_next_poll():
    scene = Scene()
    scene.queue.broken = RetryLaterError("Storage is down")

    with pytest.raises(RetryLaterError):
        scene.release.end("xazq5", CLIENT)

    assert scene.holds.get("xazq5", CLIENT).state is HoldState.RELEASED
    assert list(scene.holds.list_waiting("xazq5", CLIENT)) == [scene.request]


@pytest.mark.parametrize("state", [HoldState.RELEASED, None])
def test_a_record_that_joins_a_hold_that_ended_is_sent_on(state):
    scene = Scene()
    scene.holds.delete_waiting(CLIENT, scene.request)
    if state is None:
        scene.holds.delete("xazq5", CLIENT)
    else:
        scene.holds.upsert(replace(scene.hold, state=state))

    scene.release.add(scene.wait)

    assert [request.number for request in scene.queue.requests()] == [7]
    assert not scene.holds.waiting


def test_a_record_that_joins_a_hold_waits_with_it():
    scene = Scene()

    scene.release.add(scene.wait)

    assert scene.queue.requests() == []
    assert list(scene.holds.list_waiting("xazq5", CLIENT)) == [scene.request]


def test_a_record_that_joins_a_hold_opened_again_during_its_release_is_sent_on():
    holds, clock = MemoryHolds(), FakeClock(NOW)
    queue = MemoryQueue(clock)
    release = Release(holds=holds, queue=queue, clock=clock)
    hold = Hold(business="xazq5", awaited=CLIENT, name="Aster", reason="no match", since=NOW)
    late = SyncRequest(business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.WEBHOOK, seen=NOW)
    holds.upsert(hold)

    def join(_business, _awaited):
        holds.upsert(hold)  # by a worker that read before the decision
        release.add(Wait(CLIENT, late, since=NOW))

    holds.before("delete", join)
    release.end("xazq5", CLIENT)

    assert [request.number for request in queue.requests()] == [7]
    assert not holds.waiting


class Breakers:
    """A service, a login and a problem, each open, and a release that asks them."""

    def __init__(self):
        self.clock = FakeClock(NOW)
        self.holds, self.queue = MemoryHolds(), MemoryQueue(self.clock)
        self.kept = MemoryCircuits()
        self.circuits = self.another()
        self.release = Release(
            holds=self.holds,
            queue=self.queue,
            clock=self.clock,
            is_stopped=lambda business, what: self.circuits.is_open(circuit_of(business, what)),
        )
        record = RecordId("xazq5", Kind.INVOICE, 1)
        self.circuits.open_connection("a-login", "log in")
        self.circuits.problem(record, "0a1b", reason="it is refused")
        for number in (1, 2, 3):
            down = RetryLaterError("down", service="Dataverse")
            self.circuits.failed("dataverse", f"xazq5-invoice-{number}", down)

    def another(self):
        """Return the circuits as another instance knows them."""
        return CircuitBreakers(self.kept, clock=self.clock, draw=lambda: 1.0)

    def add(self, awaited):
        request = SyncRequest(
            business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.WEBHOOK, seen=NOW
        )
        self.release.add(Wait(awaited, request, since=NOW))


STOPPED = [Awaited.service("Dataverse"), Awaited.connection("a-login"), Awaited.problem("0a1b")]


@pytest.mark.parametrize("awaited", STOPPED)
def test_a_record_waits_for_a_circuit_that_is_open(awaited):
    scene = Breakers()

    scene.add(awaited)

    assert [wait.awaited for wait in scene.holds.list_waits()] == [awaited]
    assert not scene.queue.sent


@pytest.mark.parametrize("when", ["add_waiting", "before"])
@pytest.mark.parametrize("awaited", STOPPED)
def test_a_record_whose_circuit_closed_meanwhile_is_sent_on(awaited, when):
    scene = Breakers()

    def another_instance_closes(*_given):
        closed = scene.another().close(circuit_of("xazq5", awaited))
        assert closed is not None

    if when == "before":
        another_instance_closes()
    else:
        scene.holds.before(when, another_instance_closes, once=True)
    scene.add(awaited)

    assert [request.number for request in scene.queue.sent] == [7]
    assert list(scene.holds.list_waits()) == []


def test_a_record_whose_circuit_closed_and_opened_again_meanwhile_waits():
    scene = Breakers()
    other = scene.another()
    other.close("connection.a-login")
    other.open_connection("a-login", "log in")

    scene.add(Awaited.connection("a-login"))

    assert len(list(scene.holds.list_waits())) == 1


def test_a_record_waits_as_far_as_is_known_where_the_circuits_cannot_be_read():
    scene = Breakers()
    scene.kept.broken = RetryLaterError("tables are down")

    scene.add(Awaited.service("Dataverse"))

    assert len(list(scene.holds.list_waits())) == 1


def test_a_record_that_cannot_be_noted_is_not_sent_either():
    scene = Breakers()
    scene.holds.broken = RetryLaterError("tables are down")

    with pytest.raises(RetryLaterError):
        scene.add(Awaited.service("Dataverse"))

    assert not scene.queue.sent
