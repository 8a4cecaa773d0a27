"""`Merge`: one row takes over what points at another, which is deactivated.

Never copies what nobody picked, unless the environment is told to.
"""

from typing import Any

from sandbox.dataverse import bodies, cascades, errors, owners, privileges, rules, storing
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment, Reference
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation
from sandbox.dataverse.store import Row

_PARAMETERS = {"Target", "Subordinate", "PerformParentingChecks"}
_PARENTS = {"account": "parentaccountid", "contact": "parentcustomerid"}
_INACTIVE = 1


def answer(env: Environment, operation: Operation) -> Answer:
    """Answer `Merge`.

    Raises:
        DataverseError: 400 a wrong body, rows that cannot be merged; 403 a privilege is missing;
            404 no such row; 412 a picked value is an alternate key of another row.
    """
    operation.check_json()
    body = loads_object(operation.body)
    if not _PARAMETERS <= body.keys() <= _PARAMETERS | {"UpdateContent"}:
        raise errors.payload(f"Merge takes {', '.join(sorted(_PARAMETERS))} and UpdateContent.")
    checked = body["PerformParentingChecks"]
    if not isinstance(checked, bool):
        raise errors.payload("'PerformParentingChecks' is true or false.")
    table, master = _party(env, operation, body, "Target")
    other, subordinate = _party(env, operation, body, "Subordinate")
    if other is not table:
        raise errors.argument("Rows of different tables cannot be merged.")
    for name in (
        *privileges.names(table, ("Read", "Write", "AppendTo", "Share")),
        privileges.MERGE,
    ):
        if privileges.depth(env, env.user, name) is None:
            raise errors.DataverseError(
                403, errors.MERGE_SECURITY, f"Merge is not allowed: the caller lacks {name}."
            )
    content: dict[str, Any] = {}
    if body.get("UpdateContent") is not None:
        picked = _typed(env, body["UpdateContent"], "UpdateContent")
        if picked is not table:
            raise errors.argument("'UpdateContent' is of another table than 'Target'.")
        change = bodies.read(
            env,
            table,
            body["UpdateContent"],
            creating=False,
            references=operation.references,
        )
        rules.check_columns(table, change, creating=False, row_id=master)
        content = change.values
    with env.transaction():
        merge(env, table, master, subordinate, content, checked=checked)
    return Answer(204)


def merge(
    env: Environment,
    table: Table,
    master_id: str,
    subordinate_id: str,
    content: dict[str, Any],
    *,
    checked: bool = False,
) -> None:
    """Merge two rows.

    Args:
        env: the environment.
        table: accounts or contacts.
        master_id: the row that stays.
        subordinate_id: the row that is deactivated.
        content: stored values that were picked for the master.
        checked: whether a difference of their parents is in the way.

    Raises:
        DataverseError: as `answer`.
    """
    if not table.mergeable:
        raise errors.argument(f"Rows of {table.name} cannot be merged.")
    if master_id == subordinate_id:
        raise errors.DataverseError(
            400, errors.MERGE_IDENTICAL, "Merge takes two rows, and these are one."
        )
    master = storing.existing(env, table, master_id)
    subordinate = storing.existing(env, table, subordinate_id)
    if _INACTIVE in {master["statecode"], subordinate["statecode"]}:
        raise errors.DataverseError(
            400, errors.MERGE_INACTIVE, f"An inactive {table.name} cannot be merged."
        )
    _check_parents(env, table, master, subordinate, checked=checked)
    taken = _fillings(env, table, master, subordinate) | content
    if taken:
        if taken.get("ownerid", master["ownerid"]) != master["ownerid"]:
            owners.check(env, table, taken["ownerid"], creating=False)
        storing.apply(env, table, master, taken)
        now = storing.existing(env, table, master_id)
        cascades.assign(env, table, now, master["ownerid"])
    cascades.merge(env, table, subordinate_id, master_id)
    ended = {"statecode": _INACTIVE, "merged": True, "masterid": (table.name, master_id)}
    storing.apply(env, table, storing.existing(env, table, subordinate_id), ended)


def _typed(env: Environment, party: Any, name: str) -> Table:
    if not isinstance(party, dict) or not isinstance(party.get("@odata.type"), str):
        raise errors.payload(f"'{name}' is an object with '@odata.type'.")
    kind = party["@odata.type"].lstrip("#").removeprefix(bodies.TYPE_PREFIX)
    table = env.schema.tables.get(kind)
    if table is None:
        raise errors.payload(f"'{name}' is of the type '{kind}', which does not exist.")
    return table


def _party(
    env: Environment, operation: Operation, body: dict[str, Any], name: str
) -> tuple[Table, str]:
    """Return table and id of one of the rows; its other columns are read and play no part."""
    table = _typed(env, body[name], name)
    change = bodies.read(env, table, body[name], creating=False, references=operation.references)
    row_id = change.values.get(table.id)
    if row_id is None:
        raise errors.payload(f"'{name}' has no '{table.id}'.")
    return table, str(row_id)


def _check_parents(
    env: Environment, table: Table, master: Row, subordinate: Row, *, checked: bool
) -> None:
    """Refuse a circle, and if asked for parents that differ; which of both codes is [?]."""
    column = _PARENTS[table.name]
    above: Reference | None = master[column]
    while above is not None and above[0] == table.name:
        if above[1] == subordinate[table.id]:
            raise errors.DataverseError(
                400, errors.MERGE_CYCLE, "The master would become a parent of its own parents."
            )
        above = storing.existing(env, table, above[1])[column]
    own, other = master[column], subordinate[column]
    if not checked or other in {None, own, (table.name, master[table.id])}:
        return
    if own is None:
        raise errors.DataverseError(
            400, errors.MERGE_LOSES_PARENT, "The subordinate would lose its parent."
        )
    raise errors.DataverseError(
        400, errors.MERGE_OTHER_PARENT, "The subordinate would get another parent."
    )


def _fillings(env: Environment, table: Table, master: Row, subordinate: Row) -> dict[str, Any]:
    """Return what fills the master's empty custom columns, if the environment fills them."""
    if not env.choices.merge_fills_empty:
        return {}
    keyed = {name for key in table.keys.values() for name in key.columns}
    return {
        column.name: subordinate[column.name]
        for column in table.columns.values()
        if column.custom
        and column.update
        and column.name not in keyed
        and master.get(column.name) is None
        and subordinate.get(column.name) is not None
    }
