"""Creating, updating and deleting rows, with everything the platform does along the way.

Never answers HTTP; conditions on versions are checked by the caller.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import amounts, bodies, errors, pricing, rules
from sandbox.dataverse.bodies import Body, Change, References
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table, new_id
from sandbox.dataverse.schema import POINTER
from sandbox.dataverse.store import Row

NO_REFERENCES: References = {}


def create(
    env: Environment,
    table: Table,
    body: Body,
    *,
    references: References = NO_REFERENCES,
    row_id: str | None = None,
    key: Mapping[str, Any] | None = None,
) -> str:
    """Create a row and the rows nested in it; return its primary key.

    Args:
        env: the environment.
        table: where.
        body: the JSON object.
        references: rows of earlier parts of the change set.
        row_id: the primary key the URL names.
        key: alternate key columns of the URL; the body's win where both are given.

    Raises:
        DataverseError: a limit or rule; 412 for a primary or alternate key in use.
    """
    _check_writable(table)
    change = bodies.read(env, table, body, creating=True, references=references)
    change.values = {**(key or {}), **change.values}
    row_id = row_id or change.values.get(table.id) or new_id()
    if env.store.get(table.name, row_id) is not None:
        raise errors.DataverseError(
            412, errors.DUPLICATE_KEY, f"A {table.name} with Id = {row_id} already exists."
        )
    rules.check_columns(table, change, creating=True, row_id=row_id)
    rules.settle_state(table, None, change.values)
    for relationship, nested in change.parents:
        parent = create(env, env.schema.tables[relationship.parent], nested, references=references)
        change.values[relationship.column] = (relationship.parent, parent)
    row = _new_row(env, table, row_id, change.values)
    _store(env, table, row_id, row, change.values)
    _create_children(env, change, (table.name, row_id), references)
    return row_id


def update(
    env: Environment,
    table: Table,
    row_id: str,
    body: Body,
    *,
    references: References = NO_REFERENCES,
    strip: Mapping[str, Any] | None = None,
) -> None:
    """Update a row.

    Args:
        env: the environment.
        table: where.
        row_id: its primary key.
        body: the JSON object; only what it names changes.
        references: rows of earlier parts of the change set.
        strip: alternate key columns of the URL, which the server takes out of the body.

    Raises:
        DataverseError: 404 no such row; a limit or rule; 412 for an alternate key in use.
    """
    _check_writable(table)
    old = existing(env, table, row_id)
    change = bodies.read(env, table, body, creating=False, references=references)
    for name in strip or ():
        change.values.pop(name, None)
    rules.check_columns(table, change, creating=False, row_id=row_id)
    rules.check_open(env, table, old, change.values)
    rules.check_changes(table, old, change.values)
    apply(env, table, old, change.values)


def apply(env: Environment, table: Table, old: Row, given: dict[str, Any]) -> None:
    """Write parsed values to an existing row, closed or not, as the platform itself does."""
    rules.settle_state(table, old, given)
    user = ("systemuser", env.user)
    row = {**old, **given, "modifiedon": env.now(), "modifiedby": user}
    _store(env, table, old[table.id], row, given)


def delete(env: Environment, table: Table, row_id: str) -> None:
    """Delete a row, its cascading children included.

    Raises:
        DataverseError: 404 no such row; 405 other rows restrict it; 400 a closed invoice's line.
    """
    _check_writable(table)
    row = existing(env, table, row_id)
    rules.check_parent_open(env, table, row)
    _check_restricted(env, table, row_id)
    _remove(env, table, row_id, row)


def existing(env: Environment, table: Table, row_id: str) -> Row:
    """Return a row.

    Raises:
        DataverseError: 404, there is none.
    """
    row = env.store.get(table.name, row_id)
    if row is None:
        raise errors.missing(table.name, row_id)
    return row


def _check_writable(table: Table) -> None:
    if not table.writable:
        raise errors.argument(f"Rows of {table.name} are written through their own tables.")


def _new_row(env: Environment, table: Table, row_id: str, given: dict[str, Any]) -> Row:
    user = ("systemuser", env.user)
    now = env.now()
    row: Row = {name: column.default for name, column in table.columns.items()}
    row |= {"createdon": now, "modifiedon": now, "createdby": user, "modifiedby": user}
    if "ownerid" in table.columns:
        row["ownerid"] = user
    row.update(given)
    row[table.id] = row_id
    if row.get("overriddencreatedon"):
        row["createdon"], row["overriddencreatedon"] = row["overriddencreatedon"], now
    rules.check_parent_open(env, table, row)
    return row


def _create_children(
    env: Environment, change: Change, parent: tuple[str, str], references: References
) -> None:
    for relationship, nested in change.children:
        child = env.schema.tables[relationship.child]
        address = f"/{env.schema.tables[parent[0]].set_name}({parent[1]})"
        for body in nested:
            bound = {**body, relationship.single + bodies.BIND: address}
            create(env, child, bound, references=references)


def _store(env: Environment, table: Table, row_id: str, row: Row, given: dict[str, Any]) -> None:
    rules.derive(env, table, row)
    rules.check_required(table, row)
    amounts.settle(env, table, row, given)
    for plug_in in env.plug_ins:
        plug_in(table.name, row)
    _check_keys(env, table, row_id, row)
    stored = env.store.put(table.name, row_id, row)
    if table.is_activity:
        _mirror(env, row_id, stored)
    if table.name == "invoice":
        env.dirty[row_id] = None
    elif table.name == "invoicedetail":
        pricing.touch(env, row["invoiceid"][1])


def _check_keys(env: Environment, table: Table, row_id: str, row: Row) -> None:
    for key in table.keys.values():
        if env.settle(table, key) != "Active":
            continue
        index = env.store.rows(table.name).index(*key.columns)
        values = index.key(row)
        if values is not None and index.entries.get(values, {}).keys() - {row_id}:
            raise errors.DataverseError(
                412,
                errors.DUPLICATE_KEY,
                f"Entity Key {key.label or key.schema} violated. A record with the same value for "
                f"{', '.join(key.columns)} already exists.",
            )


def _mirror(env: Environment, row_id: str, row: Row) -> None:
    """Show an activity in `activitypointer`, which every activity appears in."""
    pointer = env.schema.tables[POINTER]
    env.store.put(POINTER, row_id, {name: row.get(name) for name in pointer.columns})


def _check_restricted(env: Environment, table: Table, row_id: str) -> None:
    for relationship in table.references:
        index = env.store.rows(relationship.child).index(relationship.column)
        ids = index.find([(table.name, row_id)])
        if relationship.delete == "Restrict" and ids:
            raise errors.DataverseError(
                405,
                errors.RESTRICTED,
                f"The {table.name} cannot be deleted: it is associated with "
                f"{relationship.child} rows.",
            )
        if relationship.delete == "Cascade":
            for child in ids:
                _check_restricted(env, env.schema.tables[relationship.child], child)


def _remove(env: Environment, table: Table, row_id: str, row: Row) -> None:
    for relationship in table.references:
        if relationship.delete not in {"Cascade", "RemoveLink"}:
            continue
        child = env.schema.tables[relationship.child]
        index = env.store.rows(child.name).index(relationship.column)
        for child_id in index.find([(table.name, row_id)]):
            child_row = env.store.get(child.name, child_id)
            if child_row is None:
                continue
            if relationship.delete == "Cascade":
                _remove(env, child, child_id, child_row)
            else:
                apply(env, child, child_row, {relationship.column: None})
    env.store.delete(table.name, row_id)
    if table.is_activity:
        env.store.delete(POINTER, row_id)
    if table.name == "invoicedetail":
        pricing.touch(env, row["invoiceid"][1])
