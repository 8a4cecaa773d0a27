"""The connector's own tables, columns and keys in Dataverse, as data.

The provisioner creates what stands here, the verifier checks it, the docs table is made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

PREFIX: Final = "fbx"
OPTION_PREFIX: Final = 41765
SOLUTION: Final = "FreshBooksConnector"
SOLUTION_TITLE: Final = "FreshBooks connector"
PUBLISHER: Final = "freshbooksconnector"
PUBLISHER_TITLE: Final = "FreshBooks connector"

ACTIVITY_TABLE: Final = f"{PREFIX}_financialactivity"
# Tables that are the connector's as a whole, those they refer to first.
OWN_TABLES: Final = (ACTIVITY_TABLE,)


class ColumnType(StrEnum):
    """The kinds of columns the connector adds."""

    TEXT = "text"
    MONEY = "money"
    DATE = "date"  # a calendar day without a zone
    MOMENT = "moment"  # an instant
    CHOICE = "choice"
    YES_NO = "yes/no"


def _option(number: int) -> int:
    return OPTION_PREFIX * 10_000 + number


class Health(IntEnum):
    """Financial health of an account."""

    NO_ACTIVITY = _option(0)
    GOOD_STANDING = _option(1)
    PAYMENT_DUE = _option(2)
    OVERDUE = _option(3)


class EntryKind(IntEnum):
    """What a timeline entry stands for."""

    INVOICE = _option(0)
    PAYMENT = _option(1)
    EXPENSE = _option(2)
    CREDIT = _option(3)


class Status(IntEnum):
    """FreshBooks' `v3_status`, and two of our own: deleted and unknown."""

    DRAFT = _option(0)
    SENT = _option(1)
    VIEWED = _option(2)
    OVERDUE = _option(3)
    PARTIAL = _option(4)
    PAID = _option(5)
    AUTOPAID = _option(6)
    FAILED = _option(7)
    RETRY = _option(8)
    DISPUTED = _option(9)
    RESOLVED = _option(10)
    DEPOSIT_PARTIAL = _option(11)
    DEPOSIT_PAID = _option(12)
    DECLINED = _option(13)
    PENDING = _option(14)
    CREATED = _option(15)
    SUCCESS = _option(16)
    RECORDED = _option(17)
    DELETED = _option(18)
    UNKNOWN = _option(19)

    @classmethod
    def of(cls, v3_status: str) -> "Status":
        """Return the option for a `v3_status`; values FreshBooks adds later are UNKNOWN."""
        return cls.__members__.get(v3_status.upper(), cls.UNKNOWN)


def label(option: IntEnum) -> str:
    """Return an option's label: `GOOD_STANDING` reads "Good standing"."""
    return option.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Column:
    """A column the connector adds to a table.

    Attributes:
        name: logical name and schema name, all lower case: no case to get wrong.
        length: of a text.
        options: of a choice.
    """

    name: str
    kind: ColumnType
    title: str
    description: str
    length: int = 0
    options: type[IntEnum] | None = None


@dataclass(frozen=True)
class Lookup:
    """A lookup the connector adds; deleting its target empties it."""

    name: str
    table: str
    target: str
    title: str
    relationship: str


@dataclass(frozen=True)
class Key:
    """An alternate key: uniqueness held by the database."""

    name: str
    table: str
    columns: tuple[str, ...]
    title: str


def _text(name: str, length: int, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.TEXT, title, description, length=length)


