"""Which rows a query finds, from where on, and through which index.

Never looks at many more rows than it gives, where an index or the order of births helps; where rows
lie in no order that was asked for, they lie in the order in which they were born.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Kind, Table
from sandbox.dataverse.narrowing import narrow
from sandbox.dataverse.nodes import Node
from sandbox.dataverse.options import Order
from sandbox.dataverse.ordering import Key, comparable
from sandbox.dataverse.paths import Getter, resolve
from sandbox.dataverse.predicates import compile_filter
from sandbox.dataverse.store import Row, Sparse

_Keyed = list[tuple[Getter, bool]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: what its last row is sorted by, and that row's birth."""

    keys: tuple[Key, ...]
    born: int


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, and in which order."""

    table: Table
    filter: Node | None = None
    order: tuple[Order, ...] = ()


def search(
    env: Environment, query: Query, *, after: Place | None = None, most: int | None = None
) -> Iterator[Row]:
    """Yield the rows a query finds, in its order.

    Args:
        env: the environment.
        query: what is looked for.
        after: the place behind which to begin.
        most: how many rows will be taken; None for all.

    Raises:
        DataverseError: 400, a property does not exist or the types cannot be compared.
    """
    matches = _always if query.filter is None else compile_filter(env, query.table, query.filter)
    orders = [(*resolve(env, query.table, each.path), each) for each in query.order]
    rows = env.store.rows(query.table.name)
    found = narrow(env, query.table, query.filter)
    every = len(rows.by_id)
    count = every if found is None else found.count
    walk = _walk(env, query, [column for column, _, _ in orders])
    if walk is not None and (found is None or (most is not None and most * every < count**2)):
        met = (row for row in walk(after) if matches(row))
        return met if most is None else itertools.islice(met, most)
    ids: Iterable[str] = rows.by_id if found is None else found.ids()
    met_all: list[Row] = sorted(filter(matches, map(rows.by_id.__getitem__, ids)), key=_born)
    met_all = sort(env, query.table, met_all, query.order)
    if after is None:
        return iter(met_all)
    keyed, behind = [(get, each.descending) for _, get, each in orders], after
    return itertools.dropwhile(lambda row: not _is_behind(row, keyed, behind), met_all)


def sort(env: Environment, table: Table, rows: list[Row], order: Iterable[Order]) -> list[Row]:
    """Return `rows` in order; nulls come first when ascending, as in SQL Server."""
    for item in reversed(list(order)):
        get = resolve(env, table, item.path)[1]
        rows = sorted(rows, key=functools.partial(_key, get), reverse=item.descending)
    return rows


def place(env: Environment, query: Query, row: Row) -> Place:
    """Return the place of a row that `search` gave."""
    getters = [resolve(env, query.table, each.path)[1] for each in query.order]
    return Place(tuple(_key(get, row) for get in getters), _born(row))


def _walk(
    env: Environment, query: Query, columns: list[Column]
) -> Callable[[Place | None], Iterator[Sparse]] | None:
    """Return what yields all rows in the order asked for, if something keeps them in it."""
    rows = env.store.rows(query.table.name)
    if not columns:
        return lambda after: rows.since(-1 if after is None else after.born)
    plain = len(columns) == 1 and len(query.order[0].path.steps) == 1
    if not plain or columns[0].kind is Kind.MANAGED_PROPERTY:
        return None
    kept, descending = rows.ordered(columns[0].name), query.order[0].descending

    def ordered(after: Place | None) -> Iterator[Sparse]:
        behind = None if after is None else (after.keys[0], after.born)
        ids = kept.descending(behind) if descending else kept.ascending(behind)
        return map(rows.by_id.__getitem__, ids)

    return ordered


def _always(_row: Row) -> bool:
    return True


def _born(row: Row) -> int:
    return row.born if isinstance(row, Sparse) else 0


def _key(get: Getter, row: Row) -> Key:
    return comparable(get(row))


def _is_behind(row: Row, keyed: _Keyed, after: Place) -> bool:
    for (get, descending), key in zip(keyed, after.keys, strict=True):
        own: Any = _key(get, row)
        if own != key:
            return bool(own < key) is descending
    return _born(row) > after.born
