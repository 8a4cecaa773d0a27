"""Spans of Eastern days, the newest first: which part of a history is carried before which.

Never asks what day it is: today is an argument.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_QUARTER: Final = 3  # months
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Eastern days, both inclusive.

    Attributes:
        first: None for no beginning.
        last: None for no end.
    """

    first: date | None = None
    last: date | None = None

    @property
    def whole(self) -> bool:
        """Whether every day is in it."""
        return self.first is None and self.last is None

    def covers(self, day: date | None) -> bool:
        """Say whether a day is in it; a record that names none may belong to any."""
        if day is None:
            return True
        after = self.first is None or day >= self.first
        return after and (self.last is None or day <= self.last)

    def within(self, other: "Span") -> "Span | None":
        """Return the days that both have, None where there are none."""
        firsts = [each for each in (self.first, other.first) if each is not None]
        lasts = [each for each in (self.last, other.last) if each is not None]
        first, last = max(firsts, default=None), min(lasts, default=None)
        if first is not None and last is not None and first > last:
            return None
        return Span(first, last)

    def __str__(self) -> str:
        match self.first, self.last:
            case None, None:
                return "all days"
            case None, last:
                return f"up to {last}"
            case first, None:
                return f"from {first}"
            case first, last:
                return f"{first} to {last}"


def newest_first(span: Span, *, today: date) -> tuple[Span, ...]:
    """Return a span in parts, the newest first, each longer than the one before.

    The quarter that is under way comes first, with what is dated later; then the one before, the
    half year before that, the year before that, and whatever is older.

    >>> [str(each) for each in newest_first(Span(), today=date(2026, 11, 28))]
    ['from 2026-10-01', '2026-07-01 to 2026-09-30', '2026-01-01 to 2026-06-30', \
'2025-01-01 to 2025-12-31', 'up to 2024-12-31']
    """
    began = _first_of_quarter(today)
    parts: list[Span] = [Span(began, None)]
    for quarters in (1, 2, 4):
        last = began - _DAY
        began = _before(began, quarters)
        parts.append(Span(began, last))
    parts.append(Span(None, began - _DAY))
    common = [part.within(span) for part in parts]
    return tuple(part for part in common if part is not None)


def _first_of_quarter(day: date) -> date:
    return date(day.year, (day.month - 1) // _QUARTER * _QUARTER + 1, 1)


def _before(first: date, quarters: int) -> date:
    """Return the first day of the quarter that many before one."""
    months = first.year * 12 + first.month - 1 - quarters * _QUARTER
    return date(months // 12, months % 12 + 1, 1)
