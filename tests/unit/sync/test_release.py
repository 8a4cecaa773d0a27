from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind
from shared.core.waiting import Hold, HoldState
from shared.errors import RetryLaterError
from shared.sync.release import Release
from tests.memory import FakeClock, MemoryHolds, MemoryQueue

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

    scene.release.add(scene.hold, scene.request)

    assert [request.number for request in scene.queue.requests()] == [7]
    assert not scene.holds.waiting


def test_a_record_that_joins_a_hold_waits_with_it():
    scene = Scene()

    scene.release.add(scene.hold, scene.request)

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
        release.add(hold, late)

    holds.before("delete", join)
    release.end("xazq5", CLIENT)

    assert [request.number for request in queue.requests()] == [7]
    assert not holds.waiting
