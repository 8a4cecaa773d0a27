"""A dashboard: the charts and lists its form names, side by side.

Never relates them to a record.
"""

from markupsafe import Markup

from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.pages import addresses, classes, form_texts, subgrids
from sandbox.dataverse.pages.form_texts import FormCell, Section, Tab
from sandbox.dataverse.pages.markup import NONE, joined, picker, problem
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row


def show(visit: Visit, form: Row) -> Markup:
    """Return a dashboard's page."""
    others = [
        (str(each["name"]), addresses.dashboard(str(each["formid"])))
        for each in visit.stored.dashboards()
    ]
    chosen = picker("dashboard", str(form["name"]), others) if len(others) > 1 else NONE
    return Markup(
        '<header class="head"><div><div class="kind">Dashboard {}</div><h1>{}</h1></div></header>'
        '<div class="dashboard" data-dashboard="{}">{}</div>'
    ).format(chosen, form["name"], form["formid"], _body(visit, form))


def _body(visit: Visit, form: Row) -> Markup:
    try:
        read = form_texts.read(str(form["formxml"]))
    except DataverseError as error:
        return problem(str(form["name"]), error)
    return joined(_tab(visit, tab) for tab in read.tabs)


def _tab(visit: Visit, tab: Tab) -> Markup:
    shares = " ".join(f"{max(share, 1)}fr" for share, _ in tab.columns)
    columns = joined(
        Markup("<div>{}</div>").format(joined(_section(visit, section) for section in sections))
        for _, sections in tab.columns
    )
    return Markup('<div class="columns" style="--columns:{}" data-tab="{}">{}</div>').format(
        shares, tab.name, columns
    )


def _section(visit: Visit, section: Section) -> Markup:
    tiles = joined(_tile(visit, cell, section.columns) for cell in section.cells if cell.control)
    # A section made for one tile bears its name, which stands on the tile already.
    named = section.label and section.label not in {cell.label for cell in section.cells}
    title = Markup("<h2>{}</h2>").format(section.label) if named else NONE
    return Markup('{}<div class="tiles" style="--tiles:{}" data-section="{}">{}</div>').format(
        title, section.columns, section.name, tiles
    )


def _tile(visit: Visit, cell: FormCell, columns: int) -> Markup:
    control = cell.control
    if control is None:
        return NONE
    wide = min(cell.wide, columns)
    if control.class_id != classes.SUB_GRID:
        shown = problem(cell.label or control.id, "The sandbox shows lists and charts only.")
    else:
        shown = subgrids.show(visit, control, cell.label)
    return Markup('<div class="tile" style="--span:{}" data-control="{}">{}</div>').format(
        wide, control.id, shown
    )
