"""Rows as JSON: selected properties, expanded navigation properties, annotations, pages.

Never changes a row.
"""

import fnmatch
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse import errors, paging, values
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import REFERENCES, Column, Kind, Table
from sandbox.dataverse.options import MAX_PAGE, Expand, Options, nests
from sandbox.dataverse.paths import no_property
from sandbox.dataverse.predicates import compile_filter
from sandbox.dataverse.searching import Query, place, search, sort
from sandbox.dataverse.shapes import Selection
from sandbox.dataverse.store import Row

FORMATTED = "OData.Community.Display.V1.FormattedValue"
TARGET = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"
SCHEMA_VERSION = "Microsoft.Dynamics.CRM.globalmetadataversion"
TOTAL = "Microsoft.Dynamics.CRM.totalrecordcount"
TOTAL_EXCEEDED = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Annotations:
    """Which annotations the client asked for, as comma separated patterns."""

    patterns: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """Say whether the annotation `name` is asked for."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.patterns)


NONE = Annotations()
_NO_ORDER = (
    "Only $select and $filter clause can be provided while doing $expand on many-to-one "
    "relationship or nested one-to-many relationship."
)


@dataclass(frozen=True, slots=True)
class _Depth:
    """Whether expansions are nested anywhere in the query, and the page size asked for."""

    nested: bool
    size: int | None


def etag(row: Row) -> str:
    """Return a row's weak ETag."""
    return f'W/"{row["versionnumber"]}"'


