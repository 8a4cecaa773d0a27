"""Amounts as FreshBooks writes them, and what an invoice's lines add up to.

Never uses float, and never knows about payments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

Money = dict[str, str]

ZERO = Decimal(0)
_CENT = Decimal("0.01")


def number(value: object) -> Decimal:
    """Read a number that arrives as text, int, Decimal, or money object.

    Raises:
        ValueError: it is none, or not finite.
    """
    if isinstance(value, dict):
        value = value.get("amount")
    try:
        parsed = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not parsed.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return parsed


def cents(value: Decimal) -> Decimal:
    """Round to two decimals, half away from zero."""
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)


def money(value: Decimal, code: str) -> Money:
    """Write `value` as a money object: text with two decimals, and the currency."""
    return {"amount": f"{cents(value):f}", "code": code}


def exact(value: Decimal) -> str:
    """Write `value` with two decimals, or with all it has where there are more."""
    return f"{value:f}" if value != cents(value) else f"{cents(value):f}"


@dataclass(frozen=True)
class Totals:
    """What lines add up to: before and after discount, and with taxes."""

    subtotal: Decimal
    discount: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        """Return the sum without taxes."""
        return self.subtotal - self.discount

    @property
    def amount(self) -> Decimal:
        """Return what the customer is asked for."""
        return self.net + self.tax


def line_amount(line: dict[str, Any]) -> Decimal:
    """Return unit cost times quantity in cents; a line's `amount` holds no tax."""
    if line["unit_cost"] is None or line["qty"] is None:
        return ZERO
    return cents(number(line["unit_cost"]) * number(line["qty"]))


def line_taxes(
    line: dict[str, Any], net: Decimal, *, rounded: bool = True
) -> tuple[Decimal, Decimal]:
    """Return both taxes of a line on its discounted amount `net`.

    A line's `taxAmount1` and `taxAmount2` are percentages, in spite of their names. A compounded
    second tax is taken on the amount with the first one in it.
    """
    in_cents = cents if rounded else Decimal
    first = in_cents(net * number(line["taxAmount1"] or 0) / 100)
    base = net + first if line["compounded_tax"] else net
    return first, in_cents(base * number(line["taxAmount2"] or 0) / 100)


def totals(
    lines: Iterable[dict[str, Any]], discount_percent: Decimal, *, tax_per_line: bool = True
) -> Totals:
    """Add up `lines`; the discount is a percentage, and taxes are due on what it leaves.

    Args:
        lines: of an invoice or a credit note.
        discount_percent: of the sum of lines.
        tax_per_line: each line's taxes are rounded to cents; else each tax of the whole is, as no
            published text says which.
    """
    subtotal = ZERO
    taxes: dict[tuple[object, ...], Decimal] = {}
    for place, line in enumerate(lines):
        amount = line_amount(line)
        subtotal += amount
        due = line_taxes(line, amount * (1 - discount_percent / 100), rounded=tax_per_line)
        for which, tax in enumerate(due, start=1):
            named = (line[f"taxName{which}"], number(line[f"taxAmount{which}"] or 0))
            key = (place, which) if tax_per_line else named
            taxes[key] = taxes.get(key, ZERO) + tax
    tax = sum(map(cents, taxes.values()), ZERO)
    return Totals(subtotal, cents(subtotal * discount_percent / 100), tax)
