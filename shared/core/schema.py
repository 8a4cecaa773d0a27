"""The connector's own tables, columns and keys in Dataverse, as data.

The provisioner creates what stands here, the verifier checks it, the docs table is made from it.
"""

from enum import IntEnum
from typing import Final

from shared.core.definitions import Column, ColumnType, Key, Lookup, Table
from shared.core.options import Billing, ClientState, EntryKind, Health, Status

PREFIX: Final = "fbx"
SOLUTION: Final = "FreshBooksConnector"
SOLUTION_TITLE: Final = "FreshBooks connector"
PUBLISHER: Final = "freshbooksconnector"
PUBLISHER_TITLE: Final = "FreshBooks connector"

ACTIVITY_TABLE: Final = f"{PREFIX}_financialactivity"
CLIENT_TABLE: Final = f"{PREFIX}_client"


# Those they refer to first.
TABLES: Final = (
    Table(
        CLIENT_TABLE,
        "FreshBooks client",
        "FreshBooks clients",
        "A client of FreshBooks, the account it belongs to, and what it owes.",
        primary=f"{PREFIX}_name",
        longest=200,
    ),
    Table(
        ACTIVITY_TABLE,
        "Financial activity",
        "Financial activities",
        "An invoice, payment, credit or expense of FreshBooks on the timeline.",
        primary="subject",
        longest=200,
        activity=True,
    ),
)
OWN_TABLES: Final = tuple(table.name for table in TABLES)


def _text(name: str, length: int, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.TEXT, title, description, length=length)


def _long(name: str, length: int, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.LONG_TEXT, title, description, length=length)


def _column(name: str, kind: ColumnType, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", kind, title, description)


def _choice(name: str, options: type[IntEnum], title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.CHOICE, title, description, options=options)


_SOURCE = (
    _text("sourcekey", 100, "FreshBooks key", "Account, kind and id of the FreshBooks record."),
    _text("sourceversion", 40, "FreshBooks version", "Version of the record that was written."),
    _column("syncedon", ColumnType.MOMENT, "Synced on", "When the connector last wrote this row."),
)

_ADDRESS = Column(
    f"{PREFIX}_url",
    ColumnType.ADDRESS,
    "In FreshBooks",
    "Address of the record's page in FreshBooks.",
    length=300,
)

# What is open by how long it has been due; of an account in its currency, of a client in its own.
_AGES = (
    _column("current", ColumnType.MONEY, "Not yet due", "Open and not yet due."),
    _column("overdue30", ColumnType.MONEY, "Overdue 1-30 days", "Overdue for 1 to 30 days."),
    _column("overdue60", ColumnType.MONEY, "Overdue 31-60 days", "Overdue for 31 to 60 days."),
    _column("overdue90", ColumnType.MONEY, "Overdue 61-90 days", "Overdue for 61 to 90 days."),
    _column("overdueolder", ColumnType.MONEY, "Overdue over 90 days", "Overdue for longer."),
)

_DAYS = (
    _column("lastinvoiceon", ColumnType.DATE, "Last invoice on", "Day of the newest invoice."),
    _column("lastpaymenton", ColumnType.DATE, "Last payment on", "Day of the newest payment."),
    _column("nextdueon", ColumnType.DATE, "Next due on", "Day the next open amount is due."),
)

ACCOUNT_COLUMNS: Final = (
    _text(
        "clientkey",
        100,
        "FreshBooks client key",
        "The client an earlier release linked; links stand in the table FreshBooks client.",
    ),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "Open amount in the account currency."),
    _column("overdue", ColumnType.MONEY, "Overdue", "Overdue amount in the account currency."),
    _column("credit", ColumnType.MONEY, "Credit", "Credit left in the account currency."),
    *_AGES,
    _column(
        "converted",
        ColumnType.MONEY,
        "Outstanding, converted",
        "Open amounts of all currencies, converted at the rates that the next column names.",
    ),
    _text("conversion", 400, "Converted from", "Amounts, rates and results of the conversion."),
    _text("balances", 400, "Balances", "Outstanding, overdue and credit in every currency."),
    _choice("financialhealth", Health, "Financial health", "What the balances mean."),
    *_DAYS,
    _column("syncedon", ColumnType.MOMENT, "Synced on", "When the connector last wrote this row."),
)

CLIENT_COLUMNS: Final = (
    _text("key", 100, "FreshBooks key", "Account and number of the FreshBooks client."),
    _choice("state", ClientState, "State", "How the client stands to an account."),
    _choice(
        "carriedout", ClientState, "Carried out", "The state that the connector acted on last."
    ),
    _long("reason", 2000, "Reason", "Why it is linked so, or what a person has to decide."),
    _long("candidates", 4000, "Candidates", "Accounts it may be, with what tells them apart."),
    _text(
        "linkedto",
        36,
        "Linked to",
        "The account it was linked to last, as the connector carried it out.",
    ),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "Open amount in its currency."),
    _column("overdue", ColumnType.MONEY, "Overdue", "Overdue amount in its currency."),
    _column("credit", ColumnType.MONEY, "Credit", "Credit left in its currency."),
    *_AGES,
    _long("balances", 2000, "Balances", "Outstanding, overdue and credit in every currency."),
    _long("figures", 4000, "Figures", "What accounts are summed up from; for the connector only."),
    _choice("financialhealth", Health, "Financial health", "What the balances mean."),
    *_DAYS,
    _ADDRESS,
    *_SOURCE[1:],
)

OPPORTUNITY_COLUMNS: Final = (
    _column("invoiced", ColumnType.MONEY, "Invoiced", "FreshBooks' totals of its invoices."),
    _column("paid", ColumnType.MONEY, "Paid", "What was paid of its invoices."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "What is open of its invoices."),
    _column("overdue", ColumnType.MONEY, "Overdue", "What is overdue of its invoices."),
    _choice("financialhealth", Health, "Financial health", "How its account stands."),
)

