"""A form as HTML: its header, tabs and sections, with every control in its place.

Never shows a column the form does not name.
"""

from markupsafe import Markup

from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.pages import (
    classes,
    controls,
    form_texts,
    quick_views,
    subgrids,
    timelines,
)
from sandbox.dataverse.pages.form_texts import Control, Form, FormCell, Section, Tab
from sandbox.dataverse.pages.markup import NONE, joined, problem
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row


class Filled:
    """One form with one record in it."""

    def __init__(
        self, visit: Visit, form: Form, table: Table, row: Row, *, seen_through: str = ""
    ) -> None:
        """Take a form and a record.

        Args:
            visit: who looks.
            form: what is shown.
            table: the record's table.
            row: the record.
            seen_through: the control of another form it is shown in; empty for none.
        """
        self._seen_through = seen_through
        self._visit = visit
        self._form = form
        self._table = table
        self._row = row

    def header(self) -> Markup:
        """Return the fields beside the record's name."""
        fields = joined(self._cell(cell, in_header=True) for cell in self._form.header)
        return Markup('<dl class="header-fields">{}</dl>').format(fields) if fields else NONE

    def body(self) -> Markup:
        """Return all tabs one after another, with links to each where there are several."""
        tabs = [(f"tab-{number}", tab) for number, tab in enumerate(self._form.tabs, start=1)]
        named = [(name, tab) for name, tab in tabs if tab.label]
        links = NONE
        if len(named) > 1:
            links = Markup('<nav class="tabs" aria-label="Tabs">{}</nav>').format(
                joined(
                    Markup('<a href="#{}">{}</a>').format(name, tab.label) for name, tab in named
                )
            )
        return links + joined(self._tab(name, tab, several=len(tabs) > 1) for name, tab in tabs)

    def plain(self) -> Markup:
        """Return the sections without tabs, as inside another form."""
        return joined(
            self._section(section)
            for tab in self._form.tabs
            for _, sections in tab.columns
            for section in sections
        )

    def _tab(self, name: str, tab: Tab, *, several: bool) -> Markup:
        shares = " ".join(f"{max(share, 1)}fr" for share, _ in tab.columns)
        columns = joined(
            Markup("<div>{}</div>").format(joined(map(self._section, sections)))
            for _, sections in tab.columns
        )
        title = (
            Markup('<p class="tab-title">{}</p>').format(tab.label)
            if several and tab.label
            else NONE
        )
        return Markup(
            '<section class="tab" id="{}" data-tab="{}" aria-label="{}">{}'
            '<div class="columns" style="--columns:{}">{}</div></section>'
        ).format(name, tab.name, tab.label or tab.name, title, shares, columns)

    def _section(self, section: Section) -> Markup:
        """Return a section: its fields, then whatever needs a card of its own."""
        fields = joined(self._cell(cell) for cell in section.cells if not _is_large(cell))
        large = joined(self._cell(cell) for cell in section.cells if _is_large(cell))
        title = Markup("<h2>{}</h2>").format(section.label) if section.label else NONE
        card = NONE
        if fields:
            card = Markup(
                '<section class="card" data-section="{}">{}<dl class="fields" '
                'style="--fields:{}">{}</dl></section>'
            ).format(section.name, title, section.columns, fields)
        if not large:
            return card
        # What is large has a label of its own, as a section that holds nothing else has.
        return card + Markup('<div data-section="{}">{}</div>').format(section.name, large)

    def _cell(self, cell: FormCell, *, in_header: bool = False) -> Markup:
        control = cell.control
        if control is None:
            return NONE if in_header else Markup('<div class="spacer"></div>')
        owner = (self._table.name, str(self._row[self._table.id]))
        if control.class_id == classes.SUB_GRID:
            return subgrids.show(self._visit, control, cell.label, owner)
        if control.class_id == classes.QUICK_VIEW:
            return self._quick_view(cell, control)
        if control.class_id == classes.TIMELINE:
            return timelines.show(self._visit, control, owner)
        return controls.field(self._visit, self._table, self._row, cell, control)

    def _quick_view(self, cell: FormCell, control: Control) -> Markup:
        label = cell.label or control.id
        if self._seen_through:
            return problem(label, "A quick view form holds no other one.")
        try:
            seen = quick_views.find(self._visit, self._table, self._row, control)
            if seen is None:
                return NONE
            form = form_texts.read(str(seen.form["formxml"]))
        except DataverseError as error:
            return problem(label, error)
        filled = Filled(self._visit, form, seen.table, seen.row, seen_through=control.id)
        title = Markup('<p class="of">{}</p>').format(label) if cell.labelled else NONE
        return Markup(
            '<div class="quick-view" data-control="{}" data-form="{}" data-record="{}">{}{}</div>'
        ).format(control.id, seen.form["formid"], seen.row[seen.table.id], title, filled.plain())


def _is_large(cell: FormCell) -> bool:
    large = {classes.SUB_GRID, classes.QUICK_VIEW, classes.TIMELINE}
    return cell.control is not None and cell.control.class_id in large
