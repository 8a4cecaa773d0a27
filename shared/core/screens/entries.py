"""What Sales sees of entries, the connector's activities: views, forms and a chart.

Never says what an entry holds; its rows are the connector's, so nobody makes one by hand.
"""

from typing import Final

from shared.core import schema
from shared.core.options import EntryKind, Status
from shared.core.screens.charts import Chart, Measure
from shared.core.screens.forms import Field, Form, FormKind, Section, Tab, TabColumn
from shared.core.screens.views import Cell, Order, View, ViewKind, all_of, where

_ENTRY: Final = schema.ACTIVITY_TABLE
_CANCELED: Final = 2
_ALIVE: Final = (
    where("statecode", "ne", _CANCELED),
    where("fbx_status", "not-in", int(Status.DELETED), int(Status.REPLACED)),
)
_NEWEST: Final = (Order("fbx_date", descending=True),)

# What is asked most stands first: lists on forms are narrow.
_CELLS: Final = (
    Cell("subject", 250),
    Cell("fbx_date", 110),
    Cell("fbx_amount", 110),
    Cell("fbx_status", 110),
    Cell("fbx_method", 110),
    Cell("fbx_outstanding", 110),
    Cell("fbx_kind", 90),
)

BY_DATE: Final = View(
    "entry.bydate",
    _ENTRY,
    "FreshBooks: by date",
    "Invoices, payments, credits and expenses of FreshBooks, the newest first.",
    (*_CELLS, Cell("fbx_accountid", 180)),
    all_of(*_ALIVE),
    _NEWEST,
)

PAYMENTS: Final = View(
    "entry.payments",
    _ENTRY,
    "Payments this month",
    "Payments of FreshBooks that are dated this month, the newest first.",
    (
        Cell("fbx_date", 100),
        Cell("fbx_accountid", 200),
        Cell("fbx_amount", 110),
        Cell("fbx_method", 120),
        Cell("fbx_reference", 120),
        Cell("subject", 280),
    ),
    all_of(
        where("fbx_kind", "eq", int(EntryKind.PAYMENT)),
        where("fbx_date", "this-month"),
        *_ALIVE,
    ),
    _NEWEST,
)

EXPENSES: Final = View(
    "entry.expenses",
    _ENTRY,
    "Expenses this quarter",
    "Expenses of FreshBooks that are dated in this fiscal period, the newest first.",
    (
        Cell("fbx_date", 100),
        Cell("fbx_accountid", 200),
        Cell("fbx_amount", 110),
        Cell("fbx_tax", 100),
        Cell("fbx_method", 140),
        Cell("fbx_reference", 140),
        Cell("fbx_billing", 120),
        Cell("subject", 240),
    ),
    all_of(
        where("fbx_kind", "eq", int(EntryKind.EXPENSE)),
        where("fbx_date", "this-fiscal-period"),
        *_ALIVE,
    ),
    _NEWEST,
)

# Those that came with the table, rewritten: they show a subject only.
DEFAULT: Final = View(
    "entry.default",
    _ENTRY,
    "All financial activities",
    "Every entry that the connector wrote, the newest first.",
    (*_CELLS, Cell("fbx_accountid", 180), Cell("regardingobjectid", 180)),
    None,
    _NEWEST,
    kind=ViewKind.PUBLIC,
)
ASSOCIATED: Final = View(
    "entry.associated",
    _ENTRY,
    "Financial activities",
    "The entries of a row.",
    (*_CELLS, Cell("fbx_reference", 120)),
    all_of(*_ALIVE),
    _NEWEST,
    kind=ViewKind.ASSOCIATED,
)
FOUND: Final = View(
    "entry.find",
    _ENTRY,
    "Find financial activities",
    "What a quick find shows, and where it looks.",
    (*_CELLS, Cell("fbx_reference", 120)),
    None,
    _NEWEST,
    kind=ViewKind.QUICK_FIND,
    find=("subject", "fbx_reference", "fbx_ponumber"),
)
LOOKUP: Final = View(
    "entry.lookup",
    _ENTRY,
    "Look up financial activities",
    "What a lookup of an entry shows.",
    (Cell("subject", 280), Cell("fbx_date", 100), Cell("fbx_amount", 110)),
    None,
    _NEWEST,
    kind=ViewKind.LOOKUP,
)

