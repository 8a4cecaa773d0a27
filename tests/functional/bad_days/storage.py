"""Queue and tables as a function host sees them: messages in hand, and every call a place to die.

Never holds anything itself that a fake of the ports does not.
"""

import collections
import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.core.events import SyncRequest
from tests.memory import Breakable, MemoryQueue

_WRITES = frozenset({"write", "replace", "upsert", "add_waiting", "add", "set", "send"})


@dataclass(frozen=True)
class Received:
    """A message that was taken, and how often it was."""

    order: int
    message: SyncRequest | bytes
    count: int
    at: datetime

    @property
    def body(self) -> bytes:
        """Its body as the trigger is given it."""
        if isinstance(self.message, bytes):
            return self.message
        return self.message.model_dump_json(exclude_none=True).encode()


class HostQueue(MemoryQueue):
    """A queue whose messages are hidden while they are worked on, not gone."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.in_hand: dict[int, Received] = {}
        self.sends = 0
        self._counts: collections.Counter[int] = collections.Counter()

    def receive(self) -> Received | None:
        """Take the next visible message; it is deleted or comes back."""
        if not self.messages or self.messages[0][0] > self.clock():
            return None
        _, order, message = heapq.heappop(self.messages)
        self._counts[order] += 1
        received = Received(order, message, self._counts[order], self.clock())
        self.in_hand[order] = received
        return received

    def done(self, received: Received) -> None:
        """Delete a message that was taken."""
        del self.in_hand[received.order], self._counts[received.order]

    def comes_back(self, received: Received, *, at: datetime) -> None:
        """Let a message that was taken be seen again, by then."""
        del self.in_hand[received.order]
        heapq.heappush(self.messages, (at, received.order, received.message))

    def depth(self) -> int:
        """Count what is hidden too, as the service's approximate number does."""
        return super().depth() + len(self.in_hand)

    def _push(self, message: SyncRequest | bytes, delay: float) -> None:
        self.sends += 1
        super()._push(message, delay)


class Storage:
    """Counts every call of the fakes, and tells of each.

    Attributes:
        calls: by `"<fake>.<method>"`.
        step: called before each, in the caller's own thread; what it raises, the caller gets.
    """

    def __init__(self, fakes: dict[str, Breakable], step: Callable[[], object]) -> None:
        self.calls: collections.Counter[str] = collections.Counter()
        self.step = step
        for name, fake in fakes.items():
            for method in _methods(fake):
                fake.before(method, self._told(f"{name}.{method}"))

    def written(self) -> "collections.Counter[str]":
        """Return how many rows and messages were written so far, by the call that did it."""
        written = {name: n for name, n in self.calls.items() if name.partition(".")[2] in _WRITES}
        return collections.Counter(written)

    def _told(self, call: str) -> Callable[..., object]:
        def happens(*_given: Any) -> None:
            self.calls[call] += 1
            self.step()

        return happens


def renewed_until(received: Received, died: datetime) -> datetime:
    """Return when a message is seen again whose process died: hidden for ten minutes, renewed by
    half of them (`azure-functions.md`, section 1).
    """
    held = (died - received.at).total_seconds()
    return received.at + timedelta(seconds=600 + 300 * math.floor(max(0.0, held) / 300))


def _methods(fake: Breakable) -> list[str]:
    own = {name for kind in type(fake).__mro__ if kind is not Breakable for name in vars(kind)}
    return [
        name
        for name in sorted(own)
        if not name.startswith("_")
        and callable(getattr(fake, name))
        and not hasattr(Breakable, name)
    ]
