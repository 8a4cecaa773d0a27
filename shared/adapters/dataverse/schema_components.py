"""The schema's pieces in the order they can be removed, and what is asked about each.

Never sends anything. Kinds of components have Microsoft's numbers:
https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/dependency
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.odata import ENTITY_SETS, PureRequest
from shared.adapters.dataverse.schema_icons import find_icon
from shared.adapters.dataverse.screens import ledger
from shared.adapters.dataverse.screens.components import ROWS, Sort, list_components
from shared.adapters.dataverse.screens.facts import Facts
from shared.core import schema
from shared.core.definitions import ColumnType
from shared.core.icons import ICONS
from shared.core.policies import Target
from shared.core.screens.catalogue import catalogue


class ComponentType(IntEnum):
    """Kinds of what the connector makes."""

    ENTITY = 1
    ATTRIBUTE = 2
    RELATIONSHIP = 10
    KEY = 14
    VIEW = 26
    CHART = 59
    FORM = 60
    WEB_RESOURCE = 61
    SITE_MAP = 62
    APP = 80


_UNPUBLISHED: Final = "Microsoft.Dynamics.CRM.RetrieveUnpublished"
# What may use a column, and the set its names are read from.
_KINDS: Final[dict[int, tuple[str, str]]] = {
    1: ("table", ""),
    2: ("column", ""),
    10: ("relationship", ""),
    14: ("alternate key", ""),
    20: ("security role", "roles"),
    24: ("form", "systemforms"),
    26: ("view", "savedqueries"),
    29: ("process or flow", "workflows"),
    31: ("report", "reports"),
    44: ("duplicate detection rule", "duplicaterules"),
    59: ("chart", "savedqueryvisualizations"),
    60: ("form", "systemforms"),
    61: ("web resource", "webresourceset"),
    62: ("site map", ""),
    80: ("app", "appmodules"),
    92: ("plug-in step", "sdkmessageprocessingsteps"),
}


@dataclass(frozen=True)
class Component:
    """A piece of the schema.

    Attributes:
        name: logical name.
        table: whose it is, or itself.
        id: as Dataverse numbers it, "" before it was looked for; of rows it is the connector's.
        managed: a managed solution brought it.
    """

    kind: ComponentType
    name: str
    table: str
    title: str
    id: str = ""
    managed: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """What others call it."""
        return (self.id,) if self.id else ()

    @property
    def probe(self) -> PureRequest:
        """The read that shows whether it is there."""
        match self.kind:
            case ComponentType.ENTITY:
                return schema_reads.read_table(self.table)
            case ComponentType.ATTRIBUTE:
                return schema_reads.read_column(self.table, self.name)
            case ComponentType.KEY:
                return schema_reads.read_keys(self.table)
            case ComponentType.RELATIONSHIP:
                return schema_reads.read_relationship(self.name)
            case ComponentType.WEB_RESOURCE if not self.id:
                return find_icon(self.name)
            case _:
                # What nobody published yet is there all the same.
                key = ROWS[Sort(self.kind)].key
                return PureRequest("GET", f"{self.row}/{_UNPUBLISHED}?$select={key},ismanaged")

    @property
    def row(self) -> str:
        """The address of a component that is a row."""
        return f"{ROWS[Sort(self.kind)].entity_set}({self.id})"

    @property
    def removal(self) -> PureRequest:
        """The request that deletes it."""
        match self.kind:
            case ComponentType.ENTITY:
                path = schema_reads.table_path(self.table)
            case ComponentType.ATTRIBUTE:
                path = f"{schema_reads.table_path(self.table)}/Attributes({self.id})"
            case ComponentType.KEY:
                path = f"{schema_reads.table_path(self.table)}/Keys({self.id})"
            case ComponentType.RELATIONSHIP:
                path = f"RelationshipDefinitions({self.id})"
            case _:
                path = self.row
        return PureRequest("DELETE", path)

    def there(self, definition: Mapping[str, Any]) -> "Component":
        """Return it as it was found: views and what comes after them are rows."""
        row = self.kind >= ComponentType.VIEW
        number, managed = ("webresourceid", "ismanaged") if row else ("MetadataId", "IsManaged")
        return replace(
            self,
            id=self.id or str(definition.get(number) or ""),
            managed=definition.get(managed) is True,
        )

    def is_named(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row of a list is it; names of definitions differ by case."""
        name = "name" if self.kind is ComponentType.WEB_RESOURCE else "SchemaName"
        return str(row.get(name)).lower() == self.name


