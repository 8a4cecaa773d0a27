"""What a table, a column, a lookup and an alternate key of the connector's are.

Never says which there are.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class ColumnType(StrEnum):
    """The kinds of columns the connector adds."""

    TEXT = "text"
    LONG_TEXT = "long text"  # several lines
    ADDRESS = "address"  # a link, shown as one
    MONEY = "money"
    DATE = "date"  # a calendar day without a zone
    MOMENT = "moment"  # an instant
    CHOICE = "choice"
    YES_NO = "yes/no"


@dataclass(frozen=True)
class Column:
    """A column the connector adds to a table.

    Attributes:
        name: logical name and schema name, all lower case: no case to get wrong.
        length: of a text, long text or address.
        options: of a choice.
    """

    name: str
    kind: ColumnType
    title: str
    description: str
    length: int = 0
    options: type[IntEnum] | None = None


@dataclass(frozen=True)
class Lookup:
    """A lookup the connector adds; deleting its target empties it.

    Attributes:
        follows: whether rows follow when their target is merged into another one; Dataverse wants
            that of every lookup to a table whose rows can be merged.
    """

    name: str
    table: str
    target: str
    title: str
    relationship: str
    follows: bool = False


@dataclass(frozen=True)
class Key:
    """An alternate key: uniqueness held by the database."""

    name: str
    table: str
    columns: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class Table:
    """A table that is the connector's as a whole.

    Attributes:
        title: of one row.
        titles: of several.
        primary: the column that rows are shown by.
        longest: characters in it.
        activity: whether its rows appear on timelines.
    """

    name: str
    title: str
    titles: str
    description: str
    primary: str
    longest: int
    activity: bool = False