class Reader:
    """Renders rows of one environment for one request."""

    def __init__(
        self, env: Environment, annotations: Annotations = NONE, *, root: str = ""
    ) -> None:
        """Prepare to render.

        Args:
            env: the environment.
            annotations: which the client asked for.
            root: the address addresses in the answer begin with.
        """
        self.env = env
        self.texts = annotations.wants(FORMATTED)
        self._root = root
        self._target = annotations.wants(TARGET)
        self._navigation = annotations.wants(NAVIGATION)
        self._totals = annotations.wants(TOTAL)
        self._schema_version = annotations.wants(SCHEMA_VERSION)

    def row(self, table: Table, row: Row, options: Options, page_size: int | None = None) -> Shown:
        """Return one row as the JSON object the Web API answers.

        Args:
            table: whose row it is.
            row: the row.
            options: what is asked of it.
            page_size: most rows of each collection, where expansions are nested.
        """
        depth = _Depth(nested=nests(options), size=page_size)
        return {"@odata.etag": etag(row), **self._row(table, row, options, depth)}

    def _row(
        self, table: Table, row: Row, options: Options, depth: _Depth, also: str = ""
    ) -> Shown:
        shown: Shown = {}
        annotated = self.texts or self._target or self._navigation
        for wire, column in self._columns(table, options.select, also):
            value = row.get(column.name)
            if value is not None:
                if annotated:
                    self._annotate(table, row, column, value, shown)
                value = values.emit(column, value)
            shown[wire] = value
        for item in options.expand:
            self._expand(table, row, item, depth, shown)
        return shown

    def matching(self, table: Table, options: Options, most: int | None = None) -> list[Row]:
        """Return the rows a query finds, in its order, regardless of pages.

        Args:
            table: where.
            options: the query.
            most: how many at most; None for all.
        """
        query = Query(table, options.filter, options.order)
        return list(itertools.islice(search(self.env, query, most=most), most))

    def listed(
        self, table: Table, options: Options, page_size: int | None
    ) -> tuple[Shown, str | None]:
        """Return one page of what a query finds and the token of the next, if there is one."""
        query = Query(table, options.filter, options.order)
        after, number = paging.within(options.skip_token)
        size = page_size or options.top or MAX_PAGE
        found = search(self.env, query, after=after, most=size + 1)
        rows = list(itertools.islice(found, size + 1))
        total = len(self.matching(table, options, MAX_PAGE + 1)) if options.count else 0
        shown = self._page(table, rows[:size], total, options, page_size)
        if len(rows) <= size or (page_size is None and options.top is not None):
            return shown, None
        return shown, paging.following(number + 1, place(self.env, query, rows[size - 1]))

    def page(
        self, table: Table, rows: list[Row], options: Options, page_size: int | None
    ) -> tuple[Shown, str | None]:
        """Return one page of `rows` and the token of the next, if there is one."""
        start, number = paging.resume(table.id, rows, options.skip_token)
        size = page_size or options.top or MAX_PAGE
        part = rows[start : start + size]
        shown = self._page(table, part, len(rows), options, page_size)
        if start + size >= len(rows) or (page_size is None and options.top is not None):
            return shown, None
        last = part[-1][table.id]
        return shown, paging.token(number + 1, offset=start + size, last=last)

    def _page(
        self,
        table: Table,
        rows: list[Row],
        total: int,
        options: Options,
        page_size: int | None,
    ) -> Shown:
        """Show the rows of a page and what is told beside them; a count ends at a limit.

        With a page size `$top` is ignored, as Dataverse documents.
        """
        shown: Shown = {}
        if options.count:
            shown["@odata.count"] = min(total, MAX_PAGE)
            if self._totals:
                shown[f"@{TOTAL}"] = min(total, MAX_PAGE)
                shown[f"@{TOTAL_EXCEEDED}"] = total > MAX_PAGE
        if self._schema_version:
            shown[f"@{SCHEMA_VERSION}"] = str(self.env.schema.version)
        shown["value"] = [self.row(table, row, options, page_size) for row in rows]
        return shown

    def check(self, table: Table, options: Options, *, nested: bool | None = None) -> None:
        """Refuse names the table does not have, even where no row would show it.

        Args:
            table: what is read.
            options: what is asked of it.
            nested: whether expansions are nested anywhere in the query; None at its top.
        """
        if nested is None:
            nested = nests(options)
        self._columns(table, options.select)
        for item in options.expand:
            relationship = table.parents.get(item.name) or table.children.get(item.name)
            if relationship is None:
                raise no_property(item.name, table)
            single = item.name in table.parents
            other = relationship.parent if single else relationship.child
            if (single or nested) and (item.options.order or item.options.top):
                raise errors.request(_NO_ORDER)
            if single and item.options.filter:
                raise errors.request(
                    f"'{item.name}' is single-valued; only $select and $expand nest there."
                )
            self.check(self.env.schema.tables[other], item.options, nested=nested)

    def related(self, table: Table, row: Row, name: str, options: Options) -> list[Row]:
        """Return the rows of a collection-valued navigation property."""
        relationship = table.children[name]
        child = self.env.schema.tables[relationship.child]
        stored = self.env.store.rows(child.name)
        ids = stored.index(relationship.column).find([(table.name, row[table.id])])
        rows: Iterable[Row] = (stored.by_id[row_id] for row_id in ids)
        if options.filter is not None:
            matches = compile_filter(self.env, child, options.filter)
            rows = (each for each in rows if matches(each))
        return sort(self.env, child, list(rows), options.order)

    def parent(self, table: Table, row: Row, name: str) -> tuple[Table, Row] | None:
        """Return the row a single-valued navigation property leads to."""
        relationship = table.parents[name]
        reference = row.get(relationship.column)
        if reference is None or reference[0] not in relationship.kinds:
            return None
        found = self.env.store.get(relationship.parent, reference[1])
        return None if found is None else (self.env.schema.tables[relationship.parent], found)

    def _columns(self, table: Table, select: tuple[str, ...], also: str = "") -> Selection:
        """Return the columns of a `$select` list, by their names on the wire."""
        shape = self.env.shape(table)
        known = shape.selections.get((select, also))
        if known is not None:
            return known
        if not select or "*" in select:
            everything = tuple((column.wire, column) for column in table.columns.values())
            return shape.keep(select, also, everything)
        chosen: dict[str, Column] = {}
        for name in (*select, *([also] if also else []), table.id):
            column = table.by_wire(name)
            if column is None:
                relationship = table.parents.get(name)
                if relationship is None:
                    raise no_property(name, table)
                column = table.columns[relationship.column]
            chosen[column.name] = column
        named = tuple((column.wire, column) for column in chosen.values())
        return shape.keep(select, also, named)

    def _expand(self, table: Table, row: Row, item: Expand, depth: _Depth, shown: Shown) -> None:
        """Show what a navigation property leads to.

        Rows of a collection carry their ETag and the lookup they were found by as long as nothing
        is nested; then, and only then, the page size holds for every collection.
        """
        if item.name in table.parents:
            found = self.parent(table, row, item.name)
            shown[item.name] = found and self._row(found[0], found[1], item.options, depth)
            return
        relationship = table.children[item.name]
        child = self.env.schema.tables[relationship.child]
        rows = self.related(table, row, item.name, item.options)
        address = f"{self._root}{table.set_name}({row[table.id]})/{item.name}"
        link = f"{item.name}@odata.nextLink"
        if not depth.nested:
            lookup = child.columns[relationship.column].wire
            shown[item.name] = [
                {"@odata.etag": etag(each), **self._row(child, each, item.options, depth, lookup)}
                for each in rows[: item.options.top or MAX_PAGE]
            ]
            if self.env.choices.expand_links:
                shown[link] = address + (f"?{item.query}" if item.query else "")
            return
        part = rows[: depth.size or MAX_PAGE]
        shown[item.name] = [self._row(child, each, item.options, depth) for each in part]
        if depth.size is not None and len(part) == depth.size:
            following = paging.token(2, offset=depth.size, last=part[-1][child.id])
            kept = f"{item.query}&" if item.query else ""
            shown[link] = f"{address}?{kept}$skiptoken={following}"

    def _annotate(self, table: Table, row: Row, column: Column, value: Any, shown: Shown) -> None:
        name = column.wire
        if column.kind in REFERENCES:
            if self._navigation:
                shown[f"{name}@{NAVIGATION}"] = _navigation_name(table, column, value[0])
            if self._target:
                shown[f"{name}@{TARGET}"] = value[0]
        if self.texts:
            text = self.formatted(row, column, value)
            if text is not None:
                shown[f"{name}@{FORMATTED}"] = text

    def formatted(self, row: Row, column: Column, value: Any) -> str | None:
        """Return what a person reads in a column of `row`."""
        if column.kind in REFERENCES:
            found = self.env.store.get(*value) if value else None
            title = self.env.schema.tables[value[0]].title if value else ""
            return None if found is None else found.get(title)
        if column.kind is Kind.MONEY:
            currency = self._currency(row, column)
            return values.formatted(
                column,
                value,
                symbol=currency["currencysymbol"] if currency else "",
                digits=currency["currencyprecision"] if currency else 2,
            )
        return values.formatted(column, value)

    def _currency(self, row: Row, column: Column) -> Mapping[str, Any] | None:
        reference = row.get("transactioncurrencyid")
        if column.base_of or reference is None:
            reference = ("transactioncurrency", self.env.currency)
        return self.env.store.get(*reference)


def _navigation_name(table: Table, column: Column, target: str) -> str:
    names = [known.single for known in table.targets(column.name) if target in known.kinds]
    return names[0] if names else column.name
