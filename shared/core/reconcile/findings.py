"""What is found where a record and its row are beside each other, the gravest first.

Never says what becomes of it.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from shared.core.reconcile.causes import Cause
from shared.core.reconcile.facts import to_amount
from shared.core.records import SourceVersion


class Finding(NamedTuple):
    """What differs, and why."""

    cause: Cause
    text: str


class Age(NamedTuple):
    """How a row's version stands to its record's.

    Attributes:
        older: the row was written from another, earlier version.
        newer: the row is newer than what the list showed.
        touched: somebody else has changed the row since it was written.
    """

    older: bool
    newer: bool
    touched: bool


def age_of(version: SourceVersion, row: str, *, touched: bool) -> Age:
    """Return how the version that a row was written from stands to its record's."""
    differs = bool(version.text) and row != version.text
    newer = differs and version.surely_older_than(SourceVersion(row))
    return Age(differs and not newer, newer, touched)


def worst(found: Iterable[Finding], age: Age) -> Finding | None:
    """Return one finding for all: by its gravest cause, unless the row's age explains it.

    Args:
        found: what differs.
        age: of the row.
    """
    every = list(found)
    if not every:
        return None
    text = "; ".join(each.text for each in every)
    if age.newer:
        return Finding(Cause.DEFERRED, f"it changed while both sides were read: {text}")
    cause = next(cause for cause in _GRAVEST_FIRST if any(each.cause is cause for each in every))
    if cause is not Cause.CURRENCY:
        if age.older:
            cause = Cause.STALE
        elif age.touched:
            cause = Cause.CHANGED
    return Finding(cause, text)


_GRAVEST_FIRST = (
    Cause.CURRENCY,
    Cause.AMOUNT,
    Cause.MISSING,
    Cause.STATUS,
    Cause.PLACE,
    Cause.STALE,
    *Cause,
)


def amount_differs(name: str, wanted: Decimal, units: int, found: int | None) -> list[Finding]:
    """Return that an amount is another one, nothing where it is the same.

    Args:
        name: what it is.
        wanted: as FreshBooks has it.
        units: the same as Dynamics keeps it.
        found: as Sales has it.
    """
    if found == units:
        return []
    there = "none" if found is None else f"{to_amount(found):.2f}"
    return [Finding(Cause.AMOUNT, f"{name} is {there} instead of {wanted:.2f}")]
