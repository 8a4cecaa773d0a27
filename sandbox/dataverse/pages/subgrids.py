"""Lists and charts on forms and dashboards: a view, related to the record or not, or a chart of it.

Never shows rows of another table than the control names.
"""

from collections.abc import Collection
from dataclasses import dataclass

from markupsafe import Markup

from sandbox.dataverse import errors
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.metadata import Relationship, Table
from sandbox.dataverse.pages import addresses, charts, drawing, grids
from sandbox.dataverse.pages.form_texts import Control
from sandbox.dataverse.pages.grids import Listing
from sandbox.dataverse.pages.markup import NONE, joined, problem
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

_MOST, _FEWEST, _USUAL = 250, 2, 10


@dataclass(frozen=True)
class _Asked:
    """What a sub-grid is told."""

    view: Row
    table: Table
    among: Collection[str] | None


def show(
    visit: Visit, control: Control, label: str, owner: tuple[str, str] | None = None
) -> Markup:
    """Return a sub-grid or its chart, or both.

    Args:
        visit: who looks.
        control: the control.
        label: what stands above it; empty for the view's or chart's name.
        owner: table and id of the record it stands on, None on a dashboard.
    """
    try:
        asked = _read(visit, control, owner)
        mode = control.parameters.get("ChartGridMode") or "Grid"
        parts = []
        if mode in {"Chart", "All"}:
            parts.append(_chart(visit, control, asked, label))
        if mode in {"Grid", "All"}:
            parts.append(_grid(visit, control, asked, label))
        if not parts:
            raise errors.request(f"There is no ChartGridMode '{mode}'.")
    except DataverseError as error:
        return Markup('<div class="subgrid" data-control="{}">{}</div>').format(
            control.id, problem(label or control.id, error)
        )
    return joined(parts)


def _read(visit: Visit, control: Control, owner: tuple[str, str] | None) -> _Asked:
    told = control.parameters
    target = told.get("TargetEntityType", "")
    table = visit.env.schema.tables.get(target)
    if table is None:
        raise errors.request(f"There is no table '{target}'.")
    view = visit.stored.view(told.get("ViewId"))
    if view is None:
        raise errors.request(f"There is no view {told.get('ViewId') or '(none is named)'}.")
    if view.get("returnedtypecode") != target:
        raise errors.request(
            f"The view '{view['name']}' is of '{view.get('returnedtypecode')}', not of '{target}'."
        )
    name = told.get("RelationshipName", "")
    if not name or owner is None:
        return _Asked(view, table, None)
    known = visit.env.schema.relationships.get(name)
    if known is None or known.parent != owner[0] or known.child != target:
        raise errors.request(f"No relationship '{name}' leads from {owner[0]} to {target}.")
    return _Asked(view, table, related(visit, known, owner))


def related(visit: Visit, known: Relationship, owner: tuple[str, str]) -> list[str]:
    """Return the ids of the rows whose lookup leads to a record."""
    return visit.env.store.rows(known.child).index(known.column).find([owner])


def _chart(visit: Visit, control: Control, asked: _Asked, label: str) -> Markup:
    chart = visit.stored.chart(control.parameters.get("VisualizationId"))
    if chart is None:
        raise errors.request(
            f"There is no chart {control.parameters.get('VisualizationId') or '(none is named)'}."
        )
    among = grids.ids(visit, asked.view, asked.among)
    drawn = drawing.draw(charts.read(visit, chart, among))
    return Markup(
        '<section class="card chart" data-control="{}" data-chart="{}"><h2>{}</h2>'
        '<p class="of">{}</p>{}</section>'
    ).format(
        control.id,
        chart["savedqueryvisualizationid"],
        label or chart["name"],
        asked.view["name"],
        drawn,
    )


def _grid(visit: Visit, control: Control, asked: _Asked, label: str) -> Markup:
    given = control.parameters.get("RecordsPerPage", "")
    size = int(given) if given.isascii() and given.isdigit() else _USUAL
    size = max(_FEWEST, min(size, _MOST))
    found = grids.listed(visit, asked.view, Listing(among=asked.among, size=size))
    shown = f"1 - {min(size, found.total)} of {found.total}" if found.total else "0"
    whole = NONE
    if asked.among is None:
        address = addresses.rows(asked.table.name, view=str(asked.view["savedqueryid"]))
        whole = Markup(' <a href="{}">See all</a>').format(address)
    return Markup(
        '<section class="card subgrid" data-control="{}" data-total="{}"><h2>{}</h2>'
        '<p class="of">{} <span class="count">{}</span>{}</p>{}</section>'
    ).format(
        control.id,
        found.total,
        label or asked.view["name"],
        asked.view["name"],
        shown,
        whole,
        found.html,
    )
