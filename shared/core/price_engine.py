"""What Dynamics' price engine makes of an invoice's inputs, as far as Microsoft publishes it.

Never decides what the inputs are: that is `pricing`, which asks here before anything is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

ZERO: Final = Decimal(0)
# A quantity and a price at their limits have a product of some forty digits.
_EXACT: Final = Context(prec=60)


@dataclass(frozen=True)
class LineInputs:
    """What the engine is given of a line; it is never given a discount of a line.

    Attributes:
        tax: an amount, not a percentage.
    """

    quantity: Decimal
    price: Decimal
    tax: Decimal = ZERO


def rounded(amount: Decimal, precision: int) -> Decimal:
    """Round as Dataverse stores money: half away from zero, to the currency's decimals."""
    # what is too little to be seen has no sign either
    return amount.quantize(Decimal(1).scaleb(-precision), rounding=ROUND_HALF_UP) + ZERO


def product(quantity: Decimal, price: Decimal) -> Decimal:
    """Return the two multiplied, to the last digit."""
    return _EXACT.multiply(quantity, price)


def total_of(lines: Iterable[LineInputs], *, discount: Decimal, precision: int) -> Decimal:
    """Return what an invoice's `totalamount` becomes.

    Each line's amount is kept in a column with the currency's decimals, so it is rounded before
    it is added up.

    Args:
        lines: all of the invoice's.
        discount: its `discountamount`; without a `discountpercentage` it is taken off once.
        precision: decimals of its currency.
    """
    lines = tuple(lines)
    net = sum((rounded(product(line.quantity, line.price), precision) for line in lines), ZERO)
    return net - discount + sum((line.tax for line in lines), ZERO)
