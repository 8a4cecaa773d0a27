"""Groups of joined rows and what is told of each: counts, sums, means, extremes.

Never mixes currencies knowingly: amounts are added up as they are, whatever currency they are in.
https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/aggregate-data
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch import periods
from sandbox.dataverse.fetch.comparing import getter, padded, sort_getter
from sandbox.dataverse.fetch.conditions import Line
from sandbox.dataverse.fetch.queries import Asked, Entity, Fetch
from sandbox.dataverse.fetch.scopes import ROOT, Scope
from sandbox.dataverse.metadata import NUMBERS, Column, Kind
from sandbox.dataverse.options import MAX_PAGE
from sandbox.dataverse.reading import Reader
from sandbox.dataverse.store import Row

_WHOLE = frozenset({Kind.INTEGER, Kind.BIGINT})
_COUNTS = frozenset({"count", "countcolumn"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a group: as stored, and as a person reads it."""

    value: Any = None
    text: str = ""


Group = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Member:
    """A column of a group: what rows are grouped by, or a figure.

    Attributes:
        asked: as the query asks for it.
        place: the alias of its table.
        column: itself.
    """

    asked: Asked
    place: str
    column: Column


@dataclass(frozen=True)
class Grouped:
    """The groups of a page.

    Attributes:
        members: what each group holds, by alias.
        groups: figures by alias.
        total: how many there are on all pages.
        more: there is a page after this one.
    """

    members: dict[str, Member]
    groups: list[Group]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class _By:
    """What rows are grouped by."""

    member: Member
    key: Callable[[Row], Any]
    sort: Callable[[Row], Any]


def group(env: Environment, scope: Scope, fetch: Fetch, lines: list[Line]) -> Grouped:
    """Return the groups of an aggregate.

    Raises:
        DataverseError: 400, a function does not apply to a column, nothing sorts so, or there are
            too many rows.
    """
    allowed = min(env.choices.aggregate_limit, fetch.limit or env.choices.aggregate_limit)
    if len(lines) > allowed:
        raise errors.DataverseError(
            400,
            errors.AGGREGATE_LIMIT,
            "AggregateQueryRecordLimit exceeded. Cannot perform this operation.",
        )
    members = {member.asked.alias: member for member in _members(scope, fetch.entity, ROOT)}
    by = [_by(env, fetch, member) for member in members.values() if member.asked.group]
    buckets: dict[tuple[Any, ...], list[Line]] = {} if by else {(): lines}
    for line in lines if by else ():
        buckets.setdefault(tuple(_at(line, each.member.place, each.key) for each in by), []).append(
            line
        )
    teller = _Teller(env)
    found = [
        (
            {
                alias: teller.grouped(member, rows[0])
                if member.asked.group
                else teller.figure(member, rows)
                for alias, member in members.items()
            },
            {each.member.asked.alias: _at(rows[0], each.member.place, each.sort) for each in by}
            if rows
            else {},
        )
        for rows in buckets.values()
    ]
    size = fetch.top or fetch.count or MAX_PAGE
    start = (fetch.page - 1) * size
    answers = _sorted(found, fetch, members)
    if fetch.distinct:
        answers = list({tuple(f.text for f in each.values()): each for each in answers}.values())
    more = fetch.top is None and start + size < len(answers)
    return Grouped(members, answers[start : start + size], len(answers), more)


def _members(scope: Scope, entity: Entity, place: str) -> list[Member]:
    found = [Member(each, place, scope.column(place, each.name)) for each in entity.asked]
    for link in entity.links:
        found += _members(scope, link.entity, link.alias)
    return found


def _at(line: Line, place: str, get: Callable[[Row], Any]) -> Any:
    row = line[place]
    return None if row is None else get(row)


def _by(env: Environment, fetch: Fetch, member: Member) -> _By:
    column, part = member.column, member.asked.part
    if not part:
        if column.kind is Kind.DATETIME:
            raise errors.request(f"The date '{column.name}' is grouped by without a dategrouping.")
        return _By(member, getter(column), sort_getter(env, column, raw=fetch.raw_order))
    if column.kind is not Kind.DATETIME:
        raise errors.request(f"dategrouping does not apply to '{column.name}', which is no date.")

    def get(row: Row) -> Any:
        value = row.get(column.name)
        return None if value is None else _part(part, value)

    return _By(member, get, get)


