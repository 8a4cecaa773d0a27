"""How long a text may be in each column, and texts made to fit.

Never changes what fits already but for blanks around it.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.core.schema import (
    ACTIVITY_TABLE,
    CLIENT_TABLE,
    COLUMNS,
    NOTICE_TABLE,
    WAITING_TABLE,
)

# Longest texts of the native columns we write (published lengths; longer ones are refused).
LENGTHS: Final[dict[str, dict[str, int]]] = {
    "account": {
        "name": 160,
        "emailaddress1": 100,
        "telephone1": 50,
        "address1_line1": 250,
        "address1_line2": 250,
        "address1_city": 80,
        "address1_stateorprovince": 50,
        "address1_postalcode": 20,
        "address1_country": 80,
    },
    "invoice": {
        "name": 300,
        "billto_name": 200,
        "billto_line1": 250,
        "billto_line2": 250,
        "billto_city": 80,
        "billto_stateorprovince": 50,
        "billto_postalcode": 20,
        "billto_country": 80,
    },
    "invoicedetail": {"productdescription": 500, "description": 2000},
    CLIENT_TABLE: {"fbx_name": 200},
    ACTIVITY_TABLE: {"subject": 200, "description": 2000},
    WAITING_TABLE: {"fbx_name": 200},
    NOTICE_TABLE: {"title": 256, "body": 500, "data": 5000},
}


def fit(table: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns with their texts as the table can hold them.

    A text that is too long is cut with an ellipsis, a blank one is None. Columns count UTF-16
    units: an emoji is two, and is never cut in half.

    Args:
        table: logical name.
        columns: column -> value; what is no text stays as it is.
    """
    return {
        column: fit_text(value, _longest(table, column)) if isinstance(value, str) else value
        for column, value in columns.items()
    }


def _longest(table: str, column: str) -> int:
    own = next((each.length for each in COLUMNS.get(table, ()) if each.name == column), 0)
    return own or LENGTHS[table][column]


def fit_text(text: str, longest: int) -> str | None:
    """Return a text without blanks around it, cut with an ellipsis; None where nothing is left."""
    text = text.strip()
    units = text.encode("utf-16-le")
    if len(units) > 2 * longest:
        text = units[: 2 * (longest - 1)].decode("utf-16-le", "ignore").rstrip() + "…"
    return text or None
