"""`$filter` and `$orderby` over rows: SQL's three-valued logic, the collation, lookups and paths.

Never finds rows; it tells of each one whether it matches.
"""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.collation import fold, like
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.literals import Guid, Moment
from sandbox.dataverse.metadata import (
    CHOICES,
    REFERENCES,
    TEXT,
    Column,
    Kind,
    Relationship,
    Table,
)
from sandbox.dataverse.nodes import Call, Compare, Lambda, Logic, Node, Not, Path, Within
from sandbox.dataverse.paths import no_property, resolve
from sandbox.dataverse.store import Row
from sandbox.dataverse.values import parse as parse_value

Truth = bool | None
Predicate = Callable[[Row], Truth]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def compile_filter(env: Environment, table: Table, node: Node) -> Predicate:
    """Return the predicate of a filter; it answers None where SQL would say unknown.

    Raises:
        DataverseError: 400, a property does not exist or the types cannot be compared.
    """
    if isinstance(node, Logic):
        return _logic(env, table, node)
    if isinstance(node, Not):
        return _negated(compile_filter(env, table, node.inner))
    if isinstance(node, Within):
        return _within(env, table, node)
    if isinstance(node, Call):
        return _call(env, table, node)
    if isinstance(node, Lambda):
        return _lambda(env, table, node)
    return _compare(env, table, node)


def literal(column: Column, value: Any) -> Any:
    """Return a literal in the form in which columns are compared, or refuse to compare it."""
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
    (frozenset({Kind.BOOLEAN, Kind.MANAGED_PROPERTY}), frozenset({bool}), bool),
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
    value = literal(column, right)
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


def _logic(env: Environment, table: Table, node: Logic) -> Predicate:
    if (within := _alternatives(node)) is not None:
        return _within(env, table, within)
    every = [compile_filter(env, table, each) for each in node.nodes]
    return _all(every) if node.operator == "and" else _any(every)


def _within(env: Environment, table: Table, node: Within) -> Predicate:
    column, get = resolve(env, table, node.path)
    listed = {literal(column, each) for each in node.values}
    return lambda row: None if (value := get(row)) is None else value in listed


def _alternatives(node: Logic) -> Within | None:
    """Return `a eq 1 or a eq 2 or ...` as the one condition that it is."""
    first = node.nodes[0]
    if node.operator != "or" or not isinstance(first, Compare):
        return None
    values = [
        each.right
        for each in node.nodes
        if isinstance(each, Compare)
        and (each.operator, each.left) == ("eq", first.left)
        and not (each.right is None or isinstance(each.right, Path))
    ]
    plain = isinstance(first.left, Path) and len(values) == len(node.nodes)
    return Within(first.left, tuple(values)) if plain else None


def _lambda(env: Environment, table: Table, node: Lambda) -> Predicate:
    """Return the predicate of a condition on a collection.

    A condition that is unknown for a row does not hold for it: "true for all" is documented, what
    nulls make of it is not ([?]).
    """
    relationship = collection(table, node)
    child = env.schema.tables[relationship.child]
    rows = env.store.rows(child.name)
    matches = None if node.inner is None else compile_filter(env, child, node.inner)
    quantify = any if node.operator == "any" else all

    def holds(row: Row) -> Truth:
        ids = rows.index(relationship.column).find([(table.name, row[table.id])])
        return quantify(matches is None or matches(rows.by_id[row_id]) is True for row_id in ids)

    return holds


def collection(table: Table, node: Lambda) -> Relationship:
    """Return the relationship that a condition on a collection goes along.

    Raises:
        DataverseError: 400, there is none, or it lies behind a lookup.
    """
    if len(node.path.steps) > 1:
        raise errors.request(
            f"The collection '{'/'.join(node.path.steps)}' lies behind a lookup: conditions on it "
            "are not supported."
        )
    relationship = table.children.get(node.path.steps[0])
    if relationship is None:
        raise no_property(node.path.steps[0], table)
    return relationship


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