def _part(part: str, value: str) -> Any:
    """Return the part of a stored date, in UTC: the time zone of every user here."""
    day = datetime.fromisoformat(padded(value)).date()
    if part == "fiscal-period":
        return day.year, periods.fiscal_period(day)
    if part == "week":
        return periods.week_of_year(day)
    if part == "quarter":
        return periods.fiscal_period(day)
    return {"day": day.day, "month": day.month, "year": day.year, "fiscal-year": day.year}[part]


class _Teller:
    """Tells figures of groups."""

    def __init__(self, env: Environment) -> None:
        self._reader = Reader(env)

    def grouped(self, member: Member, line: Line) -> Figure:
        row, column, part = line[member.place], member.column, member.asked.part
        value = None if row is None else row.get(column.name)
        if row is None or value is None:
            return Figure()
        if part:
            found = _part(part, value)
            if part == "fiscal-period":
                return Figure(found[1], f"Quarter {found[1]} FY{found[0]}")
            return Figure(found, f"FY{found}" if part == "fiscal-year" else f"{found:d}")
        text = self._reader.formatted(row, column, value)
        return Figure(value, str(value) if text is None else text)

    def figure(self, member: Member, lines: list[Line]) -> Figure:
        asked, column = member.asked, member.column
        if asked.aggregate == "count":
            return Figure(len(lines), f"{len(lines):,d}")
        raw = asked.aggregate in _COUNTS and asked.distinct
        get = getter(column) if raw else (lambda row: row.get(column.name))
        present = [value for line in lines if (value := _at(line, member.place, get)) is not None]
        if asked.aggregate == "countcolumn":
            count = len(set(present)) if asked.distinct else len(present)
            return Figure(count, f"{count:,d}")
        _check(asked, column)
        value = _FIGURES[asked.aggregate](present)
        if value is None:
            return Figure()
        if isinstance(value, int) and column.kind not in _WHOLE:
            value = Decimal(value)
        return Figure(value, self._reader.formatted({}, column, value) or str(value))


def _check(asked: Asked, column: Column) -> None:
    extremes = asked.aggregate in {"min", "max"} and column.kind is Kind.DATETIME
    if column.kind not in NUMBERS | _WHOLE and not extremes:
        raise errors.request(f"'{asked.aggregate}' does not apply to '{column.name}'.")


def _mean(present: list[Any]) -> Any:
    """Return the mean; of whole numbers it is whole, as SQL Server has it."""
    if not present:
        return None
    if isinstance(present[0], int):
        return int(Decimal(sum(present)) / len(present))
    return sum(present, Decimal(0)) / len(present)


# The sum of nothing is 0, as in Microsoft's sample of groups; all else is not there.
_FIGURES: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "avg": _mean,
    "min": lambda present: min(present, default=None),
    "max": lambda present: max(present, default=None),
}


def _sorted(
    found: list[tuple[Group, dict[str, Any]]], fetch: Fetch, members: dict[str, Member]
) -> list[Group]:
    """Return the groups in order: by what they are grouped by, or as the query says."""

    def by(name: str) -> Callable[[tuple[Group, dict[str, Any]]], Any]:
        def key(item: tuple[Group, dict[str, Any]]) -> Any:
            figures, sorts = item
            value = sorts[name] if name in sorts else figures[name].value
            return value is not None, value

        return key

    groups = [alias for alias, member in members.items() if member.asked.group]
    for alias in reversed(groups):
        found = sorted(found, key=by(alias))
    for _, order in reversed(fetch.entity.all_orders()):
        if order.name not in members:
            raise errors.request(f"The query has no alias '{order.name}' to sort by.")
        found = sorted(found, key=by(order.name), reverse=order.descending)
    return [figures for figures, _ in found]
