"""An extra mapping: a field of FreshBooks' record, a column of Dataverse's, and what fits into it.

Never fails over a value: one that does not fit is cut or left out, and that is said.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from shared.core.fields import FieldType, FieldValue
from shared.core.fitting import fit_text
from shared.core.identity import Kind
from shared.core.ownership import Ownership
from shared.core.price_engine import rounded
from shared.core.rows import Scalar
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE

# Tables whose rows stand for a record of each kind.
TABLES: Final = {
    Kind.CLIENT: ("account", CLIENT_TABLE),
    Kind.INVOICE: ("invoice", ACTIVITY_TABLE),
    Kind.PAYMENT: (ACTIVITY_TABLE,),
    Kind.EXPENSE: (ACTIVITY_TABLE,),
    Kind.CREDIT: (ACTIVITY_TABLE,),
}


class MappedType(StrEnum):
    """What a column is given."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    YES_NO = "yes-no"


_NUMBERS: Final = frozenset({FieldType.TEXT, FieldType.WHOLE, FieldType.NUMBER})
# What each type may be made from.
FITTING: Final = {
    MappedType.TEXT: frozenset(FieldType),
    MappedType.WHOLE: _NUMBERS,
    MappedType.DECIMAL: _NUMBERS,
    MappedType.MONEY: _NUMBERS,
    MappedType.DATE: frozenset({FieldType.TEXT, FieldType.DAY, FieldType.MOMENT}),
    MappedType.YES_NO: frozenset({FieldType.TEXT, FieldType.WHOLE, FieldType.FLAG}),
}

LENGTH: Final = 100  # characters of a column of text that Power Apps makes
DECIMALS: Final = 2  # of a column of numbers that it makes

_MOST: Final = {
    MappedType.WHOLE: Decimal(2**31 - 1),
    MappedType.DECIMAL: Decimal(100_000_000_000),
    MappedType.MONEY: Decimal(922_337_203_685_477),
}
_YES: Final = frozenset({"yes", "true", "1", "y"})
_NO: Final = frozenset({"no", "false", "0", "n"})
_FIRST_YEAR: Final = 1753
_LONGEST_NUMBER: Final = 40  # characters of a number that anybody meant


@dataclass(frozen=True)
class Mapped:
    """An extra mapping.

    Attributes:
        record: whose field it is.
        field: its path in FreshBooks' answer.
        table: logical name.
        column: logical name.
        kind: what the column is given.
        owner: freshbooks, or first-write: it is filled where it is empty.
        length: most characters, of a text.
        decimals: most decimals, of a number that has them.
    """

    record: Kind
    field: str
    table: str
    column: str
    kind: MappedType
    owner: Ownership = Ownership.FIRST_WRITE
    length: int = LENGTH
    decimals: int = DECIMALS

    def __str__(self) -> str:
        return f"{self.record}.{self.field} to {self.table}.{self.column}"

    def convert(self, value: FieldValue) -> Scalar:
        """Return a value as the column holds it, None for an empty one.

        Raises:
            ValueError: it does not fit; the text says why and never what it is.
        """
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        match self.kind:
            case MappedType.TEXT:
                return fit_text(_spell(value), self.length)
            case MappedType.DATE:
                return _day(value)
            case MappedType.YES_NO:
                return _yes_no(value)
            case MappedType.WHOLE | MappedType.DECIMAL | MappedType.MONEY:
                return self._number(value)

    def note(self, value: FieldValue) -> str:
        """Say what of a value does not fit, "" for nothing."""
        try:
            self.convert(value)
        except ValueError as error:
            return f"{self} is left out: {error}"
        is_text = self.kind is MappedType.TEXT and value is not None
        whole = _spell(value).strip() if is_text else ""
        if fit_text(whole, self.length) != (whole or None):
            return f"{self} is cut after {self.length} characters"
        return ""

    def _number(self, value: FieldValue) -> Scalar:
        text = str(value).strip()
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError("it is no number") from None
        if isinstance(value, bool) or not number.is_finite() or len(text) > _LONGEST_NUMBER:
            raise ValueError("it is no number")
        if abs(number) > _MOST[self.kind]:
            raise ValueError("it is more than the column holds")
        if self.kind is not MappedType.WHOLE:
            return rounded(number, self.decimals)
        if number != number.to_integral_value():
            raise ValueError("it is no whole number")
        return int(number)


def _spell(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _day(value: FieldValue) -> date:
    text = str(value).strip()
    try:
        # of an instant the day that FreshBooks writes, whichever zone that is in
        day = date.fromisoformat(text[:10] if text[10:11] in {"", " ", "T"} else text)
    except ValueError:
        raise ValueError("it is no day such as 2026-01-31") from None
    if day.year < _FIRST_YEAR:
        raise ValueError(f"Dataverse holds no day before {_FIRST_YEAR}")
    return day


def _yes_no(value: FieldValue) -> bool:
    word = str(value).strip().casefold()
    if word not in _YES | _NO:
        raise ValueError("it is neither yes nor no")
    return word in _YES
