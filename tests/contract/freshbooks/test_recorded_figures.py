"""The arithmetic of the simulator against invoices that FreshBooks really answered.

They are not part of this repository: `--recorded-bodies` names their folder, and where it is absent
nothing is looked at.
"""

import json
from decimal import Decimal

import pytest

from sandbox.freshbooks.money import line_amount, totals


def pytest_generate_tests(metafunc):
    folder = metafunc.config.getoption("recorded_bodies")
    absent = pytest.mark.skip(
        reason=f"no folder {folder}: nothing that FreshBooks answered is read"
    )
    found = list(recorded(folder)) if folder.is_dir() else [pytest.param(None, marks=absent)]
    metafunc.parametrize("invoice", found)


def recorded(folder):
    """Every recorded invoice that has its lines."""
    for path in sorted(folder.glob("*.json")):
        body = json.loads(path.read_text())
        response = body.get("response") if isinstance(body, dict) else None
        result = response.get("result") if isinstance(response, dict) else None
        invoices = [result.get("invoice"), *result.get("invoices", ())] if result else ()
        for number, invoice in enumerate(invoices):
            if invoice and invoice.get("lines"):
                yield pytest.param(invoice, id=f"{path.stem}-{number}")


@pytest.mark.parametrize("tax_per_line", [True, False])
def test_a_recorded_invoice_adds_up_as_freshbooks_says(invoice, tax_per_line):
    discount = Decimal(invoice["discount_value"])

    sums = totals(invoice["lines"], discount, tax_per_line=tax_per_line)

    assert [line_amount(line) for line in invoice["lines"]] == [
        Decimal(line["amount"]["amount"]) for line in invoice["lines"]
    ]
    assert sums.amount == Decimal(invoice["amount"]["amount"])
    assert -sums.discount == Decimal(invoice["discount_total"]["amount"])
    assert sums.amount - Decimal(invoice["paid"]["amount"]) == Decimal(
        invoice["outstanding"]["amount"]
    )
