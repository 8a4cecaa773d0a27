"""What is outstanding in other currencies than the account's, converted.

Never says what an account shows in its own currency.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sandbox.check.rules import ELLIPSES, Cell, Rule, is_rounded
from sandbox.check.words import written

_PIECE = re.compile(r"([A-Z]{3}) (-?[\d,.]*\d) at ([\d.]*\d) = (-?[\d,.]*\d) ([A-Z]{3})")
_SMALL = Decimal("0.1")  # rates below it are written with more decimals
_RATE_DIGITS, _SMALL_RATE_DIGITS = 4, 8
_NOT = "not converted"


@dataclass(frozen=True)
class Conversion(Rule):
    """The text that names every amount that was converted, its rate, and what it came to.

    Attributes:
        amounts: by currency, those that can be converted.
        rates: how much of the account's currency one unit of each of those is.
        lacking: currencies that Dynamics lacks, which are named as not converted.
        code: the account's currency.
        decimals: those of the account's currency.
    """

    amounts: Mapping[str, Decimal]
    rates: Mapping[str, Decimal]
    code: str
    decimals: int
    lacking: tuple[str, ...] = ()

    def holds(self, cell: Cell) -> bool:
        """Say whether the text names all of it and nothing else."""
        text = str(cell.value or "")
        pieces = _PIECE.findall(text)
        named = sorted(piece[0] for piece in pieces)
        if text.endswith(ELLIPSES):
            complete = set(named) <= self.amounts.keys()
        else:
            complete = named == sorted(self.amounts) and self._says_lacking(_PIECE.sub("", text))
        return complete and all(map(self._is_right, pieces))

    def _says_lacking(self, rest: str) -> bool:
        """Say whether what is beside the conversions names what was not converted, if any."""
        if not self.lacking:
            return not re.sub(r"[;,\s]+", "", rest)
        return _NOT in rest and set(re.findall(r"\b[A-Z]{3}\b", rest)) == set(self.lacking)

    def _is_right(self, piece: tuple[str, str, str, str, str]) -> bool:
        code, amount, rate, result, into = piece
        exact, shown = self.rates[code], Decimal(rate)
        places = -int(shown.as_tuple().exponent)
        return (
            into == self.code
            and _number(amount) == self.amounts[code]
            and places >= _digits(exact)
            and is_rounded(shown, exact, places)
            and any(
                is_rounded(_number(result), self.amounts[code] * used, self.decimals)
                for used in (exact, shown)
            )
        )

    def converted(self, text: str | None) -> Decimal:
        """Return what everything came to: by the text where it is right, else by the rates."""
        if self.holds(Cell(text)) and not str(text).endswith(ELLIPSES):
            return sum((_number(piece[3]) for piece in _PIECE.findall(text or "")), Decimal(0))
        return sum(
            (
                round(value * self.rates[code], self.decimals)
                for code, value in self.amounts.items()
            ),
            Decimal(0),
        )

    def __str__(self) -> str:
        pieces = [
            f"{code} {written(value, code)} at {self.rates[code]:.{_digits(self.rates[code])}f} = "
            f"{round(value * self.rates[code], self.decimals):f} {self.code}"
            for code, value in sorted(self.amounts.items())
        ]
        return "; ".join([*pieces, *(f"{code} {_NOT}" for code in self.lacking)])


def _digits(rate: Decimal) -> int:
    return _SMALL_RATE_DIGITS if rate < _SMALL else _RATE_DIGITS


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
