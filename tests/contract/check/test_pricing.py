"""What the price engine makes of an invoice, calculated once more."""

from decimal import Decimal

import pytest

from sandbox.check.found import pricing
from sandbox.check.found.crm import Organization


def line(quantity, price, *, tax=None, off=None, base=None):
    return {
        "quantity": Decimal(quantity),
        "priceperunit": Decimal(price),
        "manualdiscountamount": None if off is None else Decimal(off),
        "tax": None if tax is None else Decimal(tax),
        "baseamount": None if base is None else Decimal(base),
    }


def invoice(*, off=None, percent=None, freight=None):
    named = {"discountamount": off, "discountpercentage": percent, "freightamount": freight}
    return {name: None if value is None else Decimal(value) for name, value in named.items()}


@pytest.mark.parametrize(
    ("of_invoice", "lines", "total"),
    [
        (invoice(), [], "0"),
        (invoice(), [line("2", "150"), line("0.5", "150", tax="7.50")], "382.50"),
        (invoice(), [line("120", "0.66")], "79.20"),
        (invoice(), [line("3", "33.333")], "100.00"),
        (invoice(off="5", freight="2"), [line("1", "100")], "97.00"),
        (invoice(percent="15.93"), [line("1", "33.33")], "28.02"),
        (invoice(), [line("1", "-20"), line("1", "100")], "80.00"),
        (invoice(), [line("11", "100", off="10")], "1090.00"),
    ],
)
def test_a_total_follows_from_the_inputs(of_invoice, lines, total):
    assert pricing.total(of_invoice, lines, Organization(), 2) == Decimal(total)


def test_a_discount_by_unit_is_multiplied():
    by_unit = Organization(discount_per_unit=True)

    assert pricing.total(invoice(), [line("11", "100", off="10")], by_unit, 2) == 990


def test_amounts_are_rounded_to_the_decimals_of_the_currency():
    assert pricing.total(invoice(), [line("3", "33.333")], Organization(), 0) == 100
    assert pricing.total(invoice(), [line("3", "33.331")], Organization(), 3) == Decimal("99.993")


@pytest.mark.parametrize(
    ("base", "net"), [("0.12", "0.12"), ("0.13", "0.13"), ("0.14", "0.13"), (None, "0.13")]
)
def test_halves_are_what_the_engine_made_of_them(base, net):
    assert pricing.net(line("0.5", "0.25", base=base), 2) == Decimal(net)
