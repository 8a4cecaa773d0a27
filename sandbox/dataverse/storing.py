"""One row written with all that the platform does along the way: keys, amounts, mirrors, totals.

Never reads a request's body and never follows a relationship.
"""

from typing import Any

from sandbox.dataverse import amounts, errors, pricing, rules
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.schema import OWNER, POINTER, PRINCIPALS
from sandbox.dataverse.store import Row, changed


def apply(
    env: Environment, table: Table, old: Row, given: dict[str, Any], *, touched: bool = True
) -> None:
    """Write parsed values to an existing row, closed or not, as the platform itself does.

    Args:
        env: the environment.
        table: whose row it is.
        old: the row as it is.
        given: column -> stored value.
        touched: whether that counts as a modification.
    """
    rules.settle_state(table, old, given)
    row = changed(old, given)
    if touched:
        row |= {"modifiedon": env.now(), "modifiedby": env.me}
    store(env, table, old[table.id], row, given)


def store(env: Environment, table: Table, row_id: str, row: Row, given: dict[str, Any]) -> None:
    """Store a row of which `given` is new.

    Raises:
        DataverseError: 400 something is required; 412 an alternate key is in use.
    """
    rules.derive(env, table, row)
    rules.check_required(env, table, row)
    amounts.settle(env, table, row, given)
    for plug_in in env.plug_ins:
        plug_in(table.name, row)
    _check_keys(env, table, row_id, row)
    stored = env.store.put(table.name, row_id, row)
    for name in _mirrors(table):
        shown = env.schema.tables[name]
        copied = {column: stored.get(column) for column in shown.columns}
        if name == OWNER:
            copied |= {shown.id: row_id, shown.title: stored.get(table.title)}
        env.store.put(name, row_id, copied)
    if table.name == "invoice":
        env.dirty[row_id] = None
    elif table.name == "invoicedetail":
        pricing.touch(env, row["invoiceid"][1])


def erase(env: Environment, table: Table, row_id: str, row: Row) -> None:
    """Remove a row; what points at it is the caller's to look after."""
    env.store.delete(table.name, row_id)
    for name in _mirrors(table):
        env.store.delete(name, row_id)
    if table.name == "invoicedetail":
        pricing.touch(env, row["invoiceid"][1])


def existing(env: Environment, table: Table, row_id: str) -> Row:
    """Return a row.

    Raises:
        DataverseError: 404, there is none.
    """
    row = env.store.get(table.name, row_id)
    if row is None:
        raise errors.missing(table.name, row_id)
    return row


def _mirrors(table: Table) -> tuple[str, ...]:
    """Return the tables a row appears in besides its own."""
    if table.is_activity:
        return (POINTER,)
    return (OWNER,) if table.name in PRINCIPALS else ()


def _check_keys(env: Environment, table: Table, row_id: str, row: Row) -> None:
    for key in table.keys.values():
        if env.settle(table, key) != "Active":
            continue
        index = env.store.rows(table.name).index(*key.columns)
        values = index.key(row)
        if values is not None and index.at(values) not in ([], [row_id]):
            raise errors.DataverseError(
                412,
                errors.DUPLICATE_KEY,
                f"Entity Key {key.label or key.schema} violated. A record with the same value for "
                f"{', '.join(key.columns)} already exists.",
            )
