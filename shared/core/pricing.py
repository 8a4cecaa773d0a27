"""An invoice as inputs from which Dynamics arrives at FreshBooks' total: lines, taxes, discount.

Never rounds what is multiplied afterwards, and never changes FreshBooks' figures: what Dynamics
cannot hold is given as its amount, with the original in the text (decision 19).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from shared.core.price_engine import ZERO, LineInputs, product, rounded, total_of
from shared.core.records import Invoice, Line
from shared.errors import RecordRefusedError

# As Microsoft publishes them for invoice and invoicedetail.
MOST_MONEY: Final = Decimal(922_337_203_685_477)
MOST_INPUT: Final = Decimal(10**12)  # of a discount and of a tax; a discount has no sign
MOST_QUANTITY: Final = Decimal(10**11)
_QUANTITY_DECIMALS: Final = 5
_MONEY_DECIMALS: Final = 4  # the database has no more, whatever an organization sets for prices

# FreshBooks rounds each of two taxes of a line, and we round once.
_OFF_BY_ROUNDING: Final = 2
_CENT: Final = Decimal("0.01")

DIFFERENCE: Final = "Difference to FreshBooks' total"


@dataclass(frozen=True)
class PricedLine(LineInputs):
    """A line as Dynamics is given it.

    Attributes:
        name: what it is called.
        text: FreshBooks' description, with the original in front where the inputs do not say it.
    """

    name: str = ""
    text: str = ""


@dataclass(frozen=True)
class Priced:
    """An invoice's inputs for the price engine.

    Attributes:
        lines: FreshBooks' lines in their order, then at most two of our own: a discount that the
            header cannot hold, and what no tax can take up.
        discount: of the whole invoice, an amount; never negative.
        total: what the engine makes of them: FreshBooks' total in the currency's decimals.
    """

    lines: tuple[PricedLine, ...]
    discount: Decimal
    total: Decimal


def price_invoice(invoice: Invoice, *, precision: int, price_precision: int) -> Priced:
    """Return the inputs from which Dynamics arrives at the invoice's total.

    Args:
        invoice: the record, with its lines.
        precision: decimals of its currency in Dataverse.
        price_precision: decimals of a price per unit there.

    Raises:
        RecordRefusedError: an amount is beyond what any column of Dataverse holds.
    """
    source = invoice.lines or ()
    amounts = [_amount_of(line) for line in source]
    discount = _discount_of(invoice, sum(amounts, ZERO))
    _refuse_beyond(
        *amounts,
        sum(amounts, ZERO),
        discount,
        invoice.amount.amount,
        invoice.paid.amount,
        invoice.outstanding.amount,
    )
    form = _Form(precision, max(0, min(price_precision, _MONEY_DECIMALS)))
    wanted = rounded(invoice.amount.amount, precision)
    header = rounded(discount, precision)
    lines = [
        form.line(line, amount, position)
        for position, (line, amount) in enumerate(zip(source, amounts, strict=True), start=1)
    ]
    added: list[PricedLine] = []
    if not ZERO <= header <= MOST_INPUT:
        added.append(form.amount(-header, name=_spell_discount(invoice.discount_value)))
        header = ZERO

    def missing() -> Decimal:
        return wanted - total_of([*lines, *added], discount=header, precision=precision)

    left = 1 - invoice.discount_value / 100
    taxes = _taxes(source, amounts, left=left, due=missing(), precision=precision)
    lines = [replace(line, tax=tax) for line, tax in zip(lines, taxes, strict=True)]
    if rest := missing():
        added.append(form.amount(rest, name=DIFFERENCE))
    return Priced((*lines, *added), header, wanted - missing())


@dataclass(frozen=True)
class _Form:
    """How quantities and prices have to look.

    Attributes:
        precision: decimals of the currency.
        price_precision: decimals of a price.
    """

    precision: int
    price_precision: int

    def line(self, line: Line, amount: Decimal, position: int) -> PricedLine:
        """Return a line as quantity times price if that is its amount, else as its amount."""
        name = line.name.strip() or line.description.strip() or f"Line {position}"
        original = ""
        if line.qty is not None and line.unit_cost is not None:
            quantity, price = line.qty, line.unit_cost.amount
            if self._multiplies_out(quantity, price, amount):
                return PricedLine(
                    rounded(quantity, _QUANTITY_DECIMALS),
                    rounded(price, self.price_precision),
                    name=name,
                    text=line.description,
                )
            original = f"{quantity:f} x {price:f}"
        text = "\n".join(filter(None, (original, line.description)))
        return replace(self.amount(rounded(amount, self.precision), name=name), text=text)

    def amount(self, amount: Decimal, *, name: str) -> PricedLine:
        """Return a line of an amount with at most the currency's decimals.

        Where prices have fewer decimals than amounts, the quantity, which has five, says it.
        """
        price = rounded(amount, self.price_precision)
        if price != amount and abs(amount) <= MOST_QUANTITY:
            return PricedLine(amount, Decimal(1), name=name)
        return PricedLine(Decimal(1), price, name=name)

    def _multiplies_out(self, quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
        """Say whether both survive their columns, and the engine makes the amount of them.

        Which way it rounds a half is not published, so none is left to it.
        """
        if not (
            _fits(quantity, _QUANTITY_DECIMALS, MOST_QUANTITY)
            and _fits(price, self.price_precision, MOST_MONEY)
        ):
            return False
        made, half = product(quantity, price), Decimal(5).scaleb(-self.precision - 1)
        return abs(made) <= MOST_MONEY and (
            abs(made - rounded(made, self.precision)) != half
            and rounded(made, self.precision) == rounded(amount, self.precision)
        )


def _amount_of(line: Line) -> Decimal:
    """Return FreshBooks' amount of a line, without taxes; a line of text has none."""
    if line.amount is not None:
        return line.amount.amount
    if line.qty is None or line.unit_cost is None:
        return ZERO
    return product(line.qty, line.unit_cost.amount)


