"""What a value has to be where being equal is not all there is to it.

Never knows which column it is about.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sandbox.check.words import said

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
ELLIPSES = ("…", "...")
# How much shorter than its column a text may be that was cut: a word, and the blanks around it.
_SPARE = 20


@dataclass(frozen=True)
class Cell:
    """A value as found.

    Attributes:
        room: characters that the column has, where it holds text.
        digits: decimals that the row's currency has in Dynamics.
    """

    value: Any
    room: int | None = None
    digits: int | None = None


class Rule(ABC):
    """Something that a value has to obey; as text, what it has to be."""

    @abstractmethod
    def holds(self, cell: Cell) -> bool:
        """Say whether it is obeyed."""


def agrees(wanted: Any, cell: Cell) -> bool:
    """Say whether a value is what is wanted: equal to it, or obeying it."""
    value = cell.value
    if isinstance(wanted, Rule):
        return wanted.holds(cell)
    if isinstance(wanted, Decimal) and isinstance(value, Decimal):
        return value == wanted or _rounded(wanted, value, cell.digits)
    return bool(wanted == value)


def fits(value: Decimal, digits: int | None) -> bool:
    """Say whether an amount needs no more decimals than those."""
    return digits is None or round(value, digits) == value


def is_rounded(value: Decimal, exact: Decimal, digits: int) -> bool:
    """Say whether a value is `exact` to so many decimals, halves to either side."""
    return fits(value, digits) and abs(value - exact) * 2 <= Decimal(1).scaleb(-digits)


def _rounded(wanted: Decimal, value: Decimal, digits: int | None) -> bool:
    """Say whether a value is what Dynamics can hold of an amount that is finer."""
    return digits is not None and not fits(wanted, digits) and is_rounded(value, wanted, digits)


@dataclass(frozen=True)
class Text(Rule):
    """A text, cut with an ellipsis where the column is too short for it."""

    text: str

    def holds(self, cell: Cell) -> bool:
        """Say whether it is this text, or as much of it as there is room for."""
        value, room = cell.value, cell.room
        if not isinstance(value, str):
            return False
        if room is None or len(self.text) <= room:
            return value == self.text
        stem = next((value[: -len(end)] for end in ELLIPSES if value.endswith(end)), None)
        return (
            stem is not None
            and max(room // 2, room - _SPARE) <= len(value) <= room
            and self.text.startswith(stem.rstrip())
        )

    def __str__(self) -> str:
        return self.text


class Amounts(Text):
    """A text of amounts, with commas between the thousands or without."""

    def holds(self, cell: Cell) -> bool:
        """Say whether it is this text, apart from the commas."""
        text = cell.value
        plain = _THOUSANDS.sub("", text) if isinstance(text, str) else text
        return super().holds(replace(cell, value=plain))


@dataclass(frozen=True)
class OneOf(Rule):
    """Any of several values."""

    values: tuple[Any, ...]

    def holds(self, cell: Cell) -> bool:
        """Say whether it is one of them."""
        return any(agrees(each, cell) for each in self.values)

    def __str__(self) -> str:
        return " or ".join(dict.fromkeys(map(said, self.values)))


@dataclass(frozen=True)
class NoneOf(Rule):
    """Anything but some values."""

    values: tuple[Any, ...]

    def holds(self, cell: Cell) -> bool:
        """Say whether it is none of them."""
        return cell.value not in self.values

    def __str__(self) -> str:
        return f"not {' or '.join(map(said, self.values))}"


@dataclass(frozen=True)
class Naming(Rule):
    """A text that names something: one of some numbers stands in it."""

    numbers: tuple[int, ...]

    def holds(self, cell: Cell) -> bool:
        """Say whether one of the numbers stands in it, not as a part of a longer one."""
        text = cell.value or ""
        return any(re.search(rf"(?<!\d){number}(?!\d)", text) for number in self.numbers)

    def __str__(self) -> str:
        return f"something with {' or '.join(map(str, self.numbers))} in it"


@dataclass(frozen=True)
class Subject(Rule):
    """A subject that says amounts with their currency, and an invoice's number beside them."""

    amounts: tuple[Decimal, ...]
    code: str
    number: str = ""

    def holds(self, cell: Cell) -> bool:
        """Say whether all of it is said; a number in the amounts does not count as one."""
        text = str(cell.value or "")
        if self.code not in text:
            return False
        cut = text.endswith(ELLIPSES) and cell.room is not None and len(text) <= cell.room
        if not self.number or (cut and self.number not in text):
            return self._says(text, cell.digits)
        return any(
            self._says(f"{text[: place.start()]} {text[place.end() :]}", cell.digits)
            for place in re.finditer(re.escape(self.number), text)
        )

    def _says(self, text: str, digits: int | None) -> bool:
        """Say whether all amounts stand in a text, each to the digit that its currency has."""
        found = [Cell(number, digits=digits) for number in numbers(text)]
        return all(any(agrees(each, number) for number in found) for each in self.amounts)

    def __str__(self) -> str:
        parts = [f"{' and '.join(map(said, self.amounts))} {self.code}", self.number]
        return f"something with {' and '.join(filter(None, parts))} in it"


@dataclass(frozen=True)
class AtLeast(Rule):
    """A number that is not smaller than another."""

    least: int

    def holds(self, cell: Cell) -> bool:
        """Say whether it is large enough."""
        return bool(cell.value >= self.least)

    def __str__(self) -> str:
        return f"{self.least} or more"


@dataclass(frozen=True)
class Active(Rule):
    """A row that was not deactivated."""

    def holds(self, cell: Cell) -> bool:
        """Say whether there is one and it is active."""
        return cell.value is not None and bool(cell.value.active)

    def __str__(self) -> str:
        return "an active account"


def numbers(text: str) -> set[Decimal]:
    """Return the numbers that stand in a text, with or without commas between thousands."""
    return {Decimal(found.replace(",", "")) for found in _NUMBER.findall(text)}
