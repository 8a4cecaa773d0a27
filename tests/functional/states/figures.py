"""Clients that owe in every way there is, and what they owe by the books, by plain arithmetic.

Never takes a figure from the connector.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from tests.functional.states.town import Row, Town

ACTIVE = 0
BALANCES = ("outstanding", "overdue", "credit")
AGES = ("current", "overdue30", "overdue60", "overdue90", "overdueolder")
RATES = {"USD": Decimal(1), "CAD": Decimal("1.36"), "JPY": Decimal(150)}


@dataclass(frozen=True)
class Owing:
    """What a client owes by the books.

    Attributes:
        balances: by currency, in the order of `BALANCES`.
        ages: by currency, in the order of `AGES`.
    """

    balances: dict[str, list[Decimal]]
    ages: dict[str, list[Decimal]]
    next_due: date | None
    last_invoice: date | None
    last_payment: date | None


def owing(town: Town, *clients: Row) -> Owing:
    """Add up what clients owe, from their own balances, invoices and payments."""
    ids = {client["id"] for client in clients}
    balances: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for client in clients:
        shown = town.books.record("client", client["id"])
        for place, name in enumerate(BALANCES):
            for money in (each["amount"] for each in shown[f"{name}_balance"]):
                balances[money["code"]][place] += Decimal(money["amount"])
    ages: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    due_days, invoice_days = [], []
    for invoice in town.books.records("invoice"):
        sent = invoice["vis_state"] == ACTIVE and invoice["v3_status"] not in {"draft", "created"}
        if invoice["customerid"] in ids and sent:
            money = invoice["outstanding"]
            due = date.fromisoformat(invoice["due_date"])
            late = (town.today - due).days
            ages[money["code"]][sum(late > limit for limit in (0, 30, 60, 90))] += Decimal(
                money["amount"]
            )
            invoice_days.append(date.fromisoformat(invoice["create_date"]))
            if due >= town.today and Decimal(money["amount"]) > 0:
                due_days.append(due)
    received = [
        date.fromisoformat(payment["date"])
        for payment in town.books.records("payment")
        if payment["clientid"] in ids
        and payment["vis_state"] == ACTIVE
        and payment["invoiceid"]
        and not payment["from_credit"]
        and Decimal(payment["amount"]["amount"]) > 0
    ]
    return Owing(
        balances,
        ages,
        min(due_days, default=None),
        max(invoice_days, default=None),
        max(received, default=None),
    )


@cache
def rich(town: Town) -> tuple[Row, ...]:
    """Return clients of everything: the first owes in four currencies, at every age.

    The first two and the last share an account, the third has one in which all is foreign.
    """
    if not town.rows("transactioncurrencies", "isocurrencycode eq 'JPY'"):
        _add_yen(town)
    shared, foreign, second, small = (town.client(home=n < 2) for n in range(4))
    days = (0, 1, 30, 31, 60, 61, 90, 91)
    for place, late in enumerate(days):
        made = (town.today - timedelta(days=late + 5)).isoformat()
        town.bill(shared, f"{2**place}.25", create_date=made, due_offset_days="5")
    for code in ("CAD", "KWD", "JPY"):
        town.bill(shared, "1200.5" if code == "KWD" else "1200", currency_code=code)
    draft = town.bill(shared, "999.00", sent=False, create_date="2027-01-01")
    deleted = town.bill(shared, "888.00", create_date="2027-01-02")
    town.books.delete_invoice(deleted["id"])
    assert draft["v3_status"] == "draft"
    _pay(town, shared)
    town.bill(foreign, "100.00", currency_code="CAD")
    town.bill(second, "30.00", due_offset_days="3")
    town.bill(small, "500", currency_code="JPY", create_date="2026-01-05")
    town.run()
    home = town.client_row(shared)["_fbx_accountid_value"]
    for client in (second, small):
        town.firm.decide(client, fbx_accountid=("account", home))
    town.run()
    return shared, second, foreign, small


def _add_yen(town: Town) -> None:
    town.firm.dataverse.add(
        "transactioncurrency",
        isocurrencycode="JPY",
        currencyname="Yen",
        currencysymbol="¥",
        currencyprecision=0,
        exchangerate=RATES["JPY"],
    )


def _pay(town: Town, client: Row) -> None:
    """Let a client pay, over-pay, pay by credit, pay and take back, and pay nothing."""
    days = iter(f"2026-10-{day}" for day in range(10, 30))
    invoices = [town.bill(client, "50.00", due_offset_days="9") for _ in range(5)]
    town.books.pay_invoice(invoices[0]["id"], "20.00", date=next(days))
    town.books.pay_invoice(invoices[1]["id"], "65.00", date=next(days))
    town.books.pay_invoice(invoices[2]["id"], "5.00", from_credit=True, date=next(days))
    taken = town.books.pay_invoice(invoices[3]["id"], "50.00", date=next(days))
    town.books.delete_payment(taken["id"])
    nothing = town.books.pay_invoice(invoices[3]["id"], "50.00", date=next(days))
    town.books.refund(nothing["id"], keep=True)
    lines = [{"name": "Work", "unit_cost": "10.00"}]
    town.books.edit_invoice(invoices[0]["id"], lines=lines)
