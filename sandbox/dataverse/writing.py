"""Creating, updating and deleting rows as a body asks for it, under the rules a caller is under.

Never answers HTTP; conditions on versions are checked by the caller.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import bodies, cascades, errors, owners, rules, storing
from sandbox.dataverse.bodies import Body, Change, References
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table, new_id
from sandbox.dataverse.store import Row, changed

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
    if "ownerid" in change.values:
        owners.check(env, table, change.values["ownerid"], creating=True)
    for relationship, nested in change.parents:
        parent = create(env, env.schema.tables[relationship.parent], nested, references=references)
        change.values[relationship.column] = (relationship.parent, parent)
    row = _new_row(env, table, row_id, change.values)
    storing.store(env, table, row_id, row, change.values)
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
    old = storing.existing(env, table, row_id)
    change = bodies.read(env, table, body, creating=False, references=references)
    for name in strip or ():
        change.values.pop(name, None)
    rules.check_columns(table, change, creating=False, row_id=row_id)
    rules.check_open(env, table, old, change.values)
    rules.check_changes(env, table, old, change.values)
    owner = change.values.get("ownerid", old.get("ownerid"))
    if owner != old.get("ownerid"):
        owners.check(env, table, owner, creating=False)
    storing.apply(env, table, old, change.values)
    if owner != old.get("ownerid"):
        cascades.assign(env, table, storing.existing(env, table, row_id), old["ownerid"])


def delete(env: Environment, table: Table, row_id: str) -> None:
    """Delete a row, its cascading children included.

    Raises:
        DataverseError: 404 no such row; 405 other rows restrict it; 400 a closed invoice's line.
    """
    _check_writable(table)
    row = storing.existing(env, table, row_id)
    rules.check_parent_open(env, table, row)
    cascades.delete(env, table, row)


def _check_writable(table: Table) -> None:
    if not table.writable:
        raise errors.argument(f"Rows of {table.name} are written through their own tables.")


def _new_row(env: Environment, table: Table, row_id: str, given: dict[str, Any]) -> Row:
    user, now = env.me, env.now()
    row = changed(env.shape(table).blank, {})
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
