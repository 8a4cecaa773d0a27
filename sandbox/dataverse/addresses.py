"""The path of a Web API URL as segments with their keys.

Never looks anything up.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sandbox.dataverse import errors, literals
from sandbox.dataverse.values import GUID

ROOT = "/api/data/v9.2/"

# Documented for alternate keys: rows with such values exist, but cannot be reached by them.
FORBIDDEN = frozenset("/<>*%&:\\?+")

_SEGMENT = re.compile(r"([\w.$]+)(?:\((.*)\))?", re.DOTALL)
# How nearly every row is addressed; any other path is taken apart.
_BY_ID = re.compile(rf"(\w+)\(({GUID.pattern})\)")
_PAIR = re.compile(rf"\s*([\w@]+)\s*=\s*({literals.STRING}|[^,']+?)\s*(?:,|$)", re.DOTALL)

Predicate = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path.

    Attributes:
        name: what stands before the parentheses.
        key: None without parentheses; else name -> value, with the name "" for a bare value.
    """

    name: str
    key: Predicate | None = None


def split(path: str) -> list[Segment]:
    """Cut a percent-encoded path relative to the service root into segments.

    Raises:
        DataverseError: 400, its syntax is wrong.
    """
    if (plain := _BY_ID.fullmatch(path)) is not None:
        return [Segment(plain[1], {"": literals.Guid(plain[2].lower())})]
    decoded = unquote(path, errors="strict")
    return [_segment(piece) for piece in _pieces(decoded)]


def _pieces(path: str) -> list[str]:
    pieces: list[str] = []
    current: list[str] = []
    quoted, depth = False, 0
    for char in path:
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == "/" and depth == 0:
                pieces.append("".join(current))
                current = []
                continue
        current.append(char)
    if quoted or depth:
        raise errors.request(f"There is an unterminated literal or parenthesis in '{path}'.")
    pieces.append("".join(current))
    return pieces


def _segment(piece: str) -> Segment:
    match = _SEGMENT.fullmatch(piece)
    if match is None:
        raise errors.no_segment(piece)
    name, inside = match.groups()
    return Segment(name, None if inside is None else predicate(inside))


def predicate(inside: str) -> Predicate:
    """Parse what stands between the parentheses of a segment.

    Raises:
        DataverseError: 400, its syntax is wrong or a text holds a forbidden character.
    """
    inside = inside.strip()
    if not inside:
        return {}
    if "=" not in inside:
        return {"": _literal(inside)}
    found: Predicate = {}
    position = 0
    while position < len(inside):
        match = _PAIR.match(inside, position)
        if match is None or match[1] in found:
            raise errors.request(f"The key '({inside})' is not well formed.")
        found[match[1]] = match[2] if match[2].startswith("@") else _literal(match[2])
        position = match.end()
    return found


def _literal(text: str) -> Any:
    try:
        value = literals.parse(text)
    except ValueError:
        raise errors.request(f"The key value '{text}' is not a literal.") from None
    if type(value) is str and FORBIDDEN & set(value):
        raise errors.request(
            f"A potentially dangerous Request.Path value was detected from the client ('{value}')."
        )
    return value
