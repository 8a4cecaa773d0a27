"""Whose is what on the connector's tab: its own parts, and what somebody put there or took away.

Never changes anything, and never knows a release's tab: it goes by ids and names.
"""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.xml_spans import Element
from shared.core.definitions import PREFIX

_OWN_PREFIX: Final = f"{PREFIX}_"
# Ids that are made of names are of this version; those of people's tools are random, of another.
_NAMED_ID: Final = 5


def are_same(wanted: Element | None, found: Element | None) -> bool:
    """Say whether a tab is the wanted one, none included.

    Dataverse may add attributes, and what somebody put into the tab is theirs: neither counts.
    """
    if wanted is None or found is None:
        return wanted is found
    pairs = [(wanted, found)]
    while pairs:
        one, other = pairs.pop()
        given = {name: value.casefold() for name, value in other.attributes.items()}
        mine, theirs = _own_parts(one), _own_parts(other)
        alike = (
            one.name == other.name
            and one.text == other.text
            and len(mine) == len(theirs)
            and all(given.get(name) == value.casefold() for name, value in one.attributes.items())
        )
        if not alike:
            return False
        pairs += zip(mine, theirs, strict=True)
    return True


def strangers(tab: Element) -> Iterator[Element]:
    """Yield what somebody put into the connector's tab: sections, fields, scripts."""
    waiting = list(reversed(tab.children))
    while waiting:
        each = waiting.pop()
        if _is_strange(each):
            yield each
        else:
            waiting += reversed(each.children)


def _is_strange(element: Element) -> bool:
    match element.name:
        case "section":
            return not is_own(element)
        case "cell":
            return bool(element.named("control")) and not is_own(element)
        case name:
            return name.casefold() in {"event", "handler"}


def _own_parts(element: Element) -> list[Element]:
    """Return what is directly in a part of a tab, without what somebody put there."""
    return [each for each in element.children if not (_is_strange(each) or _is_theirs(each))]


def _is_theirs(element: Element) -> bool:
    """Say whether something holds nothing but what somebody put there, or space beside it."""
    if element.name == "cell":
        # One without a control is the space that people's tools put beside others.
        return not element.named("control")
    if element.name.casefold() in {"row", "events", "handlers"}:
        return bool(element.children) and not _own_parts(element)
    return False


def is_own(element: Element) -> bool:
    """Say whether a section or a cell is one that a release of the connector wrote."""
    match element.name:
        case "section":
            name = element.attributes.get("name", "")
        case "cell":
            name = "".join(each.attributes.get("id", "") for each in element.named("control"))
        case _:
            return False
    try:
        made = UUID(element.attributes.get("id", ""))
    except ValueError:
        return False
    return made.version == _NAMED_ID and name.startswith(_OWN_PREFIX)


def ids_in(element: Element) -> set[str]:
    """Return the ids in an element, its own included, in lower case."""
    return {name for each in element.walk() for name in ids_of(each)}


def ids_of(element: Element) -> set[str]:
    """Return the ids of an element itself, in lower case."""
    given = (element.attributes.get(name, "") for name in ("id", "uniqueid"))
    return {each.casefold() for each in given if each}


def title_of(element: Element) -> str:
    """Name an element as a person finds it again."""
    named = element
    if element.name == "cell":
        named = next(iter(element.named("control")), element)
    words = ("datafieldname", "name", "functionName", "id")
    given = next((named.attributes[word] for word in words if named.attributes.get(word)), "")
    return f"the {named.name} {given}".strip()
