"""What follows along relationships when a row is deleted, gets another owner or is merged.

Never decides whether that may be done to the row itself.
"""

from collections.abc import Iterator

from sandbox.dataverse import errors, storing
from sandbox.dataverse.environment import Environment, Reference
from sandbox.dataverse.metadata import Relationship, Table
from sandbox.dataverse.store import Row

_LIVE = 0


def delete(env: Environment, table: Table, row: Row) -> None:
    """Delete a row with what goes with it, and empty the lookups that pointed at it.

    Raises:
        DataverseError: 405, other rows restrict it.
    """
    _check_restricted(env, table, row[table.id])
    _remove(env, table, row)


def assign(env: Environment, table: Table, row: Row, before: Reference) -> None:
    """Give what belongs to a row to the owner it was just given.

    Args:
        env: the environment.
        table: whose row it is.
        row: the row with its new owner.
        before: its owner until now.
    """
    if row["ownerid"] != before:
        _assign(env, table, row, before, {(table.name, row[table.id])})


def merge(env: Environment, table: Table, subordinate: str, master: str) -> None:
    """Let everything point at the master that pointed at the subordinate, closed rows too.

    Raises:
        DataverseError: 412, an alternate key holds the lookup and is in use.
    """
    touched = env.choices.merge_touches_children
    for relationship in table.references:
        if relationship.cascade.merge != "Cascade":
            continue
        child = env.schema.tables[relationship.child]
        for row in pointing(env, relationship, (table.name, subordinate)):
            given = {relationship.column: (table.name, master)}
            storing.apply(env, child, row, given, touched=touched)


def pointing(env: Environment, relationship: Relationship, at: Reference) -> Iterator[Row]:
    """Yield the rows that pointed at `at` when they were asked for, as they are now."""
    rows = env.store.rows(relationship.child)
    for row_id in rows.index(relationship.column).find([at]):
        row = rows.by_id.get(row_id)
        if row is not None:
            yield row


def _assign(
    env: Environment, table: Table, row: Row, before: Reference, seen: set[Reference]
) -> None:
    owner: Reference = row["ownerid"]
    for relationship in table.references:
        child = env.schema.tables[relationship.child]
        if "ownerid" not in child.columns:
            continue
        for old in pointing(env, relationship, (table.name, row[table.id])):
            reference = (child.name, old[child.id])
            if reference in seen or not _reaches(relationship.cascade.assign, child, old, before):
                continue
            seen.add(reference)
            if old["ownerid"] == owner:
                continue
            storing.apply(env, child, old, {"ownerid": owner})
            _assign(env, child, {**old, "ownerid": owner}, old["ownerid"], seen)


def _reaches(effect: str, table: Table, row: Row, owner: Reference) -> bool:
    """Say whether an effect is meant for a row; `owner` is the parent's."""
    if effect == "Active":
        state = table.columns.get("statecode")
        return state is None or row["statuscode"] == state.definition["defaults"][_LIVE]
    return effect == "Cascade" or (effect == "UserOwned" and row["ownerid"] == owner)


def _check_restricted(env: Environment, table: Table, row_id: str) -> None:
    for relationship in table.references:
        effect = relationship.cascade.delete
        if effect not in {"Restrict", "Cascade"}:
            continue
        child = env.schema.tables[relationship.child]
        for row in pointing(env, relationship, (table.name, row_id)):
            if effect == "Restrict":
                raise errors.DataverseError(
                    405,
                    errors.RESTRICTED,
                    f"The {table.name} cannot be deleted: it is associated with "
                    f"{relationship.child} rows.",
                )
            _check_restricted(env, child, row[child.id])


def _remove(env: Environment, table: Table, row: Row) -> None:
    row_id = row[table.id]
    for relationship in table.references:
        effect = relationship.cascade.delete
        if effect not in {"Cascade", "RemoveLink"}:
            continue
        child = env.schema.tables[relationship.child]
        for each in pointing(env, relationship, (table.name, row_id)):
            if effect == "Cascade":
                _remove(env, child, each)
            else:
                storing.apply(env, child, each, {relationship.column: None})
    storing.erase(env, table, row_id, row)