def list_all() -> list[Component]:
    """Return all pieces in an order that nothing of ours stands in the way of.

    What shows something goes before what it shows, a key before its columns, a lookup before the
    table it leads to, and our own tables last: they take their columns and lookups along, and their
    own views, charts and forms too. Their icons go last.
    """
    return [*_screens(), *_keys(), *_relationships(), *_columns(), *_tables(), *_icons()]


def losses(there: Sequence[Component]) -> dict[str, tuple[str, ...] | None]:
    """Return the tables whose rows hold what goes: their columns, or None for the whole table.

    A yes or no that nobody filled in has its default, so it holds nothing.
    """
    found: dict[str, tuple[str, ...] | None] = {}
    for part in there:
        if part.kind is ComponentType.ENTITY:
            found[part.table] = None
        elif part.kind is ComponentType.ATTRIBUTE and _holds(part):
            found[part.table] = (*(found.get(part.table) or ()), part.name)
    return found


def count(table: str, columns: tuple[str, ...] | None) -> PureRequest:
    """Return the request that counts rows, those with a value in one of the columns if given."""
    rows = ENTITY_SETS[table]
    path = f"{rows.name}?$select={rows.key}&$top=1&$count=true"
    if columns is not None:
        where = " or ".join(f"{column} ne null" for column in columns)
        path += f"&$filter={where}".replace(" ", "%20")
    return PureRequest("GET", path)


def dependencies(part: Component) -> PureRequest:
    """Return the question what would keep a component from being deleted."""
    arguments = f"ObjectId={part.id},ComponentType={int(part.kind)}"
    return PureRequest("GET", f"RetrieveDependenciesForDelete({arguments})")


def describe(kind: int, component: str, name: str) -> str:
    """Return a component in words."""
    title, _ = _KINDS.get(kind, (f"component of type {kind}", ""))
    return f"the {title} {name}" if name else f"the {title} {component}"


def read_name(kind: int, component: str) -> PureRequest | None:
    """Return the read of a component's name, None for kinds that have none to read."""
    _, table = _KINDS.get(kind, ("", ""))
    return PureRequest("GET", f"{table}({component})?$select=name") if table else None


def _screens() -> Iterator[Component]:
    """Yield what is shown, the newest first: each was made after what it names."""
    shown = list_components(catalogue(Target.RECORD), Facts({}))
    for each in (ledger.ledger({}), *reversed(shown)):
        if each.table not in schema.OWN_TABLES:
            kind = ComponentType(int(each.sort))
            yield Component(kind, each.title, each.table, each.title, id=str(each.id))


def _keys() -> Iterator[Component]:
    for key in schema.KEYS:
        title = f"alternate key {key.table}.{key.name}"
        if key.table not in schema.OWN_TABLES:
            yield Component(ComponentType.KEY, key.name, key.table, title)


def _relationships() -> Iterator[Component]:
    for lookup in schema.LOOKUPS:
        if lookup.table not in schema.OWN_TABLES:
            title = f"lookup {lookup.table}.{lookup.name}"
            yield Component(ComponentType.RELATIONSHIP, lookup.relationship, lookup.table, title)


def _columns() -> Iterator[Component]:
    for table, columns in schema.COLUMNS.items():
        for column in columns:
            if table not in schema.OWN_TABLES:
                title = f"column {table}.{column.name}"
                yield Component(ComponentType.ATTRIBUTE, column.name, table, title)


def _tables() -> Iterator[Component]:
    for table in reversed(schema.OWN_TABLES):
        yield Component(ComponentType.ENTITY, table, table, f"table {table}")


def _icons() -> Iterator[Component]:
    for icon in ICONS:
        yield Component(ComponentType.WEB_RESOURCE, icon.name, "", f"icon {icon.name}")


def _holds(part: Component) -> bool:
    return any(
        column.name == part.name and column.kind is not ColumnType.YES_NO
        for column in schema.COLUMNS[part.table]
    )
