"""One message from the queue: parse, admit, hand to the use case of its kind, finish.

The boundary: whatever goes wrong ends as a value here.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.journal import JournalEntry
from shared.core.lines import Processed, Trouble, need_of
from shared.core.outcomes import (
    DeadLettered,
    Deferred,
    Joined,
    Outcome,
    Result,
    Waits,
    name_of,
    reason_of,
)
from shared.core.retries import CONFLICTS_AT_ONCE, next_try
from shared.core.trace import trace_id_of
from shared.errors import (
    ConflictError,
    ConnectorError,
    InvalidMessageError,
    LaterReleaseError,
    NeedsPersonError,
)
from shared.sync.admission import Admission
from shared.sync.evidence import Evidence
from shared.sync.finish import Finish
from shared.sync.heartbeats import TAKEN, WEBHOOK, Heartbeats
from shared.sync.ports import Alone, Telemetry, Traffic, traffic
from shared.sync.seen import Seen, seeing
from shared.sync.under_way import UnderWay

_QUARANTINE: Final = "quarantine"
_LONGEST_HANDLING: Final = 120.0  # seconds
_NEXT_IN_QUARANTINE: Final = 10.0


class Handler(Protocol):
    """The use case of a kind of record."""

    def sync(self, request: SyncRequest, before: JournalEntry | None, /) -> Result:
        """Bring one record up to date, of which `before` is noted so far; may raise."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """Handles the messages of the queue `sync-requests`."""

    handlers: Mapping[Kind, Handler]
    admission: Admission
    evidence: Evidence
    finish: Finish
    alone: Alone
    telemetry: Telemetry
    heartbeats: Heartbeats
    clock: Callable[[], datetime]
    max_attempts: int
    draw: Callable[[], float]
    under_way: UnderWay = field(default_factory=UnderWay)

    def handle(self, body: bytes, *, invocation: str = "") -> Outcome:
        """Handle one message; returns only when its outcome is on record.

        Args:
            body: the JSON of a `SyncRequest`.
            invocation: the step of a trace that the host gave this invocation.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        self.heartbeats.beat(TAKEN)
        started = time.monotonic()
        try:
            request = SyncRequest.parse(body)
        except LaterReleaseError as error:
            with self.telemetry.unit("process", invocation=invocation):
                postponed = self.finish.postpone(body, str(error))
                self._tell(None, postponed, started)
            return postponed
        except InvalidMessageError as error:
            unreadable = DeadLettered(str(error))
            with self.telemetry.unit("process", invocation=invocation):
                self.finish.bury_unreadable(body, unreadable)
                self._tell(None, unreadable, started)
            return unreadable
        if request.cause is Cause.WEBHOOK:
            self.heartbeats.beat(WEBHOOK, request.seen)
        unit = self.telemetry.unit(
            "process", traceparent=request.traceparent, invocation=invocation
        )
        with unit:
            if not request.traceparent:  # what follows from it stays in the trace begun here
                stamp = {"traceparent": self.telemetry.traceparent()}
                request = request.model_copy(update=stamp)
            outcome = self._handle(request)
            self._tell(request, outcome, started)
        return outcome

    def _handle(self, request: SyncRequest) -> Outcome:
        with self.under_way.join(request.record) as handling:
            if not handling.first:
                # Not before its ticket is taken: that is done by whoever reads the record.
                if request.own_ticket:
                    return self.finish.put_back(request, "its record is being handled")
                return Joined("it is being handled, and read once more after that")
            outcome = self._admitted(request)
            if self.under_way.leave(handling):
                self.admission.read_again(request)
            return outcome

    def _admitted(self, request: SyncRequest) -> Outcome:
        try:
            before = self.admission.admit(request)
        except ConnectorError as error:
            # Our own storage: what would be done now could not be noted.
            text = f"What is known of a record cannot be read: {error}"
            self.telemetry.count(Trouble(what=need_of(error), text=text))
            return self.finish.put_back(request, str(error))
        if isinstance(before, Joined):
            return before
        if request.attempt:
            return self._quarantined(request, before)
        return self._carried(request, before)

    def _quarantined(self, request: SyncRequest, before: JournalEntry | None) -> Outcome:
        """Handle a record that was in the way once, one at a time: it may have killed the host."""
        with contextlib.ExitStack() as stack:
            try:
                first = stack.enter_context(self.alone(_QUARANTINE, seconds=_LONGEST_HANDLING))
            except ConnectorError as error:
                return self.finish.put_back(request, str(error))
            if first:
                return self._carried(request, before)
        wait = _NEXT_IN_QUARANTINE * (0.5 + self.draw())
        later = Deferred("another one that was tried in vain is being tried", wait)
        return self.finish.finish(request, Result(later), before)

    def _carried(self, request: SyncRequest, before: JournalEntry | None) -> Outcome:
        stopped = self.evidence.stopped(request, before)
        try:
            if stopped is not None:
                return self.finish.finish(request, Result(stopped), before)
            with traffic(Traffic.PROBE) if self.evidence.is_probe else contextlib.nullcontext():
                result = self._sync(request, before)
            request, outcome = next_try(request, result.outcome, max_attempts=self.max_attempts)
            outcome = self.finish.finish(request, replace(result, outcome=outcome), before)
            if not isinstance(outcome, Deferred | Waits | DeadLettered):
                self.evidence.passed(request, before, outcome)
            return outcome
        finally:
            self.evidence.settle()

    def _sync(self, request: SyncRequest, before: JournalEntry | None) -> Result:
        with seeing() as seen:
            return self._seen(request, before, seen)

    def _seen(self, request: SyncRequest, before: JournalEntry | None, seen: Seen) -> Result:
        began = self.clock()
        try:
            return self._try(request, before)
        except Exception as error:  # noqa: BLE001  # the boundary
            if isinstance(error, NeedsPersonError):
                # Every message that waits for it would say so, again and again.
                text = f"A person is needed: {error}"
                self.telemetry.count(Trouble(what=need_of(error), text=text))
            shown = seen.of(request.record)
            outcome = self.evidence.outcome_of(error, request, before, shown)
            # A poll need not ask for the state that was refused.
            refused = isinstance(outcome, DeadLettered) or (
                isinstance(outcome, Waits) and outcome.attempt is not None
            )
            return Result(outcome, shown, read_at=began if refused else None)

    def _try(self, request: SyncRequest, before: JournalEntry | None) -> Result:
        handler = self.handlers[request.kind]
        for _ in range(CONFLICTS_AT_ONCE - 1):
            with contextlib.suppress(ConflictError):
                return handler.sync(request, before)
            before = self.admission.noted(request)  # whoever was faster has noted that, perhaps
        return handler.sync(request, before)

    def _tell(self, request: SyncRequest | None, outcome: Outcome, started: float) -> None:
        silent = not isinstance(outcome, Deferred | DeadLettered | Waits)
        told = Processed(
            outcome=name_of(outcome),
            ms=(time.monotonic() - started) * 1000,
            reason="" if silent else reason_of(outcome),
            trace=trace_id_of(self.telemetry.traceparent()),
        )
        if request is not None:
            told = replace(
                told,
                kind=request.kind,
                business=request.business,
                record=request.number,
                cause=request.cause,
                lag_s=(self.clock() - request.seen).total_seconds(),
            )
        self.telemetry.write(told)