def _discount_of(invoice: Invoice, subtotal: Decimal) -> Decimal:
    """Return what is taken off the lines together; FreshBooks shows it as a negative amount."""
    if invoice.discount_total is not None:
        return -invoice.discount_total.amount
    return subtotal * invoice.discount_value / 100


def _taxes(
    lines: Sequence[Line],
    amounts: Sequence[Decimal],
    *,
    left: Decimal,
    due: Decimal,
    precision: int,
) -> list[Decimal]:
    """Return the tax of each line; together they are what is due, if rounding explains the rest.

    FreshBooks publishes neither where it rounds nor whether a discount comes before the taxes.
    What its total holds beyond lines and discount is its tax, so the reading that comes closer is
    taken, and the last cents go to the lines with most tax.

    Args:
        lines: FreshBooks' lines.
        amounts: of each, without taxes.
        left: what share of an amount the discount leaves.
        due: all taxes together.
        precision: decimals of the currency.
    """
    readings = [
        [_tax_of(line, amount * share) for line, amount in zip(lines, amounts, strict=True)]
        for share in (left, Decimal(1))
    ]
    exact = min(readings, key=lambda reading: abs(due - sum(reading, ZERO)))
    taxes = [rounded(max(-MOST_INPUT, min(tax, MOST_INPUT)), precision) for tax in exact]
    rest = due - sum(taxes, ZERO)
    taxed = sorted(
        (place for place, tax in enumerate(exact) if tax), key=lambda place: -abs(exact[place])
    )
    unit = Decimal(1).scaleb(-precision)
    if not taxed or abs(rest) > _OFF_BY_ROUNDING * max(unit, _CENT) * len(taxed):
        return taxes
    each, more = divmod(abs(rest) / unit, len(taxed))
    for rank, place in enumerate(taxed):
        taxes[place] += (each + (rank < more)) * unit.copy_sign(rest)
    return taxes


def _tax_of(line: Line, net: Decimal) -> Decimal:
    first = net * line.tax1 / 100
    return first + (net + first if line.compounded_tax else net) * line.tax2 / 100


def _fits(value: Decimal, decimals: int, most: Decimal) -> bool:
    return abs(value) <= most and rounded(value, decimals) == value


def _refuse_beyond(*amounts: Decimal) -> None:
    if any(abs(amount) > MOST_MONEY for amount in amounts):
        raise RecordRefusedError(
            f"An amount of the invoice is beyond {MOST_MONEY:,}, the most that Dynamics' columns "
            "of money hold: it cannot be shown there."
        )


def _spell_discount(percent: Decimal) -> str:
    return f"Discount of {percent:f} %" if percent else "Discount"
