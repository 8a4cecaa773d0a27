"""Messages the Functions host gave up on: tried again alone and later, never lost.

Never takes a crash for a verdict on the record: whoever killed the host may have been a neighbour.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.core.events import SyncRequest
from shared.core.journal import JournalEntry
from shared.core.lines import Poisoned
from shared.core.outcomes import (
    DeadLettered,
    Deferred,
    Outcome,
    OutcomeName,
    Unchanged,
    name_of,
)
from shared.core.retries import POISONED_DELAY, backoff
from shared.core.trace import trace_id_of
from shared.errors import ConnectorError, InvalidMessageError, LaterReleaseError
from shared.sync.finish import Finish
from shared.sync.ports import Journal, SyncQueue, Telemetry

logger = logging.getLogger(__name__)

_CARRIED = frozenset(
    {OutcomeName.CREATED, OutcomeName.UPDATED, OutcomeName.CANCELLED, OutcomeName.UNCHANGED}
)
_GAVE_UP: Final = "The Functions host gave up on it: its handling was cut short again and again"


@dataclass(frozen=True, kw_only=True)
class Poison:
    """Handles the messages of the queue `sync-requests-poison`."""

    queue: SyncQueue
    journal: Journal
    finish: Finish
    telemetry: Telemetry
    clock: Callable[[], datetime]
    draw: Callable[[], float]
    max_attempts: int

    def handle(self, body: bytes, *, invocation: str = "") -> Outcome:
        """Put a message on the queue again, to be tried alone and later; bury it at the limit.

        Args:
            body: as it was on the queue.
            invocation: the step of a trace that the host gave this invocation.

        Raises:
            ConnectorError: the queue or the tables cannot be reached; it comes again.
        """
        try:
            request = SyncRequest.parse(body)
        except LaterReleaseError as error:
            with self.telemetry.unit("poisoned", invocation=invocation):
                postponed = self.finish.postpone(body, str(error))
                self.telemetry.write(Poisoned(outcome=name_of(postponed)))
            return postponed
        except InvalidMessageError as error:
            outcome = DeadLettered(f"{_GAVE_UP}. {error}")
            with self.telemetry.unit("poisoned", invocation=invocation):
                self.finish.bury_unreadable(body, outcome)
                self.telemetry.write(Poisoned(outcome=name_of(outcome)))
            return outcome
        unit = self.telemetry.unit(
            "poisoned", traceparent=request.traceparent, invocation=invocation
        )
        with unit:
            ended = self._again(request)
            self.telemetry.write(
                Poisoned(
                    outcome=name_of(ended),
                    kind=request.kind,
                    business=request.business,
                    record=request.number,
                    trace=trace_id_of(request.traceparent),
                )
            )
        return ended

    def _again(self, request: SyncRequest) -> Outcome:
        attempt = request.attempt + 1
        if attempt < self.max_attempts:
            wait = backoff(request.attempt, draw=self.draw(), shortest=POISONED_DELAY)
            self.queue.send(request.model_copy(update={"attempt": attempt}), delay=wait)
            return Deferred("its handling was cut short; it is tried again alone", wait)
        before = self._noted(request)
        if before is not None and _is_current(before, request):
            return Unchanged()
        outcome = DeadLettered(f"{_GAVE_UP}, {attempt} times alone")
        self.finish.bury(request, outcome, before)
        return outcome

    def _noted(self, request: SyncRequest) -> JournalEntry | None:
        try:
            return self.journal.get_latest(request.record)
        except ConnectorError as error:
            logger.warning("What is noted of %s cannot be read: %s", request, error)
            return None


def _is_current(entry: JournalEntry, request: SyncRequest) -> bool:
    """Say whether the record was carried over since this message was sent."""
    return entry.outcome in _CARRIED and entry.read_at is not None and entry.read_at > request.seen
