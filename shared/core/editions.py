"""Which edition of a record's rows is meant, and which ones it replaces.

Never reads a row: it is told what is there.
"""

from collections.abc import Mapping
from uuid import UUID

from shared.core.views import RecordRow

FIRST = ""


def latest(*rows: RecordRow | None) -> str:
    """Return the edition that the first rows of a record say came last; "" for themselves."""
    return next((row.replaced_by for row in rows if row is not None and row.replaced_by), FIRST)


def wanted(currency: UUID, code: str, *rows: RecordRow | None) -> str:
    """Return the edition in which a record belongs.

    Args:
        currency: the record's.
        code: its ISO code.
        rows: the first rows of the record, those that are there.
    """
    first = next((row.currency for row in rows if row is not None and row.currency), None)
    return FIRST if first in {None, currency} else code


def others(views: Mapping[str, object], chosen: str) -> list[str]:
    """Return the editions among those that were read which the chosen one replaces."""
    return [name for name in views if name != chosen]
