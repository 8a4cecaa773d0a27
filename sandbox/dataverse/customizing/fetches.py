"""FetchXML as the platform refuses it: schema, tables, columns, relationships, aliases, operators.

Never runs a query.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.dataverse import errors
from sandbox.dataverse.customizing import markup, schemas
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import CHOICES, NUMBERS, REFERENCES, Column, Kind, Table
from sandbox.dataverse.values import is_guid

WHAT = "fetch xml"
MAX_LINKS = 15

_NUMERIC = NUMBERS | {Kind.INTEGER, Kind.BIGINT}
_SUMS = frozenset({"sum", "avg"})
_COMPARED = frozenset({"eq", "ne", "neq", "gt", "ge", "lt", "le", "in", "not-in", "between"})
_VALUELESS = frozenset(
    {
        *("null", "not-null", "yesterday", "today", "tomorrow", "last-seven-days"),
        *("next-seven-days", "last-week", "this-week", "next-week", "last-month", "this-month"),
        *("next-month", "last-year", "this-year", "next-year", "eq-userid", "ne-userid"),
        *("eq-userteams", "eq-useroruserteams", "eq-businessid", "ne-businessid"),
        *("this-fiscal-year", "this-fiscal-period", "last-fiscal-year", "last-fiscal-period"),
        *("next-fiscal-year", "next-fiscal-period", "eq-useroruserhierarchy"),
        *("eq-useroruserhierarchyandteams",),
    }
)
_OF_DATES = (
    *("today", "yesterday", "tomorrow", "this-", "last-", "next-", "olderthan-", "on-or-"),
    "in-fiscal",
)


@dataclass
class Query:
    """What a query that was accepted names.

    Attributes:
        table: what its rows are of.
        columns: its own columns, by name; every column for all-attributes.
        linked: `alias.column` of what linked tables bring.
        aliases: what an aggregate calls its results.
        names: every table and column it names: (table, column), the column "" for the table.
    """

    table: Table
    columns: set[str] = field(default_factory=set)
    linked: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)


def read(env: Environment, text: object, *, what: str = WHAT) -> Query:
    """Check a query; return what it names.

    Raises:
        DataverseError: 400, it is outside the schema or names what is not there.
    """
    root = markup.parse(text, what, "fetch")
    schemas.check("Fetch", root, what)
    return _Reader(env, root).query()


def element(env: Environment, root: Element) -> Query:
    """Check a query that is a part of a larger text; return what it names.

    Raises:
        DataverseError: 400, it is outside the schema or names what is not there.
    """
    schemas.check("Fetch", root, WHAT)
    return _Reader(env, root).query()


class _Reader:
    def __init__(self, env: Environment, root: Element) -> None:
        self._env = env
        self._root = root
        self._aggregate = root.get("aggregate") in {"true", "1"}
        self._tables: dict[str, Table] = {}
        self._links = 0

    def query(self) -> Query:
        entity = self._root.find("entity")
        if entity is None:
            raise markup.invalid(WHAT, "it names no entity")
        table = self._table(entity.get("name", ""))
        query = Query(table)
        query.names.add((table.name, ""))
        self._aliases(entity)
        self._body(query, entity, table, "")
        if self._aggregate and not query.aliases:
            raise markup.invalid(WHAT, "an aggregate needs attributes with an alias")
        return query

    def _table(self, name: str) -> Table:
        found = self._env.schema.tables.get(name)
        if found is None:
            raise markup.invalid(WHAT, f"there is no table '{name}'")
        return found

    def _aliases(self, entity: Element) -> None:
        """Learn what links are called before a condition refers to one of them."""
        for link in entity.iter("link-entity"):
            alias = called(link)
            if alias in self._tables:
                raise markup.invalid(WHAT, f"the alias '{alias}' is used twice")
            self._tables[alias] = self._table(link.get("name", ""))
            self._links += 1
        if self._links > MAX_LINKS:
            raise markup.invalid(WHAT, f"it links more than {MAX_LINKS} tables")

    def _body(self, query: Query, node: Element, table: Table, alias: str) -> None:
        for attribute in node.findall("attribute"):
            self._attribute(query, attribute, table, alias)
        if node.find("all-attributes") is not None:
            names = table.columns
            query.columns |= set() if alias else set(names)
            query.linked |= {f"{alias}.{name}" for name in names} if alias else set()
        for order in node.findall("order"):
            self._order(query, order, table)
        for condition in _conditions(node):
            self._condition(query, condition, table)
        for link in node.findall("link-entity"):
            self._link(query, link, table)

    def _attribute(self, query: Query, attribute: Element, table: Table, alias: str) -> None:
        column = self._column(query, table, attribute.get("name", ""))
        alias_of = attribute.get("alias")
        if self._aggregate:
            self._aggregated(attribute, column)
        elif attribute.get("aggregate") or attribute.get("groupby"):
            raise markup.invalid(WHAT, "it aggregates without aggregate='true'")
        if alias_of is not None:
            if alias_of in query.aliases:
                raise markup.invalid(WHAT, f"the alias '{alias_of}' is used twice")
            query.aliases.add(alias_of)
        if alias:
            query.linked.add(f"{alias}.{column.name}")
        else:
            query.columns.add(column.name)

    def _aggregated(self, attribute: Element, column: Column) -> None:
        how, grouped = attribute.get("aggregate"), attribute.get("groupby") in {"true", "1"}
        if not attribute.get("alias") or bool(how) is grouped:
            raise markup.invalid(
                WHAT, f"'{column.name}' of an aggregate needs an alias and one of both, a function"
                " or groupby"
            )  # fmt: skip
        if how in _SUMS and column.kind not in _NUMERIC:
            raise markup.invalid(WHAT, f"'{column.name}' is no number: no {how} of it")
        if attribute.get("dategrouping") and column.kind is not Kind.DATETIME:
            raise markup.invalid(WHAT, f"'{column.name}' is no date: no grouping by dates")
        if grouped and column.kind is Kind.DATETIME and not attribute.get("dategrouping"):
            raise markup.invalid(WHAT, f"the date '{column.name}' needs a dategrouping")

    def _order(self, query: Query, order: Element, table: Table) -> None:
        alias = order.get("alias")
        if alias is not None:
            if alias not in query.aliases:
                raise markup.invalid(WHAT, f"it orders by '{alias}', which is no alias of it")
        elif self._aggregate or not order.get("attribute"):
            raise markup.invalid(WHAT, "an order names an alias of an aggregate, else an attribute")
        else:
            self._column(query, table, order.get("attribute", ""))

    def _condition(self, query: Query, condition: Element, table: Table) -> None:
        of = condition.get("entityname")
        if of is not None:
            if of not in self._tables:
                raise markup.invalid(WHAT, f"no link is called '{of}'")
            table = self._tables[of]
        column = self._column(query, table, condition.get("attribute", ""))
        operator = condition.get("operator", "")
        values = [value.text or "" for value in condition.findall("value")]
        values += [condition.get("value", "")] if condition.get("value") is not None else []
        if operator in _VALUELESS:
            if values:
                raise markup.invalid(WHAT, f"'{operator}' takes no value")
        elif not values:
            raise markup.invalid(WHAT, f"'{operator}' of '{column.name}' needs a value")
        if operator.startswith(_OF_DATES) and column.kind is not Kind.DATETIME:
            raise markup.invalid(WHAT, f"'{operator}' compares dates; '{column.name}' is none")
        if operator in _COMPARED:
            for value in values:
                _check_value(column, value)

    def _link(self, query: Query, link: Element, parent: Table) -> None:
        table = self._tables[called(link)]
        near, far = link.get("to", ""), link.get("from", "")
        query.names.add((table.name, ""))
        self._column(query, parent, near)
        self._column(query, table, far)
        if not (_leads(parent, near, table, far) or _leads(table, far, parent, near)):
            raise markup.invalid(
                WHAT, f"no relationship leads from {parent.name}.{near} to {table.name}.{far}"
            )
        self._body(query, link, table, called(link))

    def _column(self, query: Query, table: Table, name: str) -> Column:
        found = table.columns.get(name)
        if found is None:
            raise no_column(table, name)
        query.names.add((table.name, name))
        return found


def called(link: Element) -> str:
    """Return what a link-entity is called in the query around it."""
    return link.get("alias") or link.get("name") or ""


def no_column(table: Table, name: str) -> errors.DataverseError:
    """Refuse a column that is not there."""
    return errors.DataverseError(
        400,
        errors.NO_SUCH_COLUMN,
        f"'{table.schema}' entity doesn't contain attribute with Name = '{name}'.",
    )


def _conditions(node: Element) -> Iterator[Element]:
    for part in node.findall("filter"):
        yield from part.findall("condition")
        yield from _conditions(part)


def _leads(child: Table, column: str, parent: Table, key: str) -> bool:
    """Say whether a column of one table refers to the key of another."""
    targets = {kind for known in child.targets(column) for kind in (*known.kinds, known.parent)}
    return key == parent.id and parent.name in targets


def _check_value(column: Column, value: str) -> None:
    if column.kind in CHOICES | {Kind.BOOLEAN}:
        good = value.lstrip("-").isdigit() and int(value) in column.options
        good = good or (column.kind is Kind.BOOLEAN and value in {"true", "false"})
    elif column.kind in REFERENCES | {Kind.GUID}:
        good = is_guid(value.strip("{}"))
    elif column.kind in _NUMERIC:
        good = _is_number(value)
    else:
        good = True
    if not good:
        raise markup.invalid(WHAT, f"'{value}' is no value of '{column.name}' ({column.kind})")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
