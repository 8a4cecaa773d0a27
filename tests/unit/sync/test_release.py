from datetime import UTC, datetime

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind
from shared.core.waiting import Hold
from shared.sync.release import Release
from tests.memory import FakeClock, MemoryHolds, MemoryQueue

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
CLIENT = Awaited.client(42)


def test_a_record_that_joins_a_hold_opened_again_during_its_release_is_sent_on():
    holds, clock = MemoryHolds(), FakeClock(NOW)
    queue = MemoryQueue(clock)
    release = Release(holds=holds, queue=queue, clock=clock)
    hold = Hold(business="xazq5", awaited=CLIENT, name="Aster", reason="no match", since=NOW)
    late = SyncRequest(business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.WEBHOOK, seen=NOW)
    holds.upsert(hold)
    delete = holds.delete

    def join_before(business, awaited):
        holds.upsert(hold)  # by a worker that read before the decision
        release.add(hold, late)
        delete(business, awaited)

    holds.delete = join_before
    release.end("xazq5", CLIENT)

    assert [request.number for request in queue.requests()] == [7]
    assert not holds.waiting
