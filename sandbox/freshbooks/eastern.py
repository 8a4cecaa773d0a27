"""FreshBooks' own time: US/Eastern, daylight saving included, whatever zone a business is in.

Never reads the machine's clock; every moment is an argument.
"""

import functools
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def stamp(moment: datetime) -> str:
    """Write `moment` as the accounting family does: `YYYY-MM-DD HH:MM:SS`, Eastern, no zone."""
    return moment.astimezone(EASTERN).strftime("%Y-%m-%d %H:%M:%S")


def version(moment: datetime) -> str:
    """Write `moment` like `stamp`, to the microsecond."""
    return moment.astimezone(EASTERN).strftime("%Y-%m-%d %H:%M:%S.%f")


def utc_stamp(moment: datetime) -> str:
    """Write `moment` in the same form but in UTC, as a client's `signup_date` is."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso(moment: datetime) -> str:
    """Write `moment` as the auth and events families do: ISO 8601 in UTC, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today(moment: datetime, zone: str) -> str:
    """Return the calendar day of `moment` in `zone` as `YYYY-MM-DD`."""
    return moment.astimezone(_zone(zone)).date().isoformat()


_zone = functools.cache(ZoneInfo)


def day(text: object) -> str:
    """Return the day `text` begins with; a time behind it is dropped.

    Raises:
        ValueError: no calendar day stands there.
    """
    found = _DAY.match(str(text))
    if found is None:
        raise ValueError(f"{text!r} is not a date")
    return date.fromisoformat(found.group()).isoformat()


def days_after(start: str, days: int) -> str:
    """Return the day `days` after the day `start`."""
    return (date.fromisoformat(start) + timedelta(days=days)).isoformat()
