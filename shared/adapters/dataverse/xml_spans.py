"""Where each element of an XML text stands, in bytes, so that a text can be changed in one place.

Never writes XML, and reads none with a document type: that may change what a text means.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

_ENCODING: Final = "utf-8"  # whatever the text says of itself: it comes decoded
# A value may hold what looks like the tag's end.
_OPENING_TAG: Final = re.compile(rb"<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")


@dataclass(frozen=True)
class Element:
    """An element and its place.

    Attributes:
        name: as written, with its prefix.
        start: of its opening tag.
        inside: behind its opening tag.
        closing: of its closing tag; equal to `end` where it closes itself.
        end: behind it.
        text: the characters directly in it, without the space around them.
    """

    name: str
    attributes: Mapping[str, str]
    start: int
    inside: int
    closing: int
    end: int
    text: str
    children: tuple["Element", ...]

    @property
    def closes_itself(self) -> bool:
        """Whether it is written as one tag, `<name/>`."""
        return self.closing == self.end

    def walk(self) -> Iterator["Element"]:
        """Yield it and everything in it, in the text's order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)

    def named(self, name: str) -> list["Element"]:
        """Return the elements of a name that are directly in it."""
        return [child for child in self.children if child.name == name]


def parse(data: bytes) -> Element:
    """Return the root of a text in UTF-8, with everything in it.

    Raises:
        ValueError: it is not well-formed, or has a document type.
    """
    reading = _Reading(data)
    parser = expat.ParserCreate(_ENCODING)
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: reading.open(
        name, given, parser.CurrentByteIndex
    )
    parser.EndElementHandler = lambda _name: reading.close(parser.CurrentByteIndex)
    parser.CharacterDataHandler = reading.read
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no well-formed XML ({error})") from None
    return reading.root


def _refuse(*_declared: object) -> None:
    raise ValueError("it has a document type")


@dataclass(frozen=True)
class _Open:
    """An element whose end was not yet read."""

    name: str
    attributes: Mapping[str, str]
    start: int
    inside: int
    texts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)


class _Reading:
    """What is read so far."""

    root: Element

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._open: list[_Open] = []

    def open(self, name: str, attributes: Mapping[str, str], start: int) -> None:
        tag = _OPENING_TAG.match(self._data, start)
        if tag is None:
            raise ValueError(f"the tag {name} is not understood")
        self._open.append(_Open(name, dict(attributes), start, tag.end()))

    def close(self, at: int) -> None:
        ending = self._open.pop()
        closes_itself = self._data[ending.inside - 2 : ending.inside] == b"/>"
        closing = ending.inside if closes_itself else at
        element = Element(
            name=ending.name,
            attributes=ending.attributes,
            start=ending.start,
            inside=ending.inside,
            closing=closing,
            end=closing if closes_itself else self._data.index(b">", at) + 1,
            text="".join(ending.texts).strip(),
            children=tuple(ending.children),
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element

    def read(self, text: str) -> None:
        self._open[-1].texts.append(text)
