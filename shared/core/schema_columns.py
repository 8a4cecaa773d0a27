"""The connector's own columns in Dataverse, as data: those of each table, and why they are so.

Never says which table they are of; `core.schema` does.
"""

from dataclasses import replace
from enum import IntEnum
from typing import Final

from shared.core.definitions import PREFIX, Column, ColumnType
from shared.core.options import Billing, ClientState, EntryKind, Health, Status


def _text(name: str, length: int, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.TEXT, title, description, length=length)


def _long(name: str, length: int, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.LONG_TEXT, title, description, length=length)


def _column(name: str, kind: ColumnType, title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", kind, title, description)


def _choice(name: str, options: type[IntEnum], title: str, description: str) -> Column:
    return Column(f"{PREFIX}_{name}", ColumnType.CHOICE, title, description, options=options)


def _protocol(column: Column, because: str) -> Column:
    """Return a column that serves the connector only: nobody has to search by it."""
    return replace(column, searchable=False, because=because)


def _decided(column: Column, because: str) -> Column:
    """Return a column that people fill in: who did it, and when, is worth keeping."""
    return replace(column, audited=True, because=because)


_SYNCED = _protocol(
    _column("syncedon", ColumnType.MOMENT, "Synced on", "When the connector last wrote this row."),
    "it changes with every write and says nothing about the record",
)

_SOURCE = (
    _protocol(
        _text("sourcekey", 100, "FreshBooks key", "Account, kind and id of the FreshBooks record."),
        "rows are told apart by it, and people know records by their number",
    ),
    _protocol(
        _text("sourceversion", 40, "FreshBooks version", "Version of the record that was written."),
        "older versions are told from newer ones by it",
    ),
    _SYNCED,
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
    _protocol(
        _text(
            "clientkey",
            100,
            "FreshBooks client key",
            "The client an earlier release linked; links stand in the table FreshBooks client.",
        ),
        "the release before finds accounts by it",
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
    _SYNCED,
)

CLIENT_COLUMNS: Final = (
    _text("key", 100, "FreshBooks key", "Account and number of the FreshBooks client."),
    _decided(
        _choice("state", ClientState, "State", "How the client stands to an account."),
        "people decide it",
    ),
    _protocol(
        _choice(
            "carriedout", ClientState, "Carried out", "The state that the connector acted on last."
        ),
        "what people decided is told by it from what was done about it",
    ),
    _long("reason", 2000, "Reason", "Why it is linked so, or what a person has to decide."),
    _long("candidates", 4000, "Candidates", "Accounts it may be, with what tells them apart."),
    _protocol(
        _text(
            "linkedto",
            36,
            "Linked to",
            "The account it was linked to last, as the connector carried it out.",
        ),
        "an id, by which a changed account is noticed; the column Account shows it",
    ),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "Open amount in its currency."),
    _column("overdue", ColumnType.MONEY, "Overdue", "Overdue amount in its currency."),
    _column("credit", ColumnType.MONEY, "Credit", "Credit left in its currency."),
    *_AGES,
    _long("balances", 2000, "Balances", "Outstanding, overdue and credit in every currency."),
    _protocol(
        _long(
            "figures", 4000, "Figures", "What accounts are summed up from; for the connector only."
        ),
        "written for the connector to read",
    ),
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
    _choice("financialhealth", Health, "Financial health", "What its account's balances mean."),
)

# What flows are triggered by, and what views filter by.
_TURNS = (
    _column(
        "paidon",
        ColumnType.DATE,
        "Paid on",
        "Day an invoice was paid in full; empty while anything of it is open.",
    ),
    _column(
        "overduesince",
        ColumnType.DATE,
        "Overdue since",
        "First day an invoice is overdue; empty while it is not.",
    ),
)

_PLACE = (
    _text("ponumber", 100, "Purchase order", "The purchase order number in FreshBooks."),
    _protocol(
        _text(
            "replacedby",
            20,
            "Replaced by",
            "Filled in where another row stands for the record now, as its currency changed.",
        ),
        "the status Replaced says it",
    ),
    _protocol(
        _text(
            "placedby",
            100,
            "Opportunity by",
            "The purchase order number by which the opportunity was found.",
        ),
        "a changed number is noticed by it; the column Purchase order shows the number",
    ),
)

INVOICE_COLUMNS: Final = (
    _text("number", 100, "FreshBooks number", "The invoice's number in FreshBooks."),
    _column("invoicedate", ColumnType.DATE, "Invoice date", "Day the invoice is dated."),
    _choice("status", Status, "FreshBooks status", "Where the invoice stands in FreshBooks."),
    _column("total", ColumnType.MONEY, "Total", "FreshBooks' total: the figure to report on."),
    _column("paid", ColumnType.MONEY, "Paid", "FreshBooks' paid amount."),
    _column("outstanding", ColumnType.MONEY, "Outstanding", "FreshBooks' open amount."),
    *_TURNS,
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
    *_TURNS,
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

# A money column would need the record's currency in Dataverse, which may be what is missing there.
WAITING_COLUMNS: Final = (
    _choice("kind", EntryKind, "Kind", "Invoice, payment, expense or credit."),
    _text("amount", 50, "Amount", "The record's amount, exactly as FreshBooks has it."),
    _text("currency", 10, "Currency", "The amount's currency, by its ISO code."),
    _column("since", ColumnType.MOMENT, "Waiting since", "When the record began to wait."),
    _long("reason", 2000, "Reason", "Why the record is not in Sales yet."),
    _protocol(
        _text("business", 100, "FreshBooks business", "The business that the record belongs to."),
        "the connector finds its rows by it",
    ),
    _SOURCE[0],
)
