"""Microsoft's published XML schemas of customizations, loaded when first needed.

Never says more than they do; what a text means is checked elsewhere.
"""

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from sandbox.dataverse.customizing import markup
from sandbox.dataverse.customizing.markup import Element

if TYPE_CHECKING:
    import xmlschema

_LAYOUT = "grid of savedquery"  # a part of a schema, which no file has by itself
_FOLDER = Path(__file__).parents[1] / "schemas"
# .NET regular expressions in them that are none of XML Schema's, see schemas/SOURCES.md.
_LOOK_AHEAD = re.compile(r"\(\?![^)]*\)")
_ANCHORED = re.compile(r'value="\^(.*?)\$"')


def check(name: str, root: Element, what: str) -> None:
    """Refuse what a schema does not allow.

    Args:
        name: the schema's file without its ending.
        root: the parsed text.
        what: how messages name it.

    Raises:
        DataverseError: 400, with the schema's first complaint.
    """
    _refuse(complaint(name, root), what)


def complaint(name: str, root: Element) -> str | None:
    """Return the first thing a schema does not allow, or None."""
    return _first_complaint(name, ET.tostring(root))


@functools.lru_cache(maxsize=4096)  # the same texts are written to many environments
def _first_complaint(name: str, text: bytes) -> str | None:
    validator = _grid() if name == _LAYOUT else _schema(name)
    for error in validator.iter_errors(ET.fromstring(text)):  # noqa: S314  # was parsed before
        return f"{error.reason} ({error.path})"
    return None


def check_layout(grid: Element) -> None:
    """Refuse a layout the schema does not allow; it is a local part of `savedquery` there.

    Raises:
        DataverseError: 400, with the schema's first complaint.
    """
    _refuse(complaint(_LAYOUT, grid), markup.LAYOUT)


def _refuse(found: str | None, what: str) -> None:
    if found is not None:
        raise markup.invalid(what, found)


@functools.cache
def _schema(name: str) -> "xmlschema.XMLSchema10":
    import xmlschema  # half of what starting the services costs; most runs never check a text

    text = (_FOLDER / f"{name}.xsd").read_text(encoding="utf-8-sig")
    repaired = _ANCHORED.sub(r'value="\1"', _LOOK_AHEAD.sub("", text))
    return xmlschema.XMLSchema10(repaired, validation="lax", allow="local", base_url=str(_FOLDER))


@functools.cache
def _grid() -> Any:
    saved: Any = _schema("Fetch").elements["savedquery"].type
    saved = saved.content
    layout: Any = next(part for part in saved if part.local_name == "layoutxml")
    return next(part for part in layout.type.content if part.local_name == "grid")
