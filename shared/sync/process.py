"""One message from the queue: parse, hand to the use case of its kind, finish.

The dead-letter boundary: whatever goes wrong ends as a value here.
"""

import contextlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.core.events import SyncRequest
from shared.core.identity import Kind
from shared.core.outcomes import DeadLettered, Deferred, Outcome, Result, name_of, reason_of
from shared.core.retries import CONFLICTS_AT_ONCE, next_try, outcome_of
from shared.errors import ConflictError, InvalidMessageError, NeedsPersonError
from shared.sync.finish import Finish

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """The use case of a kind of record."""

    def sync(self, request: SyncRequest, /) -> Result:
        """Bring one record up to date; may raise."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """Handles the messages of the queue `sync-requests`."""

    handlers: Mapping[Kind, Handler]
    finish: Finish
    clock: Callable[[], datetime]
    max_attempts: int
    draw: Callable[[], float] = random.random

    def handle(self, body: bytes) -> Outcome:
        """Handle one message; returns only when its outcome is on record.

        Args:
            body: the JSON of a `SyncRequest`.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        started = time.monotonic()
        try:
            request = SyncRequest.parse(body)
        except InvalidMessageError as error:
            unreadable = DeadLettered(str(error))
            self.finish.bury_unreadable(body, unreadable)
            return unreadable
        result = self._sync(request)
        request, outcome = next_try(request, result.outcome, max_attempts=self.max_attempts)
        outcome = self.finish.finish(request, replace(result, outcome=outcome))
        logger.log(
            logging.WARNING if isinstance(outcome, DeadLettered) else logging.INFO,
            "%s %s %s in %.0f ms: %s%s",
            request.kind,
            f"{request.business}/{request.number}",
            name_of(outcome),
            (time.monotonic() - started) * 1000,
            request.cause,
            f" ({reason_of(outcome)})" if isinstance(outcome, Deferred | DeadLettered) else "",
        )
        return outcome

    def handle_poison(self, body: bytes) -> DeadLettered:
        """Keep a message that the host gave up on as a dead letter."""
        outcome = DeadLettered(
            "The Functions host gave up on it: its handling was cut short again and again"
        )
        try:
            request = SyncRequest.parse(body)
        except InvalidMessageError:
            self.finish.bury_unreadable(body, outcome)
            return outcome
        logger.warning("%s became a dead letter: %s", request, outcome.reason)
        self.finish.bury(request, outcome)
        return outcome

    def _sync(self, request: SyncRequest) -> Result:
        try:
            return self._try(request)
        except Exception as error:  # noqa: BLE001  # the dead-letter boundary
            if isinstance(error, NeedsPersonError):
                logger.error("A person is needed: %s", error)  # noqa: TRY400  # says it all
            return Result(outcome_of(error, request, now=self.clock(), draw=self.draw()))

    def _try(self, request: SyncRequest) -> Result:
        handler = self.handlers[request.kind]
        for _ in range(CONFLICTS_AT_ONCE - 1):
            with contextlib.suppress(ConflictError):
                return handler.sync(request)
        return handler.sync(request)
