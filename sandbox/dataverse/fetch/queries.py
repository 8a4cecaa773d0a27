"""A FetchXML query as a value: tables joined, columns asked for, conditions, order, groups.

Never parses or runs anything.
"""

from dataclasses import dataclass

QUICK_FIND = "{0}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A column to return, to group by or to aggregate.

    Attributes:
        name: the column's logical name.
        alias: what the answer calls it; empty where its own name will do.
        aggregate: count, countcolumn, sum, avg, min, max, or empty.
        group: rows are grouped by it.
        part: of a date that is grouped by: day, week, month, quarter, year, fiscal-period,
            fiscal-year, or empty.
        distinct: equal values count once.
    """

    name: str
    alias: str = ""
    aggregate: str = ""
    group: bool = False
    part: str = ""
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One thing rows or groups are sorted by.

    Attributes:
        name: a column's logical name, or what a group or figure is called in an aggregate.
        entity: the alias of the joined table it is a column of; empty for where it stands.
        descending: largest first.
    """

    name: str
    entity: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison.

    Attributes:
        column: logical name.
        operator: as FetchXML spells it.
        values: what it compares with.
        entity: alias of the joined table the column is of; empty for where it stands.
        value_of: another column to compare with, `alias.column` or `column`; empty for none.
    """

    column: str
    operator: str
    values: tuple[str, ...] = ()
    entity: str = ""
    value_of: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions and filters of which all must hold, or one.

    Attributes:
        any_of: one is enough.
        parts: the conditions and filters.
        quick_find: it compares columns with what a person looks for.
    """

    any_of: bool = False
    parts: tuple["Condition | Filter", ...] = ()
    quick_find: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A table with what is asked of it.

    Attributes:
        table: logical name.
        asked: columns.
        every: all columns are asked for.
        orders: what rows are sorted by.
        filters: all must hold.
        links: tables joined to it.
    """

    table: str
    asked: tuple[Asked, ...] = ()
    every: bool = False
    orders: tuple[Order, ...] = ()
    filters: tuple[Filter, ...] = ()
    links: tuple["Link", ...] = ()

    def all_orders(self, place: str = "") -> list[tuple[str, Order]]:
        """Return what rows are sorted by and where that stands; joined tables' orders come last."""
        found = [(place, order) for order in self.orders]
        for link in self.links:
            found += link.entity.all_orders(link.alias)
        return found


@dataclass(frozen=True, slots=True)
class Link:
    """A table joined to another.

    Attributes:
        entity: the table and what is asked of it.
        source: the column of this table.
        target: the column of the table it is joined to.
        alias: what it is called elsewhere in the query; unique.
        outer: rows without a match stay.
    """

    entity: Entity
    source: str
    target: str
    alias: str
    outer: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """A whole query.

    Attributes:
        entity: the table it begins at.
        aggregate: it answers groups instead of rows.
        distinct: equal answers come once.
        top: how many answers at most, None without a limit.
        count: answers of a page, None for as many as a page may have.
        page: number of the page, from 1.
        raw_order: choices are sorted by value instead of label.
        limit: rows an aggregate may look at, None for what the environment allows.
        total: the answer tells how many there are.
    """

    entity: Entity
    aggregate: bool = False
    distinct: bool = False
    top: int | None = None
    count: int | None = None
    page: int = 1
    raw_order: bool = False
    limit: int | None = None
    total: bool = False
