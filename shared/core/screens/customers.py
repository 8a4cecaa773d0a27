"""What Sales sees of what accounts owe: views, a quick view and charts of accounts.

Never the default view of accounts: that one is the firm's.
"""

from typing import Final

from shared.core.options import Health
from shared.core.screens.charts import Chart, ChartShape, Measure
from shared.core.screens.forms import Field, Form, FormKind, Section, Tab, TabColumn
from shared.core.screens.views import Cell, Order, View, all_of, any_of, where

_ACCOUNT: Final = "account"
_ACTIVE: Final = where("statecode", "eq", 0)
QUIET_DAYS: Final = 90

OVERDUE: Final = View(
    "account.overdue",
    _ACCOUNT,
    "FreshBooks: overdue",
    "Active accounts that owe something that is overdue, the largest amounts first.",
    (
        Cell("name", 220),
        Cell("fbx_overdue", 110),
        Cell("fbx_overdue30", 110),
        Cell("fbx_overdue60", 110),
        Cell("fbx_overdue90", 110),
        Cell("fbx_overdueolder", 110),
        Cell("fbx_outstanding", 110),
        Cell("fbx_lastpaymenton", 110),
        Cell("ownerid", 140),
    ),
    # What is overdue in other currencies only shows in the health.
    all_of(
        _ACTIVE,
        any_of(
            where("fbx_overdue", "gt", 0),
            where("fbx_financialhealth", "eq", int(Health.OVERDUE)),
        ),
    ),
    (Order("fbx_overdue", descending=True),),
)

WITH_BALANCE: Final = View(
    "account.balance",
    _ACCOUNT,
    "FreshBooks: with a balance",
    "Active accounts with something open or overdue, or with a credit.",
    (
        Cell("name", 220),
        Cell("fbx_financialhealth", 130),
        Cell("fbx_outstanding", 110),
        Cell("fbx_overdue", 110),
        Cell("fbx_credit", 100),
        Cell("fbx_nextdueon", 110),
        Cell("fbx_balances", 260),
        Cell("ownerid", 140),
    ),
    all_of(
        _ACTIVE,
        any_of(
            where("fbx_outstanding", "ne", 0),
            where("fbx_overdue", "ne", 0),
            where("fbx_credit", "ne", 0),
            where("fbx_converted", "ne", 0),
        ),
    ),
    (Order("fbx_outstanding", descending=True),),
)

QUIET: Final = View(
    "account.quiet",
    _ACCOUNT,
    "FreshBooks: no activity for 90 days",
    "Active accounts that had an invoice or a payment once, but none for 90 days.",
    (
        Cell("name", 220),
        Cell("fbx_lastinvoiceon", 120),
        Cell("fbx_lastpaymenton", 120),
        Cell("fbx_financialhealth", 130),
        Cell("fbx_outstanding", 110),
        Cell("telephone1", 130),
        Cell("ownerid", 140),
    ),
    all_of(
        _ACTIVE,
        any_of(where("fbx_lastinvoiceon", "not-null"), where("fbx_lastpaymenton", "not-null")),
        any_of(
            where("fbx_lastinvoiceon", "null"),
            where("fbx_lastinvoiceon", "olderthan-x-days", QUIET_DAYS),
        ),
        any_of(
            where("fbx_lastpaymenton", "null"),
            where("fbx_lastpaymenton", "olderthan-x-days", QUIET_DAYS),
        ),
    ),
    (Order("fbx_lastinvoiceon"),),
)

BALANCES: Final = Section(
    "fbx_balances",
    "Balances",
    (
        Field("fbx_financialhealth"),
        Field("fbx_outstanding"),
        Field("fbx_overdue"),
        Field("fbx_credit"),
        Field("fbx_nextdueon"),
        Field("fbx_lastinvoiceon"),
        Field("fbx_lastpaymenton"),
        Field("fbx_balances"),
    ),
)
AGES: Final = Section(
    "fbx_ages",
    "By age",
    (
        Field("fbx_current"),
        Field("fbx_overdue30"),
        Field("fbx_overdue60"),
        Field("fbx_overdue90"),
        Field("fbx_overdueolder"),
    ),
)

QUICK: Final = Form(
    "account.quick",
    _ACCOUNT,
    FormKind.QUICK_VIEW,
    "FreshBooks: balances",
    "What an account owes in FreshBooks, by age, and when it was billed and paid last.",
    (Tab("fbx_quick", "FreshBooks", (TabColumn(100, (BALANCES, AGES)),)),),
)

OVERDUE_BY_ACCOUNT: Final = Chart(
    "account.overdue",
    _ACCOUNT,
    "FreshBooks: overdue by account",
    "The ten accounts with the largest overdue amounts, in base currency.",
    category="name",
    measures=(Measure("fbx_overdue_base", "Overdue"),),
    shape=ChartShape.BARS,
    top=10,
    filter=all_of(where("fbx_overdue", "gt", 0)),
)

RECEIVABLES: Final = Chart(
    "account.receivables",
    _ACCOUNT,
    "FreshBooks: receivables by age",
    "What active accounts owe by how long it has been due, in base currency.",
    category="statecode",  # all of them in one group: the ages stand side by side
    measures=(
        Measure("fbx_current_base", "Not yet due"),
        Measure("fbx_overdue30_base", "Overdue 1-30 days"),
        Measure("fbx_overdue60_base", "Overdue 31-60 days"),
        Measure("fbx_overdue90_base", "Overdue 61-90 days"),
        Measure("fbx_overdueolder_base", "Overdue over 90 days"),
    ),
    filter=all_of(_ACTIVE),
)

VIEWS: Final = (OVERDUE, WITH_BALANCE, QUIET)
CHARTS: Final = (RECEIVABLES, OVERDUE_BY_ACCOUNT)
