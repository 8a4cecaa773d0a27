"""What a view is: rows of a table by a filter, shown in cells.

Never says which views there are.
"""

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from shared.core.screens.identity import screen_id


class ViewKind(IntEnum):
    """Kinds of views, by Dataverse's numbers (`querytype`).

    Of all but the public ones a table has exactly one, which comes with it.
    """

    PUBLIC = 0
    ADVANCED_FIND = 1
    ASSOCIATED = 2
    QUICK_FIND = 4
    LOOKUP = 64


@dataclass(frozen=True)
class Condition:
    """A condition on a column.

    Attributes:
        operator: as FetchXML names it.
        values: none for operators that take none; several for `in` and the like.
    """

    column: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filter:
    """Conditions and further filters, all of which have to hold, or one of them."""

    parts: tuple["Condition | Filter", ...]
    any_of: bool = False


@dataclass(frozen=True)
class Order:
    """What rows are sorted by."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class Cell:
    """A column of a view; `width` in pixels."""

    column: str
    width: int = 120


@dataclass(frozen=True)
class View:
    """A view.

    Attributes:
        name: ours, such as `account.overdue`; its id is made from it.
        title: English; people read it.
        description: English.
        find: columns in which a quick find looks for what somebody typed.
    """

    name: str
    table: str
    title: str
    description: str
    cells: tuple[Cell, ...]
    filter: Filter | None = None
    orders: tuple[Order, ...] = ()
    kind: ViewKind = ViewKind.PUBLIC
    find: tuple[str, ...] = ()

    @property
    def id(self) -> UUID:
        """Its id, where it is one that the connector makes."""
        return screen_id("view", self.name)


def all_of(*parts: Condition | Filter) -> Filter:
    """Return a filter of which every part has to hold."""
    return Filter(parts)


def any_of(*parts: Condition | Filter) -> Filter:
    """Return a filter of which one part has to hold."""
    return Filter(parts, any_of=True)


def where(column: str, operator: str, *values: object) -> Condition:
    """Return a condition; numbers and options are spelled as FetchXML wants them."""
    return Condition(column, operator, tuple(str(value) for value in values))
