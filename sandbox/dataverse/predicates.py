"""`$filter` and `$orderby` over rows: SQL's three-valued logic, the collation, lookups and paths.

Never scans when an equality on an indexed or textual column narrows the rows down.
"""

import functools
import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.collation import fold, like
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.filters import Call, Compare, Logic, Node, Not, Path, Within
from sandbox.dataverse.literals import Guid, Moment
from sandbox.dataverse.metadata import CHOICES, REFERENCES, TEXT, Column, Kind, Table
from sandbox.dataverse.options import Order
from sandbox.dataverse.store import Row
from sandbox.dataverse.values import parse as parse_value

Truth = bool | None
Predicate = Callable[[Row], Truth]
Getter = Callable[[Row], Any]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_INDEXED = TEXT | REFERENCES | {Kind.GUID}


def candidates(env: Environment, table: Table, node: Node | None) -> Iterable[Row]:
    """Return rows among which all matches of `node` are, found through an index if possible."""
    rows = env.store.rows(table.name)
    for column, value in _equalities(table, node):
        if column.kind in REFERENCES:
            targets = [known.parent for known in table.targets(column.name)]
            index = rows.index(column.name)
            ids = [row_id for target in targets for row_id in index.find([(target, value)])]
        else:
            ids = rows.index(column.name).find([value])
        return [rows.by_id[row_id] for row_id in ids]
    return list(rows.by_id.values())


def compile_filter(env: Environment, table: Table, node: Node) -> Predicate:
    """Return the predicate of a filter; it answers None where SQL would say unknown.

    Raises:
        DataverseError: 400, a property does not exist or the types cannot be compared.
    """
    if isinstance(node, Logic):
        every = [compile_filter(env, table, each) for each in node.nodes]
        return _all(every) if node.operator == "and" else _any(every)
    if isinstance(node, Not):
        return _negated(compile_filter(env, table, node.inner))
    if isinstance(node, Within):
        column, get = resolve(env, table, node.path)
        listed = {_literal(column, each) for each in node.values}
        return lambda row: None if get(row) is None else get(row) in listed
    if isinstance(node, Call):
        return _call(env, table, node)
    return _compare(env, table, node)


def sort(env: Environment, table: Table, rows: list[Row], order: Iterable[Order]) -> list[Row]:
    """Return `rows` in order; nulls come first when ascending, as in SQL Server."""
    for item in reversed(list(order)):
        _, get = resolve(env, table, item.path)
        rows = sorted(
            rows,
            key=lambda row, get=get: ((value := get(row)) is not None, value),  # type: ignore[misc]  # bound per item
            reverse=item.descending,
        )
    return rows


def resolve(env: Environment, table: Table, path: Path) -> tuple[Column, Getter]:
    """Return the column a path ends at, and a function that gets its comparable value.

    Raises:
        DataverseError: 400, a step does not exist.
    """
    *steps, last = path.steps
    hops = []
    current = table
    for step in steps:
        relationship = current.parents.get(step)
        if relationship is None:
            raise no_property(step, current)
        hops.append((relationship.column, relationship.parent))
        current = env.schema.tables[relationship.parent]
    column = current.by_wire(last)
    if column is None:
        raise no_property(last, current)
    get = _getter(column)
    return column, (functools.partial(_follow, env, hops, get) if hops else get)


def no_property(name: str, table: Table) -> errors.DataverseError:
    """Refuse a property the table does not have."""
    return errors.request(
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'."
    )


def _follow(env: Environment, hops: list[tuple[str, str]], get: Getter, row: Row) -> Any:
    for column, target in hops:
        reference = row.get(column)
        if reference is None or reference[0] != target:
            return None
        found = env.store.get(*reference)
        if found is None:
            return None
        row = found
    return get(row)


def _getter(column: Column) -> Getter:
    name = column.name
    if column.kind in TEXT:
        return lambda row: None if (value := row.get(name)) is None else fold(value)
    if column.kind in REFERENCES:
        return lambda row: None if (value := row.get(name)) is None else value[1]
    return lambda row: row.get(name)


