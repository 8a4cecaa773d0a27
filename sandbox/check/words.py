"""What columns and their values are called where people read about them.

Never knows where a value comes from.
"""

from datetime import date
from decimal import Decimal
from typing import Any

BALANCES = ("outstanding", "overdue", "credit")
# How long ago something open was due.
AGES = (
    "not yet due",
    "1 to 30 days overdue",
    "31 to 60 days overdue",
    "61 to 90 days overdue",
    "over 90 days overdue",
)
# Each is worse than the one before it.
HEALTH = ("no activity", "good standing", "payment due", "overdue")
LINKED, NEEDS_A_PERSON, IGNORED, GONE = "linked", "needs a person", "ignored", "gone"

# ISO 4217's currencies whose decimals are not two.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def written(value: Decimal, code: str) -> str:
    """Write an amount with its currency's decimals, and with more where it has more."""
    places = _DECIMALS.get(code, 2)
    short = round(value, places)
    return f"{short:.{places}f}" if short == value else f"{value.normalize():f}"


def said(value: Any) -> str:
    """Say a value in a sentence."""
    match value:
        case None | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)
