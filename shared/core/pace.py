"""Which part of its slice a process takes, as the answers it gets say.

Never asks the time: seconds that only grow are given to it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """What an answer says about how much a service takes."""

    FINE = "fine"
    THROTTLED = "throttled"
    LOST = "lost"  # none, or 5xx


# By what it falls and to what at least: what is lost is the circuit breaker's, not too much.
_LESS: Final = {Answer.THROTTLED: (0.5, 0.05), Answer.LOST: (0.7, 0.5)}
_LESS_WHEN_SLOW: Final = (0.8, 0.25)
_MORE_A_SECOND: Final = 0.02
_SLOW: Final = 2.5  # times the usual
_SLOW_AT_LEAST: Final = 0.2  # seconds above it
_LATELY: Final = 0.2  # how much one answer counts
_USUALLY: Final = 120.0  # seconds until what an answer takes is usual
_FEWEST_ANSWERS: Final = 20
_SLOW_AGAIN: Final = 10.0


@dataclass(frozen=True)
class Pace:
    """Which part of its slice a process takes, found from the answers it gets.

    It falls at once by a part when the service is in trouble, once for all requests that were
    under way then, and rises slowly with answers that are fine.

    Attributes:
        part: of the slice, up to 1.
        fell_at: when it fell last; what was sent before says nothing new.
        rose_at: when it rose last.
        usual: seconds an answer takes usually.
        lately: seconds the last ones took.
        answers: how many were looked at.
        at: when the last one came.
    """

    part: float = 1.0
    fell_at: float = float("-inf")
    rose_at: float = float("-inf")
    usual: float = 0.0
    lately: float = 0.0
    answers: int = 0
    at: float = 0.0


def paced(pace: Pace, answer: Answer, *, sent_at: float, now: float) -> Pace:
    """Return the pace after an answer."""
    if answer is not Answer.FINE:
        return _slower(pace, _LESS[answer], now) if sent_at > pace.fell_at else pace
    pace = _timed(pace, max(0.0, now - sent_at), now)
    slow = pace.lately > max(_SLOW * pace.usual, pace.usual + _SLOW_AT_LEAST)
    if slow and pace.answers >= _FEWEST_ANSWERS:
        return _slower(pace, _LESS_WHEN_SLOW, now) if now - pace.fell_at >= _SLOW_AGAIN else pace
    if pace.part >= 1.0 or sent_at <= pace.fell_at:
        return replace(pace, rose_at=now)
    gained = min(1.0, max(0.0, now - max(pace.rose_at, pace.fell_at))) * _MORE_A_SECOND
    return replace(pace, part=min(1.0, pace.part + gained), rose_at=now)


def _timed(pace: Pace, took: float, now: float) -> Pace:
    answers = pace.answers + 1
    # The first ones make the usual; later ones move it as time goes, however many they are.
    usually = min(1.0, max(0.0, now - pace.at)) / _USUALLY
    if answers <= _FEWEST_ANSWERS:
        usually = 1 / answers
    lately = max(_LATELY, 1 / answers)
    return replace(
        pace,
        usual=pace.usual + usually * (took - pace.usual),
        lately=pace.lately + lately * (took - pace.lately),
        answers=answers,
        at=now,
    )


def _slower(pace: Pace, less: tuple[float, float], now: float) -> Pace:
    part, least = less
    return replace(pace, part=min(pace.part, max(least, pace.part * part)), fell_at=now)
