"""What days and times the relative operators mean: from a first moment up to a last one.

Never reads a clock. "Last x" begins x whole days, weeks, months or years before today and ends now,
"next x" begins now and ends with the same day later, "older than x" ends where "last x" begins:
https://markcarrington.dev/2020/08/25/fetchxml-date-filtering. Weeks begin on Sunday, the fiscal
year is the calendar year and its periods are quarters: an organization's settings when it is new.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

PERIODS = 4
_MONTHS = 12 // PERIODS
_DAY, _WEEK, _SECOND = timedelta(days=1), timedelta(days=7), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `start`, which belongs to it, up to `end`, which does not; None is no end."""

    start: datetime | None = None
    end: datetime | None = None


def whole_days(first: date, after: date, now: datetime) -> Span:
    """Return the span of the days from `first` up to the one before `after`."""
    return Span(_midnight(first, now), _midnight(after, now))


def of_day(operator: str, day: date, now: datetime) -> Span:
    """Return what on, on-or-before or on-or-after mean for a day."""
    span = whole_days(day, day + _DAY, now)
    return {
        "on": span,
        "on-or-before": Span(None, span.end),
        "on-or-after": Span(span.start, None),
    }[operator]


def of_now(operator: str, now: datetime) -> Span:
    """Return what an operator without a value means at `now`."""
    today = now.date()
    if operator in _SEVEN:
        return of_amount(_SEVEN[operator], 7, now)
    if operator in _DAYS:
        first = today + _DAYS[operator] * _DAY
        return whole_days(first, first + _DAY, now)
    which, _, unit = operator.partition("-")
    first, after = _UNITS[unit](today, _WHICH[which])
    return whole_days(first, after, now)


def of_amount(operator: str, amount: int, now: datetime) -> Span:
    """Return what an operator with a number of days, weeks, months ... means at `now`."""
    which, _, unit = operator.partition("-x-")
    if unit == "minutes":
        return Span(None, now.replace(second=0, microsecond=0) - timedelta(minutes=amount))
    if unit == "hours":
        hour = now.replace(minute=0, second=0, microsecond=0)
        begins, ends = hour - timedelta(hours=amount), hour + timedelta(hours=amount + 1)
    elif unit.startswith("fiscal"):
        back = _UNITS[unit.removesuffix("s")](now.date(), -amount)[0]
        forth = _UNITS[unit.removesuffix("s")](now.date(), amount)[1]
        begins, ends = _midnight(back, now), _midnight(forth, now)
    else:
        today = now.date()
        begins = _midnight(_moved(today, unit, -amount), now)
        ends = _midnight(_moved(today + _DAY, unit, amount), now)
    if which == "olderthan":
        return Span(None, begins)
    # Stored times are whole seconds: what bears this very second is in the past.
    return Span(begins, now + _SECOND) if which == "last" else Span(now, ends)


def fiscal_year(year: int, now: datetime) -> Span:
    """Return the span of a fiscal year."""
    return whole_days(date(year, 1, 1), date(year + 1, 1, 1), now)


def fiscal_pair(operator: str, period: int, year: int, now: datetime) -> Span:
    """Return what an operator with a fiscal period and year means."""
    first, after = _period(date(year, _MONTHS * (period - 1) + 1, 1), 0)
    span = whole_days(first, after, now)
    return {
        "in-fiscal-period-and-year": span,
        "in-or-before-fiscal-period-and-year": Span(None, span.end),
        "in-or-after-fiscal-period-and-year": Span(span.start, None),
    }[operator]


def fiscal_period(day: date) -> int:
    """Return the number of the fiscal period a day is in."""
    return (day.month - 1) // _MONTHS + 1


def week_of_year(day: date) -> int:
    """Return the week of the year; the first one ends with the first Saturday."""
    before = (date(day.year, 1, 1).weekday() + 1) % 7
    return (day.timetuple().tm_yday + before - 1) // 7 + 1


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _moved(day: date, unit: str, amount: int) -> date:
    if unit in {"days", "weeks"}:
        return day + amount * (_DAY if unit == "days" else _WEEK)
    return add_months(day, amount * (12 if unit == "years" else 1))


def _week(today: date, offset: int) -> tuple[date, date]:
    first = today - ((today.weekday() + 1) % 7) * _DAY + offset * _WEEK
    return first, first + _WEEK


def _month(today: date, offset: int) -> tuple[date, date]:
    first = add_months(today.replace(day=1), offset)
    return first, add_months(first, 1)


def _year(today: date, offset: int) -> tuple[date, date]:
    return date(today.year + offset, 1, 1), date(today.year + offset + 1, 1, 1)


def _period(today: date, offset: int) -> tuple[date, date]:
    first = date(today.year, _MONTHS * (fiscal_period(today) - 1) + 1, 1)
    return add_months(first, _MONTHS * offset), add_months(first, _MONTHS * (offset + 1))


_SEVEN = {"last-seven-days": "last-x-days", "next-seven-days": "next-x-days"}
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WHICH = {"last": -1, "this": 0, "next": 1}
_UNITS: dict[str, Callable[[date, int], tuple[date, date]]] = {
    "week": _week,
    "month": _month,
    "year": _year,
    "fiscal-year": _year,
    "fiscal-period": _period,
}
