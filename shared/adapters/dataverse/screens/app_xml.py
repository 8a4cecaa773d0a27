"""The app's site map, and what is published, as Dataverse wants them.

Never sends anything.
https://learn.microsoft.com/power-apps/developer/model-driven-apps/create-manage-model-driven-apps-using-code
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.xml import braced, child, element, text_of
from shared.core.definitions import PREFIX
from shared.core.screens.app import App, Area

_PUBLIC_VIEW: Final = 1039  # viewtype in addresses; a person's own are 4230
_DASHBOARDS: Final = "/workplace/home_dashboards.aspx"


def site_map_xml(app: App, facts: Facts) -> str:
    """Return an app's site map: its own ways in, and the tables behind them.

    A table belongs to an app by a sub-area that names it; an address of a view does not bring it
    in. So the second group names every table once.
    """
    root = element("SiteMap", {"IntroducedVersion": "7.0.0.0"})
    area = child(root, "Area", {"Id": f"{PREFIX}_area", "ShowGroups": True})
    _add_titles(area, facts, app.group)
    ways = child(area, "Group", {"Id": f"{PREFIX}_group", "IsProfile": False})
    _add_titles(ways, facts, app.group)
    for way in app.areas:
        made = child(ways, "SubArea", {"Id": f"{PREFIX}_{way.name}", **_target(way)})
        _add_titles(made, facts, way.title)
    tables = child(area, "Group", {"Id": f"{PREFIX}_records", "IsProfile": False})
    _add_titles(tables, facts, app.records)
    for table in app.tables:
        child(tables, "SubArea", {"Id": f"{PREFIX}_all_{table}", "Entity": table})
    return text_of(root)


def _target(way: Area) -> dict[str, object]:
    if way.dashboard is not None:
        return {"Url": _DASHBOARDS, "DefaultDashboard": str(way.dashboard.id)}
    if way.view is None:
        raise ValueError(f"The way {way.name} leads nowhere.")
    return {
        "Url": (
            f"/main.aspx?pagetype=entitylist&etn={way.view.table}"
            f"&viewid={braced(way.view.id)}&viewtype={_PUBLIC_VIEW}"
        )
    }


def _add_titles(parent: Element, facts: Facts, english: str) -> None:
    titles = child(parent, "Titles")
    for language, text in facts.labels(english).items():
        child(titles, "Title", {"LCID": language, "Title": text})


def publish_xml(
    tables: Iterable[str] = (),
    *,
    dashboards: Iterable[UUID] = (),
    site_maps: Iterable[UUID] = (),
    web_resources: Iterable[UUID] = (),
) -> str:
    """Return a request that publishes exactly what it names, in the order its schema asks for."""
    root = element("importexportxml")
    named: tuple[tuple[str, str, list[str]], ...] = (
        ("entities", "entity", list(tables)),
        ("dashboards", "dashboard", [braced(each) for each in dashboards]),
        ("sitemaps", "sitemap", [braced(each) for each in site_maps]),
        ("webresources", "webresource", [braced(each) for each in web_resources]),
    )
    for group, tag, items in named:
        if items:
            listed = child(root, group)
            for item in items:
                child(listed, tag, text=item)
    return text_of(root)


def publish_app_xml(app: UUID) -> str:
    """Return the request that publishes an app; the published schema does not know it."""
    root = element("importexportxml")
    child(child(root, "appmodules"), "appmodule", text=str(app))
    return text_of(root)
