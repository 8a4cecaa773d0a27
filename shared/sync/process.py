"""One message from the queue: sync the record, then account for how it ended.

The dead-letter boundary: whatever goes wrong ends as a value here, and nothing that was
acknowledged vanishes.
"""

import contextlib
import hashlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from shared.core.events import Cause, Kind, SyncRequest
from shared.core.records import GONE
from shared.errors import (
    ConflictError,
    ConnectorError,
    InvalidMessageError,
    NeedsPersonError,
    NotSyncedError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.outcomes import (
    DeadLettered,
    Deferred,
    Held,
    Outcome,
    Result,
    Skipped,
    name_of,
    reason_of,
)
from shared.sync.ports import DeadLetter, DeadLetters, Holds, Journal, JournalEntry, SyncQueue
from shared.sync.release import Release

logger = logging.getLogger(__name__)

Handler = Callable[[SyncRequest], Result]

CONFLICTS_AT_ONCE = 5
SHORTEST_DELAY = 5.0
LONGEST_DELAY = 3600.0
LONGEST_PERSON_DELAY = 300.0  # after the repair everything drains within minutes


class Process:
    """Handles the messages of the queue `sync-requests`."""

    def __init__(
        self,
        *,
        handlers: Mapping[Kind, Handler],
        queue: SyncQueue,
        journal: Journal,
        holds: Holds,
        dead_letters: DeadLetters,
        release: Release,
        clock: Callable[[], datetime],
        max_attempts: int,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._handlers = handlers
        self._queue = queue
        self._journal = journal
        self._holds = holds
        self._dead_letters = dead_letters
        self._release = release
        self._clock = clock
        self._max_attempts = max_attempts
        self._draw = draw

    def __call__(self, body: bytes) -> Outcome:
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
            return self._bury(body, DeadLettered(str(error)))
        result = self._sync(request)
        outcome = self._account_for(request, result)
        logger.log(
            logging.WARNING if isinstance(outcome, DeadLettered) else logging.INFO,
            "%s %s %s in %.0f ms: %s%s",
            request.kind,
            f"{request.account}/{request.record}",
            name_of(outcome),
            (time.monotonic() - started) * 1000,
            request.cause,
            f" ({reason_of(outcome)})" if isinstance(outcome, Deferred | DeadLettered) else "",
        )
        return outcome

    def poisoned(self, body: bytes) -> DeadLettered:
        """Keep a message that the host gave up on as a dead letter."""
        outcome = DeadLettered(
            "The Functions host gave up on it: its handling was cut short again and again"
        )
        try:
            request = SyncRequest.parse(body)
        except InvalidMessageError:
            return self._bury(body, outcome)
        logger.warning("%s became a dead letter: %s", request, outcome.reason)
        # under the record's own name, so that the letter goes when the record is handled after all
        self._bury(body, outcome, str(request))
        self._note(request, Result(outcome))
        return outcome

    def _sync(self, request: SyncRequest) -> Result:
        try:
            return self._handle(request)
        except ConnectorError as error:
            return Result(self._outcome_of(error, request))
        except Exception as error:  # noqa: BLE001  # the dead-letter boundary
            reason = f"{type(error).__name__} at {_place(error)}"
            return Result(Deferred(reason, self._backoff(request.attempt), fault=True))

    def _handle(self, request: SyncRequest) -> Result:
        for _ in range(CONFLICTS_AT_ONCE - 1):
            with contextlib.suppress(ConflictError):
                return self._handlers[request.kind](request)
        return self._handlers[request.kind](request)

    def _outcome_of(self, error: ConnectorError, request: SyncRequest) -> Outcome:
        text = str(error)
        match error:
            case NotSyncedError():
                return Skipped(text)  # connected again, it is polled from where it was
            case RecordRefusedError(code=code, request_id=request_id):
                return DeadLettered(text, code=code, request_id=request_id)
            case RetryLaterError(retry_after=asked):
                return Deferred(text, max(asked or 0, self._patience(request, LONGEST_DELAY)))
            case NeedsPersonError():
                logger.error("A person is needed: %s", text)
                return Deferred(text, self._patience(request, LONGEST_PERSON_DELAY))
            case _:  # a conflict, which perhaps never ends
                return Deferred(text, self._patience(request, LONGEST_PERSON_DELAY))

    def _account_for(self, request: SyncRequest, result: Result) -> Outcome:
        """Make the outcome last; what has to follow is sent before the message completes."""
        outcome = result.outcome
        if isinstance(outcome, Deferred) and outcome.fault:
            if request.attempt + 1 >= self._max_attempts:
                outcome = DeadLettered(f"{self._max_attempts} attempts failed: {outcome.reason}")
                result = Result(outcome, result.number, result.fingerprint, result.read_at)
            else:
                request = request.model_copy(update={"attempt": request.attempt + 1})
        if isinstance(outcome, Deferred):
            self._queue.send(request, delay=min(outcome.delay, LONGEST_DELAY))
            with contextlib.suppress(RetryLaterError, NeedsPersonError):
                self._note(request, result)  # else the message that was sent is noted
            return outcome
        try:
            self._keep(request, outcome)
            self._note(request, result)
        except (RetryLaterError, NeedsPersonError) as error:
            # Left to the host, five deliveries within minutes would make it a dead letter.
            logger.error("%s is not on record: %s", request, error)  # noqa: TRY400  # says it all
            outcome = Deferred(str(error), self._patience(request, LONGEST_PERSON_DELAY))
            self._queue.send(request, delay=outcome.delay)
        return outcome

    def _keep(self, request: SyncRequest, outcome: Outcome) -> None:
        match outcome:
            case Held(hold=hold):
                # the hold of a client stands for the client itself
                if request.kind is not Kind.CLIENT or not hold.subject.startswith("client-"):
                    if self._holds.get(hold.account, hold.subject) is None:
                        self._holds.upsert(hold)
                    self._release.add(hold, request)
            case DeadLettered():
                self._bury(request.model_dump_json().encode(), outcome, str(request))
            case _:
                self._dead_letters.delete(_key(str(request)))

    def _note(self, request: SyncRequest, result: Result) -> None:
        seen = result.fingerprint
        if seen == GONE and request.cause is not Cause.POLL:
            seen = ""  # a poll looks again: its list still knows whose the record was
        self._journal.write(
            JournalEntry(
                account=request.account,
                kind=request.kind,
                record=request.record,
                outcome=name_of(result.outcome),
                at=self._clock(),
                cause=request.cause,
                reason=reason_of(result.outcome),
                number=result.number,
                fingerprint=seen,
                read_at=result.read_at,
                rows=result.rows,
            )
        )

    def _bury(self, body: bytes, outcome: DeadLettered, name: str = "") -> DeadLettered:
        if not name:
            logger.warning("A message became a dead letter: %s", outcome.reason)
            name = hashlib.sha256(body).hexdigest()[:16]
        self._dead_letters.add(
            DeadLetter(
                key=_key(name),
                body=body[:4000].decode("utf-8", "replace"),
                reason=outcome.reason,
                at=self._clock(),
                code=outcome.code,
                request_id=outcome.request_id,
            )
        )
        return outcome

    def _patience(self, request: SyncRequest, longest: float) -> float:
        """Return a wait that grows with the time the message has waited, with jitter."""
        age = (self._clock() - request.seen).total_seconds()
        return min(max(age / 2, SHORTEST_DELAY), longest) * (0.5 + self._draw() / 2)

    def _backoff(self, attempt: int) -> float:
        longest: float = min(SHORTEST_DELAY * 2.0**attempt, LONGEST_DELAY)
        return longest * (0.5 + self._draw() / 2)


def _key(name: str) -> str:
    return name.replace("/", "-")


def _place(error: Exception) -> str:
    """Return file and line of an error; its text might hold what must not be logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
