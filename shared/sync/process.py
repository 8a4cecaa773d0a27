"""One message from the queue: parse, hand to the use case of its kind, finish.

The dead-letter boundary: whatever goes wrong ends as a value here.
"""

import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.lines import Poisoned, Processed, Trouble, need_of
from shared.core.outcomes import DeadLettered, Deferred, Outcome, Result, name_of, reason_of
from shared.core.retries import CONFLICTS_AT_ONCE, next_try, outcome_of
from shared.core.trace import trace_id_of
from shared.errors import ConflictError, InvalidMessageError, LaterReleaseError, NeedsPersonError
from shared.sync.finish import Finish
from shared.sync.heartbeats import TAKEN, WEBHOOK, Heartbeats
from shared.sync.ports import Telemetry


class Handler(Protocol):
    """The use case of a kind of record."""

    def sync(self, request: SyncRequest, /) -> Result:
        """Bring one record up to date; may raise."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """Handles the messages of the queue `sync-requests`."""

    handlers: Mapping[Kind, Handler]
    finish: Finish
    telemetry: Telemetry
    heartbeats: Heartbeats
    clock: Callable[[], datetime]
    max_attempts: int
    draw: Callable[[], float] = random.random

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
            result = self._sync(request)
            request, outcome = next_try(request, result.outcome, max_attempts=self.max_attempts)
            outcome = self.finish.finish(request, replace(result, outcome=outcome))
            self._tell(request, outcome, started)
        return outcome

    def handle_poison(self, body: bytes, *, invocation: str = "") -> DeadLettered:
        """Keep a message that the host gave up on as a dead letter."""
        outcome = DeadLettered(
            "The Functions host gave up on it: its handling was cut short again and again"
        )
        try:
            request = SyncRequest.parse(body)
        except InvalidMessageError:
            with self.telemetry.unit("poisoned", invocation=invocation):
                self.finish.bury_unreadable(body, outcome)
                self.telemetry.write(Poisoned())
            return outcome
        unit = self.telemetry.unit(
            "poisoned", traceparent=request.traceparent, invocation=invocation
        )
        with unit:
            self.finish.bury(request, outcome)
            self.telemetry.write(
                Poisoned(
                    kind=request.kind,
                    business=request.business,
                    record=request.number,
                    trace=trace_id_of(request.traceparent),
                )
            )
        return outcome

    def _tell(self, request: SyncRequest | None, outcome: Outcome, started: float) -> None:
        told = Processed(
            outcome=name_of(outcome),
            ms=(time.monotonic() - started) * 1000,
            reason=reason_of(outcome) if isinstance(outcome, Deferred | DeadLettered) else "",
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

    def _sync(self, request: SyncRequest) -> Result:
        try:
            return self._try(request)
        except Exception as error:  # noqa: BLE001  # the dead-letter boundary
            if isinstance(error, NeedsPersonError):
                # Every message that waits for it would say so, again and again.
                text = f"A person is needed: {error}"
                self.telemetry.count(Trouble(what=need_of(error), text=text))
            return Result(outcome_of(error, request, now=self.clock(), draw=self.draw()))

    def _try(self, request: SyncRequest) -> Result:
        handler = self.handlers[request.kind]
        for _ in range(CONFLICTS_AT_ONCE - 1):
            with contextlib.suppress(ConflictError):
                return handler.sync(request)
        return handler.sync(request)
