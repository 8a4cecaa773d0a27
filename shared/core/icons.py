"""The icons of the connector's own tables, drawn here, each in one colour.

Never larger than the 10 KB that Dataverse takes:
https://learn.microsoft.com/power-apps/maker/model-driven-apps/change-custom-entity-icons
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Icon:
    """An icon as a web resource.

    Attributes:
        name: of the web resource, which tables name it by.
        title: for whoever looks through the solution.
        svg: the drawing.
    """

    name: str
    title: str
    svg: str


def _drawn(*paths: str) -> str:
    shapes = "".join(f'<path d="{path}"/>' for path in paths)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32" '
        'fill="none" stroke="#3B3A39" stroke-width="2" stroke-linecap="round" '
        f'stroke-linejoin="round">{shapes}</svg>\n'
    )


# A receipt with a torn edge, two lines and a sum.
ENTRY_ICON: Final = Icon(
    "fbx_/icons/entry.svg",
    "Icon of financial activities",
    _drawn(
        "M7 4h18v24l-3-2-3 2-3-2-3 2-3-2-3 2z",
        "M11 10h10",
        "M11 15h10",
        "M16 20h5",
    ),
)

# A person beside a sheet.
CLIENT_ICON: Final = Icon(
    "fbx_/icons/client.svg",
    "Icon of FreshBooks clients",
    _drawn(
        "M11 15a5 5 0 1 0 0-10 5 5 0 0 0 0 10z",
        "M3 27c0-4.4 3.6-8 8-8s8 3.6 8 8",
        "M21 8h8v16h-5",
        "M24 13h2",
        "M24 18h2",
    ),
)

# A clock over a sheet.
WAITING_ICON: Final = Icon(
    "fbx_/icons/waiting.svg",
    "Icon of FreshBooks waiting records",
    _drawn(
        "M13 28H5V4h18v8",
        "M9 10h10",
        "M9 15h5",
        "M22 29a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
        "M22 19v3l2 2",
    ),
)

ICONS: Final = (WAITING_ICON, ENTRY_ICON, CLIENT_ICON)
