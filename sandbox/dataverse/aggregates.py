"""`$apply` over rows: groups in the collation's eyes, and what is told of each.

Never mixes currencies knowingly: amounts are added up as they are, whatever currency they are in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sandbox.dataverse import errors, values
from sandbox.dataverse.applying import Aggregate, Apply
from sandbox.dataverse.collation import fold
from sandbox.dataverse.encoding import Number, decimal
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import NUMBERS, TEXT, Column, Kind, Relationship, Table
from sandbox.dataverse.nodes import Path
from sandbox.dataverse.options import Options, Order
from sandbox.dataverse.paths import end, trace
from sandbox.dataverse.reading import FORMATTED, Reader, Shown
from sandbox.dataverse.store import Row

_DIGITS = 9  # Microsoft's samples of sums and averages
_WHOLE = frozenset({Kind.INTEGER, Kind.BIGINT})


@dataclass(frozen=True, slots=True)
class _Field:
    """A column reached by a path, under the name the answer gives it."""

    name: str
    column: Column
    hops: list[Relationship]

    def value(self, env: Environment, row: Row) -> Any:
        found = end(env, self.hops, row)
        return None if found is None else found.get(self.column.name)


def aggregate(reader: Reader, table: Table, chosen: Options, apply: Apply) -> list[Shown]:
    """Return the groups of a query; what is null in one is left out of it.

    Raises:
        DataverseError: 400, a name does not exist, a method does not apply, days are grouped, or
            there are too many rows; 501, an option the sandbox does not combine with it.
    """
    env = reader.env
    if replace(chosen, apply=None, order=(), aliases={}) != Options():
        raise errors.unsupported("other options than $orderby with $apply")
    fields = [_field(env, table, path) for path in apply.groups]
    for field in fields:
        if field.column.kind is Kind.DATETIME:
            raise errors.request(f"groupby with '{field.name}', a date, is not supported.")
    tellers = [(each, *_teller(env, table, each)) for each in apply.aggregates]
    rows = reader.matching(table, Options(filter=apply.filter))
    if len(rows) > env.choices.aggregate_limit:
        raise errors.DataverseError(
            400,
            errors.AGGREGATE_LIMIT,
            "AggregateQueryRecordLimit exceeded. Cannot perform this operation.",
        )
    groups: dict[tuple[Any, ...], list[Row]] = {} if fields else {(): rows}
    for row in rows if fields else ():
        key = tuple(_comparable(field, field.value(env, row)) for field in fields)
        groups.setdefault(key, []).append(row)
    answered = []
    for key in _sorted(groups, fields, chosen.order, apply.aggregates):
        shown: Shown = {}
        for field in fields:
            first = groups[key][0]
            where = end(env, field.hops, first)
            if where is not None and (value := field.value(env, first)) is not None:
                text = reader.formatted(where, field.column, value)
                _show(reader, shown, field.name, values.emit(field.column, value), text)
        for each, column, tell in tellers:
            found = tell(groups[key])
            spelled = decimal(found, _DIGITS) if isinstance(found, Decimal) else found
            _show(reader, shown, each.alias, spelled, _text(reader, column, found))
        answered.append(shown)
    return answered


def _field(env: Environment, table: Table, path: Path) -> _Field:
    where, column, hops = trace(env, table, path)
    name = f"{where.name}_{column.wire}" if hops else column.wire
    return _Field(name, column, hops)


def _comparable(field: _Field, value: Any) -> Any:
    return fold(value) if field.column.kind in TEXT and value is not None else value


def _teller(
    env: Environment, table: Table, wanted: Aggregate
) -> tuple[Column | None, Callable[[list[Row]], Any]]:
    """Return the column whose type a figure has, None for counts, and how to get the figure."""
    if wanted.path is None:
        return None, len
    field = _field(env, table, wanted.path)
    column = field.column

    def present(rows: list[Row]) -> list[Any]:
        every = (field.value(env, row) for row in rows)
        return [value for value in every if value is not None]

    if wanted.method == "countdistinct":
        return None, lambda rows: len({_comparable(field, value) for value in present(rows)})
    if column.kind not in NUMBERS | _WHOLE and not (
        column.kind is Kind.DATETIME and wanted.method in {"min", "max"}
    ):
        raise errors.request(f"'{wanted.method}' does not apply to '{field.name}'.")
    figure = _FIGURES[wanted.method]
    return column, lambda rows: figure(found) if (found := present(rows)) else None


def _average(found: list[Any]) -> Any:
    """Return the mean; of whole numbers it is whole, as SQL Server has it ([?])."""
    if isinstance(found[0], int):
        return int(Decimal(sum(found)) / len(found))
    return sum(found, Decimal(0)) / len(found)


_FIGURES: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "average": _average,
}


def _sorted(
    groups: dict[tuple[Any, ...], list[Row]],
    fields: list[_Field],
    order: tuple[Order, ...],
    aggregates: tuple[Aggregate, ...],
) -> list[tuple[Any, ...]]:
    """Return the groups' keys in order: by themselves, or as `$orderby` asks."""

    def at(*positions: int) -> Callable[[tuple[Any, ...]], Any]:
        return lambda key: [(key[each] is not None, key[each]) for each in positions]

    keys = sorted(groups, key=at(*range(len(fields))))
    names = [field.name for field in fields]
    for item in reversed(order):
        name = "/".join(item.path.steps)
        if name in {each.alias for each in aggregates}:
            raise errors.request("The query node SingleValueOpenPropertyAccess is not supported.")
        if name not in names:
            raise errors.request(f"Groups have no '{name}' to be ordered by.")
        keys = sorted(keys, key=at(names.index(name)), reverse=item.descending)
    return keys


def _text(reader: Reader, column: Column | None, value: Any) -> str | None:
    if value is None:
        return None
    return f"{value:,d}" if column is None else reader.formatted({}, column, value)


def _show(reader: Reader, shown: Shown, name: str, value: Number | Any, text: str | None) -> None:
    if reader.texts and text is not None:
        shown[f"{name}@{FORMATTED}"] = text
    shown[name] = value
