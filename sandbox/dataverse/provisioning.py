"""Writing definitions: tables, columns, alternate keys and relationships.

Never accepts a name without a publisher's prefix, nor one that is taken.
"""

import re
from typing import Any

from sandbox.dataverse import column_bodies, errors, relationship_bodies
from sandbox.dataverse.column_bodies import required_level
from sandbox.dataverse.customizing import definition_texts, generated
from sandbox.dataverse.describing import first_label
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import (
    TEXT,
    Column,
    Key,
    Kind,
    Relationship,
    Table,
)

Json = dict[str, Any]

MAX_KEYS, MAX_KEY_COLUMNS, MAX_KEY_BYTES = 10, 16, 900
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]+")
_KEY_KINDS = frozenset(
    {Kind.STRING, Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.DATETIME, Kind.LOOKUP}
    | {Kind.PICKLIST, Kind.STATUS}
)
_BYTES = {Kind.LOOKUP: 16, Kind.DATETIME: 8, Kind.DECIMAL: 17, Kind.BIGINT: 8}


def check_name(env: Environment, name: Any, solution: str | None) -> str:
    """Return a SchemaName if it may be used for something new.

    Args:
        env: the environment.
        name: as sent.
        solution: unique name of the solution the component goes into; its publisher's prefix is
            required then, any publisher's otherwise.

    Raises:
        DataverseError: 400 for a wrong prefix or an unknown solution.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise errors.DataverseError(
            400, errors.BAD_OPTION, f"The schema name '{name}' needs a publisher's prefix."
        )
    prefixes = _prefixes(env, solution)
    if name.partition("_")[0].lower() not in prefixes:
        raise errors.DataverseError(
            400,
            errors.BAD_OPTION,
            f"The schema name '{name}' does not start with a publisher's prefix "
            f"({', '.join(sorted(prefixes))}).",
        )
    return name


def _relationship_name(env: Environment, name: Any, solution: str | None) -> str:
    """Return a relationship's SchemaName; the prefix may stand before a later part of it.

    Microsoft's own client names them `<parent>_<child>_<lookup>`.
    """
    parts = str(name).lower().split("_")
    if not _NAME.fullmatch(str(name)) or not _prefixes(env, solution) & set(parts):
        return check_name(env, name, solution)
    return str(name)


def _prefixes(env: Environment, solution: str | None) -> set[str]:
    publishers = env.store.rows("publisher").by_id
    if solution is None:
        return {str(row["customizationprefix"]).lower() for row in publishers.values()}
    for row in env.store.rows("solution").by_id.values():
        if row["uniquename"] == solution:
            return {str(publishers[row["publisherid"][1]]["customizationprefix"]).lower()}
    raise errors.missing("solution", solution)


def taken(name: str) -> errors.DataverseError:
    """Refuse a schema name in use."""
    return errors.DataverseError(
        412, errors.DUPLICATE_NAME, f"A component with schema name {name} already exists."
    )


def plural(name: str) -> str:
    """Return the entity set name the platform makes of a logical name.

    >>> plural("new_financialactivity")
    'new_financialactivities'
    """
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + ("es" if re.search(r"(?:s|x|z|ch|sh)$", name) else "s")


def create_table(env: Environment, body: Json, solution: str | None) -> Table:
    """Create a table with the columns its definition brings; return it.

    Raises:
        DataverseError: 400 a wrong definition; 412 the name is taken.
    """
    schema = check_name(env, body.get("SchemaName"), solution)
    name = schema.lower()
    if name in env.schema.tables:
        raise taken(schema)
    activity = body.get("IsActivity") is True
    attributes = body.get("Attributes")
    if not isinstance(attributes, list):
        raise errors.argument("A table needs 'Attributes' with its primary name.")
    primary = [each for each in attributes if each.get("IsPrimaryName") is True]
    if len(primary) != 1:
        raise errors.argument("A table needs exactly one attribute with IsPrimaryName.")
    title = str(primary[0].get("SchemaName", ""))
    _check_activity(body, title, activity=activity)
    columns = [_first_column(env, each, solution, activity=activity) for each in attributes]
    table = Table(
        name,
        schema,
        plural(name),
        "activityid" if activity else f"{name}id",
        title.lower(),
        label=first_label(body.get("DisplayName"), schema),
        plural=first_label(body.get("DisplayCollectionName"), schema),
        description=first_label(body.get("Description"), ""),
        is_activity=activity,
        has_activities=body.get("HasActivities") is True,
        has_notes=body.get("HasNotes") is True,
        closed=frozenset({1, 2}) if activity else frozenset(),
        custom=True,
        bulk=True,
        ownership=str(body.get("OwnershipType", "UserOwned")),
        definition=body,
    )
    definition_texts.check_table(env, body)
    definition_texts.of_table(env, table, body)
    for column in columns:
        definition_texts.of_column(env, column, column.definition)
    if table.ownership not in {"UserOwned", "OrganizationOwned", "TeamOwned"}:
        raise errors.argument(f"OwnershipType '{table.ownership}' is not supported.")
    env.schema.add(table, columns)
    env.register_messages(table)
    generated.install(env, table)
    return table


def _check_activity(body: Json, title: str, *, activity: bool) -> None:
    if not activity:
        return
    if title.lower() != "subject":
        raise errors.argument("The primary attribute of an activity table is 'Subject'.")
    if body.get("HasActivities") is True:
        raise errors.argument("An activity table cannot have activities itself.")
    if body.get("OwnershipType", "UserOwned") == "OrganizationOwned":
        raise errors.argument("An activity table is owned by users or teams.")
    if body.get("IsAvailableOffline") is False:
        raise errors.argument("An activity table needs IsAvailableOffline.")


def _first_column(env: Environment, body: Json, solution: str | None, *, activity: bool) -> Column:
    if body.get("IsPrimaryName") is True:
        kind = str(body.get("@odata.type", ""))
        if not kind.endswith("StringAttributeMetadata"):
            raise errors.argument("The primary name is a single line of text.")
        if activity:
            return column_bodies.read({**body, "SchemaName": "Subject"})
    check_name(env, body.get("SchemaName"), solution)
    return column_bodies.read(body)


def create_column(env: Environment, table: Table, body: Json, solution: str | None) -> Column:
    """Add a column; return it.

    Raises:
        DataverseError: 400 a wrong definition; 412 the name is taken.
    """
    name = check_name(env, body.get("SchemaName"), solution)
    if name.lower() in table.columns:
        raise taken(name)
    column = column_bodies.read(body)
    definition_texts.of_column(env, column, body)
    env.schema.add_column(table, column)
    return column


def create_key(env: Environment, table: Table, body: Json, solution: str | None) -> Key:
    """Add an alternate key; its index is built in the background.

    Raises:
        DataverseError: 400 for a limit or a column of the wrong type; 412 the name is taken.
    """
    schema = check_name(env, body.get("SchemaName"), solution)
    columns = body.get("KeyAttributes")
    if not isinstance(columns, list) or not columns or len(columns) > MAX_KEY_COLUMNS:
        raise errors.argument(f"A key has 1 to {MAX_KEY_COLUMNS} KeyAttributes.")
    if any(key.name == schema.lower() for key in table.keys.values()):
        raise taken(schema)
    if any(set(key.columns) == set(columns) for key in table.keys.values()):
        raise taken(f"{schema} ({', '.join(columns)})")
    if len(table.keys) >= MAX_KEYS:
        raise errors.argument(f"A table has no more than {MAX_KEYS} alternate keys.")
    size = sum(_key_bytes(table, name) for name in columns)
    if size > MAX_KEY_BYTES:
        raise errors.argument(f"A key has no more than {MAX_KEY_BYTES} bytes; this one has {size}.")
    label = first_label(body.get("DisplayName"), schema)
    key = Key(schema, tuple(columns), env.clock(), env.key_delay, label=label)
    table.keys[key.metadata_id] = key
    env.store.rows(table.name).index(*key.columns)
    return key


def _key_bytes(table: Table, name: Any) -> int:
    column = table.columns.get(str(name))
    if column is None or column.kind not in _KEY_KINDS:
        raise errors.argument(f"'{name}' of {table.name} cannot be part of a key.")
    return 2 * column.length if column.kind in TEXT else _BYTES.get(column.kind, 4)


def create_relationship(env: Environment, body: Json, solution: str | None) -> Relationship:
    """Add a one-to-many relationship and its lookup column.

    Raises:
        DataverseError: 400 a wrong definition, 404 no such table, 412 a name is taken, 501 N:N.
    """
    if not str(body.get("@odata.type", "")).endswith("OneToManyRelationshipMetadata"):
        raise errors.unsupported("relationships other than one-to-many")
    schema = _relationship_name(env, body.get("SchemaName"), solution)
    parent = env.schema.table(str(body.get("ReferencedEntity")))
    child = env.schema.table(str(body.get("ReferencingEntity")))
    lookup = body.get("Lookup")
    if not isinstance(lookup, dict):
        raise errors.argument("A one-to-many relationship needs 'Lookup'.")
    if body.get("ReferencedAttribute", parent.id) != parent.id:
        raise errors.argument(f"ReferencedAttribute is '{parent.id}'.")
    name = check_name(env, lookup.get("SchemaName"), solution)
    if schema in env.schema.relationships or name.lower() in child.columns:
        raise taken(schema if schema in env.schema.relationships else name)
    cascade = relationship_bodies.cascade(env, parent, body)
    single, collection = relationship_bodies.navigation(env, parent, child, body)
    column = Column(
        name.lower(),
        Kind.LOOKUP,
        schema=name,
        required=required_level(lookup),
        label=first_label(lookup.get("DisplayName"), name),
        custom=True,
        definition=lookup,
    )
    definition_texts.of_column(env, column, lookup)
    env.schema.add_column(child, column)
    relationship = Relationship(
        schema,
        parent.name,
        child.name,
        column.name,
        single,
        collection,
        cascade,
        custom=True,
        definition=body,
    )
    env.schema.link(relationship)
    return relationship
