"""Builders every test may use: FreshBooks' JSON and the records made from it."""

import gc
import itertools
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from shared.core.identity import Kind
from shared.core.records import (
    Category,
    Client,
    Credit,
    Expense,
    Invoice,
    Payment,
    parse_record,
)
from tests.soak import SOAK

ACCOUNT = "xazq5"
# Simulated services live as long as a test: looking for garbage among them takes a tenth of it.
gc.set_threshold(100_000, 20, 50)
# Each run draws examples of its own: the short ones add up.
settings.register_profile("ours", max_examples=1000 if SOAK else 30, deadline=None)
settings.load_profile("ours")
_numbers = itertools.count(1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    beside = Path(__file__).resolve().parents[2] / "shared" / "reference" / "freshbooks-samples"
    parser.addoption(
        "--recorded-bodies",
        type=Path,
        default=beside,
        help="folder of answers recorded at FreshBooks (default: %(default)s)",
    )


def money(amount: Decimal | str, code: str = "USD") -> dict[str, str]:
    return {"amount": str(amount), "code": code}


def a_line(
    name: str = "Consulting",
    qty: str = "1",
    unit_cost: str = "100.00",
    code: str = "USD",
    **fields: Any,
) -> dict[str, Any]:
    amount = Decimal(qty) * Decimal(unit_cost)
    return {
        "lineid": 1,
        "type": 0,
        "name": name,
        "description": "",
        "qty": qty,
        "unit_cost": money(unit_cost, code),
        "amount": money(f"{amount:.2f}", code),
        "taxName1": "",
        "taxAmount1": "0",
        "taxName2": None,
        "taxAmount2": "0",
        "compounded_tax": False,
        **fields,
    }


def invoice_json(
    number: int | None = None,
    *,
    amount: str | None = None,
    code: str = "USD",
    paid: str = "0.00",
    lines: Sequence[dict[str, Any]] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    number = next(_numbers) if number is None else number
    if amount is None:  # what the lines are together, as long as nothing is taxed or taken off
        sums = sum((Decimal(line["amount"]["amount"]) for line in lines or ()), Decimal(0))
        amount = "100.00" if lines is None else str(sums)
    outstanding = Decimal(amount) - Decimal(paid)
    return {
        "id": number,
        "invoiceid": number,
        "invoice_number": f"{number:07d}",
        "customerid": 42,
        "amount": money(amount, code),
        "paid": money(paid, code),
        "outstanding": money(outstanding, code),
        "currency_code": code,
        "discount_value": "0",
        "create_date": "2026-10-01",
        "due_date": "2026-10-31",
        "v3_status": "sent",
        "payment_status": "unpaid",
        "po_number": None,
        "description": "",
        "organization": "Aster Works",
        "street": "1 Pier Road",
        "street2": "",
        "city": "Halifax",
        "province": "NS",
        "code": "B3H 1A1",
        "country": "Canada",
        "updated": "2026-10-01 09:00:00",
        "version": "2026-10-01 09:00:00.123456",
        "vis_state": 0,
        "lines": [a_line(unit_cost=amount, code=code)] if lines is None else lines,
        **fields,
    }


def an_invoice(number: int | None = None, **fields: Any) -> Invoice:
    record = parse_record(Kind.INVOICE, invoice_json(number, **fields))
    assert isinstance(record, Invoice)
    return record


def client_json(
    number: int = 42, *, organization: str = "Aster Works", **fields: Any
) -> dict[str, Any]:
    return {
        "id": number,
        "userid": number,
        "organization": organization,
        "fname": "",
        "lname": "",
        "email": "office@aster.example",
        "currency_code": "USD",
        "vat_number": None,
        "updated": "2026-10-01 09:00:00",
        "vis_state": 0,
        **fields,
    }


def a_client(number: int = 42, **fields: Any) -> Client:
    record = parse_record(Kind.CLIENT, client_json(number, **fields))
    assert isinstance(record, Client)
    return record


def a_payment(
    number: int = 7,
    *,
    amount: str = "40.00",
    code: str = "USD",
    invoice: int | None = 1000,
    **fields: Any,
) -> Payment:
    raw = {
        "id": number,
        "logid": number,
        "invoiceid": invoice,
        "clientid": 42,
        "amount": money(amount, code),
        "date": "2026-10-15",
        "type": "Check",
        "note": "",
        "updated": "2026-10-15 10:00:00",
        "vis_state": 0,
        **fields,
    }
    record = parse_record(Kind.PAYMENT, raw)
    assert isinstance(record, Payment)
    return record


def an_expense(
    number: int = 9,
    *,
    amount: str = "12.50",
    code: str = "USD",
    client: int | None = 42,
    **fields: Any,
) -> Expense:
    raw = {
        "id": number,
        "expenseid": number,
        "clientid": client,
        "categoryid": 3,
        "amount": money(amount, code),
        "date": "2026-10-12",
        "vendor": "Harbour Taxi",
        "notes": "",
        "updated": "2026-10-12 10:00:00",
        "vis_state": 0,
        **fields,
    }
    record = parse_record(Kind.EXPENSE, raw)
    assert isinstance(record, Expense)
    return record


def a_credit(number: int = 5, *, amount: str = "25.00", code: str = "USD", **fields: Any) -> Credit:
    raw = {
        "id": number,
        "creditid": number,
        "clientid": 42,
        "credit_number": f"{number:07d}",
        "credit_type": "goodwill",
        "amount": money(amount, code),
        "paid": money(amount, code),
        "create_date": "2026-10-20",
        "notes": "",
        "vis_state": 0,
        **fields,
    }
    record = parse_record(Kind.CREDIT, raw)
    assert isinstance(record, Credit)
    return record


def a_category(number: int = 3, *, name: str = "Travel", **fields: Any) -> Category:
    raw = {"id": number, "categoryid": number, "category": name, "vis_state": 0, **fields}
    record = parse_record(Kind.CATEGORY, raw)
    assert isinstance(record, Category)
    return record


class Builders:
    account = ACCOUNT
    money = staticmethod(money)
    a_line = staticmethod(a_line)
    invoice_json = staticmethod(invoice_json)
    an_invoice = staticmethod(an_invoice)
    client_json = staticmethod(client_json)
    a_client = staticmethod(a_client)
    a_payment = staticmethod(a_payment)
    an_expense = staticmethod(an_expense)
    a_credit = staticmethod(a_credit)
    a_category = staticmethod(a_category)


@pytest.fixture(scope="session")
def make() -> type[Builders]:
    return Builders
