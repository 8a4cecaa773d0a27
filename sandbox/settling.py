"""Waiting until nothing is under way between FreshBooks and Dataverse any more.

Never makes anything happen but a poll, and never takes "quiet for a moment" for "done".
"""

import time
from typing import Self

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from sandbox.stack import Stack

QUEUES = ("sync-requests", "sync-requests-poison", "backfill", "backfill-poison")
PATIENCE = 400.0  # seconds; a record that webhooks report again and again rests for 300


class NotSettledError(Exception):
    """Something is still under way, or a poll failed; the text says what."""


class Settling:
    """Looks at the webhooks, the queues and the functions of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._queues = {
            name: QueueClient.from_connection_string(stack.storage.connection_string, name)
            for name in QUEUES
        }

    def __enter__(self) -> Self:
        """Look from now on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections kept alive."""
        for queue in self._queues.values():
            queue.close()

    def depth(self, queue: str = QUEUES[0]) -> int:
        """Return how many messages a queue holds: delayed ones and those being worked on too."""
        try:
            return int(self._queues[queue].get_queue_properties().approximate_message_count or 0)
        except ResourceNotFoundError:
            return 0

    def poll(self, *, seconds: float = PATIENCE) -> None:
        """Fire the poll's timer and wait until the poll has ended.

        Raises:
            NotSettledError: it failed, or takes too long.
        """
        before = self.polls()
        self._stack.host.post("/admin/functions/poll", {"input": ""})
        deadline = time.monotonic() + seconds
        while (now := self.polls())["finished"] == before["finished"]:
            if time.monotonic() > deadline:
                raise NotSettledError(f"the poll has not ended after {seconds:.0f} s")
            time.sleep(0.05)
        if now["failed"] != before["failed"]:
            raise NotSettledError("the poll failed; the host's log says why")

    def polls(self) -> dict[str, int]:
        """Return how many polls run, have ended, and have failed; its timer starts some too."""
        return self._invocations()["poll"]

    def drain(self, *, seconds: float = PATIENCE) -> None:
        """Wait until every webhook is delivered, the queues are empty and no function runs.

        A message stays on its queue, hidden, while it is delayed and while its function runs; so
        an empty queue is empty for good, unless a webhook or a poll is on its way to it.

        Raises:
            NotSettledError: it takes too long.
        """
        deadline = time.monotonic() + seconds
        seen: dict[str, int] | None = None
        while True:
            busy = self._busy()
            finished = {name: count["finished"] for name, count in self._invocations().items()}
            if not busy and finished == seen:
                return
            # Quiet twice, with nothing done in between: nothing slipped through while we looked.
            seen = None if busy else finished
            if time.monotonic() > deadline:
                raise NotSettledError(f"after {seconds:.0f} s there are still {', '.join(busy)}")
            time.sleep(0.1)

    def _busy(self) -> list[str]:
        busy = []
        if webhooks := self._stack.books.under_way():
            busy.append(f"{webhooks} webhooks")
        depths = {name: self.depth(name) for name in QUEUES}
        busy += [f"{depth} messages on {name}" for name, depth in depths.items() if depth]
        if running := sum(count["running"] for count in self._invocations().values()):
            busy.append(f"{running} running functions")
        return busy

    def _invocations(self) -> dict[str, dict[str, int]]:
        counted: dict[str, dict[str, int]] = self._stack.host.get("/_sandbox/invocations")
        return counted
