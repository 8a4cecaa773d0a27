"""What the price engine makes of an invoice's inputs, calculated once more.

Never writes totals, and never trusts those that are there.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from sandbox.check.found.crm import Organization
from sandbox.check.found.tables import Row
from sandbox.check.rules import is_rounded

ZERO = Decimal(0)


def net(line: Row, digits: int) -> Decimal:
    """Return what a line amounts to before its discount and its taxes.

    Which way the engine rounds halves is not said anywhere: where it rounded one, that stands.
    """
    product = of(line, "quantity") * of(line, "priceperunit")
    engine = line["baseamount"]
    if engine is not None and is_rounded(Decimal(engine), product, digits):
        return Decimal(engine)
    return _rounded(product, digits)


def total(
    invoice: Row, lines: Iterable[Row], organization: Organization, digits: int | None
) -> Decimal:
    """Return the total that follows from an invoice's lines, discount, freight and taxes."""
    places = 2 if digits is None else digits
    goods = taxes = ZERO
    for line in lines:
        units = of(line, "quantity") if organization.discount_per_unit else Decimal(1)
        discount = _rounded(of(line, "manualdiscountamount") * units, places)
        goods += net(line, places) - discount
        taxes += of(line, "tax")
    share = _rounded(goods * of(invoice, "discountpercentage") / 100, places)
    return goods - share - of(invoice, "discountamount") + of(invoice, "freightamount") + taxes


def of(row: Row, name: str) -> Decimal:
    """Return a number of a row; an empty one is nothing."""
    return ZERO if row[name] is None else Decimal(row[name])


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
