"""Whether and when a message is tried again: one table from error to outcome, and the delays.

Never waits, and never asks the time: what it needs is given to it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from shared.core.events import SyncRequest
from shared.core.outcomes import DeadLettered, Deferred, Outcome, Skipped
from shared.errors import (
    ConnectorError,
    NeedsPersonError,
    NotSyncedError,
    RecordRefusedError,
    RetryLaterError,
)

CONFLICTS_AT_ONCE: Final = 5  # tries in a row before a conflict waits on the queue
# Seconds.
SHORTEST_DELAY: Final = 5.0
LONGEST_DELAY: Final = 3600.0
LONGEST_PERSON_DELAY: Final = 300.0  # after the repair everything drains within minutes
STALE_DELAY: Final = 20.0


class Reaction(Enum):
    """What follows an error."""

    SKIP = auto()
    BURY = auto()
    WAIT = auto()  # the same message, later; no attempt is burnt
    COUNT = auto()  # the same message, later; the record itself may be at fault


@dataclass(frozen=True)
class _Rule:
    error: type[Exception]
    reaction: Reaction
    longest: float = LONGEST_DELAY


# The first that fits.
_RULES: Final = (
    _Rule(NotSyncedError, Reaction.SKIP),  # connected again, it is polled from where it was
    _Rule(RecordRefusedError, Reaction.BURY),
    _Rule(RetryLaterError, Reaction.WAIT),
    _Rule(NeedsPersonError, Reaction.WAIT, LONGEST_PERSON_DELAY),
    _Rule(ConnectorError, Reaction.WAIT, LONGEST_PERSON_DELAY),  # a conflict that may never end
    _Rule(Exception, Reaction.COUNT),
)


def outcome_of(error: Exception, request: SyncRequest, *, now: datetime, draw: float) -> Outcome:
    """Return how the handling of a message ends that met an error.

    Args:
        error: what was raised.
        request: the message.
        now: UTC.
        draw: a number in [0, 1) that spreads tries out.
    """
    rule = next(each for each in _RULES if isinstance(error, each.error))
    match rule.reaction:
        case Reaction.SKIP:
            return Skipped(str(error))
        case Reaction.BURY:
            code, request_id = getattr(error, "code", ""), getattr(error, "request_id", "")
            return DeadLettered(str(error), code=code, request_id=request_id)
        case Reaction.WAIT:
            asked = getattr(error, "retry_after", None) or 0.0
            wait = patience(request, longest=rule.longest, now=now, draw=draw)
            return Deferred(str(error), max(asked, wait))
        case Reaction.COUNT:
            return Deferred(_describe(error), backoff(request.attempt, draw=draw), fault=True)


def next_try(
    request: SyncRequest, outcome: Outcome, *, max_attempts: int
) -> tuple[SyncRequest, Outcome]:
    """Count an attempt that was the record's own fault; the last one makes a dead letter.

    Returns:
        The message as it goes on, and the outcome; no delay is longer than the longest.
    """
    if not isinstance(outcome, Deferred):
        return request, outcome
    if outcome.fault:
        if request.attempt + 1 >= max_attempts:
            return request, DeadLettered(f"{max_attempts} attempts failed: {outcome.reason}")
        request = request.model_copy(update={"attempt": request.attempt + 1})
    delay = min(outcome.delay, LONGEST_DELAY)
    return request, Deferred(outcome.reason, delay, fault=outcome.fault)


def patience(request: SyncRequest, *, longest: float, now: datetime, draw: float) -> float:
    """Return a wait in seconds that grows with the time the message has waited, with jitter."""
    return growing((now - request.seen).total_seconds(), longest=longest, draw=draw)


def growing(age: float, *, longest: float, draw: float) -> float:
    """Return a wait in seconds that grows with the seconds that were waited, with jitter."""
    return min(max(age / 2, SHORTEST_DELAY), longest) * (0.5 + draw / 2)


def backoff(attempt: int, *, draw: float) -> float:
    """Return a wait in seconds that doubles with every attempt, with jitter."""
    longest: float = min(SHORTEST_DELAY * 2.0**attempt, LONGEST_DELAY)
    return longest * (0.5 + draw / 2)


def _describe(error: Exception) -> str:
    """Return kind, file and line of an error; its text might hold what must not be logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return f"{type(error).__name__} at an unknown place"
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"
