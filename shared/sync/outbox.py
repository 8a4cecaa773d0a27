"""Messages on their way to the queue: each says which trace it belongs to, and when it is due.

Never changes what a message asks for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.core.events import Cause, SyncRequest

if TYPE_CHECKING:
    from shared.sync.ports import Clock, SyncQueue, Telemetry

# They may be of thousands.
_TRACED_ALONE: Final = frozenset({Cause.POLL, Cause.RECONCILE, Cause.BACKFILL})


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """The port `SyncQueue` over the queue itself."""

    queue: "SyncQueue"
    telemetry: "Telemetry"
    clock: "Clock"

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        """Put a request on the queue, to be seen after `delay` seconds; it never expires.

        One that belongs to a trace stays in it, however often it comes again. Another one joins
        what is being done. What a poll finds are traces of their own, which begin when they are
        handled, or a first poll would be a single one of ten thousand records; so the release
        before this one can read all of a history that it meets after a roll back.
        """
        traceparent = request.traceparent
        if not traceparent and request.cause not in _TRACED_ALONE:
            traceparent = self.telemetry.traceparent() or self.telemetry.new_traceparent()
        is_new = request.cause is not Cause.POLL  # to the release before, which refuses it
        due = self.clock() + timedelta(seconds=delay) if delay > 0 and is_new else None
        stamps = {"traceparent": traceparent, "due": due}
        self.queue.send(request.model_copy(update=stamps), delay=delay)

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        """Put a message back that this release cannot read; nothing is added to it."""
        self.queue.send_as_it_is(body, delay=delay)

    def depth(self) -> int:
        """Return roughly how many messages wait, delayed ones included."""
        return self.queue.depth()

    def visible_since(self) -> datetime | None:
        """Return when the oldest visible message became visible, None when none is."""
        return self.queue.visible_since()
