"""A chart as Dataverse keeps it: what it adds up, and how that is drawn.

Never sends anything. The drawing is a serialised Microsoft Chart control, of which today's apps
take type and colours; it has no schema.
https://learn.microsoft.com/power-apps/developer/model-driven-apps/understand-charts-underlying-data-chart-representation
"""

from typing import Final

from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.view_xml import add_filter
from shared.adapters.dataverse.screens.xml import child, element, text_of
from shared.core.screens.charts import Chart

_CATEGORY: Final = "category"
# From what is not yet due to what is longest overdue; of one measure the first.
_COLOURS: Final = ("37,99,235", "217,160,24", "217,119,6", "194,65,12", "153,27,27")


def data_xml(chart: Chart) -> str:
    """Return what a chart adds up."""
    root = element("datadefinition")
    fetched = child(child(root, "fetchcollection"), "fetch", _fetch(chart))
    table = child(fetched, "entity", {"name": chart.table})
    measures = [(f"sum_{measure.column}", measure) for measure in chart.measures]
    for alias, measure in measures:
        child(table, "attribute", {"name": measure.column, "alias": alias, "aggregate": "sum"})
    group: dict[str, object] = {"name": chart.category, "alias": _CATEGORY, "groupby": True}
    if chart.by_month:
        # A calendar day has no zone to be shifted by.
        group |= {"dategrouping": "month", "usertimezone": False}
    child(table, "attribute", group)
    if chart.top:
        child(table, "order", {"alias": measures[0][0], "descending": True})
    elif not chart.by_month:
        child(table, "order", {"alias": _CATEGORY, "descending": False})
    if chart.filter is not None:
        add_filter(table, chart.filter)
    category = child(child(root, "categorycollection"), "category", {"alias": _CATEGORY})
    for alias, _ in measures:
        measured = child(category, "measurecollection")
        child(measured, "measure", {"alias": alias})
    return text_of(root)


def presentation_xml(chart: Chart, facts: Facts) -> str:
    """Return how a chart is drawn."""
    root = element("Chart", {"Palette": "None", "PaletteCustomColors": "; ".join(_COLOURS)})
    series = child(root, "Series")
    for position, measure in enumerate(chart.measures):
        child(
            series,
            "Series",
            {
                "Name": facts.name(measure.title),
                "LegendText": facts.name(measure.title),
                "ChartType": chart.shape.value,
                "IsValueShownAsLabel": "True",
                "Color": _COLOURS[position % len(_COLOURS)],
                "Font": "{0}, 9.5px",
                "LabelForeColor": "59, 59, 59",
            },
        )
    area = child(child(root, "ChartAreas"), "ChartArea", {"BorderColor": "White"})
    for axis in ("AxisY", "AxisX"):
        made = child(area, axis, {"LabelAutoFitMinFontSize": 8, "LineColor": "165, 172, 181"})
        child(made, "MajorGrid", {"LineColor": "239, 242, 246"})
        child(made, "LabelStyle", {"Font": "{0}, 10.5px", "ForeColor": "59, 59, 59"})
    if len(chart.measures) > 1:
        legend = child(root, "Legends")
        child(legend, "Legend", {"Alignment": "Center", "Docking": "Bottom", "Font": "{0}, 11px"})
    titles = child(root, "Titles")
    child(titles, "Title", {"Alignment": "TopLeft", "DockingOffset": -3, "Font": "{0}, 13px"})
    return text_of(root)


def _fetch(chart: Chart) -> dict[str, object]:
    attributes: dict[str, object] = {"mapping": "logical", "aggregate": True}
    return {**attributes, "count": chart.top} if chart.top else attributes
