"""The columns that views and forms show: their kind and what people read above them.

Never lists a column of the connector's own twice: those are described in `core.schema`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.core import schema
from shared.core.definitions import PREFIX, ColumnType


class Shown(StrEnum):
    """How a column is shown on a form."""

    TEXT = "text"
    LONG_TEXT = "long text"
    ADDRESS = "address"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    STATUS_REASON = "status reason"
    YES_NO = "yes/no"
    LOOKUP = "lookup"
    REGARDING = "regarding"


@dataclass(frozen=True)
class ShownColumn:
    """A column as people see it; `title` is English."""

    kind: Shown
    title: str


_OWN: Final = {
    ColumnType.TEXT: Shown.TEXT,
    ColumnType.LONG_TEXT: Shown.LONG_TEXT,
    ColumnType.ADDRESS: Shown.ADDRESS,
    ColumnType.MONEY: Shown.MONEY,
    ColumnType.DATE: Shown.DATE,
    ColumnType.MOMENT: Shown.DATE,
    ColumnType.CHOICE: Shown.CHOICE,
    ColumnType.YES_NO: Shown.YES_NO,
}

_OWNER: Final = ShownColumn(Shown.LOOKUP, "Owner")
_CREATED: Final = ShownColumn(Shown.DATE, "Created on")
# What the platform and the Sales app bring.
_NATIVE: Final[dict[tuple[str, str], ShownColumn]] = {
    ("account", "name"): ShownColumn(Shown.TEXT, "Account"),
    ("account", "telephone1"): ShownColumn(Shown.TEXT, "Phone"),
    ("account", "ownerid"): _OWNER,
    ("opportunity", "name"): ShownColumn(Shown.TEXT, "Topic"),
    ("opportunity", "customerid"): ShownColumn(Shown.LOOKUP, "Customer"),
    ("opportunity", "estimatedvalue"): ShownColumn(Shown.MONEY, "Est. revenue"),
    ("opportunity", "estimatedclosedate"): ShownColumn(Shown.DATE, "Est. close date"),
    ("opportunity", "ownerid"): _OWNER,
    ("invoice", "name"): ShownColumn(Shown.TEXT, "Name"),
    ("invoice", "customerid"): ShownColumn(Shown.LOOKUP, "Customer"),
    ("invoice", "opportunityid"): ShownColumn(Shown.LOOKUP, "Opportunity"),
    ("invoice", "duedate"): ShownColumn(Shown.DATE, "Due date"),
    ("invoice", "statuscode"): ShownColumn(Shown.STATUS_REASON, "Status reason"),
    ("invoice", "ownerid"): _OWNER,
    (schema.CLIENT_TABLE, f"{PREFIX}_name"): ShownColumn(Shown.TEXT, "Name"),
    (schema.CLIENT_TABLE, "statuscode"): ShownColumn(Shown.STATUS_REASON, "Status reason"),
    (schema.CLIENT_TABLE, "ownerid"): _OWNER,
    (schema.CLIENT_TABLE, "createdon"): _CREATED,
    (schema.WAITING_TABLE, f"{PREFIX}_name"): ShownColumn(Shown.TEXT, "Name"),
    (schema.ACTIVITY_TABLE, "subject"): ShownColumn(Shown.TEXT, "Subject"),
    (schema.ACTIVITY_TABLE, "description"): ShownColumn(Shown.LONG_TEXT, "Description"),
    (schema.ACTIVITY_TABLE, "regardingobjectid"): ShownColumn(Shown.REGARDING, "Regarding"),
    (schema.ACTIVITY_TABLE, "statuscode"): ShownColumn(Shown.STATUS_REASON, "Status reason"),
    (schema.ACTIVITY_TABLE, "ownerid"): _OWNER,
    (schema.ACTIVITY_TABLE, "createdon"): _CREATED,
}


def shown_column(table: str, column: str) -> ShownColumn:
    """Return how a column is shown.

    Raises:
        KeyError: no view or form may name it, since nothing says what it is.
    """
    if (table, column) in _NATIVE:
        return _NATIVE[table, column]
    for own in schema.COLUMNS.get(table, ()):
        if own.name == column:
            return ShownColumn(_OWN[own.kind], own.title)
    for lookup in (*schema.LOOKUPS, schema.INVOICE_ENTRY_LOOKUP):
        if (lookup.table, lookup.name) == (table, column):
            return ShownColumn(Shown.LOOKUP, lookup.title)
    raise KeyError(f"{table}.{column}")
