"""`SyncQueue`: what is sent arrives, when it is to be seen."""

import base64
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from azure.storage.queue import QueueClient

from shared.adapters.azure.queues import StorageQueue
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.lane import Lane, is_lane
from shared.sync.ports import SyncQueue
from shared.sync.ports.runs import BackfillQueue
from tests.memory import FakeClock, MemoryQueue

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Ends:
    """Both ends of a queue.

    Attributes:
        queue: where messages are sent.
        take: returns the next visible one, as the Functions host would; None when there is none.
        wait: lets seconds pass.
    """

    queue: SyncQueue
    take: Callable[[], SyncRequest | None]
    wait: Callable[[float], object]


Raw = tuple[BackfillQueue, Callable[[], bytes | None], Callable[[float], object]]


@pytest.fixture(params=["memory", "azure"])
def raw(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Raw]:
    if request.param == "memory":
        fake = MemoryQueue(clock)
        yield fake, fake.take, clock.advance
        return
    storage = request.getfixturevalue("storage")
    queue = StorageQueue(f"q-{uuid.uuid4().hex}", connection_string=storage)
    with QueueClient.from_connection_string(storage, queue.name) as host:
        yield queue, lambda: _received(host), time.sleep


@pytest.fixture
def ends(raw: Raw) -> Ends:
    queue, take, wait = raw
    return Ends(queue, lambda: _parsed(take()), wait)


def _received(host: QueueClient) -> bytes | None:
    message = host.receive_message()
    return base64.b64decode(message.content) if message is not None else None


def _parsed(body: bytes | None) -> SyncRequest | None:
    return SyncRequest.parse(body) if body is not None else None


def request(number: int = 7) -> SyncRequest:
    return SyncRequest(
        business="xazq5", kind=Kind.INVOICE, number=number, cause=Cause.POLL, seen=NOW, attempt=3
    )


def test_a_message_arrives_as_it_was_sent(ends: Ends) -> None:
    ends.queue.send(request(LARGEST))

    assert ends.take() == request(LARGEST)


def test_a_message_of_a_lane_arrives_as_it_was_sent_when_it_is_due(
    raw: Raw,
) -> None:
    queue, take, wait = raw
    lane = Lane(business="xazq5", run="20261102T150000-first", number=3, step=2)

    queue.send_lane(lane.encode(), delay=0.2)
    early = take()
    wait(1.1)

    body = take()
    assert early is None
    assert body is not None
    assert is_lane(body)
    assert Lane.parse(body) == lane


def test_an_empty_queue_counts_none(ends: Ends) -> None:
    assert ends.queue.depth() == 0


@pytest.mark.parametrize("delay", [3600, 7 * 24 * 3600, 10**7])
def test_a_delayed_message_is_counted_and_not_visible(ends: Ends, delay: float) -> None:
    ends.queue.send(request(), delay=delay)

    assert ends.take() is None
    assert ends.queue.depth() == 1


def test_a_message_is_seen_after_its_delay(ends: Ends) -> None:
    ends.queue.send(request(), delay=0.2)
    early = ends.take()
    ends.wait(1.1)

    assert early is None
    assert ends.take() == request()


@pytest.mark.parametrize("delay", [0, -5])
def test_a_message_that_is_due_already_is_seen_at_once(ends: Ends, delay: float) -> None:
    ends.queue.send(request(), delay=delay)

    assert ends.take() == request()


def test_no_message_of_many_that_are_sent_at_once_is_lost(ends: Ends) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: ends.queue.send(request(number)), range(1, 9)))

    assert ends.queue.depth() == 8


def test_an_empty_queue_has_no_oldest_message(ends: Ends) -> None:
    assert ends.queue.visible_since() is None


def test_the_oldest_message_is_told_and_stays_on_the_queue(ends: Ends) -> None:
    ends.queue.send(request(1))
    first = ends.queue.visible_since()
    ends.wait(1.1)
    ends.queue.send(request(2))

    assert first is not None
    assert ends.queue.visible_since() == first
    assert ends.queue.depth() == 2


def test_a_message_that_is_not_visible_yet_is_not_the_oldest(ends: Ends) -> None:
    ends.queue.send(request(), delay=3600)

    assert ends.queue.visible_since() is None