_FACTS: Final = Section(
    "fbx_facts",
    "In FreshBooks",
    (
        Field("fbx_kind"),
        Field("fbx_status"),
        Field("fbx_amount"),
        Field("fbx_outstanding"),
        Field("fbx_date"),
        Field("fbx_duedate"),
        Field("fbx_method"),
        Field("fbx_reference"),
        Field("fbx_ponumber"),
        Field("fbx_received"),
        Field("fbx_returned"),
        Field("fbx_tax"),
        Field("fbx_billing"),
        Field("fbx_receipt"),
    ),
    across=2,
)


def main(*, sales: bool) -> Form:
    """Return the main form; `sales` says whether invoices have rows of their own."""
    invoice = "fbx_invoiceid" if sales else "fbx_invoiceentryid"
    place = Section(
        "fbx_place",
        "Where it belongs",
        (
            Field("fbx_accountid"),
            Field(invoice),
            Field("regardingobjectid"),
            Field("fbx_clientid"),
            Field("ownerid", open=True),
            Field("fbx_url"),
            Field("fbx_syncedon"),
        ),
    )
    # People write into the description; the connector never blanks it.
    written = Section("fbx_text", "", (Field("description", open=True),))
    subject = Section("fbx_title", "", (Field("subject"),))
    return Form(
        "entry.main",
        _ENTRY,
        FormKind.MAIN,
        "Information",
        "An invoice, payment, credit or expense of FreshBooks.",
        (
            Tab(
                "fbx_general",
                "General",
                (TabColumn(60, (subject, _FACTS, written)), TabColumn(40, (place,))),
            ),
        ),
        generated=True,
    )


CARD: Final = Form(
    "entry.card",
    _ENTRY,
    FormKind.CARD,
    "Information",
    "An entry as a card.",
    (
        # The platform knows these four sections by their names. On timelines the first two of the
        # header and the first three of the details are shown.
        Tab(
            "general",
            "",
            (
                TabColumn(25, (Section("ColorStrip", "", ()),)),
                TabColumn(
                    75,
                    (
                        Section(
                            "CardHeader",
                            "",
                            (Field("subject"), Field("fbx_amount"), Field("fbx_status")),
                            across=3,
                        ),
                        Section(
                            "CardDetails",
                            "",
                            (
                                Field("fbx_kind"),
                                Field("fbx_date"),
                                Field("fbx_outstanding"),
                                Field("fbx_reference"),
                            ),
                        ),
                        Section("CardFooter", "", (Field("ownerid"),)),
                    ),
                ),
            ),
            show_title=False,
        ),
    ),
    generated=True,
)

QUICK: Final = Form(
    "entry.quick",
    _ENTRY,
    FormKind.QUICK_VIEW,
    "FreshBooks: entry",
    "An entry where something refers to it.",
    (
        Tab(
            "fbx_quick",
            "FreshBooks",
            (
                TabColumn(
                    100,
                    (
                        Section(
                            "fbx_summary",
                            "",
                            (
                                Field("subject"),
                                Field("fbx_kind"),
                                Field("fbx_amount"),
                                Field("fbx_outstanding"),
                                Field("fbx_date"),
                                Field("fbx_status"),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
)

RECEIVED: Final = Chart(
    "entry.received",
    _ENTRY,
    "FreshBooks: received per month",
    "Payments of this year, in base currency.",
    category="fbx_date",
    measures=(Measure("fbx_amount_base", "Received"),),
    by_month=True,
    filter=all_of(
        where("fbx_kind", "eq", int(EntryKind.PAYMENT)),
        where("fbx_date", "this-year"),
        *_ALIVE,
    ),
)

VIEWS: Final = (BY_DATE, PAYMENTS, EXPENSES)
GENERATED: Final = (DEFAULT, ASSOCIATED, FOUND, LOOKUP)
CHARTS: Final = (RECEIVED,)
