"""A table's rows through one of its views, with the others to choose from, search and order.

Never lists a view that is not public and active, unless the address names it.
"""

from dataclasses import replace

from markupsafe import Markup

from sandbox.dataverse import errors
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.pages import addresses, charts, drawing, grids, plain
from sandbox.dataverse.pages.grids import Listing
from sandbox.dataverse.pages.markup import NONE, joined, none, picker, problem
from sandbox.dataverse.pages.stored import QUICK_FIND
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row


def show(visit: Visit, table: Table) -> Markup:
    """Return the page of a table.

    Raises:
        DataverseError: 404, the address names a view or a chart of another table or none.
    """
    views = visit.stored.views(table.name)
    view = _chosen(visit, table, views)
    label = table.plural or table.label or table.schema
    if view is None:
        body = none("This table has no public view.") + plain.rows(visit, table)
        return _head(table, label, label, NONE, NONE) + body
    others = [
        (str(each["name"]), addresses.rows(table.name, view=str(each["savedqueryid"])))
        for each in views
    ]
    search = visit.asked("search")
    name = str(view["name"])
    named = picker("view", name, others, named=False)
    try:
        body = _listed(visit, table, view, search)
    except DataverseError as error:
        body = problem(f"The view '{name}'", error)
    return _head(table, label, name, named, _search(visit, table, view, search)) + body


def _chosen(visit: Visit, table: Table, views: list[Row]) -> Row | None:
    wanted = visit.asked("view")
    if not wanted:
        return views[0] if views else None
    found = visit.stored.view(wanted)
    if found is None or found.get("returnedtypecode") != table.name or not found.get("layoutxml"):
        raise errors.missing("savedquery", wanted)
    return found


def _head(table: Table, label: str, name: str, named: Markup, search: Markup) -> Markup:
    return Markup(
        '<header class="head" data-table="{}"><div><div class="kind">{}</div>'
        '<div class="title"><h1>{}</h1>{}</div></div>{}</header>'
    ).format(table.name, label, name, named, search)


def _search(visit: Visit, table: Table, view: Row, search: str) -> Markup:
    if visit.stored.view_of_kind(table.name, QUICK_FIND) is None:
        return NONE
    return Markup(
        '<form class="search" role="search" action="{}"><input type="hidden" name="view" '
        'value="{}"><input type="search" name="search" value="{}" aria-label="Filter by keyword" '
        'placeholder="Filter by keyword"><button>Search</button></form>'
    ).format(addresses.rows(table.name), view["savedqueryid"], search)


def _listed(visit: Visit, table: Table, view: Row, search: str) -> Markup:
    page = visit.asked("page", "1")
    listing = Listing(
        among=grids.searched(visit, table.name, search) if search else None,
        page=int(page) if page.isascii() and page.isdigit() and int(page) else 1,
        order=visit.asked("order"),
        descending=bool(visit.asked("descending")),
        query={"search": search, "chart": visit.asked("chart")},
    )
    found = grids.listed(visit, view, listing)
    first = (listing.page - 1) * listing.size + 1
    last = min(listing.page * listing.size, found.total)
    count = f"{first} - {last} of {found.total}" if found.total else "0"
    return Markup(
        '<p class="bar">{}</p>{}<section class="card" data-view-name="{}">'
        '<p class="of">Rows <span class="count">{}</span></p>{}</section>{}'
    ).format(
        _charts(visit, table, view),
        _chart(visit, table, view, listing),
        view["name"],
        count,
        found.html,
        _pages(table, view, listing, more=found.more),
    )


def _charts(visit: Visit, table: Table, view: Row) -> Markup:
    """Return the charts to choose from, as links."""
    found = visit.stored.charts(table.name)
    return joined(
        Markup('<a class="choice" href="{}">{}</a> ').format(
            addresses.rows(
                table.name,
                view=str(view["savedqueryid"]),
                chart=str(each["savedqueryvisualizationid"]),
            ),
            each["name"],
        )
        for each in found
    )


def _chart(visit: Visit, table: Table, view: Row, listing: Listing) -> Markup:
    wanted = visit.asked("chart")
    if not wanted:
        return NONE
    chart = visit.stored.chart(wanted)
    if chart is None or chart.get("primaryentitytypecode") != table.name:
        raise errors.missing("savedqueryvisualization", wanted)
    among = grids.ids(visit, view, listing.among)
    try:
        drawn = drawing.draw(charts.read(visit, chart, among))
    except DataverseError as error:
        drawn = problem(f"The chart '{chart['name']}'", error)
    return Markup('<section class="card chart" data-chart="{}"><h2>{}</h2>{}</section>').format(
        chart["savedqueryvisualizationid"], chart["name"], drawn
    )


def _pages(table: Table, view: Row, listing: Listing, *, more: bool) -> Markup:
    def link(page: int, label: str) -> Markup:
        at = replace(listing, page=page)
        query = {
            **(at.query or {}),
            "view": str(view["savedqueryid"]),
            "order": at.order,
            "descending": "1" if at.descending else "",
            "page": str(page),
        }
        return Markup('<a href="{}">{}</a>').format(addresses.rows(table.name, **query), label)

    before = link(listing.page - 1, "Previous page") if listing.page > 1 else NONE
    after = link(listing.page + 1, "Next page") if more else NONE
    return Markup('<p class="pages">{}{}</p>').format(before, after) if before or after else NONE
