"""What one process may send now, of its part of what a service takes.

Never asks the time: seconds that only grow are given to it.
"""

from dataclasses import dataclass
from typing import Final

from shared.core.rates import Budget, Claim

_KEPT_FOR_BURSTS: Final = 0.035  # of the rate
_KEPT_OF_TIME: Final = 0.02  # of the execution time, which is counted too long rather than short
_SMALLEST_BURST: Final = 3.0  # requests: the handling of one record
_SMALLEST_SECONDS: Final = 0.5  # of execution: the same
_BURST: Final = 2.0  # seconds of the rate that are saved up
_BURST_OF_TIME: Final = 1.0  # the same of execution time
_BULK: Final = 0.8  # of what is there for live traffic
_NEARLY: Final = 1e-6  # of a request, what sums of parts may miss


@dataclass(frozen=True)
class Slice:
    """What one process may send.

    Attributes:
        per_second: requests a second, on average.
        seconds: of execution a second, on average; 0 for as many as there are.
        at_once: requests under way.
        part: of what the service takes from all.
    """

    per_second: float
    seconds: float
    at_once: int
    part: float

    @property
    def burst(self) -> float:
        """Requests it may send without a pause when it has sent none for a while."""
        return max(_SMALLEST_BURST, self.per_second * _BURST)

    @property
    def burst_seconds(self) -> float:
        """Seconds of execution it may take without a pause."""
        return max(_SMALLEST_SECONDS, self.seconds * _BURST_OF_TIME)


def slice_of(budget: Budget, claim: Claim) -> Slice:
    """Return the slice of a process that claims so much."""
    return Slice(
        budget.per_second * claim.part * (1 - _KEPT_FOR_BURSTS),
        budget.seconds * claim.part * (1 - _KEPT_OF_TIME),
        claim.at_once,
        claim.part,
    )


def smallest(budget: Budget) -> Slice:
    """Return the slice of a process that nobody counts."""
    return slice_of(budget, Claim(budget.least, 1))


@dataclass(frozen=True)
class Bucket:
    """What may be sent without a pause, as it was at a moment.

    Attributes:
        requests: how many.
        seconds: of execution; below 0 when they took longer than expected.
        at: when.
    """

    requests: float = _SMALLEST_BURST
    seconds: float = _SMALLEST_SECONDS
    at: float | None = None

    def filled(self, slice_: Slice, *, pace: float, now: float) -> "Bucket":
        """Return it as it is now."""
        passed = 0.0 if self.at is None else max(0.0, now - self.at) * pace
        return Bucket(
            min(slice_.burst, self.requests + passed * slice_.per_second),
            min(slice_.burst_seconds, self.seconds + passed * slice_.seconds),
            now,
        )

    def without(self, requests: int, seconds: float) -> "Bucket":
        """Return it after requests were taken, or after they took longer than expected."""
        return Bucket(self.requests - requests, self.seconds - seconds, self.at)


def wait_for(bucket: Bucket, slice_: Slice, *, pace: float, bulk: bool) -> float:
    """Return seconds until a bucket that is filled gives a request, 0 for now.

    What is done in bulk leaves a part for what is live. A request may take more time than there is
    left; the next one then waits until that is made good.
    """
    kept = (1 - _BULK) if bulk else 0.0
    requests = min(1.0 + slice_.burst * kept, slice_.burst) - bucket.requests
    seconds = slice_.burst_seconds * kept - bucket.seconds
    return max(
        _until(requests, slice_.per_second * pace),
        _until(seconds, slice_.seconds * pace) if slice_.seconds > 0 else 0.0,
    )


def _until(missing: float, per_second: float) -> float:
    if missing <= _NEARLY:
        return 0.0
    return missing / per_second if per_second > 0 else float("inf")


def most_at_once(slice_: Slice, *, pace: float, bulk: bool, advised: float | None = None) -> int:
    """Return how many requests may be under way.

    Args:
        slice_: what the process may send.
        pace: which part of that it takes.
        bulk: whether they are done in bulk; those leave some for what is live where they can.
        advised: how many all together should have under way, None where nobody says.
    """
    most = max(1, int(slice_.at_once * pace))
    if advised is None:
        return max(1, int(most * _BULK)) if bulk else most
    some = max(1, round(advised * slice_.part * pace))
    # What is live has one more: it need not wait until something large has ended.
    return min(most, some) if bulk else min(most, some + 1)


def used_of(budget: Budget, *, requests: float, seconds: float) -> float:
    """Return which part of the budget so much is, by what there is less of.

    Args:
        budget: of all together.
        requests: a second.
        seconds: of execution that they take, a second.
    """
    used = requests / (budget.per_second * (1 - _KEPT_FOR_BURSTS))
    if budget.seconds <= 0:
        return used
    return max(used, seconds / (budget.seconds * (1 - _KEPT_OF_TIME)))
