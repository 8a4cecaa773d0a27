"""Dataverse's OData in words and back: literals, addresses, queries, requests, rows.

Never sends anything; what a request or a row looks like on the wire is decided here alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from shared.core import schema
from shared.core.rows import Change, Current, Insert, Operation, Reference, Remove, Scalar, State

API: Final = "/api/data/v9.2"


@dataclass(frozen=True)
class EntitySet:
    """The rows of a table as addresses have them: the set's name, and the primary key column."""

    name: str
    key: str


# The set names of our own tables are Dataverse's plurals of their names (y becomes ies); the
# provisioner asks for them and the verifier reads them back.
ENTITY_SETS: Final = {
    "account": EntitySet("accounts", "accountid"),
    "invoice": EntitySet("invoices", "invoiceid"),
    "invoicedetail": EntitySet("invoicedetails", "invoicedetailid"),
    "opportunity": EntitySet("opportunities", "opportunityid"),
    "transactioncurrency": EntitySet("transactioncurrencies", "transactioncurrencyid"),
    "pricelevel": EntitySet("pricelevels", "pricelevelid"),
    "organization": EntitySet("organizations", "organizationid"),
    "systemuser": EntitySet("systemusers", "systemuserid"),
    "team": EntitySet("teams", "teamid"),
    schema.NOTICE_TABLE: EntitySet("appnotifications", "appnotificationid"),
    schema.CLIENT_TABLE: EntitySet("fbx_clients", "fbx_clientid"),
    schema.ACTIVITY_TABLE: EntitySet("fbx_financialactivities", "activityid"),
    schema.WAITING_TABLE: EntitySet("fbx_waitings", "fbx_waitingid"),
}

# A lookup with several target tables has a navigation property for each; the others are called
# like their column, custom ones like their schema name, which we keep all lower case.
_NAVIGATIONS: Final = {
    "customerid": "customerid_{target}",
    "regardingobjectid": "regardingobjectid_{target}_{table}",
}
# What timelines are of; nobody says whether one of its properties clears what another one set.
_REGARDING: Final = "regardingobjectid"
REGARDED: Final = ("account", "opportunity")


@dataclass(frozen=True)
class PureRequest:
    """A request before it is sent.

    Attributes:
        path: below `API`, without a leading slash, percent-encoded, query included.
        headers: those of this request alone.
        body: a JSON value, None for none.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Query:
    """What to read of a table.

    Attributes:
        select: columns; lookups as `_<column>_value`.
        equal: columns and the values they must have.
        where: a further condition made with `equals`, `contains`, `every` and `some`.
        expand: collection's navigation property -> what to read of it.
        top: most rows.
        order: the column rows are sorted by, "" for any order.
    """

    select: tuple[str, ...]
    equal: Mapping[str, Scalar | UUID] = field(default_factory=dict)
    where: str = ""
    expand: Mapping[str, "Query"] = field(default_factory=dict)
    top: int | None = None
    order: str = ""

    def options(self) -> list[tuple[str, str]]:
        """Return the query's options, not yet percent-encoded."""
        expansions = (
            f"{navigation}({';'.join(f'{name}={text}' for name, text in query.options())})"
            for navigation, query in self.expand.items()
        )
        conditions = [equals(column, value) for column, value in self.equal.items()]
        conditions += [self.where] if self.where else []
        options = {
            "$select": ",".join(self.select),
            "$filter": every(*conditions),
            "$expand": ",".join(expansions),
            "$orderby": self.order,
            "$top": "" if self.top is None else str(self.top),
        }
        return [(name, text) for name, text in options.items() if text]

    def where_too(self, condition: str) -> "Query":
        """Return it with a further condition."""
        return replace(self, where=every(*filter(None, (self.where, condition))))

    def __str__(self) -> str:
        return "&".join(f"{name}={quote(text, safe=_SAFE)}" for name, text in self.options())


_SAFE: Final = ",()'$=;:@/"


def literal(value: Scalar | UUID) -> str:
    """Return `value` as an OData literal, not yet percent-encoded; apostrophes are doubled."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case Decimal():
            return format(value, "f")
        case date() | int() | UUID():
            return str(value)


def equals(column: str, value: Scalar | UUID) -> str:
    """Return the condition that a column has a value; Dataverse compares texts blind to case."""
    return f"{column} eq {literal(value)}"


def contains(column: str, text: str) -> str:
    """Return the condition that a text occurs in a column; `[ % _` are no wildcards here."""
    return f"contains({column},{literal(_plain(text))})"


def begins_with(column: str, text: str) -> str:
    """Return the condition that a column begins with a text; `[ % _` are no wildcards here."""
    return f"startswith({column},{literal(_plain(text))})"


def _plain(text: str) -> str:
    return text.replace("[", "[[]").replace("%", "[%]").replace("_", "[_]")


def within(column: str, values: Iterable[UUID]) -> str:
    """Return the condition that a column has one of these ids.

    Each by itself: whether `Microsoft.Dynamics.CRM.In` takes ids, no document says.
    """
    return some(*(equals(column, value) for value in values))


def every(*conditions: str) -> str:
    """Return the condition that all of them hold."""
    return " and ".join(conditions)


def some(*conditions: str) -> str:
    """Return the condition that one of them holds, in parentheses."""
    return "(" + " or ".join(conditions) + ")"


def by_id(table: str, row: UUID) -> str:
    """Return a row's address by its primary key."""
    return f"{ENTITY_SETS[table].name}({row})"


def by_key(table: str, **columns: str | int) -> str:
    r"""Return a row's address by an alternate key.

    Its characters are encoded, yet Dataverse finds no row by a key with one of
    `/ < > * % & : \ ? +` in it.
    """
    pairs = (f"{name}={quote(literal(value), safe=_QUOTE)}" for name, value in columns.items())
    return f"{ENTITY_SETS[table].name}({','.join(pairs)})"


