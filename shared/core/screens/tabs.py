"""The one tab that the connector adds to forms of the firm's own, when it is asked to.

Never names a form; it is the same on every main form of a table.
"""

from collections.abc import Mapping
from typing import Final

from shared.core import schema
from shared.core.screens import clients, customers, entries, invoices
from shared.core.screens.forms import Field, QuickView, Section, SubGrid, Tab, TabColumn

# How the tab is found again on a form, in this and in every later release.
NAME: Final = "fbx_freshbooks"
_TITLE: Final = "FreshBooks"

_BALANCES: Final = QuickView("fbx_balances_of", "Balances", "customerid", customers.QUICK)


def _lists(*grids: SubGrid) -> TabColumn:
    return TabColumn(
        66, tuple(Section(f"{grid.name}_section", grid.title, (grid,)) for grid in grids)
    )


def account_tab(*, sales: bool) -> Tab:
    """Return the tab for accounts: balances, open invoices, everything by date.

    Args:
        sales: whether invoices have rows of their own.
    """
    open_invoices = SubGrid(
        "fbx_open_invoices",
        "Open invoices",
        invoices.OPEN,
        relationship="invoice_customer_accounts",
    )
    by_date = SubGrid(
        "fbx_entries",
        "Invoices, payments and credits by date",
        entries.BY_DATE,
        relationship=schema.ENTRY_ACCOUNT_LOOKUP.relationship,
        rows=10,
    )
    linked = SubGrid(
        "fbx_clients",
        "FreshBooks clients",
        clients.ALL,
        relationship=schema.ACCOUNT_LOOKUP.relationship,
    )
    lists = (open_invoices, by_date, linked) if sales else (by_date, linked)
    # An account leads to itself by no lookup, so its balances stand here as fields.
    mine = TabColumn(34, (customers.BALANCES, customers.AGES))
    return Tab(NAME, _TITLE, (mine, _lists(*lists)))


def opportunity_tab() -> Tab:
    """Return the tab for opportunities: their invoices, and how their customer stands."""
    sums = Section(
        "fbx_sums",
        "Of this opportunity",
        (
            Field("fbx_invoiced"),
            Field("fbx_paid"),
            Field("fbx_outstanding"),
            Field("fbx_overdue"),
            Field("fbx_financialhealth"),
        ),
    )
    customer = Section("fbx_customer", "Of its customer", (_BALANCES,))
    invoiced = SubGrid(
        "fbx_invoices", "Invoices", invoices.ALL, relationship="opportunity_invoices"
    )
    by_date = SubGrid(
        "fbx_entries", "Payments and other entries", entries.BY_DATE, regarding=True, rows=10
    )
    return Tab(NAME, _TITLE, (TabColumn(34, (sums, customer)), _lists(invoiced, by_date)))


def invoice_tab() -> Tab:
    """Return the tab for invoices: FreshBooks' own figures, payments, the customer's balances."""
    figures = Section(
        "fbx_figures",
        "In FreshBooks",
        (
            Field("fbx_number"),
            Field("fbx_status"),
            Field("fbx_total"),
            Field("fbx_paid"),
            Field("fbx_outstanding"),
            Field("fbx_invoicedate"),
            Field("fbx_paidon"),
            Field("fbx_overduesince"),
            Field("fbx_ponumber"),
            Field("fbx_url"),
            Field("fbx_complete"),
            Field("fbx_syncedon"),
        ),
    )
    customer = Section("fbx_customer", "Of its customer", (_BALANCES,))
    by_date = SubGrid(
        "fbx_entries",
        "Payments and other entries",
        entries.BY_DATE,
        relationship=schema.INVOICE_LOOKUP.relationship,
        rows=10,
    )
    return Tab(NAME, _TITLE, (TabColumn(34, (figures, customer)), _lists(by_date)))


def tabs(*, sales: bool) -> Mapping[str, Tab]:
    """Return the tab of every table whose forms may have it, by table."""
    found = {"account": account_tab(sales=sales)}
    if sales:
        found |= {"opportunity": opportunity_tab(), "invoice": invoice_tab()}
    return found
