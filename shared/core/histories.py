"""How the history of a business stands, in words: carried over, waiting, still, paused or ended.

Never says what a record holds: counts, days and reasons.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.core.runs import Progress, RunState

# The longest that a page, or what pages made due, may take before somebody should look.
STILL_AFTER: Final = timedelta(minutes=30)
_MINUTE: Final = 60
_HOUR: Final = 3600


class Standing(StrEnum):
    """How a history stands."""

    UNDER_WAY = "is being carried over"
    WAITS = "waits"
    STILL = "stands still"
    PAUSED = "is paused"
    CANCELLED = "was not carried to its end"
    DONE = "was carried over"

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come of it."""
        return self in {Standing.CANCELLED, Standing.DONE}

    @property
    def moves(self) -> bool:
        """Whether pages should come without anybody's doing."""
        return self in {Standing.UNDER_WAY, Standing.WAITS, Standing.STILL}


@dataclass(frozen=True)
class History:
    """The history of a business, as far as its newest backfill is.

    Attributes:
        standing: how it stands.
        still_s: seconds without a page; 0 of one that is paused or has ended.
    """

    progress: Progress
    standing: Standing
    still_s: float

    @property
    def business(self) -> str:
        """The FreshBooks business it is of."""
        return self.progress.run.business


@dataclass(frozen=True)
class Histories:
    """The histories of some businesses, those first that have not ended.

    Attributes:
        more: how many others there are, which were not looked at.
    """

    shown: tuple[History, ...] = ()
    more: int = 0


def history_of(progress: Progress, *, now: datetime) -> History:
    """Return how a history stands.

    Args:
        progress: of its newest backfill.
        now: UTC.
    """
    run = progress.run
    match run.state:
        case RunState.PAUSED:
            return History(progress, Standing.PAUSED, 0.0)
        case RunState.CANCELLED:
            return History(progress, Standing.CANCELLED, 0.0)
        case RunState.DONE:
            return History(progress, Standing.DONE, 0.0)
        case RunState.RUNNING:
            still = now - (progress.latest or run.started)
            if run.reason:
                standing = Standing.WAITS
            else:
                standing = Standing.STILL if still > STILL_AFTER else Standing.UNDER_WAY
            return History(progress, standing, max(0.0, still.total_seconds()))


def say(history: History) -> str:
    """Return in one line why a history stands as it does, and how far it is."""
    progress, standing = history.progress, history.standing
    why = progress.run.reason
    if standing is Standing.STILL:
        why = f"no page for {duration(history.still_s)}"
    moving = standing is Standing.UNDER_WAY
    told = [
        why,
        progress.doing,
        counted(progress),
        rate(progress) if moving else "",
        left(progress.remaining) if moving else "",
        requested(progress),
    ]
    return "; ".join(filter(None, told))


def counted(progress: Progress) -> str:
    """Return how many records were gone through, of how many."""
    run = progress.run
    of = f" of about {progress.expected:,}" if progress.expected and not run.state.ended else ""
    return f"{progress.records:,}{of} records"


def rate(progress: Progress) -> str:
    """Return how many records are gone through a second, "" for fewer than one."""
    return f"{progress.rate:,.0f} a second" if progress.rate >= 1 else ""


def requested(progress: Progress) -> str:
    """Return what was asked of both services, and how often they asked for fewer requests."""
    counts = progress.counts
    asked = f"{counts.freshbooks:,} requests to FreshBooks, {counts.dataverse:,} to Dynamics"
    return f"{asked}, throttled {counts.throttled:,} times" if counts.throttled else asked


def left(seconds: float | None) -> str:
    """Return a time that is left in words, "" for unknown.

    >>> left(4000)
    'about 1 h 7 min left'
    """
    if seconds is None:
        return ""
    return f"about {duration(seconds)} left" if seconds >= _MINUTE else "less than a minute left"


def duration(seconds: float) -> str:
    """Return a time in hours and minutes.

    >>> duration(4000)
    '1 h 7 min'
    """
    hours, rest = divmod(round(seconds / _MINUTE), _HOUR // _MINUTE)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
