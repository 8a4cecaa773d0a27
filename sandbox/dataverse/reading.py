"""Rows as JSON: selected properties, expanded navigation properties, annotations, pages.

Never changes a row.
"""

import base64
import fnmatch
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse import errors, values
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import REFERENCES, Column, Kind, Table
from sandbox.dataverse.options import MAX_PAGE, Expand, Options
from sandbox.dataverse.predicates import candidates, compile_filter, no_property, sort
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


def etag(row: Row) -> str:
    """Return a row's weak ETag."""
    return f'W/"{row["versionnumber"]}"'


class Reader:
    """Renders rows of one environment for one request."""

    def __init__(self, env: Environment, annotations: Annotations = NONE) -> None:
        self.env = env
        self._formatted = annotations.wants(FORMATTED)
        self._target = annotations.wants(TARGET)
        self._navigation = annotations.wants(NAVIGATION)
        self._totals = annotations.wants(TOTAL)
        self._schema_version = annotations.wants(SCHEMA_VERSION)

    def row(self, table: Table, row: Row, options: Options) -> Shown:
        """Return one row as the JSON object the Web API answers."""
        shown: Shown = {"@odata.etag": etag(row)}
        for column in self._columns(table, options.select):
            value = row.get(column.name)
            if value is not None and (self._formatted or self._target or self._navigation):
                self._annotate(table, row, column, value, shown)
            shown[column.wire] = values.emit(column, value)
        for item in options.expand:
            shown[item.name] = self._expanded(table, row, item)
        return shown

    def matching(self, table: Table, options: Options) -> list[Row]:
        """Return the rows a query finds, in its order, regardless of pages."""
        rows = candidates(self.env, table, options.filter)
        if options.filter is not None:
            matches = compile_filter(self.env, table, options.filter)
            rows = [row for row in rows if matches(row)]
        return sort(self.env, table, list(rows), options.order)

    def page(
        self, table: Table, rows: list[Row], options: Options, page_size: int | None
    ) -> tuple[Shown, str | None]:
        """Return one page of `rows` and the token of the next, if there is one.

        With a page size `$top` is ignored, as Dataverse documents.
        """
        start, number = _resume(table, rows, options.skip_token)
        size = page_size or options.top or MAX_PAGE
        shown: Shown = {}
        if options.count:
            shown["@odata.count"] = min(len(rows), MAX_PAGE)
            if self._totals:
                shown[f"@{TOTAL}"] = min(len(rows), MAX_PAGE)
                shown[f"@{TOTAL_EXCEEDED}"] = len(rows) > MAX_PAGE
        if self._schema_version:
            shown[f"@{SCHEMA_VERSION}"] = str(self.env.schema.version)
        part = rows[start : start + size]
        shown["value"] = [self.row(table, row, options) for row in part]
        more = start + size < len(rows) and (page_size is not None or options.top is None)
        return shown, _token(number + 1, start + size, part[-1][table.id]) if more else None

    def check(self, table: Table, options: Options) -> None:
        """Refuse names the table does not have, even where no row would show it."""
        self._columns(table, options.select)
        for item in options.expand:
            relationship = table.parents.get(item.name) or table.children.get(item.name)
            if relationship is None:
                raise no_property(item.name, table)
            single = item.name in table.parents
            other = relationship.parent if single else relationship.child
            if single and (item.options.filter or item.options.order or item.options.top):
                raise errors.request(
                    f"'{item.name}' is single-valued; only $select and $expand nest there."
                )
            self.check(self.env.schema.tables[other], item.options)

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
        if reference is None or reference[0] != relationship.parent:
            return None
        found = self.env.store.get(*reference)
        return None if found is None else (self.env.schema.tables[relationship.parent], found)

    def _columns(self, table: Table, select: tuple[str, ...]) -> Iterable[Column]:
        if not select or "*" in select:
            return table.columns.values()
        chosen = {}
        for name in (*select, table.id):
            column = table.by_wire(name)
            if column is None:
                relationship = table.parents.get(name)
                if relationship is None:
                    raise no_property(name, table)
                column = table.columns[relationship.column]
            chosen[column.name] = column
        return chosen.values()

    def _expanded(self, table: Table, row: Row, item: Expand) -> Any:
        if item.name in table.parents:
            found = self.parent(table, row, item.name)
            return None if found is None else self.row(found[0], found[1], item.options)
        child = self.env.schema.tables[table.children[item.name].child]
        rows = self.related(table, row, item.name, item.options)
        limited = itertools.islice(rows, item.options.top or MAX_PAGE)
        return [self.row(child, each, item.options) for each in limited]

    def _annotate(self, table: Table, row: Row, column: Column, value: Any, shown: Shown) -> None:
        name = column.wire
        if column.kind in REFERENCES:
            if self._navigation:
                shown[f"{name}@{NAVIGATION}"] = _navigation_name(table, column, value[0])
            if self._target:
                shown[f"{name}@{TARGET}"] = value[0]
        if self._formatted:
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
    names = [known.single for known in table.targets(column.name) if known.parent == target]
    return names[0] if names else column.name


def _token(number: int, offset: int, last: str) -> str:
    cookie = f'<cookie pagenumber="{number}" offset="{offset}" last="{last}" istracking="False" />'
    return base64.urlsafe_b64encode(cookie.encode()).decode()


def _resume(table: Table, rows: list[Row], token: str | None) -> tuple[int, int]:
    """Return where a page starts and its number; rows added meanwhile do not shift it."""
    if token is None:
        return 0, 1
    try:
        cookie = base64.urlsafe_b64decode(token.encode()).decode()
        attributes = dict(part.split("=") for part in cookie.split()[1:-1])
        number = int(attributes["pagenumber"].strip('"'))
        offset = int(attributes["offset"].strip('"'))
        last = attributes["last"].strip('"')
    except (ValueError, KeyError):
        raise errors.request("Malformed XML in the Paging Cookie") from None
    if offset <= len(rows) and rows[offset - 1][table.id] == last:
        return offset, number
    for position, row in enumerate(rows):
        if row[table.id] == last:
            return position + 1, number
    return min(offset, len(rows)), number
