"""A chart's figures: its aggregate run over a view's rows, by categories and series.

Never draws anything.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from sandbox.dataverse import errors, fetch
from sandbox.dataverse.customizing import markup
from sandbox.dataverse.fetch.groups import Figure, Grouped, Member
from sandbox.dataverse.fetch.parsing import read as read_fetch
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

KINDS = {
    "Column": "column",
    "Bar": "bar",
    "Line": "line",
    "Spline": "line",
    "Area": "line",
    "Pie": "pie",
    "Doughnut": "doughnut",
    "StackedColumn": "stacked",
    "StackedColumn100": "stacked",
    "StackedBar": "bar",
    "Funnel": "bar",
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PREFIXES = {"quarter": "Q", "week": "Week "}
_NOTHING = "(blank)"
_DECIMAL_COLOUR = re.compile(r"\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*")
_HEX_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_FUNCTIONS = {
    "sum": "Sum",
    "avg": "Avg",
    "min": "Min",
    "max": "Max",
    "countcolumn": "CountColumn",
}


@dataclass(frozen=True)
class Series:
    """One row of bars, one line, the pieces of a pie.

    Attributes:
        name: what it is.
        kind: column, bar, line, pie, doughnut or stacked.
        values: one for each category; None where there is none.
        texts: the same as people read them.
        colour: `#rrggbb`, empty for the palette's.
    """

    name: str
    kind: str
    values: tuple[Decimal | None, ...]
    texts: tuple[str, ...]
    colour: str = ""


@dataclass(frozen=True)
class Chart:
    """All a chart says."""

    title: str
    category_title: str
    value_title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    palette: tuple[str, ...] = ()

    def palette_at(self, number: int) -> str:
        """Return the colour of a piece of a pie, empty for the usual one."""
        return _named(self.palette, number)


@dataclass(frozen=True)
class _Described:
    """A chart's data description: the aliases that make it."""

    query: fetch.Fetch
    categories: tuple[str, ...]
    measures: tuple[str, ...]


def read(visit: Visit, chart: Row, among: Collection[str] | None) -> Chart:
    """Return what a chart says about some rows.

    Args:
        visit: who looks.
        chart: the chart.
        among: ids of the only rows it is about; None for all of its table.

    Raises:
        DataverseError: 400, a text of it is wrong or its query is refused; 501, its kind is not
            simulated.
    """
    described = _described(chart)
    if described.query.entity.table != chart.get("primaryentitytypecode"):
        raise errors.request("The chart's query is about another table than the chart.")
    found = fetch.grouped(visit.env, described.query, among=among)
    drawn = _presented(chart)
    for alias in (*described.categories, *described.measures):
        if alias not in found.members:
            raise errors.request(f"The chart's query has no alias '{alias}'.")
    first = described.categories[0]
    if len(described.categories) > 1:
        categories, series = _compared(found, described, drawn)
    else:
        categories, series = _single(found, described, drawn)
    return Chart(
        str(chart["name"]),
        drawn.x_title or _member_title(found.members[first]),
        drawn.y_title or _member_title(found.members[described.measures[0]]),
        categories,
        series,
        drawn.palette,
    )


def _described(chart: Row) -> _Described:
    root = markup.parse(str(chart.get("datadescription") or ""), "data description")
    queries = root.findall("fetchcollection/fetch")
    categories = root.findall("categorycollection/category")
    if root.tag != "datadefinition" or len(queries) != 1 or not categories:
        raise errors.request("Invalid data description: it has one query and a category.")
    query = read_fetch(queries[0])
    if not query.aggregate:
        raise errors.unsupported("charts of single rows")
    groups = [each.alias for each in query.entity.asked if each.group]
    # A category without an alias is what the query groups by.
    names = [
        each.get("alias") or (groups[number] if number < len(groups) else "")
        for number, each in enumerate(categories)
    ]
    measures = [
        measure.get("alias", "")
        for each in categories
        for measure in each.findall("measurecollection/measure")
    ]
    if not all(names) or not measures:
        raise errors.request("Invalid data description: a category or a measure has no alias.")
    return _Described(query, tuple(names), tuple(dict.fromkeys(measures)))


@dataclass(frozen=True)
class _Presented:
    """What a presentation description says, as far as it is honoured."""

    kinds: tuple[str, ...]
    colours: tuple[str, ...]
    palette: tuple[str, ...]
    names: tuple[str, ...]
    x_title: str
    y_title: str


