"""What Sales sees of invoices and of deals with invoices: views, a quick view and charts.

Never the default views of these tables: those are the firm's.
"""

from typing import Final

from shared.core.options import Status
from shared.core.screens.charts import Chart, Measure
from shared.core.screens.views import Cell, Filter, Order, View, all_of, any_of, where

_INVOICE: Final = "invoice"
_OPPORTUNITY: Final = "opportunity"
# An invoice that Sales has from FreshBooks, and one that Sales closed for good.
_OURS: Final = where("fbx_sourcekey", "not-null")
_CANCELED: Final = 3
_NOT_OWED: Final = (int(Status.DRAFT), int(Status.DELETED), int(Status.REPLACED))
_OPEN: Final = (
    _OURS,
    where("statecode", "ne", _CANCELED),
    where("fbx_outstanding", "gt", 0),
    where("fbx_status", "not-in", *_NOT_OWED),
)
# FreshBooks says so, or the day has passed: every day before today, however "older than a day" is
# counted.
_PAST_DUE: Final = any_of(
    where("fbx_status", "eq", int(Status.OVERDUE)),
    where("duedate", "yesterday"),
    where("duedate", "olderthan-x-days", 1),
)

# What is asked most stands first: lists on forms are narrow.
_NAME: Final = Cell("name", 220)
_STATUS: Final = Cell("fbx_status", 110)
_DUE: Final = Cell("duedate", 110)
_OUTSTANDING: Final = Cell("fbx_outstanding", 110)
_TOTAL: Final = Cell("fbx_total", 110)
_CUSTOMER: Final = Cell("customerid", 180)
_NUMBER: Final = Cell("fbx_number", 100)
_DATED: Final = Cell("fbx_invoicedate", 110)
_DEAL: Final = Cell("opportunityid", 160)

OPEN: Final = View(
    "invoice.open",
    _INVOICE,
    "FreshBooks: open",
    "Invoices of FreshBooks that are not paid in full, the next due first.",
    (
        _NAME,
        _STATUS,
        _DUE,
        _OUTSTANDING,
        _TOTAL,
        Cell("fbx_paid", 110),
        _DATED,
        _CUSTOMER,
        _DEAL,
        _NUMBER,
    ),
    all_of(*_OPEN),
    (Order("duedate"),),
)

OVERDUE: Final = View(
    "invoice.overdue",
    _INVOICE,
    "FreshBooks: overdue",
    "Invoices of FreshBooks whose due date has passed, the longest overdue first.",
    (
        _NAME,
        _DUE,
        Cell("fbx_overduesince", 110),
        _OUTSTANDING,
        _TOTAL,
        Cell("fbx_paid", 110),
        _CUSTOMER,
        _DEAL,
        Cell("ownerid", 140),
        _NUMBER,
    ),
    all_of(*_OPEN, _PAST_DUE),
    (Order("duedate"),),
)

PAID_THIS_MONTH: Final = View(
    "invoice.paid",
    _INVOICE,
    "FreshBooks: paid this month",
    "Invoices of FreshBooks that were paid in full this month, the newest first.",
    (
        _NAME,
        Cell("fbx_paidon", 110),
        _TOTAL,
        _DATED,
        _CUSTOMER,
        _DEAL,
        Cell("ownerid", 140),
        _NUMBER,
    ),
    all_of(_OURS, where("fbx_paidon", "this-month")),
    (Order("fbx_paidon", descending=True),),
)

NOT_COMPLETE: Final = View(
    "invoice.incomplete",
    _INVOICE,
    "FreshBooks: not complete",
    "Invoices of FreshBooks of which lines are still missing; they follow by themselves.",
    (
        _NAME,
        _STATUS,
        _TOTAL,
        Cell("fbx_syncedon", 140),
        _CUSTOMER,
        _NUMBER,
    ),
    all_of(_OURS, where("fbx_complete", "eq", 0), where("statecode", "ne", _CANCELED)),
    (Order("fbx_syncedon"),),
)

ALL: Final = View(
    "invoice.all",
    _INVOICE,
    "FreshBooks: all invoices",
    "Every invoice of FreshBooks that is not deleted there, the newest first.",
    (
        _NAME,
        _STATUS,
        Cell("fbx_paidon", 110),
        _DUE,
        _TOTAL,
        _OUTSTANDING,
        _DATED,
        _CUSTOMER,
        _DEAL,
        _NUMBER,
    ),
    all_of(_OURS, where("fbx_status", "not-in", int(Status.DELETED), int(Status.REPLACED))),
    (Order("fbx_invoicedate", descending=True),),
)

DEALS_OVERDUE: Final = View(
    "opportunity.overdue",
    _OPPORTUNITY,
    "FreshBooks: deals with overdue invoices",
    "Opportunities on which an invoice is overdue, the largest amounts first.",
    (
        Cell("name", 220),
        Cell("customerid", 180),
        Cell("fbx_overdue", 110),
        Cell("fbx_outstanding", 110),
        Cell("fbx_invoiced", 110),
        Cell("fbx_paid", 110),
        Cell("fbx_financialhealth", 130),
        Cell("estimatedvalue", 110),
        Cell("ownerid", 140),
    ),
    all_of(where("fbx_overdue", "gt", 0)),
    (Order("fbx_overdue", descending=True),),
)

# Drafts ask for nothing, and what is deleted or replaced was counted elsewhere or never.
_BILLED: Final[Filter] = all_of(
    _OURS,
    where("fbx_invoicedate", "this-year"),
    where("fbx_status", "not-in", *_NOT_OWED),
)

INVOICED: Final = Chart(
    "invoice.invoiced",
    _INVOICE,
    "FreshBooks: invoiced per month",
    "What was invoiced this year, in base currency.",
    category="fbx_invoicedate",
    measures=(Measure("fbx_total_base", "Invoiced"),),
    by_month=True,
    filter=_BILLED,
)

VIEWS: Final = (OPEN, OVERDUE, PAID_THIS_MONTH, NOT_COMPLETE, ALL, DEALS_OVERDUE)
CHARTS: Final = (INVOICED,)
