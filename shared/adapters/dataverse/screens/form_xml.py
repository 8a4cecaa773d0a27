"""Forms and dashboards as Dataverse keeps them (FormXML).

Never sends anything, and never reads a form of somebody else's. The class ids are those of the
platform's own table of controls; lists found elsewhere name others for amounts and decimals.
https://learn.microsoft.com/power-apps/developer/model-driven-apps/form-xml-schema
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.xml import add_labels, braced, child, element, text_of
from shared.core.screens.catalogue import item_title
from shared.core.screens.columns import Shown, shown_column
from shared.core.screens.forms import (
    Field,
    Form,
    FormKind,
    Item,
    QuickView,
    Section,
    SubGrid,
    Tab,
)
from shared.core.screens.identity import screen_id

CLASSES: Final = {
    Shown.TEXT: "4273EDBD-AC1D-40D3-9FB2-095C621B552D",
    Shown.LONG_TEXT: "E0DECE4B-6FC8-4A8F-A065-082708572369",
    Shown.ADDRESS: "71716B6C-711E-476C-8AB8-5D11542BFB47",
    Shown.MONEY: "533B9E00-756B-4312-95A0-DC888637AC78",
    Shown.DATE: "5B773807-9FB2-42DB-97C3-7A91EFF8ADFF",
    Shown.CHOICE: "3EF39988-22BB-4F0B-BBBE-64B5A3748AEE",
    Shown.STATUS_REASON: "5D68B988-0661-4DB2-BC3E-17598AD3BE6C",
    Shown.YES_NO: "67FAC785-CD58-4F9F-ABB3-4B7DDC6ED5ED",
    Shown.LOOKUP: "270BD3DB-D9AF-4782-9025-509E298DEC0A",
    Shown.REGARDING: "F3015350-44A2-4AA0-97B5-00166532B5E9",
}
SUB_GRID: Final = "E7A81278-8635-4D9E-8D4D-59480B391C5B"
QUICK_VIEW: Final = "5C5600E0-1D6E-4205-A272-BE80DA87FD42"
_TEXT_LINES: Final = 4  # of the form that a text of several lines takes


def render_form(form: Form, facts: Facts) -> str:
    """Return a form or a dashboard as a whole."""
    root = element("form")
    tabs = child(root, "tabs")
    for tab in form.tabs:
        tabs.append(_Renderer(form.table, form.name, form.kind, facts).tab(tab))
    return text_of(root)


def render_tab(table: str, tab: Tab, facts: Facts) -> str:
    """Return one tab for a main form of `table` that is somebody else's."""
    return text_of(_Renderer(table, f"tab.{table}", FormKind.MAIN, facts).tab(tab))


class _Renderer:
    """Makes the elements of one form; their ids follow from the form's name and theirs."""

    def __init__(self, table: str, form: str, kind: FormKind, facts: Facts) -> None:
        self._table = table
        self._path = ("form", form)
        self._kind = kind
        self._facts = facts

    def tab(self, tab: Tab) -> Element:
        made = element(
            "tab",
            {
                "name": tab.name,
                "id": screen_id(*self._path, tab.name),
                "IsUserDefined": 0,
                "showlabel": tab.show_title and self._kind is not FormKind.DASHBOARD,
                "expanded": True,
                "verticallayout": True,
            },
        )
        add_labels(made, self._facts.labels(tab.title))
        columns = child(made, "columns")
        for column in tab.columns:
            sections = child(child(columns, "column", {"width": f"{column.width}%"}), "sections")
            for section in column.sections:
                self._section(sections, tab, section)
        return made

    def _section(self, parent: Element, tab: Tab, section: Section) -> None:
        path = (*self._path, tab.name, section.name)
        made = child(
            parent,
            "section",
            {
                "name": section.name,
                "id": screen_id(*path),
                "showlabel": bool(section.title),
                "showbar": False,
                "IsUserDefined": 0,
                "columns": "1" * section.across,
            },
        )
        add_labels(made, self._facts.labels(section.title))
        rows = child(made, "rows")
        row: Element | None = None
        for position, item in enumerate(section.items):
            if row is None or position % section.across == 0:
                row = child(rows, "row")
            lines = self._cell(row, path, item)
            for _ in range(lines - 1):
                child(rows, "row")  # what spans several rows has to have them

    def _cell(self, row: Element, path: tuple[str, ...], item: Item) -> int:
        """Add an item; return how many rows it spans."""
        lines = self._lines(item)
        name = item.column if isinstance(item, Field) else item.name
        attributes: dict[str, object] = {
            "id": screen_id(*path, name),
            "showlabel": isinstance(item, Field) and self._kind is not FormKind.CARD,
        }
        if lines > 1:
            attributes |= {"rowspan": lines, "colspan": 1}
        cell = child(row, "cell", attributes)
        add_labels(cell, self._facts.labels(item_title(self._table, item)))
        self._control(cell, item)
        return lines

    def _lines(self, item: Item) -> int:
        if isinstance(item, SubGrid):
            return item.rows
        if isinstance(item, Field) and self._kind is FormKind.MAIN:
            long = shown_column(self._table, item.column).kind is Shown.LONG_TEXT
            return _TEXT_LINES if long else 1
        return 1

    def _control(self, cell: Element, item: Item) -> None:
        match item:
            case Field():
                kind = shown_column(self._table, item.column).kind
                attributes = _control(item.column, CLASSES[kind])
                attributes |= {"datafieldname": item.column, "disabled": not item.open}
                child(cell, "control", attributes)
            case SubGrid():
                control = child(cell, "control", _control(item.name, SUB_GRID))
                parameters = child(control, "parameters")
                for name, text in self._grid(item):
                    child(parameters, name, text=text)
            case QuickView():
                attributes = _control(item.name, QUICK_VIEW) | {"datafieldname": item.lookup}
                parameters = child(child(cell, "control", attributes), "parameters")
                child(parameters, "QuickForms", text=_quick_forms(item))
                child(parameters, "ControlMode", text="Edit")

    def _grid(self, grid: SubGrid) -> Iterator[tuple[str, str]]:
        yield "ViewId", braced(grid.view.id)
        yield "IsUserView", "false"
        relationship = (
            self._facts.regarding.get(self._table, "") if grid.regarding else grid.relationship
        )
        if relationship:
            yield "RelationshipName", relationship
        yield "TargetEntityType", grid.view.table
        yield "AutoExpand", "Fixed"
        yield "EnableQuickFind", "false"
        yield "EnableViewPicker", "false"
        yield "EnableJumpBar", "false"
        yield "ChartGridMode", "Chart" if grid.chart is not None else "Grid"
        if grid.chart is not None:
            yield "VisualizationId", braced(grid.chart.id)
            yield "IsUserChart", "false"
        yield "EnableChartPicker", "false"
        yield "RecordsPerPage", str(grid.rows)


def _control(name: str, class_id: str) -> dict[str, object]:
    return {"id": name, "classid": f"{{{class_id}}}"}


def _quick_forms(view: QuickView) -> str:
    """Return the forms of a quick view by table, which a control keeps as text."""
    root = element("QuickFormIds")
    child(root, "QuickFormId", {"entityname": view.form.table}, text=str(view.form.id))
    return text_of(root)
