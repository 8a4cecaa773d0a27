"""An app's navigation: the areas, groups and sub areas of its site map, and where they lead.

Never follows an address out of these pages.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

from markupsafe import Markup

from sandbox.dataverse import xml_texts
from sandbox.dataverse.customizing import markup
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.pages import addresses
from sandbox.dataverse.pages.form_texts import LANGUAGE
from sandbox.dataverse.pages.markup import NONE, joined, picker, problem
from sandbox.dataverse.pages.stored import DASHBOARD
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

# Where an environment has no app: what Sales' people work with.
_USUAL = ("account", "contact", "opportunity", "invoice")


@dataclass(frozen=True, slots=True)
class Entry:
    """A sub area.

    Attributes:
        id: as the site map has it.
        title: what people read.
        address: where it leads; empty where that is nowhere here.
        why: why it leads nowhere.
    """

    id: str
    title: str
    address: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Sub areas under a title."""

    area: str
    title: str
    entries: tuple[Entry, ...]


def current(visit: Visit) -> Row | None:
    """Return the app people are in: the one the address names, else the newest."""
    apps = visit.stored.apps()
    wanted = visit.asked("app")
    return next((app for app in apps if app.get("uniquename") == wanted), apps[0] if apps else None)


def groups(visit: Visit, app: Row) -> list[Group]:
    """Return what an app's site map holds.

    Raises:
        DataverseError: 400, its text is no site map.
    """
    site_map = visit.stored.site_map(app)
    text = "" if site_map is None else str(site_map.get("sitemapxml") or "")
    root = markup.parse(text, "site map")
    return [
        Group(
            _title(area) or area.get("Id", ""),
            _title(group) or group.get("Id", ""),
            tuple(_entry(visit, each) for each in group.findall("SubArea")),
        )
        for area in root.iter("Area")
        for group in area.findall("Group")
    ]


def navigation(visit: Visit) -> Markup:
    """Return the bar at the side of every page."""
    app = current(visit)
    if app is None:
        links = joined(_link(entry) for entry in _usual(visit))
        return Markup('<h2>Tables</h2><ul>{}</ul><p class="none">No app here yet.</p>').format(
            links
        )
    try:
        found = groups(visit, app)
    except DataverseError as error:
        return problem(str(app["name"]), error)
    return joined(
        Markup('<h2 data-area="{}">{}</h2><ul>{}</ul>').format(
            group.area, group.title, joined(map(_link, group.entries))
        )
        for group in found
    )


def start(visit: Visit) -> Markup:
    """Return the page an app begins with: what its site map holds, as tiles."""
    app = current(visit)
    others = [
        (str(each["name"]), addresses.start(str(each["uniquename"])))
        for each in visit.stored.apps()
    ]
    if app is None:
        tiles = joined(map(_tile, _usual(visit)))
        return Markup(
            '<header class="head"><div><div class="kind">No app</div><h1>Tables</h1></div></header>'
            '<p class="none">This environment has no app with a site map yet.</p>'
            '<ul class="entries">{}</ul>'
        ).format(tiles)
    chosen = picker("app", str(app["name"]), others) if len(others) > 1 else NONE
    try:
        found = groups(visit, app)
    except DataverseError as error:
        body = problem(str(app["name"]), error)
    else:
        body = joined(
            Markup('<section data-group="{0}"><h2>{0}</h2><ul class="entries">{1}</ul></section>')
            .format(group.title, joined(map(_tile, group.entries)))
            for group in found
        )  # fmt: skip
    return Markup(
        '<header class="head"><div><div class="kind">App {}</div><h1>{}</h1><p>{}</p></div>'
        "</header>{}"
    ).format(chosen, app["name"], app.get("description") or "", body)


def _usual(visit: Visit) -> list[Entry]:
    tables = [visit.env.schema.tables[name] for name in _USUAL if name in visit.env.schema.tables]
    return [
        Entry(table.name, table.plural or table.name, addresses.rows(table.name))
        for table in tables
    ]


def _link(entry: Entry) -> Markup:
    if not entry.address:
        return Markup('<li data-subarea="{}"><span title="{}">{}</span></li>').format(
            entry.id, entry.why, entry.title
        )
    return Markup('<li data-subarea="{}"><a href="{}">{}</a></li>').format(
        entry.id, entry.address, entry.title
    )


def _tile(entry: Entry) -> Markup:
    if not entry.address:
        return Markup('<li data-subarea="{}"><span>{}</span><small>{}</small></li>').format(
            entry.id, entry.title, entry.why
        )
    return _link(entry)


def _entry(visit: Visit, element: Element) -> Entry:
    name, title = element.get("Id", ""), _title(element)
    dashboard = element.get("DefaultDashboard", "")
    if dashboard:
        return _dashboard(visit, name, title, dashboard)
    if element.get("Entity"):
        return _table(visit, name, title, element.get("Entity", ""), "")
    return _addressed(visit, name, title, element.get("Url", ""))


def _addressed(visit: Visit, name: str, title: str, url: str) -> Entry:
    """Return the sub area of an address, as far as it is one of these pages."""
    parts = urlsplit(url)
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    kind = asked.get("pagetype")
    if parts.netloc or parts.path != "/main.aspx":
        return Entry(name, title or name, why="It leads out of these pages.")
    if kind == "entitylist":
        return _table(visit, name, title, asked.get("etn", ""), asked.get("viewid", ""))
    if kind == "dashboard":
        return _dashboard(visit, name, title, asked.get("id", ""))
    if kind == "entityrecord":
        address = addresses.record(asked.get("etn", ""), xml_texts.identifier(asked.get("id")))
        return Entry(name, title or name, address)
    return Entry(name, title or name, why=f"The sandbox has no pages of type '{kind}'.")


def _table(visit: Visit, name: str, title: str, table: str, view: str) -> Entry:
    known = visit.env.schema.tables.get(table)
    if known is None:
        return Entry(name, title or name, why=f"There is no table '{table}'.")
    if view and visit.stored.view(view) is None:
        return Entry(name, title or name, why=f"There is no view {view}.")
    address = addresses.rows(table, view=xml_texts.identifier(view))
    return Entry(name, title or known.plural or known.name, address)


def _dashboard(visit: Visit, name: str, title: str, form_id: str) -> Entry:
    form = visit.stored.form(form_id, DASHBOARD)
    if form is None:
        return Entry(name, title or name, why=f"There is no dashboard {form_id or ''}.")
    return Entry(name, title or str(form["name"]), addresses.dashboard(str(form["formid"])))


def _title(element: Element) -> str:
    """Return a title in the environment's language; the older way has it as an attribute."""
    titles = element.findall("Titles/Title")
    mine = [each for each in titles if each.get("LCID") == LANGUAGE] or titles
    return mine[0].get("Title", "") if mine else element.get("Title", "")
