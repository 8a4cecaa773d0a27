"""What the connector remembers of the components it wrote, kept beside them in Dataverse.

Without it nobody could tell a view that somebody changed from one of an earlier release. It is a
web resource with a small XML text in the connector's solution; never read by anything but this.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree as ET

from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.screens.components import Component, Sort
from shared.adapters.dataverse.screens.xml import child, element, text_of
from shared.core.definitions import PREFIX
from shared.core.screens.identity import screen_id
from shared.core.screens.keeping import Known

ID: Final = screen_id("ledger")
NAME: Final = f"{PREFIX}_/freshbooks.screens.xml"
_XML: Final = 4  # webresourcetype
_TITLE: Final = "FreshBooks connector: what it wrote"

Memory = Mapping[UUID, Known]


def ledger(memory: Memory) -> Component:
    """Return the web resource that holds `memory`."""
    root = element("screens")
    for component, known in sorted(memory.items()):
        child(
            root,
            "screen",
            {
                "id": str(component),
                "wanted": known.wanted,
                "stored": known.stored,
                "labels": known.labels,
            },
        )
    content = base64.b64encode(text_of(root).encode()).decode()
    return Component(
        Sort.WEB_RESOURCE,
        f"web resource {NAME}",
        ID,
        "",
        texts={"content": content},
        fixed={"name": NAME, "displayname": _TITLE, "webresourcetype": _XML},
    )


def read_ledger() -> PureRequest:
    """Return the read of what is remembered."""
    return ledger({}).read(published=False)


def memory_of(answer: Mapping[str, Any] | None) -> dict[UUID, Known]:
    """Return what is remembered; a ledger that cannot be read is none."""
    try:
        text = base64.b64decode(str((answer or {}).get("content") or ""), validate=True)
        # Whoever may write it may change everything else here too.
        rows = ET.fromstring(text).iter("screen") if text else ()  # noqa: S314  # see above
        return {
            UUID(row.get("id")): Known(
                row.get("wanted", ""), row.get("stored", ""), row.get("labels", "")
            )
            for row in rows
        }
    except (binascii.Error, ET.ParseError, ValueError, TypeError):
        return {}
