"""Everything that is shown, as rows of Dataverse's own tables: how to read, make and change each.

Never sends anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.screens.app_xml import site_map_xml
from shared.adapters.dataverse.screens.chart_xml import data_xml, presentation_xml
from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.form_xml import render_form
from shared.adapters.dataverse.screens.view_xml import fetch_xml, layout_xml
from shared.core import schema
from shared.core.screens.app import App
from shared.core.screens.catalogue import Catalogue
from shared.core.screens.charts import Chart
from shared.core.screens.forms import Form
from shared.core.screens.views import View

_CRM: Final = "Microsoft.Dynamics.CRM"
_UNIFIED: Final = 1  # formpresentation, and the client that an app is for is 4
_UNIFIED_CLIENT: Final = 4
# The icon that Microsoft's samples give to apps; every environment has it.
_APP_ICON: Final = "953b9fac-1e5e-e611-80d6-00155ded156f"


class Sort(IntEnum):
    """Kinds of components, by Microsoft's numbers."""

    VIEW = 26
    CHART = 59
    FORM = 60
    WEB_RESOURCE = 61
    SITE_MAP = 62
    APP = 80


@dataclass(frozen=True)
class _Rows:
    """Where components of a kind are kept.

    Attributes:
        entity_set: of the table.
        key: its primary key column.
        word: what an administrator calls one.
    """

    entity_set: str
    key: str
    word: str


ROWS: Final = {
    Sort.VIEW: _Rows("savedqueries", "savedqueryid", "view"),
    Sort.CHART: _Rows("savedqueryvisualizations", "savedqueryvisualizationid", "chart"),
    Sort.FORM: _Rows("systemforms", "formid", "form"),
    Sort.WEB_RESOURCE: _Rows("webresourceset", "webresourceid", "web resource"),
    Sort.SITE_MAP: _Rows("sitemaps", "sitemapid", "site map"),
    Sort.APP: _Rows("appmodules", "appmoduleid", "app"),
}


@dataclass(frozen=True)
class Generated:
    """How a component that came with its table is recognised.

    Attributes:
        column: `querytype` or `type`.
        value: of it.
    """

    table: str
    column: str
    value: int


@dataclass(frozen=True)
class Component:
    """A component as it should be.

    Attributes:
        title: for an administrator.
        table: whose it is, "" for dashboards, site maps and apps.
        texts: columns that are compared, and changed.
        fixed: columns that are given once.
        repeated: columns that have to be sent with every change.
        labels: texts in further languages, by column.
        generated: None for what the connector makes.
    """

    sort: Sort
    title: str
    id: UUID
    table: str
    texts: Mapping[str, str]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    repeated: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    generated: Generated | None = None

    @property
    def path(self) -> str:
        """The address of its row."""
        return f"{ROWS[self.sort].entity_set}({self.id})"

    def read(self, *, published: bool) -> PureRequest:
        """Return the read of what is compared: as it is seen, or with what nobody published yet."""
        function = "" if published else f"/{_CRM}.RetrieveUnpublished"
        return PureRequest("GET", f"{self.path}{function}?$select={','.join(self.texts)}")

    def creation(self) -> PureRequest:
        """Return the request that makes it, in the connector's solution."""
        rows = ROWS[self.sort]
        body = {rows.key: str(self.id), **self.fixed, **self.repeated, **self.texts}
        return PureRequest("POST", rows.entity_set, _IN_SOLUTION, body)

    def change(self) -> PureRequest:
        """Return the request that brings it up to date, all of its parts together.

        Dataverse refuses a view whose parts come alone (0x80040216).
        """
        return PureRequest("PATCH", self.path, _IN_SOLUTION, {**self.repeated, **self.texts})

    def localize(self, column: str) -> PureRequest:
        """Return the request that gives one of its texts in further languages."""
        rows = ROWS[self.sort]
        labels = [
            {"Label": text, "LanguageCode": language}
            for language, text in self.labels[column].items()
        ]
        moniker = {"@odata.type": f"{_CRM}.{_LOGICAL[self.sort]}", rows.key: str(self.id)}
        body = {"EntityMoniker": moniker, "AttributeName": column, "Labels": labels}
        return PureRequest("POST", "SetLocLabels", {}, body)


