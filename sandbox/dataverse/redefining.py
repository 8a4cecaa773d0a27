"""Definitions written anew: tables, columns and relationships from their whole definition.

Never creates one.
"""

from typing import Any

from sandbox.dataverse import column_bodies, errors, relationship_bodies
from sandbox.dataverse.customizing import definition_texts
from sandbox.dataverse.describing import CRM
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Kind, Relationship, Table

Json = dict[str, Any]


def replace_table(env: Environment, table: Table, body: Json, *, merge: bool) -> None:
    """Update a table from its whole definition; what can be managed and is left out is reset.

    Raises:
        DataverseError: 400, a text, an icon, or what is fixed at creation.
    """
    definition_texts.check_table(env, body, table)
    definition_texts.of_table(env, table, body, merge=merge)
    kept = {
        name: value
        for name, value in table.definition.items()
        if name not in definition_texts.MANAGED
    }
    table.definition = {**kept, **body}
    env.schema.version += 1


def replace_column(env: Environment, column: Column, body: Json, *, merge: bool) -> None:
    """Update a column from its whole definition; what can be managed and is left out is reset.

    Raises:
        DataverseError: 400, the type or a date's behaviour would change back, or a text.
    """
    if column.kind is Kind.LOOKUP:
        _replace_lookup(env, column, body, merge=merge)
        return
    new = column_bodies.read({**body, "SchemaName": column.schema})
    if new.kind is not column.kind:
        raise errors.argument(f"The type of '{column.name}' cannot be changed.")
    if column.behavior not in {"UserLocal", new.behavior}:
        raise errors.argument(f"The behavior of '{column.name}' cannot be changed.")
    definition_texts.of_column(env, new, body)  # refuses before anything is changed
    for name in ("length", "low", "high", "precision", "required", "behavior", "format"):
        setattr(column, name, getattr(new, name))
    column.options = new.options or column.options
    definition_texts.of_column(env, column, body, merge=merge)
    column.definition = body
    env.schema.version += 1


def _replace_lookup(env: Environment, column: Column, body: Json, *, merge: bool) -> None:
    """Update a lookup, of which a relationship says the rest."""
    kind = str(body.get("@odata.type", "")).lstrip("#")
    if kind not in {"", f"{CRM}LookupAttributeMetadata"}:
        raise errors.argument(f"The type of '{column.name}' cannot be changed.")
    definition_texts.of_column(env, column, body, merge=merge)
    column.required = column_bodies.required_level(body)
    column.definition = body
    env.schema.version += 1


def replace_relationship(env: Environment, known: Relationship, body: Json) -> None:
    """Update a relationship from its whole definition: what cascades.

    Raises:
        DataverseError: 400, an effect is not known, or it would be another relationship.
    """
    fixed = {"SchemaName": known.schema, "ReferencedEntity": known.parent}
    fixed["ReferencingEntity"] = known.child
    for name, value in fixed.items():
        if body.get(name, value) != value:
            raise errors.argument(f"{name} of {known.schema} cannot be changed.")
    if body.get("CascadeConfiguration") is not None:
        known.cascade = relationship_bodies.cascade(env, env.schema.tables[known.parent], body)
        env.schema.version += 1
