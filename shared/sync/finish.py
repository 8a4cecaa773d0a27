"""How the handling of a message ends for good: kept, noted, buried or sent on.

Nothing that was acknowledged vanishes: a message completes only after its outcome is on record, or
after it is on the queue again.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.events import Cause, SyncRequest
from shared.core.identity import AwaitedKind, Kind
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.later import nameless_key, postpone
from shared.core.lines import Trouble, need_of
from shared.core.outcomes import (
    DeadLettered,
    Deferred,
    Held,
    Outcome,
    Result,
    name_of,
    reason_of,
)
from shared.core.records import GONE
from shared.core.retries import LONGEST_PERSON_DELAY, patience
from shared.core.trace import trace_id_of
from shared.errors import NeedsPersonError, RetryLaterError
from shared.sync.ports import DeadLetters, Holds, Journal, SyncQueue, Telemetry
from shared.sync.release import Release

_LONGEST_BODY = 32_000  # characters of a message that a dead letter keeps


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Makes outcomes last."""

    queue: SyncQueue
    journal: Journal
    holds: Holds
    dead_letters: DeadLetters
    release: Release
    telemetry: Telemetry
    clock: Callable[[], datetime]
    draw: Callable[[], float]

    def finish(self, request: SyncRequest, result: Result) -> Outcome:
        """Put an outcome on record; what has to follow is sent before the message completes.

        Returns:
            The outcome; another one where it could not be put on record, and the message is on the
            queue again.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        outcome = result.outcome
        if isinstance(outcome, Deferred):
            self.queue.send(request, delay=outcome.delay)
            with contextlib.suppress(RetryLaterError, NeedsPersonError):
                self._note(request, result)  # else the message that was sent is noted
            return outcome
        try:
            self._keep(request, outcome)
            self._note(request, result)
        except (RetryLaterError, NeedsPersonError) as error:
            # Left to the host, five deliveries within minutes would make it a dead letter.
            text = f"What became of a message is not on record: {error}"
            self.telemetry.count(Trouble(what=need_of(error), text=text))
            now, draw = self.clock(), self.draw()
            wait = patience(request, longest=LONGEST_PERSON_DELAY, now=now, draw=draw)
            self.queue.send(request, delay=wait)
            return Deferred(str(error), wait)
        return outcome

    def bury(self, request: SyncRequest, outcome: DeadLettered) -> None:
        """Make a message a dead letter under its record's name, and note it.

        The letter goes when the record is handled after all.
        """
        self._bury(request, outcome)
        self._note(request, Result(outcome))

    def bury_unreadable(self, body: bytes, outcome: DeadLettered) -> None:
        """Make a message a dead letter that names no record."""
        text = body.decode("utf-8", "replace")[:_LONGEST_BODY]
        self._add_letter(nameless_key(body), text, outcome)

    def postpone(self, body: bytes, reason: str) -> Deferred | DeadLettered:
        """Let a message wait that a later release reads; after days it becomes a dead letter.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        waits = postpone(body, now=self.clock(), draw=self.draw())
        if waits is None:
            outcome = DeadLettered(f"{reason} None came for days.")
            self.bury_unreadable(body, outcome)
            return outcome
        self.queue.send_as_it_is(waits.body, delay=waits.delay)
        return Deferred(reason, waits.delay)

    def _keep(self, request: SyncRequest, outcome: Outcome) -> None:
        match outcome:
            case Held(hold=hold):
                # the hold of a client stands for the client itself
                if request.kind is Kind.CLIENT and hold.awaited.kind is AwaitedKind.CLIENT:
                    return
                if self.holds.get(hold.business, hold.awaited) is None:
                    self.holds.upsert(hold)
                self.release.add(hold, request)
            case DeadLettered():
                self._bury(request, outcome)
            case _:
                self.dead_letters.delete(request.record.key)

    def _note(self, request: SyncRequest, result: Result) -> None:
        if result.fingerprint == GONE and request.cause is not Cause.POLL:
            # a poll looks again: its list still knows whose the record was
            result = replace(result, fingerprint="")
        self.journal.write(
            JournalEntry(
                record=request.record,
                outcome=name_of(result.outcome),
                at=self.clock(),
                cause=request.cause,
                reason=reason_of(result.outcome),
                label=result.label,
                fingerprint=result.fingerprint,
                read_at=result.read_at,
                rows=result.rows,
                trace=trace_id_of(self.telemetry.traceparent()),
            )
        )

    def _bury(self, request: SyncRequest, outcome: DeadLettered) -> None:
        # Plain, so that whichever release retries it can read it.
        body = request.plain().model_dump_json()
        self._add_letter(request.record.key, body, outcome, traceparent=request.traceparent)

    def _add_letter(
        self, key: str, body: str, outcome: DeadLettered, *, traceparent: str = ""
    ) -> None:
        self.dead_letters.add(
            DeadLetter(
                key=key,
                body=body,
                reason=outcome.reason,
                at=self.clock(),
                code=outcome.code,
                request_id=outcome.request_id,
                traceparent=traceparent,
            )
        )
