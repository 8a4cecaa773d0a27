"""Expectations of an invoice's lines, and of the total that Dynamics makes of them.

Never prescribes how a line is written, as long as its text, its amount and the total are right.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.check.books import Record, amount
from sandbox.check.rules import AtLeast, Cell, OneOf, Rule, Text, fits, numbers

# As much of a long description as has to be found: the rest may be cut.
_BEGINNING = 500


@dataclass(frozen=True)
class Line(Rule):
    """A line that says what FreshBooks' says.

    Attributes:
        name: the first text.
        description: the second one.
        quantity: FreshBooks' own, None where it names none.
        price: of one, None where FreshBooks names none.
    """

    name: str
    description: str
    quantity: Decimal | None
    price: Decimal | None

    def holds(self, cell: Cell) -> bool:
        """Say whether a line says it; one that is written otherwise says the original too."""
        value = cell.value
        both = _plain(f"{value.text} {value.detail}")
        title = _plain(self.name) or _plain(self.description)
        original = self._is_original(value)
        return (
            (
                self._is_title(title, _plain(value.text), cell.room)
                if original
                else title[:80] in both
            )
            and _plain(self.description)[:_BEGINNING] in both
            and (original or {self.quantity, self.price} <= numbers(both))
        )

    def _is_original(self, value: Any) -> bool:
        if self.quantity is None or self.price is None:
            return True
        return bool(value.quantity == self.quantity and value.price == self.price)

    @staticmethod
    def _is_title(title: str, text: str, room: int | None) -> bool:
        return not title or Text(title).holds(Cell(text, room))

    def __str__(self) -> str:
        return f"{self.name or self.description} ({self.quantity} x {self.price})"


def lines(record: Record) -> dict[str, Any]:
    """Expect of the lines what their texts are; more of them may follow."""
    listed = _in_order(record)
    fields: dict[str, Any] = {"lines": AtLeast(len(listed))}
    for number, line in enumerate(listed, start=1):
        fields[f"line {number}"] = Line(
            str(line["name"] or ""),
            str(line["description"] or ""),
            _number(line["qty"]),
            _number(line["unit_cost"]["amount"]) if line["unit_cost"] else None,
        )
    return fields


def totals(record: Record, digits: int | None, price_digits: int) -> dict[str, Any]:
    """Expect of amounts of lines and of totals what the price engine can be brought to.

    Args:
        record: the invoice.
        digits: decimals of its currency in Dynamics.
        price_digits: decimals of a price per unit there.

    Returns:
        Nothing where the decimals do not suffice.
    """
    whole = amount(record["amount"])
    nets = [amount(line["amount"]) for line in _in_order(record)]
    least = price_digits if digits is None else min(digits, price_digits)
    if not all(fits(each, least) for each in nets) or not fits(whole, digits):
        return {}
    named = {f"amount of line {number}": net for number, net in enumerate(nets, start=1)}
    return {**named, "sum of lines": whole}


def price_list(code: str, *, mandatory: bool, priced: bool) -> dict[str, Any]:
    """Expect of an invoice's price list that it lets the engine calculate, if there is one.

    Args:
        code: the invoice's currency.
        mandatory: the engine skips invoices without a price list.
        priced: there is one in this currency.
    """
    if mandatory:
        return {"price list": code} if priced else {}
    return {"price list": OneOf((code, None))}


def _in_order(record: Record) -> list[Record]:
    return sorted(record["lines"], key=lambda line: int(line["taskno"] or 0))


def _number(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def _plain(text: str) -> str:
    return " ".join(text.split())
