"""Calendar months as people write them.

Never takes one that has not begun.
"""

import re
from datetime import date
from typing import Final

_FORM: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_of(day: date | None) -> str:
    """Return a day's month, "" without a day.

    >>> month_of(date(2026, 11, 2))
    '2026-11'
    """
    return f"{day:%Y-%m}" if day is not None else ""


def read_month(text: str, *, today: date) -> str:
    """Return a month that has begun.

    Raises:
        ValueError: it is none; the text says why.
    """
    if not _FORM.fullmatch(text) or text.startswith("0000"):
        raise ValueError(f"{text!r} is no month; write one such as {today:%Y-%m}")
    if text > month_of(today):
        raise ValueError(f"{text} has not begun; the current month is {today:%Y-%m}")
    return text
