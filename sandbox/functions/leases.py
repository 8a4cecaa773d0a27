"""Keeping received messages hidden while they are worked on.

Never decides what happens to a message in the end.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from sandbox.functions.storage import Message, Queue, StorageError

log = logging.getLogger("sandbox.functions")


class Held:
    """A message and the receipt that is good for it now."""

    def __init__(self, message: Message, due: float) -> None:
        self.message = message
        self.receipt = message.receipt
        self.due = due
        self.lock = threading.Lock()
        self.ended = False


class Leases:
    """The messages of one queue that this host works on.

    Args:
        queue: where they came from.
        seconds: how long a message is hidden at a time; renewed at half of it.
    """

    def __init__(self, queue: Queue, *, seconds: float) -> None:
        self._queue = queue
        self._seconds = seconds
        self._held: set[Held] = set()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(
            target=self._renew, name=f"leases-{queue.name}", daemon=True
        )

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    @contextlib.contextmanager
    def hold(self, message: Message) -> Iterator[Held]:
        """Keep `message` hidden while the context lasts."""
        held = Held(message, time.monotonic() + self._seconds / 2)
        with self._changed:
            self._held.add(held)
            self._changed.notify()
        try:
            yield held
        finally:
            self._forget(held)

    def end(self, held: Held) -> str:
        """Renew no more and return the receipt to finish the message with."""
        self._forget(held)
        with held.lock:
            held.ended = True
            return held.receipt

    def close(self) -> None:
        """End the renewing."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _forget(self, held: Held) -> None:
        with self._changed:
            self._held.discard(held)

    def _renew(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                now = time.monotonic()
                due = [held for held in self._held if held.due <= now]
                if not due:
                    first = min((held.due for held in self._held), default=None)
                    self._changed.wait(None if first is None else first - now)
                    continue
            for held in due:
                self._renew_one(held)

    def _renew_one(self, held: Held) -> None:
        with held.lock:
            if held.ended:
                return
            try:
                held.receipt = self._queue.update(held.message.id, held.receipt, self._seconds)
                held.due = time.monotonic() + self._seconds / 2
            except StorageError as error:
                log.warning("Message %s could not be kept hidden: %s", held.message.id, error)
                # A tenth is the host's shortest interval: a minute of ten.
                held.due = time.monotonic() + self._seconds / 10
