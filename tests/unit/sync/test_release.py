from datetime import UTC, datetime

from shared.core.events import Cause, Kind, SyncRequest
from shared.sync.ports import Hold
from shared.sync.release import Release
from tests.memory import FakeClock, MemoryHolds, MemoryQueue

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)


def test_a_record_that_joins_a_hold_opened_again_during_its_release_is_sent_on():
    holds, clock = MemoryHolds(), FakeClock(NOW)
    queue = MemoryQueue(clock)
    release = Release(holds=holds, queue=queue, clock=clock)
    hold = Hold(account="xazq5", subject="client-42", name="Aster", reason="no match", since=NOW)
    late = SyncRequest(account="xazq5", kind=Kind.INVOICE, record=7, cause=Cause.WEBHOOK, seen=NOW)
    holds.upsert(hold)
    delete = holds.delete

    def join_before(account, subject):
        holds.upsert(hold)  # by a worker that read before the decision
        release.add(hold, late)
        delete(account, subject)

    holds.delete = join_before
    release("xazq5", "client-42")

    assert [request.record for request in queue.requests()] == [7]
    assert not holds.waiting
