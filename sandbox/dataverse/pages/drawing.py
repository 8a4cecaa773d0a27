"""A chart as inline SVG with its figures as text, and once more as a table.

Never needs a script and never says anything by colour alone.
"""

from decimal import Decimal

from markupsafe import Markup

from sandbox.dataverse.pages.charts import Chart
from sandbox.dataverse.pages.markup import NONE, joined, none, plain_table
from sandbox.dataverse.pages.shapes import WIDTH, Box, Scale, box, fill, piece, short, text
from sandbox.dataverse.pages.uprights import Uprights

_ROUND = frozenset({"pie", "doughnut"})
_BAR, _NAME, _VALUE_WIDE = 16, 20, 90
_CENTRE, _RADIUS, _HOLE = (WIDTH / 2, 90.0), 84.0, 0.55


def draw(chart: Chart) -> Markup:
    """Return a chart: the picture, a legend where there are several series, the figures."""
    if not chart.categories:
        return none()
    kinds = {series.kind for series in chart.series}
    if kinds & _ROUND:
        picture, height = _pie(chart, hole="doughnut" in kinds)
    elif kinds == {"bar"}:
        picture, height = _bars(chart)
    else:
        uprights = Uprights(chart)
        picture, height = uprights.draw(), uprights.height
    figures = "; ".join(
        f"{category}: {', '.join(series.texts[number] or '-' for series in chart.series)}"
        for number, category in enumerate(chart.categories)
    )
    return Markup(
        '<figure class="drawn" data-kind="{kind}"><svg viewBox="0 0 {width} {height}" role="img" '
        'aria-label="{title}. {figures}"><title>{title}</title>{picture}</svg>{legend}'
        "<figcaption>{y} by {x}</figcaption>{table}</figure>"
    ).format(
        kind="-".join(sorted(kinds)),
        width=WIDTH,
        height=height,
        title=chart.title,
        figures=figures,
        picture=picture,
        legend=_legend(chart, kinds),
        y=chart.value_title,
        x=chart.category_title,
        table=_table(chart),
    )


def _table(chart: Chart) -> Markup:
    heads = [chart.category_title, *(series.name for series in chart.series)]
    lines = (
        [("category", category), *((s.name, s.texts[number]) for s in chart.series)]
        for number, category in enumerate(chart.categories)
    )
    return Markup('<details class="figures"><summary>Figures</summary>{}</details>').format(
        plain_table(heads, lines)
    )


def _legend(chart: Chart, kinds: set[str]) -> Markup:
    if kinds & _ROUND:
        texts = chart.series[0].texts
        named = [
            (f"{category}: {texts[number]}", chart.palette_at(number))
            for number, category in enumerate(chart.categories)
        ]
    else:
        named = [(series.name, series.colour) for series in chart.series]
    if len(named) < 2 and not kinds & _ROUND:
        return NONE
    return Markup('<ul class="legend">{}</ul>').format(
        joined(
            Markup("<li><i{}></i>{}</li>").format(fill(number, colour, css=True), name)
            for number, (name, colour) in enumerate(named)
        )
    )


def _bars(chart: Chart) -> tuple[Markup, int]:
    """Return bars from left to right under their categories' names, and how high that is."""
    each = _BAR * len(chart.series) + _NAME
    height = len(chart.categories) * each + 28
    values = [value for series in chart.series for value in series.values if value is not None]
    scale = Scale(values, WIDTH - _VALUE_WIDE)
    zero = 4 + scale.at(Decimal(0))
    parts = []
    for number, category in enumerate(chart.categories):
        top = number * each
        parts.append(text(4, top + 13, short(category, 60), anchor="start", kind="category"))
        for place, series in enumerate(chart.series):
            value, y = series.values[number], top + _NAME - 2 + place * _BAR
            if value is None:
                continue
            end = 4 + scale.at(value)
            title = f"{category}, {series.name}: {series.texts[number]}"
            at = Box(min(zero, end), y, abs(end - zero), _BAR - 3)
            parts.append(box(at, fill(place, series.colour), title))
            right = max(end, zero) + 4
            words = series.texts[number]
            parts.append(text(right, y + 10.5, words, anchor="start", kind="value"))
    parts.append(text(4, height - 6, chart.value_title, anchor="start", kind="axis"))
    return joined(parts), height


def _pie(chart: Chart, *, hole: bool) -> tuple[Markup, int]:
    """Return a pie and how high it is; what is not more than nothing has no piece of it."""
    series = chart.series[0]
    values = [max(value or Decimal(0), Decimal(0)) for value in series.values]
    total = sum(values, Decimal(0))
    if not total:
        return text(_CENTRE[0], 60, "Nothing above 0", kind="category"), 110
    parts, before = [], Decimal(0)
    for number, value in enumerate(values):
        ends = (float(before / total), float((before + value) / total))
        title = f"{chart.categories[number]}: {series.texts[number]}"
        parts.append(piece(_CENTRE, _RADIUS, ends, fill(number, chart.palette_at(number)), title))
        before += value
    if hole:
        circle = Markup('<circle cx="{}" cy="{}" r="{}" class="hole"/>')
        parts.append(circle.format(*_CENTRE, _RADIUS * _HOLE))
    return joined(parts), 180
