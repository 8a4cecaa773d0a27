"""The few rows among which all matches of a filter are, as indexes know them.

Never decides whether a row matches; it may name rows that do not, but misses none that does.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse.collation import literal_start
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import REFERENCES, TEXT, Column, Kind, Table
from sandbox.dataverse.nodes import Call, Compare, Lambda, Logic, Node, Path, Within
from sandbox.dataverse.ordering import comparable
from sandbox.dataverse.predicates import collection, literal
from sandbox.dataverse.store import folded

_INDEXED = TEXT | REFERENCES | {Kind.GUID}
_SORTED = TEXT | {Kind.DATETIME}
_LOWER, _UPPER = frozenset({"gt", "ge"}), frozenset({"lt", "le"})


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Rows that an index names.

    Attributes:
        count: about how many they are.
        ids: gives their ids, each once.
    """

    count: int
    ids: Callable[[], Iterable[str]]


def narrow(env: Environment, table: Table, node: Node | None) -> Narrowed | None:
    """Return the rows among which all matches are; None where no index tells.

    Raises:
        DataverseError: 400, the types of a comparison do not fit.
    """
    if isinstance(node, Logic):
        if node.operator == "and":
            return _smallest(env, table, list(_conjuncts(node)))
        return _union(env, table, node.nodes)
    return _smallest(env, table, [] if node is None else [node])


def _smallest(env: Environment, table: Table, nodes: list[Node]) -> Narrowed | None:
    found = [each for node in nodes if (each := _one(env, table, node)) is not None]
    found += _ranges(env, table, nodes)
    return min(found, key=lambda each: each.count, default=None)


def _union(env: Environment, table: Table, nodes: Iterable[Node]) -> Narrowed | None:
    found: list[Narrowed] = []
    for node in nodes:
        each = narrow(env, table, node)
        if each is None:
            return None
        found.append(each)
    count = sum(each.count for each in found)
    return Narrowed(count, lambda: dict.fromkeys(row_id for each in found for row_id in each.ids()))


def _one(env: Environment, table: Table, node: Node) -> Narrowed | None:
    """Return what one condition narrows the rows down to."""
    if isinstance(node, Logic):
        return narrow(env, table, node)
    if isinstance(node, Compare):
        return _equal(env, table, node)
    if isinstance(node, Within):
        column = _column(table, node.path)
        return None if column is None else _among(env, table, column, node.values)
    if isinstance(node, Call):
        return _beginning(env, table, node)
    return _parents(env, table, node) if isinstance(node, Lambda) else None


def _equal(env: Environment, table: Table, node: Compare) -> Narrowed | None:
    if node.operator != "eq" or not isinstance(node.left, Path):
        return None
    column = _column(table, node.left)
    if column is None or node.right is None or isinstance(node.right, Path):
        return None
    return _among(env, table, column, (node.right,))


def _among(
    env: Environment, table: Table, column: Column, values: Iterable[Any]
) -> Narrowed | None:
    """Return the rows that have one of some values in a column."""
    if column.kind not in _INDEXED:
        return None
    wanted = [str(value) for value in values if literal(column, value) is not None]
    rows = env.store.rows(table.name)
    if column.name == table.id:
        there = dict.fromkeys(value for value in wanted if value in rows.by_id)
        return Narrowed(len(there), lambda: there)
    index = rows.index(column.name)
    if column.kind in REFERENCES:
        kinds = [kind for known in table.targets(column.name) for kind in known.kinds]
        keys: dict[Any, None] = dict.fromkeys((kind, value) for value in wanted for kind in kinds)
    else:
        keys = dict.fromkeys(folded(value) for value in wanted)
    count = sum(index.count(key) for key in keys)
    return Narrowed(count, lambda: (row_id for key in keys for row_id in index.at(key)))


def _beginning(env: Environment, table: Table, node: Call) -> Narrowed | None:
    """Return the rows whose text begins as asked for, as far as that is no pattern."""
    column = _column(table, node.path)
    start = literal_start(node.text) if node.function == "startswith" else ""
    if column is None or column.kind not in TEXT or not start:
        return None
    ordered = env.store.rows(table.name).ordered(column.name)
    begin, end = ordered.prefix(start)
    return Narrowed(end - begin, lambda: ordered.ids(begin, end))


def _ranges(env: Environment, table: Table, nodes: list[Node]) -> Iterator[Narrowed]:
    """Yield the rows within the limits that are set to columns, both limits of one together."""
    limits: dict[str, list[Any]] = {}
    for node in nodes:
        if not isinstance(node, Compare) or not isinstance(node.left, Path):
            continue
        column = _column(table, node.left)
        plain = node.right is not None and not isinstance(node.right, Path)
        if column is None or not plain or column.kind not in _SORTED:
            continue
        value = comparable(literal(column, node.right))
        low, high = limits.setdefault(column.name, [None, None])
        if node.operator in _LOWER and (low is None or value > low):
            limits[column.name][0] = value
        elif node.operator in _UPPER and (high is None or value < high):
            limits[column.name][1] = value
    for name, (low, high) in limits.items():
        if low is not None or high is not None:
            ordered = env.store.rows(table.name).ordered(name)
            begin, end = ordered.between(low, high)
            yield Narrowed(
                end - begin,
                lambda ordered=ordered, b=begin, e=end: ordered.ids(b, e),  # type: ignore[misc]  # bound per column
            )


def _parents(env: Environment, table: Table, node: Lambda) -> Narrowed | None:
    """Return the rows for which `any` may hold, where the collection is narrowed down."""
    relationship = collection(table, node)
    child = env.schema.tables[relationship.child]
    found = narrow(env, child, node.inner) if node.operator == "any" else None
    if found is None:
        return None
    children, rows = env.store.rows(child.name).by_id, env.store.rows(table.name).by_id

    def ids() -> Iterable[str]:
        references = (children[row_id].get(relationship.column) for row_id in found.ids())
        named = (each[1] for each in references if each and each[0] == table.name)
        return dict.fromkeys(row_id for row_id in named if row_id in rows)

    return Narrowed(found.count, ids)


def _column(table: Table, path: Path) -> Column | None:
    return table.by_wire(path.steps[0]) if len(path.steps) == 1 else None


def _conjuncts(node: Node) -> Iterator[Node]:
    """Yield what holds for every match."""
    if isinstance(node, Logic) and node.operator == "and":
        for each in node.nodes:
            yield from _conjuncts(each)
    else:
        yield node
