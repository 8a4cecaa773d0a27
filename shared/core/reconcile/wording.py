"""A finding as a difference that is listed: the connector's own list says why, where it knows.

Never asks for what waits, was given up, or is left out by a decision that is on record.
"""

from typing import Final, NamedTuple

from shared.core.identity import RecordId
from shared.core.listed import Why
from shared.core.reconcile.causes import ENDED_BY_ASKING, OF_WHY, Cause, who_ends
from shared.core.reconcile.differences import Booked, Difference
from shared.core.reconcile.findings import Finding
from shared.core.reconcile.rules import Rules
from shared.core.records import Client, Record
from shared.core.shown import shown_of

# Rows that should not be there are asked for whatever the list says of their record.
_NEVER_LISTED: Final = frozenset({Cause.EXTRA, Cause.DOUBLED, Cause.KEPT, Cause.ROUNDED})
# A record that is on no list follows nobody's decision: it is asked for, and is on it then.
_TO_FOLLOW: Final = frozenset({Cause.HELD, Cause.IGNORED})


class Worded(NamedTuple):
    """What is found of a record, what both sides have of it, and who ends it if that is known."""

    found: Finding
    books: tuple[Booked, ...]
    sales: tuple[Booked, ...]
    who: str = ""


def word(source: Record, record: RecordId, worded: Worded, rules: Rules) -> Difference:
    """Return a difference of a record that FreshBooks has."""
    cause, text = worded.found
    who, listed = worded.who, None
    if cause not in _NEVER_LISTED:
        listed = rules.listed.get(record.key)
    # What is on its way has no line that says so for sure: its journal entry does.
    if listed is not None and not listed.partly and listed.why is not Why.DEFERRED:
        cause = cause if cause is Cause.DRAFT else OF_WHY[listed.why]
        text, who = listed.reason or text, listed.who
    else:
        listed = None
    if cause in ENDED_BY_ASKING and _is_newer(source, rules):
        cause, text = Cause.DEFERRED, f"it changed while both sides were read: {text}"
    unlisted = listed is None and cause in _TO_FOLLOW and not isinstance(source, Client)
    return Difference(
        cause,
        record.business,
        record.kind,
        record.number,
        shown_of(source).label or str(record.number),
        text,
        who or who_ends(cause),
        books=worded.books,
        sales=worded.sales,
        ask=record if cause in ENDED_BY_ASKING or unlisted else None,
    )


def _is_newer(source: Record, rules: Rules) -> bool:
    """Say whether a record changed after Sales' rows were read: its change is on its way."""
    instants = source.version.instants()
    return instants is not None and instants[0] > rules.started