def _presented(chart: Row) -> _Presented:
    root = markup.parse(str(chart.get("presentationdescription") or ""), "presentation description")
    series = root.findall("Series/Series")
    if root.tag != "Chart" or not series:
        raise errors.request("Invalid presentation description: a Chart has Series.")
    kinds = []
    for each in series:
        kind = each.get("ChartType", "Column")
        if kind not in KINDS:
            raise errors.unsupported(f"charts of type '{kind}'")
        kinds.append(KINDS[kind])
    colours = [_colour(each.get("Color", "")) for each in series]
    palette = [_colour(piece) for piece in root.get("PaletteCustomColors", "").split(";")]
    return _Presented(
        tuple(kinds),
        tuple(own or _named(tuple(palette), number) for number, own in enumerate(colours)),
        tuple(palette),
        tuple(each.get("LegendText") or each.get("Name") or "" for each in series),
        _axis(root, "AxisX"),
        _axis(root, "AxisY"),
    )


def _axis(root: Element, name: str) -> str:
    axis = root.find(f"ChartAreas/ChartArea/{name}")
    return "" if axis is None else axis.get("Title", "")


def _colour(text: str) -> str:
    """Return a colour as a page spells it, whether it is written as #rrggbb or as r, g, b."""
    text = text.strip()
    if _HEX_COLOUR.fullmatch(text):
        return text
    found = _DECIMAL_COLOUR.fullmatch(text)
    parts = [int(part) for part in found.groups()] if found else []
    return "#{:02x}{:02x}{:02x}".format(*parts) if parts and max(parts) < 256 else ""


def _single(
    found: Grouped, described: _Described, drawn: _Presented
) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    first = described.categories[0]
    categories = tuple(_category(found, group, first) for group in found.groups)
    series = []
    for number, alias in enumerate(described.measures):
        figures = [group[alias] for group in found.groups]
        series.append(
            Series(
                _named(drawn.names, number) or _member_title(found.members[alias]),
                drawn.kinds[min(number, len(drawn.kinds) - 1)],
                tuple(_number(figure) for figure in figures),
                tuple(figure.text for figure in figures),
                _named(drawn.colours, number),
            )
        )
    return categories, tuple(series)


def _compared(
    found: Grouped, described: _Described, drawn: _Presented
) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    """Return a series for each value of the second category."""
    first, second = described.categories[:2]
    measure = described.measures[0]
    table: dict[str, dict[str, Figure]] = {}
    names: dict[str, None] = {}
    for group in found.groups:
        name = _category(found, group, second)
        names[name] = None
        table.setdefault(_category(found, group, first), {})[name] = group[measure]
    kind = drawn.kinds[0]
    series = tuple(
        Series(
            name,
            kind,
            tuple(_number(by.get(name, Figure())) for by in table.values()),
            tuple(by.get(name, Figure()).text for by in table.values()),
            _named(drawn.colours, number),
        )
        for number, name in enumerate(names)
    )
    return tuple(table), series


def _named(given: tuple[str, ...], number: int) -> str:
    return given[number] if number < len(given) else ""


def _number(figure: Figure) -> Decimal | None:
    return Decimal(figure.value) if isinstance(figure.value, (int, Decimal)) else None


def _category(found: Grouped, group: dict[str, Figure], alias: str) -> str:
    """Return what a category is called; a month bears its year where that is grouped by too."""
    figure, member = group[alias], found.members[alias]
    if figure.value is None:
        return _NOTHING
    part = member.asked.part
    if part not in {"month", "quarter", "week", "day"}:
        return figure.text or _NOTHING
    year = _part_of(found, group, member, "year")
    month = _part_of(found, group, member, "month") if part == "day" else None
    text = _spelled(part, figure.value)
    if month is not None:
        text = f"{_MONTHS[month - 1]} {text}"
    return f"{text} {year}" if year is not None else text


def _spelled(part: str, value: Any) -> str:
    if part == "month":
        return _MONTHS[int(value) - 1]
    return f"{_PREFIXES.get(part, '')}{value}"


def _part_of(found: Grouped, group: dict[str, Figure], member: Member, part: str) -> Any:
    for alias, other in found.members.items():
        same = other.column is member.column and other.place == member.place
        if same and other.asked.part == part:
            return group[alias].value
    return None


def _member_title(member: Member) -> str:
    label = member.column.label
    if member.asked.aggregate == "count":
        return "Count"
    if member.asked.aggregate:
        return f"{_FUNCTIONS[member.asked.aggregate]} ({label})"
    return f"{label} ({member.asked.part.capitalize()})" if member.asked.part else label
