"""CreateMultiple, UpdateMultiple and UpsertMultiple: all rows or none, and no word on which failed.

Never answers per row; only elastic tables do, which the sandbox does not have.
"""

from typing import Any

from sandbox.dataverse import bodies, errors, owners, privileges, writing
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.rules import STATE_COLUMNS

_PRIVILEGES = {
    "CreateMultiple": ("Create",),
    "UpdateMultiple": ("Write",),
    "UpsertMultiple": ("Create", "Write"),
}
MESSAGES = frozenset(_PRIVILEGES)


def answer(env: Environment, operation: Operation, table: Table, message: str) -> Answer:
    """Answer `POST /<set>/Microsoft.Dynamics.CRM.<message>`.

    Raises:
        DataverseError: the first row's refusal; nothing is written then.
    """
    operation.check_json()
    for kind in _PRIVILEGES[message]:
        privileges.require(env, table, kind)
    body = loads_object(operation.body)
    targets = body.get("Targets")
    if body.keys() != {"Targets"} or not isinstance(targets, list) or not targets:
        raise errors.payload(f"{message} takes 'Targets', a list of records.")
    for target in targets:
        _check_type(table, target)
        _check_choices(env, table, target, message)
    with env.transaction():
        if message == "CreateMultiple":
            references = operation.references
            ids = [_create(env, table, each, references=references) for each in targets]
            shown = {
                "@odata.context": operation.root
                + "$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse",
                "Ids": ids,
            }
            return json_answer(shown, operations=len(targets))
        for target in targets:
            if message == "UpdateMultiple":
                _update(env, table, target, operation.references)
            else:
                _upsert(env, table, target, operation.references)
    return Answer(204, operations=len(targets))


def _check_type(table: Table, target: Any) -> None:
    if not isinstance(target, dict):
        raise errors.payload("every target is an object.")
    if "@odata.type" not in target:
        raise errors.payload("every target needs '@odata.type'.")
    bodies_type = str(target["@odata.type"]).lstrip("#")
    if bodies_type != bodies.TYPE_PREFIX + table.name:
        raise errors.payload(f"the type '{bodies_type}' is not assignable to '{table.name}'.")


def _check_choices(env: Environment, table: Table, target: dict[str, Any], message: str) -> None:
    """Refuse what only the messages for one row are documented to take, where that is chosen."""
    choices = env.choices
    if not choices.bulk_nests:
        for name, value in target.items():
            if isinstance(value, (list, dict)) and name in {**table.children, **table.parents}:
                raise errors.payload(f"{message} does not take the rows nested in '{name}'.")
    changes_state = message != "CreateMultiple" and STATE_COLUMNS & target.keys()
    if changes_state and not choices.bulk_changes_state:
        raise errors.argument(f"{message} does not change the state of {table.name}.")


def _primary_key(table: Table, target: dict[str, Any]) -> str | None:
    value = target.get(table.id)
    if value is None:
        return None
    if not isinstance(value, str):
        raise errors.payload(f"'{table.id}' is not a GUID.")
    return value.lower()


def _create(env: Environment, table: Table, target: dict[str, Any], **named: Any) -> str:
    row_id = writing.create(env, table, target, **named)
    owners.check_assigned(env, table, None, row_id)
    return row_id


def _update(
    env: Environment, table: Table, target: dict[str, Any], references: bodies.References
) -> None:
    row_id = _primary_key(table, target)
    if row_id is None:
        raise errors.payload(f"every target needs '{table.id}'.")
    before = env.store.get(table.name, row_id)
    writing.update(env, table, row_id, target, references=references)
    owners.check_assigned(env, table, before, row_id)


def _upsert(
    env: Environment, table: Table, target: dict[str, Any], references: bodies.References
) -> None:
    row_id = _primary_key(table, target)
    key: dict[str, Any] = {}
    if row_id is None and "@odata.id" in target:
        named, row_id, key = bodies.addressed(env, str(target["@odata.id"]))
        if named is not table:
            raise errors.payload(f"'@odata.id' is not the URL of a record of '{table.set_name}'.")
        if key.keys() & target.keys():
            # What clients meet when they repeat the key columns in the record.
            raise errors.DataverseError(400, errors.UNEXPECTED, "An unexpected error occurred.")
    if row_id is not None and env.store.get(table.name, row_id) is not None:
        _update(env, table, {**target, table.id: row_id}, references)
    else:
        _create(env, table, target, row_id=row_id, key=key, references=references)