def _literal(column: Column, value: Any) -> Any:
    """Return a literal in the form `_getter` gives, or refuse to compare it."""
    if value is None:
        return None
    accepted, convert = _comparable(column)
    if type(value) not in accepted:
        raise errors.request(
            f"A binary operator with incompatible types was detected for '{column.wire}'."
        )
    return convert(value)


def _comparable(column: Column) -> tuple[frozenset[type], Callable[[Any], Any]]:
    """Return the types of literals a column compares with, and how to read them."""
    if column.kind is Kind.DATETIME:
        return frozenset({Moment}), lambda value: parse_value("", column, str(value))
    for kinds, accepted, convert in _LITERALS:
        if column.kind in kinds:
            return accepted, convert
    return frozenset({int, Decimal}), Decimal


_LITERALS: tuple[tuple[frozenset[Kind], frozenset[type], Callable[[Any], Any]], ...] = (
    (TEXT, frozenset({str}), fold),
    (REFERENCES | {Kind.GUID}, frozenset({Guid}), str),
    (frozenset({Kind.BOOLEAN}), frozenset({bool}), bool),
    (CHOICES, frozenset({int}), int),
)


def _compare(env: Environment, table: Table, node: Compare) -> Predicate:
    left, right, name = node.left, node.right, node.operator
    if not isinstance(left, Path):
        left, right, name = right, left, _MIRRORED.get(name, name)
    if not isinstance(left, Path):
        raise errors.request("A comparison needs a property.")
    column, get = resolve(env, table, left)
    compare = _OPERATORS[name]
    if isinstance(right, Path):
        _, other = resolve(env, table, right)

        def both(row: Row) -> Truth:
            first, second = get(row), other(row)
            return None if first is None or second is None else compare(first, second)

        return both
    value = _literal(column, right)
    if value is None:
        if name not in {"eq", "ne"}:
            raise errors.request("Only eq and ne compare with null.")
        wanted = name == "eq"
        return lambda row: (get(row) is None) is wanted
    return lambda row: None if (found := get(row)) is None else compare(found, value)


def _call(env: Environment, table: Table, node: Call) -> Predicate:
    column, get = resolve(env, table, node.path)
    if column.kind not in TEXT:
        raise errors.request(f"{node.function} applies to texts, not to '{column.wire}'.")
    before = "" if node.function == "startswith" else "%"
    after = "" if node.function == "endswith" else "%"
    matches = like(before + node.text + after)
    return lambda row: None if (value := get(row)) is None else matches(value)


def _all(every: list[Predicate]) -> Predicate:
    def holds(row: Row) -> Truth:
        unknown = False
        for each in every:
            value = each(row)
            if value is False:
                return False
            unknown = unknown or value is None
        return None if unknown else True

    return holds


def _any(every: list[Predicate]) -> Predicate:
    def holds(row: Row) -> Truth:
        unknown = False
        for each in every:
            value = each(row)
            if value:
                return True
            unknown = unknown or value is None
        return None if unknown else False

    return holds


def _negated(inner: Predicate) -> Predicate:
    def negated(row: Row) -> Truth:
        value = inner(row)
        return None if value is None else not value

    return negated


def _equalities(table: Table, node: Node | None) -> Iterable[tuple[Column, Any]]:
    """Yield the equalities that hold for every match and that an index serves."""
    if isinstance(node, Logic) and node.operator == "and":
        for each in node.nodes:
            yield from _equalities(table, each)
    elif isinstance(node, Compare) and node.operator == "eq" and isinstance(node.left, Path):
        column = table.by_wire(node.left.steps[0]) if len(node.left.steps) == 1 else None
        plain = node.right is not None and not isinstance(node.right, Path)
        if column is not None and plain and column.kind in _INDEXED:
            yield column, _stored(column, node.right)


def _stored(column: Column, value: Any) -> Any:
    _literal(column, value)
    return str(value)