_IN_SOLUTION: Final = {"MSCRM.SolutionUniqueName": schema.SOLUTION}
_LOGICAL: Final = {
    Sort.VIEW: "savedquery",
    Sort.CHART: "savedqueryvisualization",
    Sort.FORM: "systemform",
    Sort.APP: "appmodule",
}


def list_components(shown: Catalogue, facts: Facts) -> list[Component]:
    """Return all components, each after those it names."""
    return [
        *(view_component(view, facts) for view in shown.views),
        *(_generated_view(view, facts) for view in shown.generated),
        *(_chart(chart, facts) for chart in shown.charts),
        *(form_component(form, facts) for form in shown.forms),
        form_component(shown.dashboard, facts),
        _app(shown.app, facts),
        _site_map(shown.app, facts),
    ]


def view_component(view: View, facts: Facts) -> Component:
    """Return a view of the connector's own making."""
    return Component(
        Sort.VIEW,
        f"view {view.title} of {view.table}",
        view.id,
        view.table,
        texts={
            **_named(view.title, view.description, facts),
            "fetchxml": fetch_xml(view),
            "layoutxml": layout_xml(view, facts),
        },
        fixed={"querytype": int(view.kind), "isdefault": False},
        repeated={"returnedtypecode": view.table},
        labels=_labels(view.title, view.description, facts),
    )


def _generated_view(view: View, facts: Facts) -> Component:
    """Return a view that came with its table: its name is the platform's."""
    return Component(
        Sort.VIEW,
        f"{view.kind.name.lower().replace('_', ' ')} view of {view.table}",
        view.id,
        view.table,
        texts={"fetchxml": fetch_xml(view), "layoutxml": layout_xml(view, facts)},
        repeated={"returnedtypecode": view.table},
        generated=Generated(view.table, "querytype", int(view.kind)),
    )


def _chart(chart: Chart, facts: Facts) -> Component:
    return Component(
        Sort.CHART,
        f"chart {chart.title}",
        chart.id,
        chart.table,
        texts={
            **_named(chart.title, chart.description, facts),
            "datadescription": data_xml(chart),
            "presentationdescription": presentation_xml(chart, facts),
        },
        fixed={"primaryentitytypecode": chart.table, "isdefault": False},
        labels=_labels(chart.title, chart.description, facts),
    )


def form_component(form: Form, facts: Facts) -> Component:
    """Return a form or a dashboard."""
    text = {"formxml": render_form(form, facts)}
    if form.generated:
        return Component(
            Sort.FORM,
            f"{form.kind.name.lower()} form of {form.table}",
            form.id,
            form.table,
            texts=text,
            generated=Generated(form.table, "type", int(form.kind)),
        )
    word = "form" if form.table else "dashboard"
    return Component(
        Sort.FORM,
        f"{word} {form.title}",
        form.id,
        form.table,
        texts={**_named(form.title, form.description, facts), **text},
        fixed={
            "type": int(form.kind),
            "formpresentation": _UNIFIED,
            **({"objecttypecode": form.table} if form.table else {}),
        },
        labels=_labels(form.title, form.description, facts),
    )


def _app(app: App, facts: Facts) -> Component:
    return Component(
        Sort.APP,
        f"app {app.title}",
        app.id,
        "",
        texts=_named(app.title, app.description, facts),
        fixed={
            "uniquename": app.unique_name,
            "webresourceid": _APP_ICON,
            "clienttype": _UNIFIED_CLIENT,
        },
        labels=_labels(app.title, app.description, facts),
    )


def _site_map(app: App, facts: Facts) -> Component:
    return Component(
        Sort.SITE_MAP,
        f"site map of the app {app.title}",
        app.site_map,
        "",
        texts={"sitemapname": facts.name(app.title), "sitemapxml": site_map_xml(app, facts)},
        # Of an app's name, or it is taken for another app's (0x80050111).
        fixed={"sitemapnameunique": app.unique_name},
    )


def _named(title: str, description: str, facts: Facts) -> Mapping[str, str]:
    return {"name": facts.name(title), "description": facts.name(description)}


def _labels(title: str, description: str, facts: Facts) -> Mapping[str, Mapping[int, str]]:
    """Return a name and a description in all languages, where there is more than one."""
    both = {"name": facts.labels(title), "description": facts.labels(description)}
    return both if len(both["name"]) > 1 else {}


def generated_among(shown: Iterable[Component]) -> Iterator[Generated]:
    """Yield what has to be looked for."""
    for each in shown:
        if each.generated is not None:
            yield each.generated
