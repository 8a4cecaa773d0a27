"""The connector's own small app: a dashboard and five ways into what FreshBooks knows.

Never changes an app of the firm's.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.core import schema
from shared.core.definitions import PREFIX
from shared.core.screens import clients, customers, entries, invoices
from shared.core.screens.charts import Chart
from shared.core.screens.forms import Form, FormKind, Section, SubGrid, Tab, TabColumn
from shared.core.screens.identity import screen_id
from shared.core.screens.views import View


@dataclass(frozen=True)
class Area:
    """A way into an app: a table through one of its views, or a dashboard.

    Attributes:
        name: ours; its id in the site map is made from it.
        title: English.
    """

    name: str
    title: str
    view: View | None = None
    dashboard: Form | None = None


@dataclass(frozen=True)
class App:
    """An app with its site map.

    Attributes:
        unique_name: of the app and, as the platform wants it, of its site map.
        title: English.
        group: what its own ways in are called.
        records: what the tables behind them are called.
        beside: tables that a form of its own lists; only what belongs to an app opens in it.
    """

    unique_name: str
    title: str
    description: str
    group: str
    records: str
    areas: tuple[Area, ...]
    beside: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that belong to it, each once."""
        ways = (way.view.table for way in self.areas if way.view is not None)
        return tuple(dict.fromkeys((*ways, *self.beside)))

    @property
    def id(self) -> UUID:
        """Its id."""
        return screen_id("app", self.unique_name)

    @property
    def site_map(self) -> UUID:
        """The id of its site map."""
        return screen_id("sitemap", self.unique_name)


def dashboard(*, sales: bool) -> Form:
    """Return the dashboard: the charts, and who is overdue.

    Args:
        sales: whether invoices have rows of their own.
    """
    charts: list[tuple[Chart, View]] = [
        (customers.RECEIVABLES, customers.WITH_BALANCE),
        (customers.OVERDUE_BY_ACCOUNT, customers.OVERDUE),
        (entries.RECEIVED, entries.BY_DATE),
    ]
    if sales:
        charts.insert(2, (invoices.INVOICED, invoices.ALL))
    cells = [
        SubGrid(f"fbx_chart{number}", chart.title, view, chart=chart, rows=9)
        for number, (chart, view) in enumerate(charts, start=1)
    ]
    cells.append(SubGrid("fbx_overdue", customers.OVERDUE.title, customers.OVERDUE, rows=9))
    halves = (cells[0::2], cells[1::2])
    return Form(
        "dashboard",
        "",
        FormKind.DASHBOARD,
        "FreshBooks: receivables",
        "What is owed, by age and by account, and what was invoiced and received per month.",
        (
            Tab(
                "fbx_overview",
                "Receivables",
                tuple(
                    TabColumn(
                        50,
                        tuple(
                            Section(f"{cell.name}_section", cell.title, (cell,)) for cell in half
                        ),
                    )
                    for half in halves
                ),
            ),
        ),
    )


def app(*, sales: bool) -> App:
    """Return the app; `sales` says whether invoices have rows of their own."""
    areas = [
        Area("overview", "Receivables", dashboard=dashboard(sales=sales)),
        Area("overdue", "Overdue", view=customers.OVERDUE),
        Area("customers", "Customers", view=customers.WITH_BALANCE),
        Area("quiet", "Gone quiet", view=customers.QUIET),
        Area("payments", "Payments", view=entries.PAYMENTS),
        Area("person", "Need a person", view=clients.NEED_A_PERSON),
    ]
    if sales:
        areas.insert(3, Area("invoices", "Invoices", view=invoices.ALL))
        areas.insert(4, Area("deals", "Deals with overdue invoices", view=invoices.DEALS_OVERDUE))
    return App(
        _APP,
        "FreshBooks for Sales",
        "What customers were invoiced, have paid and owe, from FreshBooks.",
        "FreshBooks",
        "All records",
        tuple(areas),
        beside=(schema.WAITING_TABLE,),
    )


_APP: Final = f"{PREFIX}_FreshBooksForSales"
