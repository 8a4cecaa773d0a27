"""Why something of FreshBooks is not in Sales as it is there, and who can end it.

Never finds out which of them it is.
"""

from enum import StrEnum
from typing import Final

from shared.core.listed import Why


class Cause(StrEnum):
    """Why both sides differ; the word is the one that people read."""

    MISSING = "missing"
    STALE = "stale"  # an older version is shown
    AMOUNT = "other amount"
    STATUS = "other status"
    PLACE = "other place"  # account, client, opportunity, or a payment's invoice
    CURRENCY = "other currency"
    EXTRA = "extra"  # FreshBooks has nothing that it could stand for
    DOUBLED = "doubled"
    CHANGED = "changed by a person"
    HELD = "held"
    WAITING = "waiting"
    DEFERRED = "deferred"  # it is being carried over
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    DISMISSED = "dismissed"
    IGNORED = "ignored"
    DRAFT = "draft"
    SKIPPED = "left out"
    KEPT = "kept"  # its record was deleted, and the setting says that rows stay
    ROUNDED = "rounded"  # Dynamics keeps fewer decimals of its currency
    UNEXPLAINED = "unexplained"


# The ordinary way ends them: the record is asked for, and read and written as ever.
ENDED_BY_ASKING: Final = frozenset(
    {
        Cause.MISSING,
        Cause.STALE,
        Cause.AMOUNT,
        Cause.STATUS,
        Cause.PLACE,
        Cause.CURRENCY,
        Cause.EXTRA,
        Cause.DOUBLED,
        Cause.CHANGED,
    }
)
# A person, a setting or the record itself decided: listed, and nobody's trouble.
DECIDED: Final = frozenset(
    {
        Cause.DISMISSED,
        Cause.IGNORED,
        Cause.DRAFT,
        Cause.SKIPPED,
        Cause.KEPT,
        Cause.ROUNDED,
    }
)

BY_ITSELF: Final = "nobody: the nightly comparison carries it over, at once with: reconcile --fix"
A_PERSON: Final = "whoever may delete rows in Dynamics: no record of FreshBooks stands behind it"
IN_ITS_TURN: Final = "nobody: it is read in its turn"
WHO: Final = {
    Cause.UNREADABLE: "whoever mends what the reason names, in FreshBooks",
    Cause.DRAFT: "whoever sends the invoice in FreshBooks",
    Cause.KEPT: "the administrator: the setting DELETED_RECORDS",
    Cause.ROUNDED: "nobody: the currency has fewer decimals in Dynamics",
    Cause.DEFERRED: IN_ITS_TURN,
    Cause.UNEXPLAINED: "report it as a defect of the connector",
}

OF_WHY: Final = {
    Why.HELD: Cause.HELD,
    Why.WAITING: Cause.WAITING,
    Why.REFUSED: Cause.REFUSED,
    Why.DISMISSED: Cause.DISMISSED,
    Why.IGNORED: Cause.IGNORED,
    Why.SKIPPED: Cause.SKIPPED,
    Why.DEFERRED: Cause.DEFERRED,
    Why.UNREADABLE: Cause.UNREADABLE,
}


def who_ends(cause: Cause) -> str:
    """Return who can end a difference of this cause, where nothing else says it."""
    return WHO.get(cause, BY_ITSELF)
