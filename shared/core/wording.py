"""Rows of Dataverse in words: what tables and columns are called, and what stands in them.

Never decides anything; what has no words is called by its logical name.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.core.afterwards import STATE, Told
from shared.core.blueprint import ALL_LOOKUPS
from shared.core.currencies import spell
from shared.core.definitions import Column, ColumnType
from shared.core.options import label
from shared.core.rows import Reference, Scalar, State
from shared.core.schema import (
    ACTIVITY_TABLE,
    CLIENT_TABLE,
    COLUMNS,
    NOTICE_TABLE,
    TABLES,
    WAITING_TABLE,
)

EMPTY: Final = "(empty)"

_TABLES: Final = {
    "account": "Account",
    "invoice": "Invoice",
    "invoicedetail": "Line",
    "opportunity": "Opportunity",
    "pricelevel": "Price list",
    "transactioncurrency": "Currency",
    "systemuser": "User",
    "team": "Team",
    NOTICE_TABLE: "Notice",
    **{table.name: table.title for table in TABLES},
}

_ADDRESS: Final = {
    "line1": "street 1",
    "line2": "street 2",
    "city": "city",
    "stateorprovince": "state or province",
    "postalcode": "postal code",
    "country": "country",
}

# What Dynamics calls its own columns.
_NATIVE: Final = {
    "account": {
        "name": "Account name",
        "emailaddress1": "Email",
        "telephone1": "Main phone",
        **{f"address1_{part}": f"Address {words}" for part, words in _ADDRESS.items()},
    },
    "invoice": {
        "name": "Name",
        "duedate": "Due date",
        "discountamount": "Discount",
        "discountpercentage": "Discount in percent",
        "billto_name": "Bill to name",
        **{f"billto_{part}": f"Bill to {words}" for part, words in _ADDRESS.items()},
    },
    "invoicedetail": {
        "lineitemnumber": "Position",
        "productdescription": "Product",
        "description": "Description",
        "quantity": "Quantity",
        "priceperunit": "Price per unit",
        "manualdiscountamount": "Manual discount",
        "tax": "Tax",
        "isproductoverridden": "Written in",
    },
    CLIENT_TABLE: {"fbx_name": "Name"},
    WAITING_TABLE: {"fbx_name": "Name"},
    ACTIVITY_TABLE: {
        "subject": "Subject",
        "description": "Description",
        "sortdate": "Sort date",
        "scheduledend": "Due",
        "actualend": "Completed on",
    },
    NOTICE_TABLE: {
        "title": "Title",
        "body": "Body",
        "icontype": "Icon",
        "toasttype": "Toast",
        "ttlinseconds": "Expiry in seconds",
        "data": "Data",
    },
}
_EVERYWHERE: Final = {
    STATE: "State",
    "customerid": "Customer",
    "opportunityid": "Opportunity",
    "pricelevelid": "Price list",
    "transactioncurrencyid": "Currency",
    "ownerid": "Owner",
    "regardingobjectid": "Regarding",
    "invoiceid": "Invoice",
}
_OWN: Final = {
    (table, column.name): column for table, columns in COLUMNS.items() for column in columns
}
_LOOKUPS: Final = {(lookup.table, lookup.name): lookup.title for lookup in ALL_LOOKUPS}
_MONEY: Final = frozenset({"discountamount", "priceperunit", "manualdiscountamount", "tax"})
_DAYS: Final = frozenset({"duedate"})
_MOMENTS: Final = frozenset({"sortdate", "scheduledend", "actualend"})
_STATES: Final = {
    "account": ("Active", "Inactive"),
    "invoice": ("Active", "Closed", "Paid", "Canceled"),
    ACTIVITY_TABLE: ("Open", "Completed", "Canceled"),
}


def table_in_words(table: str) -> str:
    """Return what one row of a table is called."""
    return _TABLES.get(table, table)


def column_in_words(table: str, column: str) -> str:
    """Return what a column is called.

    >>> column_in_words("invoice", "fbx_total"), column_in_words("invoice", "duedate")
    ('Total', 'Due date')
    """
    if (own := _OWN.get((table, column))) is not None:
        return own.title
    native = _NATIVE.get(table, {}).get(column) or _LOOKUPS.get((table, column))
    return native or _EVERYWHERE.get(column, column)


def row_in_words(table: str, columns: Mapping[str, Scalar]) -> str:
    """Return what people call a row, "" for nothing."""
    match table:
        case "invoicedetail":
            parts: tuple[Scalar, ...] = (
                columns.get("lineitemnumber"),
                columns.get("productdescription"),
            )
            return " ".join(str(part) for part in parts if part is not None)
        case _ if (primary := _PRIMARY.get(table)) is not None:
            return str(columns.get(primary) or "")
        case _:
            return str(columns.get("name") or "")


_PRIMARY: Final = {NOTICE_TABLE: "title"} | {table.name: table.primary for table in TABLES}


def value_in_words(
    table: str, column: str, value: Told, *, currency: str, names: Mapping[UUID, str]
) -> str:
    """Return what stands in a column.

    Args:
        table: logical name.
        column: logical name.
        value: as it is written or as Dataverse answers it.
        currency: ISO code of the row's amounts, "" where it is not known.
        names: of the rows that lookups lead to.
    """
    match value:
        case None | "":
            return EMPTY
        case Reference(table=target, id=row):
            return names.get(row) or f"{table_in_words(target).lower() or 'row'} {row}"
        case State(state=code):
            words = _STATES.get(table, ())
            return words[code] if code < len(words) else str(code)
        case _:
            return _plain(column, _OWN.get((table, column)), value, currency)


def _plain(column: str, own: Column | None, value: Scalar, currency: str) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal() | int():
            return _number(column, own, value, currency)
        case datetime():
            return _moment(value)
        case _:
            return _text(column, own, str(value))


def _number(column: str, own: Column | None, value: Decimal | int, currency: str) -> str:
    if own is not None and own.options is not None:
        known = next((each for each in own.options if each == value), None)
        return label(known) if known is not None else str(value)
    if column in _MONEY or (own is not None and own.kind is ColumnType.MONEY):
        return f"{spell(Decimal(value), currency)} {currency}".rstrip()
    return f"{Decimal(value).normalize():f}"


def _text(column: str, own: Column | None, value: str) -> str:
    kind = own.kind if own is not None else None
    if column in _DAYS or kind is ColumnType.DATE:
        return value[:10]
    if column in _MOMENTS or kind is ColumnType.MOMENT:
        try:
            return _moment(datetime.fromisoformat(value))
        except ValueError:
            return value
    return value


def _moment(moment: datetime) -> str:
    return f"{moment if moment.tzinfo is None else moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