def _column(name: str, kind: ColumnType, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", kind, title, description)


def _choice(name: str, options: type[IntEnum], title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.CHOICE, title, description, options=options)


_SOURCE = (
    _text("sourcekey", 100, "FreshBooks key", "Account, kind and id of the FreshBooks record."),
    _text("sourceversion", 40, "FreshBooks version", "Version of the record that was written."),
    _column("syncedon", ColumnType.MOMENT, "Synced on", "When the connector last wrote this row."),
)

ACCOUNT_COLUMNS: Final = (
    _text("clientkey", 100, "FreshBooks client key", "The FreshBooks client this account is."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "Open amount in the account currency."),
    _column("overdue", ColumnType.MONEY, "Overdue", "Overdue amount in the account currency."),
    _column("credit", ColumnType.MONEY, "Credit", "Credit left in the account currency."),
    _text("balances", 400, "Balances", "Outstanding, overdue and credit in every currency."),
    _choice("financialhealth", Health, "Financial health", "What the balances mean."),
    _column("lastinvoiceon", ColumnType.DATE, "Last invoice on", "Day of the newest invoice."),
    _column("lastpaymenton", ColumnType.DATE, "Last payment on", "Day of the newest payment."),
    _column("syncedon", ColumnType.MOMENT, "Synced on", "When the connector last wrote this row."),
)

INVOICE_COLUMNS: Final = (
    _text("number", 100, "FreshBooks number", "The invoice's number in FreshBooks."),
    _column("invoicedate", ColumnType.DATE, "Invoice date", "Day the invoice is dated."),
    _choice("status", Status, "FreshBooks status", "Where the invoice stands in FreshBooks."),
    _column("total", ColumnType.MONEY, "Total", "FreshBooks' total: the figure to report on."),
    _column("paid", ColumnType.MONEY, "Paid", "FreshBooks' paid amount."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "FreshBooks' open amount."),
    _column("complete", ColumnType.YES_NO, "Complete", "All lines are written."),
    *_SOURCE,
)

ACTIVITY_COLUMNS: Final = (
    _choice("kind", EntryKind, "Kind", "Invoice, payment, expense or credit."),
    _column("amount", ColumnType.MONEY, "Amount", "The record's amount."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "What is still open of an invoice."),
    _column("date", ColumnType.DATE, "Date", "Day of the invoice, payment or expense."),
    _column("duedate", ColumnType.DATE, "Due date", "Day an invoice is due."),
    _choice("status", Status, "FreshBooks status", "Where the record stands in FreshBooks."),
    _text("method", 100, "Method", "How was paid, or the expense's category."),
    _text("reference", 100, "Reference", "Invoice number, purchase order or vendor."),
    *_SOURCE,
)

COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "account": ACCOUNT_COLUMNS,
    "invoice": INVOICE_COLUMNS,
    ACTIVITY_TABLE: ACTIVITY_COLUMNS,
}

INVOICE_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_invoiceid",
    table=ACTIVITY_TABLE,
    target="invoice",
    title="Invoice",
    relationship=f"{PREFIX}_invoice_financialactivity",
)

LOOKUPS: Final = (INVOICE_LOOKUP,)

CLIENT_KEY: Final = Key(
    name=f"{PREFIX}_clientkey_key",
    table="account",
    columns=(f"{PREFIX}_clientkey",),
    title="FreshBooks client key",
)

KEYS: Final = (CLIENT_KEY,)

# Longest texts of the native columns we write (published lengths; longer ones are refused).
LENGTHS: Final[dict[str, dict[str, int]]] = {
    "account": {
        "name": 160,
        "emailaddress1": 100,
        "telephone1": 50,
        "address1_line1": 250,
        "address1_line2": 250,
        "address1_city": 80,
        "address1_stateorprovince": 50,
        "address1_postalcode": 20,
        "address1_country": 80,
    },
    "invoice": {
        "name": 300,
        "billto_name": 200,
        "billto_line1": 250,
        "billto_line2": 250,
        "billto_city": 80,
        "billto_stateorprovince": 50,
        "billto_postalcode": 20,
        "billto_country": 80,
    },
    "invoicedetail": {"productdescription": 500, "description": 2000},
    ACTIVITY_TABLE: {"subject": 200, "description": 2000},
}


def fit(table: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns with their texts as the table can hold them.

    A text that is too long is cut with an ellipsis, a blank one is None. Columns count UTF-16
    units: an emoji is two, and is never cut in half.

    Args:
        table: logical name.
        columns: column -> value; what is no text stays as it is.
    """
    return {
        column: _fitted(value, _longest(table, column)) if isinstance(value, str) else value
        for column, value in columns.items()
    }


def _longest(table: str, column: str) -> int:
    own = next((each.length for each in COLUMNS.get(table, ()) if each.name == column), 0)
    return own or LENGTHS[table][column]


def _fitted(text: str, longest: int) -> str | None:
    text = text.strip()
    units = text.encode("utf-16-le")
    if len(units) > 2 * longest:
        text = units[: 2 * (longest - 1)].decode("utf-16-le", "ignore").rstrip() + "…"
    return text or None
