"""XML texts: elements with attributes in order, labels in languages, identifiers in braces.

Never reads a text that somebody else wrote.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

_YES_NO: Final = {True: "true", False: "false"}


def element(tag: str, attributes: Mapping[str, object] | None = None) -> Element:
    """Return an element; `UUID`s are written in braces, truth in lower case."""
    return Element(tag, {name: spell(value) for name, value in (attributes or {}).items()})


def child(
    parent: Element, tag: str, attributes: Mapping[str, object] | None = None, text: str = ""
) -> Element:
    """Add an element to `parent` and return it."""
    made = SubElement(
        parent, tag, {name: spell(value) for name, value in (attributes or {}).items()}
    )
    made.text = text or None
    return made


def add_labels(parent: Element, labels: Mapping[int, str]) -> None:
    """Add a text in its languages, if there is one."""
    if not any(labels.values()):
        return
    listed = child(parent, "labels")
    for language, text in labels.items():
        child(listed, "label", {"description": text, "languagecode": language})


def spell(value: object) -> str:
    """Return an attribute's value."""
    if isinstance(value, bool):
        return _YES_NO[value]
    return braced(value) if isinstance(value, UUID) else str(value)


def braced(component: UUID) -> str:
    """Return an id as forms want it.

    >>> braced(UUID(int=1))
    '{00000000-0000-0000-0000-000000000001}'
    """
    return f"{{{component}}}"


def text_of(root: Element) -> str:
    """Return an element as text, the same for the same element."""
    return tostring(root, encoding="unicode")
