"""A query run: its rows, or the groups of an aggregate, in order and by pages.

Never changes a row.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch import groups
from sandbox.dataverse.fetch.comparing import getter, sort_getter
from sandbox.dataverse.fetch.conditions import Conditions, Line
from sandbox.dataverse.fetch.groups import Grouped
from sandbox.dataverse.fetch.joins import Joins
from sandbox.dataverse.fetch.queries import Fetch
from sandbox.dataverse.fetch.scopes import Cell, Scope
from sandbox.dataverse.options import MAX_PAGE


@dataclass(frozen=True)
class Found:
    """The rows of a page.

    Attributes:
        cells: the columns of the answer.
        lines: joined rows by the alias of their table.
        total: how many there are on all pages.
        more: there is a page after this one.
    """

    cells: tuple[Cell, ...]
    lines: list[Line]
    total: int
    more: bool


def run(
    env: Environment,
    fetch: Fetch,
    *,
    among: Collection[str] | None = None,
    user: str = "",
) -> Found:
    """Return the rows a query finds.

    Args:
        env: the environment.
        fetch: the query, no aggregate.
        among: ids of the only rows of its first table to look at; None for all.
        user: id of who asks; empty for the caller of the Web API.

    Raises:
        DataverseError: 400, a name does not exist or a value does not fit.
    """
    if fetch.aggregate:
        raise errors.request("The query is an aggregate; it answers groups, not rows.")
    scope = Scope(env, fetch)
    cells = tuple(scope.cells(fetch.entity, key=not fetch.distinct))
    lines = _sorted(env, scope, fetch, _lines(env, scope, fetch, among, user))
    if fetch.distinct:
        lines = _distinct(lines, cells)
    size = fetch.top or fetch.count or MAX_PAGE
    start = (fetch.page - 1) * size
    more = fetch.top is None and start + size < len(lines)
    return Found(cells, lines[start : start + size], len(lines), more)


def grouped(
    env: Environment,
    fetch: Fetch,
    *,
    among: Collection[str] | None = None,
    user: str = "",
) -> Grouped:
    """Return the groups of an aggregate; see `run`.

    Raises:
        DataverseError: 400, a name does not exist, a function does not apply to a column, or there
            are more rows than an aggregate may look at.
    """
    scope = Scope(env, fetch)
    return groups.group(env, scope, fetch, _lines(env, scope, fetch, among, user))


def _lines(
    env: Environment, scope: Scope, fetch: Fetch, among: Collection[str] | None, user: str
) -> list[Line]:
    conditions = Conditions(env, scope, user or env.user)
    return Joins(env, scope, conditions).lines(fetch.entity, among=among)


def _sorted(env: Environment, scope: Scope, fetch: Fetch, lines: list[Line]) -> list[Line]:
    """Return the lines in order; nothing comes before anything, as in SQL Server."""
    for here, order in reversed(fetch.entity.all_orders()):
        place = scope.place(order.entity, here)
        get = sort_getter(env, scope.column(place, order.name), raw=fetch.raw_order)

        def key(line: Line, place: str = place, get: Any = get) -> tuple[bool, Any]:
            row = line[place]
            value = None if row is None else get(row)
            return value is not None, value

        lines = sorted(lines, key=key, reverse=order.descending)
    return lines


def _distinct(lines: list[Line], cells: tuple[Cell, ...]) -> list[Line]:
    getters = [(cell.place, getter(cell.column)) for cell in cells]
    seen: dict[tuple[Any, ...], Line] = {}
    for line in lines:
        values = tuple(None if (row := line[place]) is None else get(row) for place, get in getters)
        seen.setdefault(values, line)
    return list(seen.values())
