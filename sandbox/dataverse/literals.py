"""Literals as OData spells them in URLs: `'text'`, numbers, GUIDs, dates, true, false, null.

Never compares them with anything.
"""

import re
from decimal import Decimal
from typing import Any

from sandbox.dataverse.values import is_guid

STRING = r"'(?:[^']|'')*'"
_STRING = re.compile(STRING, re.DOTALL)
_WHOLE = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?\d+\.\d+(?:[eE][-+]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:\d\d)?)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


class Guid(str):
    """A GUID literal, written without quotes."""

    __slots__ = ()


class Moment(str):
    """A date or date-and-time literal, written without quotes."""

    __slots__ = ()


def parse(text: str) -> Any:
    """Return the value `text` spells: str, int, Decimal, bool, None, `Guid` or `Moment`.

    Raises:
        ValueError: it is no literal.

    >>> parse("'O''Brien'")
    "O'Brien"
    """
    if _STRING.fullmatch(text):
        return text[1:-1].replace("''", "'")
    if text in _WORDS:
        return _WORDS[text]
    if is_guid(text):
        return Guid(text.lower())
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _DATE.fullmatch(text):
        return Moment(text)
    raise ValueError(text)


def cut(text: str, separator: str) -> list[str]:
    """Split at `separator` outside quotes and parentheses."""
    pieces, start, depth, quoted = [], 0, 0, False
    for mark in re.finditer(f"['()]|{re.escape(separator)}", text):
        char = mark.group()
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == separator and depth == 0:
                pieces.append(text[start : mark.start()])
                start = mark.end()
    return [*pieces, text[start:]]
