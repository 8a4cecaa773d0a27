"""`PoisonQueue`: whatever lies on it can be taken and removed, be it a message or not."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from azure.storage.queue import QueueClient

from shared.adapters.azure.queues import StoragePoisonQueue
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.sync.ports import PoisonQueue
from tests.memory import FakeClock, MemoryPoisonQueue


@dataclass(frozen=True)
class Ends:
    """Both ends of a queue.

    Attributes:
        queue: where messages are taken.
        park: puts a text there, as the Functions host would.
    """

    queue: PoisonQueue
    park: Callable[[str], object]


@pytest.fixture(params=["memory", "azure"])
def ends(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Ends]:
    if request.param == "memory":
        fake = MemoryPoisonQueue(clock)
        yield Ends(fake, fake.park)
        return
    storage = request.getfixturevalue("storage")
    queue = StoragePoisonQueue(f"q-{uuid.uuid4().hex}", connection_string=storage)
    queue.depth()  # makes the queue, as the first use of it does
    with QueueClient.from_connection_string(storage, queue.name) as host:
        yield Ends(queue, host.send_message)


MESSAGE = SyncRequest(
    business="xazq5",
    kind=Kind.INVOICE,
    number=7,
    cause=Cause.WEBHOOK,
    seen=datetime(2026, 11, 2, 15, tzinfo=UTC),
).encode()


def test_where_nothing_was_given_up_on_there_is_nothing_to_take(ends: Ends) -> None:
    assert ends.queue.take(most=32) == []
    assert ends.queue.depth() == 0


@pytest.mark.parametrize(
    "text", [MESSAGE, "no base64 at all!", "%%%", "{}", "Grüße <&> ]]>", " ", "x" * 40_000]
)
def test_whatever_lies_there_is_taken_as_it_is_and_removed(ends: Ends, text: str) -> None:
    ends.park(text)

    (parked,) = ends.queue.take(most=32)
    ends.queue.remove(parked)

    assert parked.text == text
    assert ends.queue.depth() == 0
    assert ends.queue.take(most=32) == []


def test_what_was_taken_is_shown_to_nobody_else_and_still_there(ends: Ends) -> None:
    ends.park(MESSAGE)

    first, second = ends.queue.take(most=32), ends.queue.take(most=32)

    assert (len(first), len(second)) == (1, 0)
    assert ends.queue.depth() == 1


def test_no_more_are_taken_than_were_asked_for(ends: Ends) -> None:
    for number in range(40):
        ends.park(f"text {number}")

    assert len(ends.queue.take(most=3)) == 3
    assert 1 <= len(ends.queue.take(most=100)) <= 37


def test_all_that_lies_there_can_be_taken_piece_by_piece(ends: Ends) -> None:
    for number in range(40):
        ends.park(f"text {number}")
    seen = set()

    while some := ends.queue.take(most=32):
        for parked in some:
            seen.add(parked.text)
            ends.queue.remove(parked)

    assert len(seen) == 40
    assert ends.queue.depth() == 0


def test_a_message_that_is_gone_is_removed_again_without_complaint(ends: Ends) -> None:
    ends.park(MESSAGE)
    (parked,) = ends.queue.take(most=32)
    ends.queue.remove(parked)

    ends.queue.remove(parked)

    assert ends.queue.depth() == 0
