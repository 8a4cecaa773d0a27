"""The connector's own tables, columns and keys in Dataverse, as data.

The provisioner creates what stands here, the verifier checks it, the docs table is made from it.
"""

from typing import Final

from shared.core import own_tables
from shared.core.definitions import PREFIX, Column, Key, Lookup, Table
from shared.core.icons import CLIENT_ICON, ENTRY_ICON, WAITING_ICON
from shared.core.schema_columns import (
    ACCOUNT_COLUMNS,
    ACTIVITY_COLUMNS,
    CLIENT_COLUMNS,
    INVOICE_COLUMNS,
    OPPORTUNITY_COLUMNS,
    WAITING_COLUMNS,
)

SOLUTION: Final = "FreshBooksConnector"
SOLUTION_TITLE: Final = "FreshBooks connector"
PUBLISHER: Final = "freshbooksconnector"
PUBLISHER_TITLE: Final = "FreshBooks connector"

ACTIVITY_TABLE: Final = own_tables.ACTIVITY_TABLE
CLIENT_TABLE: Final = own_tables.CLIENT_TABLE
WAITING_TABLE: Final = own_tables.WAITING_TABLE
NOTICE_TABLE: Final = "appnotification"  # the platform's own; its rows appear in apps


# Those they refer to first.
TABLES: Final = (
    Table(
        CLIENT_TABLE,
        "FreshBooks client",
        "FreshBooks clients",
        "A client of FreshBooks, the account it belongs to, and what it owes.",
        primary=f"{PREFIX}_name",
        longest=200,
        icon=CLIENT_ICON.name,
        audited=True,
    ),
    Table(
        ACTIVITY_TABLE,
        "Financial activity",
        "Financial activities",
        "An invoice, payment, credit or expense of FreshBooks on the timeline.",
        primary="subject",
        longest=200,
        icon=ENTRY_ICON.name,
        activity=True,
    ),
    Table(
        WAITING_TABLE,
        "FreshBooks waiting record",
        "FreshBooks waiting records",
        "A record of FreshBooks that waits until a person chooses its client's account.",
        primary=f"{PREFIX}_name",
        longest=200,
        icon=WAITING_ICON.name,
    ),
)
OWN_TABLES: Final = tuple(table.name for table in TABLES)

# What every environment has, and what comes with the Sales app.
PLATFORM_TABLES: Final = ("account", "transactioncurrency")
SALES_TABLES: Final = ("invoice", "invoicedetail", "opportunity", "pricelevel")

COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "account": ACCOUNT_COLUMNS,
    CLIENT_TABLE: CLIENT_COLUMNS,
    "opportunity": OPPORTUNITY_COLUMNS,
    "invoice": INVOICE_COLUMNS,
    ACTIVITY_TABLE: ACTIVITY_COLUMNS,
    WAITING_TABLE: WAITING_COLUMNS,
}

ACCOUNT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_accountid",
    table=CLIENT_TABLE,
    target="account",
    title="Account",
    relationship=f"{PREFIX}_account_client",
    description="The account the client belongs to; filling it in links the client.",
    audited=True,
    because="people decide it",
    follows=True,
)

INVOICE_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_invoiceid",
    table=ACTIVITY_TABLE,
    target="invoice",
    title="Invoice",
    relationship=f"{PREFIX}_invoice_financialactivity",
    description="The invoice that the entry is about.",
)

ENTRY_ACCOUNT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_accountid",
    table=ACTIVITY_TABLE,
    target="account",
    title="Account",
    relationship=f"{PREFIX}_account_financialactivity",
    description="The account that the entry is about.",
    follows=True,
)

INVOICE_CLIENT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_clientid",
    table="invoice",
    target=CLIENT_TABLE,
    title="FreshBooks client",
    relationship=f"{PREFIX}_client_invoice",
    description="The client of FreshBooks that the invoice was made out to.",
)

ENTRY_CLIENT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_clientid",
    table=ACTIVITY_TABLE,
    target=CLIENT_TABLE,
    title="FreshBooks client",
    relationship=f"{PREFIX}_client_financialactivity",
    description="The client of FreshBooks that the entry is about.",
)

WAITING_CLIENT_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_clientid",
    table=WAITING_TABLE,
    target=CLIENT_TABLE,
    title="FreshBooks client",
    relationship=f"{PREFIX}_client_waiting",
    description="The client of FreshBooks whose account the record waits for.",
)

LOOKUPS: Final = (
    ACCOUNT_LOOKUP,
    INVOICE_LOOKUP,
    ENTRY_ACCOUNT_LOOKUP,
    INVOICE_CLIENT_LOOKUP,
    ENTRY_CLIENT_LOOKUP,
    WAITING_CLIENT_LOOKUP,
)

# Only where entries are all there is of an invoice: then a payment's leads to its invoice's.
INVOICE_ENTRY_LOOKUP: Final = Lookup(
    name=f"{PREFIX}_invoiceentryid",
    table=ACTIVITY_TABLE,
    target=ACTIVITY_TABLE,
    title="Entry of the invoice",
    relationship=f"{PREFIX}_invoiceentry_financialactivity",
    description="The entry of the invoice that a payment was made for.",
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
