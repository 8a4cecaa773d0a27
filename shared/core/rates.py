"""How many requests a process may send to a service, and how many at once, beside the others.

Never asks the time, chance or storage: what it needs is given to it, in seconds that only grow.
The reasoning, and why the sum never exceeds the budget, is docs/decisions/0013.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

BEAT: Final = 10.0  # seconds between two looks of a process that sends
VALID: Final = 20.0  # how long a look is good for
SETTLED_RATE: Final = 25.0  # after it joined everybody else has looked: its rate counts
SETTLED_AT_ONCE: Final = 60.0  # and what they had under way with a larger slice has ended
LAPSE: Final = 50.0  # after its last beat a process counts itself as gone
GONE: Final = 65.0  # and the others count it as gone after this
_KEPT_FOR_BURSTS: Final = 0.05  # of the rate
_SMALLEST_BURST: Final = 5.0  # the handling of one record
_BULK: Final = 0.8  # of what is there for live traffic
_NEARLY: Final = 1e-6  # of a request, what sums of parts may miss


@dataclass(frozen=True)
class Budget:
    """What a service takes from all of us together.

    Attributes:
        per_second: requests a second, on average.
        at_once: requests under way.
    """

    per_second: float
    at_once: int

    @property
    def room(self) -> int:
        """How many newcomers may have one request under way before the others know of them."""
        return self.at_once // 2


class Standing(StrEnum):
    """What a process's row says of it."""

    WAITING = "waiting"  # it may send nothing yet: too many came at once, or there are too many
    NEW = "new"  # it sends as little as can be, until everybody counts it
    SETTLED = "settled"


@dataclass(frozen=True)
class Member:
    """A process that sends to a service.

    Attributes:
        id: nobody else's.
        standing: what it counts as.
        version: the row's ETag.
    """

    id: str
    standing: Standing
    version: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Sighting:
    """In which version a process saw a row, and when it first did, by its own clock."""

    member: Member
    at: float


def sighted(
    before: Mapping[str, Sighting], rows: Iterable[Member], *, now: float
) -> dict[str, Sighting]:
    """Return what a process has seen of the others after it looked."""
    return {
        row.id: old
        if (old := before.get(row.id)) is not None and old.member.version == row.version
        else Sighting(row, now)
        for row in rows
    }


def is_gone(sighting: Sighting, *, now: float) -> bool:
    """Say whether a process has not beaten for so long that nothing of it is under way."""
    return now - sighting.at >= GONE


def may_enter(budget: Budget, others: Iterable[Member]) -> bool:
    """Say whether a process that is noted as new may send, by whom it saw after it was noted.

    Of those that come at once the first ones are seen by all that come after them, so that never
    more than there is room for find that they may.
    """
    standings = [each.standing for each in others if each.standing is not Standing.WAITING]
    new = standings.count(Standing.NEW)
    return not standings or (new < budget.room and len(standings) < budget.at_once)


@dataclass(frozen=True)
class Slice:
    """What one process may send.

    Attributes:
        per_second: requests a second, on average.
        at_once: requests under way.
        burst: requests it may send without a pause when it has sent none for a while.
    """

    per_second: float
    at_once: int
    burst: float


def smallest(budget: Budget) -> Slice:
    """Return the slice of a process that nobody counts yet."""
    rate = budget.per_second * (1 - _KEPT_FOR_BURSTS) / budget.at_once
    return Slice(rate, 1, _SMALLEST_BURST)


def slice_of(budget: Budget, *, members: int, age: float) -> Slice:
    """Return the slice of a process that is counted.

    Args:
        budget: of all together.
        members: how many send, itself included.
        age: seconds since it joined.
    """
    least = smallest(budget)
    rate = budget.per_second * (1 - _KEPT_FOR_BURSTS) / members
    shared = max(1, (budget.at_once - budget.room) // members)
    per_second = rate if age >= SETTLED_RATE else least.per_second
    at_once = shared if age >= SETTLED_AT_ONCE else 1
    return Slice(per_second, at_once, max(_SMALLEST_BURST, per_second))


@dataclass(frozen=True)
class Bucket:
    """Requests that may be sent without a pause, as they were at a moment."""

    tokens: float
    at: float

    def filled(self, slice_: Slice, *, pace: float, now: float) -> "Bucket":
        """Return it as it is now."""
        passed = max(0.0, now - self.at)
        return Bucket(min(slice_.burst, self.tokens + passed * slice_.per_second * pace), now)


def wait_for(bucket: Bucket, slice_: Slice, *, pace: float, bulk: bool) -> float:
    """Return seconds until a bucket that is filled gives a request, 0 for now.

    What is done in bulk leaves a part for what is live.
    """
    wanted = 1.0 + (slice_.burst * (1 - _BULK) if bulk else 0.0)
    missing = min(wanted, slice_.burst) - bucket.tokens
    if missing <= _NEARLY:
        return 0.0
    return missing / (slice_.per_second * pace)


def most_at_once(slice_: Slice, *, pace: float, bulk: bool) -> int:
    """Return how many requests may be under way."""
    most = max(1, int(slice_.at_once * pace))
    return max(1, int(most * _BULK)) if bulk else most


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
