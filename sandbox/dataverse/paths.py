"""What a path of a query leads to: a column, here or behind lookups, and its value for a row.

Never compares values; it gives them in the form in which they are compared.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.collation import fold
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import REFERENCES, TEXT, Column, Kind, Relationship, Table
from sandbox.dataverse.nodes import Path
from sandbox.dataverse.store import Row

Getter = Callable[[Row], Any]


def resolve(env: Environment, table: Table, path: Path) -> tuple[Column, Getter]:
    """Return the column a path ends at, and a function that gets its comparable value.

    Raises:
        DataverseError: 400, a step does not exist.
    """
    _, column, hops = trace(env, table, path)
    get = _getter(column)
    return column, (functools.partial(_follow, env, hops, get) if hops else get)


def trace(env: Environment, table: Table, path: Path) -> tuple[Table, Column, list[Relationship]]:
    """Return the table and column a path ends at, and the relationships that lead there.

    Raises:
        DataverseError: 400, a step does not exist.
    """
    *steps, last = path.steps
    if steps and last == _VALUE and _is_managed(table.by_wire(steps[-1])):
        *steps, last = steps  # `iscustomizable/Value`, of a complex type
    hops = []
    for step in steps:
        relationship = table.parents.get(step)
        if relationship is None:
            raise no_property(step, table)
        hops.append(relationship)
        table = env.schema.tables[relationship.parent]
    column = table.by_wire(last)
    if column is None:
        raise no_property(last, table)
    return table, column, hops


_VALUE = "Value"


def _is_managed(column: Column | None) -> bool:
    return column is not None and column.kind is Kind.MANAGED_PROPERTY


def end(env: Environment, hops: Iterable[Relationship], row: Row) -> Row | None:
    """Return the row that lookups lead to from `row`, or None."""
    found: Row | None = row
    for relationship in hops:
        reference = found.get(relationship.column) if found else None
        if reference is None or reference[0] not in relationship.kinds:
            return None
        found = env.store.get(relationship.parent, reference[1])
    return found


def no_property(name: str, table: Table) -> errors.DataverseError:
    """Refuse a property the table does not have."""
    return errors.request(
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'."
    )


def _follow(env: Environment, hops: list[Relationship], get: Getter, row: Row) -> Any:
    found = end(env, hops, row)
    return None if found is None else get(found)


def _getter(column: Column) -> Getter:
    name = column.name
    if column.kind in TEXT:
        return lambda row: None if (value := row.get(name)) is None else fold(value)
    if column.kind in REFERENCES:
        return lambda row: None if (value := row.get(name)) is None else value[1]
    return lambda row: row.get(name)
