"""Microsoft's published XML schemas of customizations, loaded when first needed.

Never says more than they do; what a text means is checked elsewhere.
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xmlschema

from sandbox.dataverse.customizing import markup
from sandbox.dataverse.customizing.markup import Element

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
    _refuse_first(_schema(name).iter_errors(root), what)


def complaint(name: str, root: Element) -> str | None:
    """Return the first thing a schema does not allow, or None."""
    found = next(iter(_schema(name).iter_errors(root)), None)
    return None if found is None else _reason(found)


def check_layout(grid: Element) -> None:
    """Refuse a layout the schema does not allow; it is a local part of `savedquery` there.

    Raises:
        DataverseError: 400, with the schema's first complaint.
    """
    _refuse_first(_grid().iter_errors(grid), markup.LAYOUT)


def _refuse_first(found: Iterator[Any], what: str) -> None:
    for error in found:
        raise markup.invalid(what, _reason(error))


def _reason(error: Any) -> str:
    return f"{error.reason} ({error.path})"


@functools.cache
def _schema(name: str) -> xmlschema.XMLSchema10:
    text = (_FOLDER / f"{name}.xsd").read_text(encoding="utf-8-sig")
    repaired = _ANCHORED.sub(r'value="\1"', _LOOK_AHEAD.sub("", text))
    return xmlschema.XMLSchema10(repaired, validation="lax", allow="local", base_url=str(_FOLDER))


@functools.cache
def _grid() -> Any:
    saved: Any = _schema("Fetch").elements["savedquery"].type
    saved = saved.content
    layout: Any = next(part for part in saved if part.local_name == "layoutxml")
    return next(part for part in layout.type.content if part.local_name == "grid")
