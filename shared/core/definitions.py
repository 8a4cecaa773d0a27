"""What a table, a column, a lookup and an alternate key of the connector's are.

Never says which there are.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from shared.core import own_tables

PREFIX: Final = own_tables.PREFIX


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
        searchable: whether people find it in searches and filters that they make themselves.
        audited: whether Dataverse records who changed it, where the organization audits.
        because: why its flags are not those of most columns.
    """

    name: str
    kind: ColumnType
    title: str
    description: str
    length: int = 0
    options: type[IntEnum] | None = None
    searchable: bool = True
    audited: bool = False
    because: str = ""


@dataclass(frozen=True)
class Lookup:
    """A lookup the connector adds; deleting its target empties it.

    Attributes:
        follows: whether rows follow when their target is merged into another one; Dataverse wants
            that of every lookup to a table whose rows can be merged.
        audited: as of a column.
        because: as of a column.
    """

    name: str
    table: str
    target: str
    title: str
    relationship: str
    description: str
    follows: bool = False
    audited: bool = False
    because: str = ""


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
        icon: name of the web resource with its icon.
        activity: whether its rows appear on timelines.
        audited: whether Dataverse records changes of the columns that are audited.
    """

    name: str
    title: str
    titles: str
    description: str
    primary: str
    longest: int
    icon: str
    activity: bool = False
    audited: bool = False

    @property
    def primary_title(self) -> str:
        """What the column is called that rows are shown by."""
        return "Subject" if self.activity else "Name"
