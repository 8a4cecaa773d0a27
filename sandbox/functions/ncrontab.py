"""NCRONTAB expressions, the schedules of timer triggers. Pure.

Never knows a time zone but UTC: the only one a Linux Functions app has.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = [name.lower() for name in calendar.month_name][1:]
_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

# Name, lowest value, highest value, names from the lowest on.
_FIELDS: list[tuple[str, int, int, list[str]]] = [
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
]

# The Gregorian calendar repeats its weekdays within 28 years, 40 across a year such as 2100:
# what has not come by then never comes.
_YEARS = 41


@dataclass(frozen=True)
class Schedule:
    """The moments a schedule stands for: every field's allowed values, Sunday being 0."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def matches(self, moment: datetime) -> bool:
        """Say whether `moment`, to the second, is one of the schedule's."""
        return (
            moment.second in self.seconds
            and moment.minute in self.minutes
            and moment.hour in self.hours
            and self._day_matches(moment)
        )

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment strictly after `moment` (aware), None when none ever comes."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days_from(start):
            first = start if day.date() == start.date() else day
            found = self._time_from(first)
            if found is not None:
                return found
        return None

    def _day_matches(self, moment: datetime) -> bool:
        # Day and weekday both have to fit; other crons take either.
        return (
            moment.month in self.months
            and moment.day in self.days
            and moment.isoweekday() % 7 in self.weekdays
        )

    def _days_from(self, start: datetime) -> Iterator[datetime]:
        for year in range(start.year, start.year + _YEARS):
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                for day in range(1, calendar.monthrange(year, month)[1] + 1):
                    midnight = datetime(year, month, day, tzinfo=UTC)
                    if midnight.date() >= start.date() and self._day_matches(midnight):
                        yield midnight

    def _time_from(self, start: datetime) -> datetime | None:
        for hour in self.hours:
            if hour < start.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (start.hour, start.minute):
                    continue
                for second in self.seconds:
                    if (hour, minute, second) >= (start.hour, start.minute, start.second):
                        return start.replace(hour=hour, minute=minute, second=second)
        return None


def parse(expression: str) -> Schedule:
    """Parse an expression of six fields, or of five that begin with the minute.

    Each field is `*`, a value, a range, a list of these, each with an optional `/step`; months and
    weekdays have English names, of which the first three letters are enough.

    Raises:
        ValueError: it is none; the text names the field.
    """
    parts = expression.split()
    if len(parts) == 5:
        parts.insert(0, "0")
    if len(parts) != 6:
        raise ValueError(f"'{expression}' has {len(parts)} fields, a schedule has six.")
    fields = [_values(part, *limits) for part, limits in zip(parts, _FIELDS, strict=True)]
    return Schedule(*fields)


def _values(text: str, field: str, lowest: int, highest: int, names: list[str]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, stride = part.partition("/")
        step = _number(stride, field, 1, highest + 1, []) if slash else 1
        if span == "*":
            first, last = lowest, highest
        else:
            start, dash, end = span.partition("-")
            first = _number(start, field, lowest, highest, names)
            last = highest if slash else first
            if dash:
                last = _number(end, field, lowest, highest, names)
        if first > last:
            first, last = last, first
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _number(text: str, field: str, lowest: int, highest: int, names: list[str]) -> int:
    if text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
        return int(text)
    for offset, name in enumerate(names):
        if len(text) >= 3 and name.startswith(text.lower()):
            return lowest + offset
    raise ValueError(f"'{text}' is not a value of a schedule's {field} field.")
