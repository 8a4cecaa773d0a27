"""A view as a list: its query's rows, its layout's columns, every row leading to its record.

Never adds up a column; Dynamics does not either.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from markupsafe import Markup

from sandbox.dataverse import errors, fetch
from sandbox.dataverse.fetch.conditions import Line
from sandbox.dataverse.fetch.queries import Entity, Fetch, Filter, Order
from sandbox.dataverse.fetch.scopes import ROOT, Cell
from sandbox.dataverse.metadata import NUMBERS, Kind, Table
from sandbox.dataverse.pages import addresses, layouts
from sandbox.dataverse.pages.layouts import LayoutCell
from sandbox.dataverse.pages.markup import NONE, Text, joined, none
from sandbox.dataverse.pages.stored import QUICK_FIND
from sandbox.dataverse.pages.values_shown import shown
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

_RIGHT = NUMBERS | {Kind.INTEGER, Kind.BIGINT}


@dataclass(frozen=True)
class Listing:
    """How a view is asked for.

    Attributes:
        among: ids of the only rows it may show, None for all.
        size: rows of a page.
        page: number of the page, from 1.
        order: what the layout calls the column to sort by; empty leaves it to the view.
        descending: largest first.
        query: what links to other orders and pages say besides; None where there are none.
    """

    among: Collection[str] | None = None
    size: int = 50
    page: int = 1
    order: str = ""
    descending: bool = False
    query: dict[str, str] | None = None


@dataclass(frozen=True)
class Listed:
    """A list and how much of it there is."""

    html: Markup
    total: int
    more: bool


def ids(visit: Visit, view: Row, among: Collection[str] | None = None) -> list[str]:
    """Return the ids of all rows a view finds, in its order.

    Raises:
        DataverseError: the view's query is refused.
    """
    query = replace(fetch.parse(str(view["fetchxml"])), top=None, count=None, page=1)
    table = visit.env.schema.tables[query.entity.table]
    asked = replace(query, entity=replace(query.entity, asked=(), every=False))
    found: list[str] = []
    while True:
        page = fetch.run(visit.env, asked, among=among)
        found += [str(row[table.id]) for line in page.lines if (row := line[ROOT]) is not None]
        if not page.more:
            return list(dict.fromkeys(found))
        asked = replace(asked, page=asked.page + 1)


def searched(visit: Visit, table: str, text: str) -> list[str] | None:
    """Return the ids of the rows quick find finds, None where the table has none.

    Raises:
        DataverseError: the quick find view's query is refused.
    """
    view = visit.stored.view_of_kind(table, QUICK_FIND)
    if view is None:
        return None
    query = fetch.parse(str(view["fetchxml"]), search=text)
    wanted = tuple(_quick(query.entity.filters))
    key = visit.env.schema.tables[table].id
    only = Fetch(Entity(table, filters=wanted, links=query.entity.links), distinct=True)
    lines = fetch.run(visit.env, only).lines
    return [str(row[key]) for line in lines if (row := line[ROOT]) is not None]


def _quick(filters: Collection[Filter]) -> list[Filter]:
    found = []
    for each in filters:
        if each.quick_find:
            found.append(each)
        else:
            found += _quick([part for part in each.parts if isinstance(part, Filter)])
    return found


def listed(visit: Visit, view: Row, listing: Listing) -> Listed:
    """Return a view as a list.

    Raises:
        DataverseError: its query or its layout is refused.
    """
    cells = layouts.read(str(view["layoutxml"]))
    query = fetch.parse(str(view["fetchxml"]))
    table = visit.env.schema.tables.get(query.entity.table)
    if table is None:
        raise errors.request(f"There is no table '{query.entity.table}'.")
    if query.aggregate:
        raise errors.request("A view answers rows, not groups.")
    sized, among = _sized(visit, query, listing)
    found = fetch.run(visit.env, sized, among=among)
    known = {cell.name: cell for cell in found.cells}
    head = joined(_head(cell, known.get(cell.name), view, table, listing) for cell in cells)
    body = joined(_line(visit, line, cells, known, table) for line in found.lines)
    widths = joined(
        Markup('<col style="width:{}px">').format(cell.width) if cell.width else Markup("<col>")
        for cell in cells
    )
    wide = sum(cell.width for cell in cells) if all(cell.width for cell in cells) else 0
    html = Markup(
        '<div class="scroll"><table class="grid{}" style="--width:{}px" data-view="{}" '
        'data-table="{}"><colgroup>{}</colgroup><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(" wide" if wide else "", wide, view["savedqueryid"], table.name, widths, head, body)
    return Listed(html if found.lines else none(), found.total, found.more)


def _sized(visit: Visit, query: Fetch, listing: Listing) -> tuple[Fetch, Collection[str] | None]:
    """Return the query of a page and the only rows it may look at."""
    entity, among = query.entity, listing.among
    if listing.order:
        place, _, name = listing.order.rpartition(".")
        order = Order(name, place, descending=listing.descending)
        entity = replace(_unsorted(entity), orders=(order,))
    if query.top is not None:
        # People page through what a view cuts off.
        kept = fetch.run(visit.env, query, among=listing.among).lines
        key = visit.env.schema.tables[entity.table].id
        among = [str(row[key]) for line in kept if (row := line[ROOT]) is not None]
    paged = replace(query, entity=entity, top=None, count=listing.size, page=listing.page)
    return paged, among


def _unsorted(entity: Entity) -> Entity:
    links = tuple(replace(link, entity=_unsorted(link.entity)) for link in entity.links)
    return replace(entity, orders=(), links=links)


def _head(
    cell: LayoutCell, known: Cell | None, view: Row, table: Table, listing: Listing
) -> Markup:
    label = cell.label or _label(cell, known)
    content: Text = label
    sorted_by = NONE
    if listing.query is not None and cell.sortable and known is not None and not known.renamed:
        now = listing.order == cell.name
        descending = "1" if now and not listing.descending else ""
        query = {**listing.query, "view": str(view["savedqueryid"]), "order": cell.name}
        address = addresses.rows(table.name, **query, descending=descending)
        content = Markup('<a href="{}">{}</a>').format(address, label)
        if now:
            direction = "descending" if listing.descending else "ascending"
            sorted_by = Markup(' aria-sort="{}"').format(direction)
    return Markup('<th scope="col" data-column="{}"{}{}>{}</th>').format(
        cell.name, _aligned(known), sorted_by, content
    )


def _label(cell: LayoutCell, known: Cell | None) -> str:
    if known is None:
        return cell.name
    if known.place == ROOT:
        return known.column.label
    return f"{known.column.label} ({known.table.label or known.table.schema})"


def _aligned(known: Cell | None) -> Markup:
    right = known is not None and known.column.kind in _RIGHT
    return Markup(' class="number"') if right else NONE


def _line(
    visit: Visit, line: Line, cells: tuple[LayoutCell, ...], known: dict[str, Cell], table: Table
) -> Markup:
    row = line[ROOT]
    if row is None:
        return NONE
    row_id = str(row[table.id])
    address = addresses.record(table.name, row_id)
    shown_cells = [
        (cell, known.get(cell.name), _value(visit, line, known.get(cell.name))) for cell in cells
    ]
    title = next(
        (cell.name for cell, its, _ in shown_cells if its and _titles(its, table)),
        cells[0].name if cells else "",
    )
    tds = joined(
        Markup('<td data-column="{}" data-label="{}"{}>{}</td>').format(
            cell.name,
            cell.label or _label(cell, its),
            _aligned(its),
            _led(address, value) if cell.name == title else value,
        )
        for cell, its, value in shown_cells
    )
    return Markup('<tr data-id="{}">{}</tr>').format(row_id, tds)


def _titles(known: Cell, table: Table) -> bool:
    return known.place == ROOT and known.column.name == table.title


def _led(address: str, value: Text) -> Markup:
    """Return a value that leads to its record; a lookup leads elsewhere, so both stand there."""
    if isinstance(value, Markup) and "<a " in value:
        return Markup('<a href="{}">Open</a> {}').format(address, value)
    return Markup('<a class="record" href="{}">{}</a>').format(address, value or "(no name)")


def _value(visit: Visit, line: Line, known: Cell | None) -> Text:
    """Return a cell's value; what the query does not ask for is not there."""
    if known is None:
        return NONE
    row = line[known.place]
    return NONE if row is None else shown(visit, row, known.column)
