"""A request body read against its table: values, references, rows to create along with it.

Never writes, and never lets through a property the table does not have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.dataverse import errors, values
from sandbox.dataverse.addresses import ROOT, split
from sandbox.dataverse.environment import Environment, Reference
from sandbox.dataverse.metadata import Relationship, Table

BIND = "@odata.bind"
TYPE_PREFIX = "Microsoft.Dynamics.CRM."
# How nearly every address is written; any other is taken apart.
_BY_ID = re.compile(rf"/?(\w+)\(({values.GUID.pattern})\)")
_IGNORED = frozenset({"@odata.etag", "@odata.context", "@odata.id", "@odata.editLink"})

Body = Mapping[str, Any]
References = Mapping[str, Reference]


@dataclass
class Change:
    """What a body asks for.

    Attributes:
        values: column -> stored value; references are `(table, id)`.
        parents: rows to create first and point at.
        children: rows to create afterwards, pointing here.
    """

    values: dict[str, Any] = field(default_factory=dict)
    parents: list[tuple[Relationship, Body]] = field(default_factory=list)
    children: list[tuple[Relationship, list[Body]]] = field(default_factory=list)


def read(
    env: Environment, table: Table, body: Body, *, creating: bool, references: References
) -> Change:
    """Read a body.

    Args:
        env: the environment.
        table: what the row belongs to.
        body: the JSON object.
        creating: whether it is for a new row; only then may it hold further rows.
        references: rows of earlier parts of the change set, by Content-ID.

    Raises:
        DataverseError: 400 unknown property, wrong type, limit; 404 a bound row is missing.
    """
    reader = _Reader(env, table, references, creating=creating)
    plain, binds = env.shape(table).writable, env.shape(table).binds
    given = reader.change.values
    for name, value in body.items():
        if (column := plain.get(name)) is not None:
            given[name] = None if value is None else values.parse(table.name, column, value)
        elif (single := binds.get(name)) is not None:
            reader.bind(single, value)
        else:
            reader.read(name, value)
    return reader.change


def resolve(env: Environment, address: Any, references: References) -> Reference:
    """Return the row a bound URL names.

    Raises:
        DataverseError: 400 no record URL, or an unknown `$n`; 404 no such row.
    """
    if not isinstance(address, str) or not address:
        raise errors.payload("a record's URL was expected.")
    if address.startswith("$"):
        return content_id(address, references)
    table, row_id = locate(env, address)
    row = env.store.get(table.name, row_id)
    if row is None:
        raise errors.missing(table.name, row_id)
    return row.reference


def content_id(address: str, references: References) -> Reference:
    """Return the row an earlier part of the change set created.

    Raises:
        DataverseError: 400, there is no such part before this one.
    """
    found = references.get(address[1:])
    if found is None:
        raise errors.payload(
            f"Content-ID Reference: '{address}' does not exist in the batch context."
        )
    return found


def locate(env: Environment, address: str) -> tuple[Table, str]:
    """Return table and primary key of a record URL, relative or absolute.

    Raises:
        DataverseError: 400 no record URL; 404 no such table, or no row with this alternate key.
    """
    table, row_id, _ = addressed(env, address)
    if row_id is None:
        raise errors.missing_by_key(table.name)
    return table, row_id


def addressed(env: Environment, address: str) -> tuple[Table, str | None, dict[str, Any]]:
    """Return the table of a record URL, and the primary and alternate key it names.

    Raises:
        DataverseError: 400 no record URL; 404 no such table.
    """
    if (plain := _BY_ID.fullmatch(address)) is not None:
        return env.schema.by_set(plain[1]), plain[2].lower(), {}
    _, found, rest = address.partition(ROOT)
    segments = split(rest if found else address.removeprefix("/"))
    if len(segments) != 1 or not segments[0].key:
        raise errors.payload(f"'{address}' is not the URL of a record.")
    table = env.schema.by_set(segments[0].name)
    return table, *env.find(table, segments[0].key)


def undeclared(name: str) -> errors.DataverseError:
    """Refuse a navigation property that does not exist, case included."""
    return errors.payload(
        f"An undeclared property '{name}' which only has property annotations in the payload but "
        "no property value was found in the payload."
    )


class _Reader:
    """Reads the properties of one body into a change."""

    def __init__(
        self, env: Environment, table: Table, references: References, *, creating: bool
    ) -> None:
        self.change = Change()
        self._env = env
        self._table = table
        self._references = references
        self._creating = creating

    def read(self, name: str, value: Any) -> None:
        """Read one property.

        Raises:
            DataverseError: see `read` above.
        """
        column = self._table.by_wire(name)
        if "@" in name:
            self._annotation(name, value)
        elif column is not None:
            raise errors.payload(
                f"'{name}' cannot be written; bind the navigation property instead."
            )
        else:
            self._navigation(name, value)

    def _annotation(self, name: str, value: Any) -> None:
        target, _, _ = name.partition("@")
        if name.endswith(BIND):
            raise _no_reference(self._table, name.removesuffix(BIND))
        if name == "@odata.type":
            if not isinstance(value, str) or value.lstrip("#") != TYPE_PREFIX + self._table.name:
                raise errors.payload(
                    f"the type '{value}' is not assignable to '{self._table.name}'."
                )
        elif name not in _IGNORED and (not target or self._table.by_wire(target) is None):
            raise undeclared(name)

    def bind(self, single: Relationship, value: Any) -> None:
        """Point at the row that an address names.

        Raises:
            DataverseError: 400 no such row is meant there, or the lookup is bound twice; 404 it is
                missing.
        """
        found = None if value is None else resolve(self._env, value, self._references)
        if found is not None and found[0] not in single.kinds:
            raise errors.payload(f"'{single.single}' refers to {single.parent}, not to {found[0]}.")
        if self.change.values.get(single.column) is not None:
            raise errors.payload(f"'{single.column}' is bound twice.")
        self.change.values[single.column] = found

    def _navigation(self, name: str, value: Any) -> None:
        single, collection = self._table.parents.get(name), self._table.children.get(name)
        if single is not None and value is None:
            self.change.values.setdefault(single.column, None)
            return
        if single is None and collection is None:
            raise errors.payload(
                f"The property '{name}' does not exist on type '{TYPE_PREFIX}{self._table.name}'. "
                "Make sure to only use property names that are defined by the type."
            )
        if not self._creating:
            raise errors.payload(f"Deep update of navigation properties is not allowed ('{name}').")
        if single is not None and isinstance(value, dict):
            self.change.parents.append((single, value))
        elif collection is not None and _is_list_of_objects(value):
            self.change.children.append((collection, value))
        else:
            raise errors.payload(f"'{name}' holds the wrong kind of JSON value.")


def _no_reference(table: Table, name: str) -> errors.DataverseError:
    if name in table.children:
        return errors.unsupported("binding rows to a collection")
    return undeclared(name)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