_PLACE = (
    _text("ponumber", 100, "Purchase order", "The purchase order number in FreshBooks."),
    _text(
        "replacedby",
        20,
        "Replaced by",
        "Filled in where another row stands for the record now, as its currency changed.",
    ),
    _text(
        "placedby",
        100,
        "Opportunity by",
        "The purchase order number by which the opportunity was found.",
    ),
)

INVOICE_COLUMNS: Final = (
    _text("number", 100, "FreshBooks number", "The invoice's number in FreshBooks."),
    _column("invoicedate", ColumnType.DATE, "Invoice date", "Day the invoice is dated."),
    _choice("status", Status, "FreshBooks status", "Where the invoice stands in FreshBooks."),
    _column("total", ColumnType.MONEY, "Total", "FreshBooks' total: the figure to report on."),
    _column("paid", ColumnType.MONEY, "Paid", "FreshBooks' paid amount."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "FreshBooks' open amount."),
    _column("paidon", ColumnType.DATE, "Paid on", "Day it was paid in full."),
    _column(
        "overduesince",
        ColumnType.DATE,
        "Overdue since",
        "First day on which it was overdue; empty again when it no longer is.",
    ),
    _column("complete", ColumnType.YES_NO, "Complete", "All lines are written."),
    _column(
        "adopted",
        ColumnType.YES_NO,
        "Adopted",
        "It was in Dynamics already: its lines and native totals are not the connector's.",
    ),
    *_PLACE,
    _ADDRESS,
    *_SOURCE,
)

ACTIVITY_COLUMNS: Final = (
    _choice("kind", EntryKind, "Kind", "Invoice, payment, expense, credit or its use."),
    _column("amount", ColumnType.MONEY, "Amount", "The record's amount."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "What is still open of an invoice."),
    _column("received", ColumnType.MONEY, "Received", "The most that a payment ever amounted to."),
    _column(
        "returned",
        ColumnType.MONEY,
        "Given back",
        "What a payment was lowered by since: given back, or corrected.",
    ),
    _column("date", ColumnType.DATE, "Date", "Day of the invoice, payment or expense."),
    _column("duedate", ColumnType.DATE, "Due date", "Day an invoice is due."),
    _choice("status", Status, "FreshBooks status", "Where the record stands in FreshBooks."),
    _text("method", 100, "Method", "How was paid, or the expense's category."),
    _text("reference", 100, "Reference", "Invoice number, purchase order or vendor."),
    _column("tax", ColumnType.MONEY, "Tax", "Taxes that an expense names."),
    _column("receipt", ColumnType.YES_NO, "Receipt", "FreshBooks has the receipt of an expense."),
    _choice("billing", Billing, "Billing", "Whether an expense is billed on to its client."),
    *_PLACE,
    _ADDRESS,
    *_SOURCE,
)

# What every environment has, and what comes with the Sales app.
PLATFORM_TABLES: Final = ("account", "transactioncurrency")
SALES_TABLES: Final = ("invoice", "invoicedetail", "opportunity", "pricelevel")

COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "account": ACCOUNT_COLUMNS,
    CLIENT_TABLE: CLIENT_COLUMNS,
    "opportunity": OPPORTUNITY_COLUMNS,
    "invoice": INVOICE_COLUMNS,
    ACTIVITY_TABLE: ACTIVITY_COLUMNS,
}

ACCOUNT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_accountid",
    table=CLIENT_TABLE,
    target="account",
    title="Account",
    relationship=f"{PREFIX}_account_client",
    follows=True,
)

INVOICE_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_invoiceid",
    table=ACTIVITY_TABLE,
    target="invoice",
    title="Invoice",
    relationship=f"{PREFIX}_invoice_financialactivity",
)

ENTRY_ACCOUNT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_accountid",
    table=ACTIVITY_TABLE,
    target="account",
    title="Account",
    relationship=f"{PREFIX}_account_financialactivity",
    follows=True,
)

INVOICE_CLIENT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_clientid",
    table="invoice",
    target=CLIENT_TABLE,
    title="FreshBooks client",
    relationship=f"{PREFIX}_client_invoice",
)

ENTRY_CLIENT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_clientid",
    table=ACTIVITY_TABLE,
    target=CLIENT_TABLE,
    title="FreshBooks client",
    relationship=f"{PREFIX}_client_financialactivity",
)

LOOKUPS: Final = (
    ACCOUNT_LOOKUP,
    INVOICE_LOOKUP,
    ENTRY_ACCOUNT_LOOKUP,
    INVOICE_CLIENT_LOOKUP,
    ENTRY_CLIENT_LOOKUP,
)

# Only where entries are all there is of an invoice: then a payment's leads to its invoice's.
INVOICE_ENTRY_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_invoiceentryid",
    table=ACTIVITY_TABLE,
    target=ACTIVITY_TABLE,
    title="Entry of the invoice",
    relationship=f"{PREFIX}_invoiceentry_financialactivity",
)

# Kept for the release before, which finds accounts by it.
ACCOUNT_KEY: Final = Key(
    name=f"{PREFIX}_clientkey_key",
    table="account",
    columns=(f"{PREFIX}_clientkey",),
    title="FreshBooks client key",
)

CLIENT_KEY: Final = Key(
    name=f"{PREFIX}_client_key",
    table=CLIENT_TABLE,
    columns=(f"{PREFIX}_key",),
    title="FreshBooks client",
)

KEYS: Final = (ACCOUNT_KEY, CLIENT_KEY)
