"""Everything that is shown in an environment, with the Sales app and without.

Never says how any of it is spelled.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.core import schema
from shared.core.policies import Target
from shared.core.screens import clients, customers, entries, invoices, waiting
from shared.core.screens.app import App, app, dashboard
from shared.core.screens.charts import Chart
from shared.core.screens.columns import shown_column
from shared.core.screens.forms import Field, Form, Item, Tab
from shared.core.screens.tabs import tabs
from shared.core.screens.views import View


@dataclass(frozen=True)
class Catalogue:
    """What is shown.

    Attributes:
        views: of the connector's own making.
        generated: views that came with its tables, rewritten.
        forms: those that others refer to come first.
        charts: of the dashboard.
    """

    views: tuple[View, ...]
    generated: tuple[View, ...]
    forms: tuple[Form, ...]
    charts: tuple[Chart, ...]
    dashboard: Form
    app: App

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables of which something is shown."""
        shown: list[View | Form | Chart] = [*self.views, *self.generated, *self.forms]
        shown += self.charts
        return tuple(dict.fromkeys(each.table for each in shown))


def catalogue(target: Target) -> Catalogue:
    """Return what is shown in environments with this target."""
    sales = target is not Target.ACTIVITY

    def there(each: View | Chart) -> bool:
        return sales or each.table not in schema.SALES_TABLES

    views = (
        *customers.VIEWS,
        *invoices.VIEWS,
        *clients.VIEWS,
        *entries.VIEWS,
        *waiting.VIEWS,
    )
    charts = (*customers.CHARTS, *invoices.CHARTS, *entries.CHARTS)
    return Catalogue(
        views=tuple(filter(there, views)),
        generated=(*clients.GENERATED, *entries.GENERATED, *waiting.GENERATED),
        forms=(
            customers.QUICK,
            entries.QUICK,
            clients.QUICK,
            entries.main(sales=sales),
            entries.CARD,
            waiting.MAIN,
            clients.main(sales=sales),
        ),
        charts=tuple(filter(there, charts)),
        dashboard=dashboard(sales=sales),
        app=app(sales=sales),
    )


@dataclass(frozen=True)
class ShownText:
    """A text that people read; `explains` says that it is no name but a sentence."""

    english: str
    explains: bool = False


def texts() -> Iterator[ShownText]:
    """Yield every English text that people read, in either target; some come more than once."""
    for target in (Target.RECORD, Target.ACTIVITY):
        shown = catalogue(target)
        named: list[View | Chart | Form | App] = [*shown.views, *shown.charts, shown.app]
        # What came with a table keeps the names that the platform gave it.
        named += [form for form in (*shown.forms, shown.dashboard) if not form.generated]
        for each in named:
            yield ShownText(each.title)
            yield ShownText(each.description, explains=True)
        names = [measure.title for chart in shown.charts for measure in chart.measures]
        names += [area.title for area in shown.app.areas]
        for form in (*shown.forms, shown.dashboard):
            names += [name for tab in form.tabs for name in _names(form.table, tab)]
        yield from map(ShownText, filter(None, (*names, shown.app.group, shown.app.records)))
    for table, tab in tabs(sales=True).items():
        yield from map(ShownText, filter(None, _names(table, tab)))


def _names(table: str, tab: Tab) -> Iterator[str]:
    yield tab.title
    for column in tab.columns:
        for section in column.sections:
            yield section.title
            for item in section.items:
                yield item_title(table, item)


def item_title(table: str, item: Item) -> str:
    """Return the English text above an item of a form of `table`."""
    if isinstance(item, Field):
        return item.title or shown_column(table, item.column).title
    return item.title
