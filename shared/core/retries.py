"""What follows an error, and how long a message is away: the one table, and the delays.

Never waits, and never asks the time: what it needs is given to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from shared.core.events import SyncRequest
from shared.core.outcomes import DeadLettered, Deferred, Outcome
from shared.errors import (
    ConflictError,
    NotSyncedError,
    ReconnectNeededError,
    RetryLaterError,
)

CONFLICTS_AT_ONCE: Final = 5  # tries in a row before a conflict waits on the queue
# Seconds.
SHORTEST_DELAY: Final = 5.0
LONGEST_DELAY: Final = 3600.0
LONGEST_PERSON_DELAY: Final = 300.0  # after the repair everything drains within minutes
LONGEST_SHORT_DELAY: Final = 60.0  # of a message that stays on the queue because of a service
STALE_DELAY: Final = 20.0
POISONED_DELAY: Final = 30.0  # after the first crash; it doubles
# After so long on the queue a record waits for something that has a name and is listed.
SHORT_OF_A_NAME: Final = timedelta(minutes=10)


class Reaction(Enum):
    """What follows an error."""

    SKIP = auto()
    SERVICE = auto()  # a service throttles, is down or does not answer
    LOGIN = auto()  # FreshBooks wants a new login
    RACE = auto()  # somebody wrote in between, again and again
    PROBLEM = auto()  # the record is refused: for its own sake, or many for one reason


@dataclass(frozen=True)
class _Rule:
    error: type[Exception]
    reaction: Reaction


# The first that fits.
_RULES: Final = (
    _Rule(NotSyncedError, Reaction.SKIP),  # connected again, it is polled from where it was
    _Rule(RetryLaterError, Reaction.SERVICE),
    _Rule(ReconnectNeededError, Reaction.LOGIN),
    _Rule(ConflictError, Reaction.RACE),
    _Rule(Exception, Reaction.PROBLEM),
)


def reaction_to(error: Exception) -> Reaction:
    """Return what follows an error."""
    return next(rule.reaction for rule in _RULES if isinstance(error, rule.error))


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


def backoff(attempt: int, *, draw: float, shortest: float = SHORTEST_DELAY) -> float:
    """Return a wait in seconds that doubles with every attempt, with jitter."""
    longest: float = min(shortest * 2.0 ** min(attempt, 20), LONGEST_DELAY)
    return longest * (0.5 + draw / 2)


def describe(error: Exception) -> str:
    """Return kind, file and line of an error; its text might hold what must not be logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return f"{type(error).__name__} at an unknown place"
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"
