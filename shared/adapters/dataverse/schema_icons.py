"""The icons of our tables as web resources: what makes them, finds them, and takes them away.

Never sends anything: https://learn.microsoft.com/power-apps/developer/data-platform/reference/
entities/webresource
"""

from base64 import b64encode
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.odata import PureRequest, equals, some
from shared.adapters.dataverse.schema_definitions import Creation
from shared.core import schema
from shared.core.icons import ICONS, Icon
from shared.core.screens.identity import screen_id

_UNPUBLISHED: Final = "Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple"
_SVG: Final = 11  # webresourcetype: vector format


def find_icons() -> PureRequest:
    """Return the search for all of our icons."""
    return _find(*(icon.name for icon in ICONS))


def find_icon(name: str) -> PureRequest:
    """Return the search for one icon."""
    return _find(name)


def create_icon(icon: Icon) -> Creation:
    """Return an icon as a web resource of our solution."""
    body = {
        "webresourceid": str(icon_id(icon)),
        "name": icon.name,
        "displayname": icon.title,
        "webresourcetype": _SVG,
        "content": b64encode(icon.svg.encode()).decode(),
    }
    headers = {"MSCRM.SolutionUniqueName": schema.SOLUTION}
    return Creation(
        f"icon {icon.name}",
        find_icon(icon.name),
        PureRequest("POST", "webresourceset", headers, body),
    )


def icon_id(icon: Icon) -> UUID:
    """Return an icon's id, the same in every environment."""
    return screen_id("icon", icon.name)


def _find(*names: str) -> PureRequest:
    where = some(*(equals("name", name) for name in names)).replace(" ", "%20")
    select = "webresourceid,name,ismanaged"
    # What nobody published yet is there all the same.
    every = f"webresourceset/{_UNPUBLISHED}()"
    return PureRequest("GET", f"{every}?$select={select}&$filter={where}")
