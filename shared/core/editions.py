"""Which edition of a record's rows is meant, and which ones it replaces.

Never reads a row: it is told what is there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from shared.core.identity import Edition
from shared.core.views import RecordRow

FIRST = ""
MOST_AGAIN: Final = 20  # headers that are left canceled, one after the other


def latest(*rows: RecordRow | None) -> str:
    """Return the edition that the first rows of a record say came last; "" for themselves."""
    return next((row.replaced_by for row in rows if row is not None and row.replaced_by), FIRST)


def wanted(currency: UUID, code: str, *rows: RecordRow | None, current: str = FIRST) -> str:
    """Return the edition in which a record belongs.

    Args:
        currency: the record's.
        code: its ISO code.
        rows: the first rows of the record, those that are there.
        current: the edition that stands.
    """
    first = next((row.currency for row in rows if row is not None and row.currency), None)
    gone = first is None and current != FIRST
    return code if gone or first not in {None, currency} else FIRST


def is_current(row: RecordRow | None) -> bool:
    """Say whether a row is there and no other one stands for its record since."""
    return row is not None and not row.replaced_by


def standing(edition: Edition, row: RecordRow | None) -> Edition:
    """Return the edition with the header that stands for it, by the row that was found."""
    if row is None or row.adopted:
        return edition
    anew = (replace(edition, again=again) for again in range(MOST_AGAIN + 1))
    return next((each for each in anew if each.row == row.id), edition)


def others(views: Mapping[str, object], chosen: str) -> list[str]:
    """Return the editions among those that were read which the chosen one replaces."""
    return [name for name in views if name != chosen]
