"""How a client stands: what it owes by currency and by age, and what it did last.

Never knows about accounts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.check.books import Books, Record, amount, day, is_credit, is_deleted, is_sent
from sandbox.check.words import AGES, BALANCES

ZERO = Decimal(0)
Amounts = Mapping[str, Decimal]

# The last day of each age that is overdue.
_DAYS = (30, 60, 90)


@dataclass(frozen=True)
class Standing:
    """Figures of one client.

    Attributes:
        currency: FreshBooks' currency code of the client.
        amounts: by their name (outstanding, overdue, credit and the five ages) and currency.
        next_due: the first day from today on on which something open is due.
        last_invoice: day of the newest invoice.
        last_payments: day of the newest payment: by whose payment it is, and by whose invoice it
            paid; they differ only where an invoice went to another client.
        healths: what its financial health may be called.
    """

    currency: str
    amounts: Mapping[str, Amounts]
    next_due: date | None
    last_invoice: date | None
    last_payments: tuple[date | None, date | None]
    healths: tuple[str, ...]


def standings(books: Books, today: date) -> dict[int, Standing]:
    """Return the standing of every client."""
    invoices: dict[int, list[Record]] = defaultdict(list)
    for invoice in books.invoices.values():
        invoices[invoice["customerid"]].append(invoice)
    paid: dict[int, list[Record]] = defaultdict(list)
    paid_by_invoice: dict[int, list[Record]] = defaultdict(list)
    for payment in books.payments.values():
        paid[payment["clientid"]].append(payment)
        billed = books.invoices.get(payment["invoiceid"] or 0)
        paid_by_invoice[billed["customerid"] if billed else payment["clientid"]].append(payment)
    return {
        number: _standing(client, invoices[number], (paid[number], paid_by_invoice[number]), today)
        for number, client in books.clients.items()
    }


def _standing(
    client: Record,
    invoices: list[Record],
    payments: tuple[list[Record], list[Record]],
    today: date,
) -> Standing:
    sent = [each for each in invoices if is_sent(each)]
    amounts: dict[str, Amounts] = {
        name: {each["amount"]["code"]: amount(each["amount"]) for each in client[f"{name}_balance"]}
        for name in BALANCES
    }
    last_invoice = newest(day(each["create_date"]) for each in sent)
    last_payments = (_last_payment(payments[0]), _last_payment(payments[1]))
    return Standing(
        currency=str(client["currency_code"] or ""),
        amounts=amounts | _ages(sent, today),
        next_due=_next_due(sent, today),
        last_invoice=last_invoice,
        last_payments=last_payments,
        healths=_healths(
            amounts,
            did=bool(last_invoice or all(last_payments)),
            may_have=bool(invoices or payments[0] or payments[1]),
        ),
    )


def newest(days: Iterable[date | None]) -> date | None:
    """Return the last of some days."""
    return max((each for each in days if each is not None), default=None)


def _ages(sent: list[Record], today: date) -> dict[str, Amounts]:
    ages: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for name in AGES}
    for invoice in sent:
        open_now = amount(invoice["outstanding"])
        ages[_age(open_now, day(invoice["due_date"]), today)][invoice["currency_code"]] += open_now
    return {name: dict(by_currency) for name, by_currency in ages.items()}


def _age(open_now: Decimal, due: date | None, today: date) -> str:
    if due is None or due >= today or open_now < 0:
        return AGES[0]
    late = (today - due).days
    return AGES[1 + sum(late > last for last in _DAYS)]


def _next_due(sent: list[Record], today: date) -> date | None:
    dues = [day(each["due_date"]) for each in sent if amount(each["outstanding"]) > 0]
    return min((due for due in dues if due is not None and due >= today), default=None)


def _last_payment(payments: list[Record]) -> date | None:
    return newest(
        day(each["date"])
        for each in payments
        if not is_deleted(each) and not is_credit(each) and amount(each["amount"]) > 0
    )


def _healths(amounts: Mapping[str, Amounts], *, did: bool, may_have: bool) -> tuple[str, ...]:
    if any(value > 0 for value in amounts["overdue"].values()):
        return ("overdue",)
    if any(value > 0 for value in amounts["outstanding"].values()):
        return ("payment due",)
    if did or any(value > 0 for value in amounts["credit"].values()):
        return ("good standing",)
    # Drafts, what was deleted and payments of nothing: nobody says whether they ever were any.
    return ("no activity", "good standing") if may_have else ("no activity",)
