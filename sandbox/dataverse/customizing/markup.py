"""XML as it comes in: parsed, or refused with the reason; and what of it looks the same.

Never validates against a schema.
"""

import re
from xml.etree import ElementTree as ET

from sandbox.dataverse import errors

Element = ET.Element

# Of these texts the platform's own words and code are known.
LAYOUT = "layout xml"
BRACED = re.compile(r"\{[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}")
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\}?")


def parse(text: object, what: str, root: str = "") -> Element:
    """Return the root element of a text.

    Args:
        text: as it came.
        what: how messages name it.
        root: what the root has to be called, if that is fixed.

    Raises:
        DataverseError: 400, it is no text, not well formed, declares entities, or is another one.
    """
    if not isinstance(text, str) or not text.strip():
        raise invalid(what, "it is empty")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise invalid(what, "it declares a document type")
    try:
        found = ET.fromstring(text)  # noqa: S314  # entities were refused above
    except (ET.ParseError, ValueError) as error:
        raise invalid(what, str(error)) from None
    if root and found.tag != root:
        raise invalid(what, f"its root is <{found.tag}>, not <{root}>")
    return found


def invalid(what: str, why: str) -> errors.DataverseError:
    """Refuse a text."""
    code = errors.UNEXPECTED if what == LAYOUT else errors.INVALID_XML
    return errors.DataverseError(400, code, f"Invalid {what}: {why}.")


def guid(text: object) -> str | None:
    """Return the GUID a text holds, braces or not, in the form rows carry; None if it is none."""
    found = _GUID.fullmatch(text.strip()) if isinstance(text, str) else None
    return None if found is None else found[1].lower()


def guids(text: object) -> list[str]:
    """Return every GUID in a text."""
    return [each.lower() for each in _GUID.findall(text)] if isinstance(text, str) else []


def canonical(element: Element) -> str:
    """Return a spelling of an element that depends neither on quotes nor on order or spaces."""
    text = ET.tostring(element, encoding="unicode")
    return ET.canonicalize(text, strip_text=True)


def text_of(element: Element, path: str) -> str | None:
    """Return the text of what lies below an element, stripped; None if it is not there."""
    found = element.find(path)
    return None if found is None else (found.text or "").strip()
