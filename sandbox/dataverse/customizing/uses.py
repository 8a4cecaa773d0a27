"""What components name of others: columns, tables, views, charts, forms, web resources.

Never refuses a text for what it names; it keeps what is named from being deleted.
"""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import APP, CHART, FORM, RESOURCE, SITE_MAP, TABLE_OF, VIEW
from sandbox.dataverse.customizing import drafts, fetches, markup
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Table
from sandbox.dataverse.store import Row

# Microsoft's numbers of component types.
TYPES = {VIEW: 26, CHART: 59, FORM: 60, RESOURCE: 61, SITE_MAP: 62, APP: 80}


@dataclass(frozen=True)
class Use:
    """A component that names something."""

    row_id: str
    kind: int


@dataclass(frozen=True)
class Named:
    """What one component names.

    Attributes:
        columns: table, column.
        tables: tables other than its own.
        rows: ids of other components.
        resources: names of web resources.
        relationships: those by which sub-grids find their rows.
    """

    columns: frozenset[tuple[str, str]]
    tables: frozenset[str]
    rows: frozenset[str]
    resources: frozenset[str]
    relationships: frozenset[str]


def of_column(env: Environment, table: Table, column: Column) -> list[Use]:
    """Return the components that name a column, its base currency twin or its relationship."""
    names = {(table.name, column.name), (table.name, f"{column.name}_base")}
    along = {known.schema for known in table.targets(column.name)}
    return _distinct(
        use for use, named in _every(env) if names & named.columns or along & named.relationships
    )


def of_table(env: Environment, table: Table) -> list[Use]:
    """Return the components of other tables that name a table."""
    return _distinct(use for use, named in _every(env) if table.name in named.tables)


def of_row(env: Environment, table: str, row: Row, row_id: str) -> list[Use]:
    """Return the components that name another one."""
    resource = row["name"] if table == RESOURCE else ""
    return _distinct(
        use
        for use, named in _every(env)
        if use.row_id != row_id and (row_id in named.rows or resource in named.resources)
    )


def check(env: Environment, table: Table, row: Row) -> None:
    """Refuse to delete a component that others name.

    Raises:
        DataverseError: 400, they do.
    """
    found = of_row(env, table.name, row, row[table.id])
    icons = [
        each.metadata_id
        for each in env.schema.tables.values()
        if table.name == RESOURCE and each.definition.get("IconVectorName") == row["name"]
    ]
    apps = [each for each in drafts.every(env, APP) if each["webresourceid"] == row[table.id]]
    if times := len(found) + len(icons) + len(apps):
        raise in_use(table.schema, row[table.id], times)


def in_use(kind: str, component: str, times: int) -> errors.DataverseError:
    """Refuse to delete what others need."""
    return errors.DataverseError(
        400,
        errors.IN_USE,
        f"The {kind}({component}) component cannot be deleted because it is referenced by {times} "
        "other components. For a list of referenced components, use the "
        "RetrieveDependenciesForDeleteRequest.",
    )


def _distinct(found: Iterable[Use]) -> list[Use]:
    return list(dict.fromkeys(found))


def _every(env: Environment) -> Iterator[tuple[Use, Named]]:
    """Yield what every component names, published and drafted ones."""
    for table, texts in _TEXTS.items():
        key = env.schema.tables[table].id
        for row in drafts.both(env, table):
            own = str(row.get(TABLE_OF.get(table, "")) or "")
            given = tuple(row[name] for name in texts if row[name])
            yield Use(row[key], TYPES[table]), _named(own, given)


_TEXTS = {
    VIEW: ("fetchxml", "layoutxml"),
    FORM: ("formxml",),
    CHART: ("datadescription",),
    SITE_MAP: ("sitemapxml",),
}


@functools.lru_cache(maxsize=1024)
def _named(own: str, texts: tuple[str, ...]) -> Named:
    """Return what texts of a component of the table `own` name."""
    reader = _Reader(own)
    for text in texts:
        reader.read(markup.parse(text, "text of a component"))
    return reader.named()


class _Reader:
    def __init__(self, own: str) -> None:
        self._own = own
        self._columns: set[tuple[str, str]] = set()
        self._tables: set[str] = set()
        self._rows: set[str] = set()
        self._resources: set[str] = set()
        self._relationships: set[str] = set()

    def named(self) -> Named:
        """Return all that was read."""
        return Named(
            frozenset(self._columns),
            frozenset(self._tables - {self._own}),
            frozenset(self._rows),
            frozenset(self._resources),
            frozenset(self._relationships),
        )

    def read(self, root: Element) -> None:
        """Read a query, a layout, a form, a chart's data or a site map."""
        if root.tag == "grid":
            self._cells(root)
        for entity in root.iter("entity"):
            self._entity(entity, entity.get("name", ""), self._links(entity))
        for control in root.iter("control"):
            self._control(control)
        for part in root.iter("SubArea"):
            self._tables |= {part.get("Entity", "")} - {""}
            self._rows |= set(markup.guids(part.get("DefaultDashboard")))
            self._resources |= {part.get("Icon", "").removeprefix("$webresource:")} - {""}

    def _cells(self, grid: Element) -> None:
        for cell in grid.iter("cell"):
            self._columns.add((self._own, cell.get("name", "")))
            self._resources |= {
                (cell.get("imageproviderwebresource") or "").removeprefix("$webresource:")
            } - {""}

    def _links(self, entity: Element) -> dict[str, str]:
        return {fetches.called(link): link.get("name", "") for link in entity.iter("link-entity")}

    def _entity(self, node: Element, table: str, links: dict[str, str]) -> None:
        self._tables.add(table)
        for part in [*node.findall("attribute"), *node.findall("order")]:
            self._columns.add((table, part.get("name") or part.get("attribute") or ""))
        for part in node.findall("filter"):
            for condition in part.iter("condition"):
                of = links.get(condition.get("entityname", ""), table)
                self._columns.add((of, condition.get("attribute", "")))
        for link in node.findall("link-entity"):
            self._columns.add((table, link.get("to", "")))
            self._columns.add((link.get("name", ""), link.get("from", "")))
            self._entity(link, link.get("name", ""), links)

    def _control(self, control: Element) -> None:
        if control.get("datafieldname"):
            self._columns.add((self._own, control.get("datafieldname", "")))
        for name in ("ViewId", "ViewIds", "VisualizationId"):
            self._rows |= set(markup.guids(markup.text_of(control, f"parameters/{name}")))
        target = markup.text_of(control, "parameters/TargetEntityType")
        self._tables |= {target} if target else set()
        along = markup.text_of(control, "parameters/RelationshipName")
        self._relationships |= {along} if along else set()
        inner = markup.text_of(control, "parameters/QuickForms")
        if inner:
            for form in markup.parse(inner, "QuickForms").iter("QuickFormId"):
                self._tables.add(form.get("entityname", ""))
                self._rows |= set(markup.guids(form.text))
        listed = markup.text_of(control, "parameters/UClientActivities") or ""
        self._tables |= set(filter(None, listed.split(",")))