_QUOTE: Final = "'"


def get(address: str, query: Query) -> PureRequest:
    """Return the request that reads an address."""
    return PureRequest("GET", f"{address}?{query}")


def get_row(table: str, row: UUID, query: Query) -> PureRequest:
    """Return the request that reads a row by its primary key."""
    return get(by_id(table, row), query)


def get_row_by_key(table: str, query: Query, **columns: str | int) -> PureRequest:
    """Return the request that reads a row by an alternate key."""
    return get(by_key(table, **columns), query)


def list_rows(table: str, query: Query) -> PureRequest:
    """Return the request that reads a table's rows."""
    return get(ENTITY_SETS[table].name, query)


Names = Mapping[tuple[str, str], str]
_AS_ASKED: Final[Names] = {}


def to_request(
    operation: Operation, names: Names = _AS_ASKED, regarded: Sequence[str] = REGARDED
) -> PureRequest:
    """Return the request an operation is.

    Rows are created by PATCH under their own id, so that sending it again cannot make two.

    Args:
        operation: what is to be done.
        names: navigation properties that are not called as usual, by table and lookup column.
        regarded: tables that a timeline entry may be on.
    """
    address = by_id(operation.table, operation.id)
    match operation:
        case Insert():
            lookups = {name: target for name, target in operation.lookups.items() if target}
            body = _body(operation.table, operation.columns, lookups, names, regarded)
            return PureRequest("PATCH", address, {"If-None-Match": "*"}, body)
        case Change():
            body = _body(operation.table, operation.columns, operation.lookups, names, regarded)
            if operation.state is not None:
                body["statecode"] = operation.state.state
                body["statuscode"] = operation.state.status
            return PureRequest("PATCH", address, {"If-Match": operation.etag or "*"}, body)
        case Remove():
            headers = {"If-Match": operation.etag} if operation.etag else {}
            return PureRequest("DELETE", address, headers)


def to_creation(
    operation: Insert, names: Names = _AS_ASKED, regarded: Sequence[str] = REGARDED
) -> PureRequest:
    """Return the request that creates a row under its own id, and fails where it is there.

    Dataverse's documents call POST cheaper than the upsert that `to_request` asks for. Sent again
    it finds the row and is refused, so it makes no second one either.
    """
    body = to_target(operation, names, regarded)
    return PureRequest("POST", ENTITY_SETS[operation.table].name, {}, body)


def to_target(operation: Insert, names: Names, regarded: Sequence[str]) -> dict[str, Any]:
    """Return a row that is to be created, with its own id."""
    lookups = {name: target for name, target in operation.lookups.items() if target}
    body = _body(operation.table, operation.columns, lookups, names, regarded)
    return {ENTITY_SETS[operation.table].key: str(operation.id), **body}


def create_multiple(table: str, targets: Sequence[Mapping[str, Any]]) -> PureRequest:
    """Return the request that creates many rows of a table, all or none."""
    kind = {"@odata.type": f"Microsoft.Dynamics.CRM.{table}"}
    path = f"{ENTITY_SETS[table].name}/Microsoft.Dynamics.CRM.CreateMultiple"
    return PureRequest("POST", path, {}, {"Targets": [{**kind, **each} for each in targets]})


def to_requests(
    operations: Iterable[Operation],
    names: Names = _AS_ASKED,
    regarded: Sequence[str] = REGARDED,
) -> list[PureRequest]:
    """Return the requests that operations are, in their order."""
    return [to_request(operation, names, regarded) for operation in operations]


def navigation(table: str, column: str, target: str) -> str:
    """Return the navigation property of a lookup column for one of its target tables."""
    return _NAVIGATIONS.get(column, column).format(target=target, table=table)


def to_current(table: str, row: Mapping[str, Any]) -> Current:
    """Return a row of an answer.

    Raises:
        ValueError: it lacks its id or version, or is no row at all.
    """
    try:
        key = ENTITY_SETS[table].key
        lookups = {
            name.removeprefix("_").removesuffix("_value"): None if value is None else UUID(value)
            for name, value in row.items()
            if name.startswith("_") and name.endswith("_value")
        }
        columns = {
            name: value
            for name, value in row.items()
            if not (name.startswith("_") or "@" in name or isinstance(value, list | dict))
            and name not in {key, "statecode", "statuscode"}
        }
        state = None
        if row.get("statecode") is not None:
            state = State(int(row["statecode"]), int(row["statuscode"]))
        return Current(UUID(row[key]), str(row["@odata.etag"]), columns, lookups, state)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no row of {table}: {type(error).__name__}") from None


def _body(
    table: str,
    columns: Mapping[str, Scalar],
    lookups: Mapping[str, Reference | None],
    names: Names,
    regarded: Sequence[str],
) -> dict[str, Any]:
    body: dict[str, Any] = {name: _value(value) for name, value in columns.items()}
    for column, target in lookups.items():
        if target is not None:
            name = names.get((table, column)) or navigation(table, column, target.table)
            body[f"{name}@odata.bind"] = f"/{by_id(target.table, target.id)}"
        elif column == _REGARDING:
            body |= {f"{navigation(table, column, each)}@odata.bind": None for each in regarded}
        elif column in _NAVIGATIONS:
            raise ValueError(f"{column} is never cleared.")
        else:
            body[f"{names.get((table, column), column)}@odata.bind"] = None
    return body


def _value(value: Scalar) -> Scalar:
    # Dataverse keeps seconds; finer instants would never read back as they were written.
    return value.replace(microsecond=0) if isinstance(value, datetime) else value
