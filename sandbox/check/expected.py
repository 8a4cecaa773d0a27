"""What Dataverse has to show of a FreshBooks: one expectation for each record.

Never looks at Dataverse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

Record = Mapping[str, Any]

DELETED = 1  # vis_state
OPEN, PAID, CANCELLED = "open", "paid", "cancelled"
_PAID_STATUSES = {"paid", "autopaid"}


class Presence(Enum):
    """Whether a row has to be there, may be there, or must not."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Expectation:
    """What is expected of one row.

    Attributes:
        label: what a person calls the record.
        presence: whether there is a row at all.
        fields: what the row says, if there is one; what is not named here may be anything.
    """

    label: str
    presence: Presence
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Books:
    """All records of one FreshBooks account.

    Attributes:
        account: its id, the first part of every key.
        held: ids of clients that wait for a person: nothing of theirs is in Dataverse.
    """

    account: str
    clients: Mapping[int, Record]
    invoices: Mapping[int, Record]
    payments: Mapping[int, Record]
    expenses: Mapping[int, Record]
    held: frozenset[int] = frozenset()

    def client_key(self, client: int) -> str:
        """Return the key of a client's account."""
        return f"{self.account}-{client}"

    def key(self, kind: str, record: int) -> str:
        """Return the key of a record's row."""
        return f"{self.account}-{kind}-{record}"

    def client_name(self, client: int) -> str:
        """Return what a client is called."""
        known = self.clients[client]
        person = f"{known['fname'] or ''} {known['lname'] or ''}".strip()
        return str(known["organization"] or person)


def amount(money: Any) -> Decimal:
    """Read a money object."""
    return Decimal(money["amount"])


def invoices(books: Books) -> dict[str, Expectation]:
    """Expect of the invoice table."""
    return {
        books.key("invoice", record): Expectation(
            f"invoice {invoice['invoice_number']}",
            _presence(books, invoice, invoice["customerid"]),
            _invoice(books, invoice),
        )
        for record, invoice in books.invoices.items()
    }


def entries(books: Books) -> dict[str, Expectation]:
    """Expect of the timeline."""
    expected = {}
    for record, invoice in books.invoices.items():
        expected[books.key("invoice", record)] = Expectation(
            f"timeline entry of invoice {invoice['invoice_number']}",
            _presence(books, invoice, invoice["customerid"]),
            _invoice_entry(books, invoice),
        )
    for record, payment in books.payments.items():
        expected[books.key("payment", record)] = Expectation(
            f"payment {record}",
            _presence(books, payment, payment["clientid"]),
            _payment(books, payment),
        )
    for record, expense in books.expenses.items():
        expected[books.key("expense", record)] = Expectation(
            f"expense {record}",
            _presence(books, expense, expense["clientid"]),
            _expense(books, expense),
        )
    return expected


def account(books: Books, client: int, currency: str) -> Expectation:
    """Expect of the account of a client.

    Args:
        books: all records.
        client: its id.
        currency: code of the account's currency, in which its balances are.
    """
    known = books.clients[client]
    label = f"client {books.client_name(client)}"
    if client in books.held:
        return Expectation(label, Presence.FORBIDDEN)
    if known["vis_state"] == DELETED:
        return Expectation(label, Presence.OPTIONAL)
    balances = {
        name: _in_currency(known[f"{name}_balance"], currency)
        for name in ("outstanding", "overdue", "credit")
    }
    # A payment without an invoice counts as well: it is money that came in.
    invoiced = [each for each in books.invoices.values() if each["customerid"] == client]
    paid = [each for each in books.payments.values() if each["clientid"] == client]
    last = {
        "last invoice": _newest(each["create_date"] for each in invoiced if _is_shown(each)),
        "last payment": _newest(each["date"] for each in paid if _is_shown(each)),
    }
    return Expectation(label, Presence.NEEDED, balances | last | {"health": _health(known, last)})


def _invoice(books: Books, invoice: Record) -> dict[str, Any]:
    if not _is_shown(invoice):
        return _gone(invoice) | {"state": CANCELLED}
    lines = sorted(invoice["lines"], key=lambda line: int(line["taskno"]))
    return {
        **_figures(invoice),
        "number": invoice["invoice_number"],
        "currency": invoice["currency_code"],
        "paid": amount(invoice["paid"]),
        "due date": date.fromisoformat(invoice["due_date"]),
        "client": books.client_key(invoice["customerid"]),
        "state": PAID if invoice["v3_status"] in _PAID_STATUSES else OPEN,
        "complete": True,
        "lines": [
            (line["name"] or line["description"], Decimal(line["qty"]), amount(line["unit_cost"]))
            for line in lines
        ],
        "sum of lines": sum((amount(line["amount"]) for line in lines), Decimal(0)),
    }


def _invoice_entry(books: Books, invoice: Record) -> dict[str, Any]:
    if not _is_shown(invoice):
        return _gone(invoice) | {"cancelled": True}
    return {
        **_figures(invoice),
        "kind": "invoice",
        "client": books.client_key(invoice["customerid"]),
        "invoice": books.key("invoice", invoice["id"]),
        "cancelled": False,
    }


def _payment(books: Books, payment: Record) -> dict[str, Any]:
    if not _is_shown(payment):
        return {"cancelled": True}
    expected = {
        "kind": "payment" if payment["invoiceid"] else "credit",
        "total": amount(payment["amount"]),
        "currency": payment["amount"]["code"],
        "date": date.fromisoformat(payment["date"]),
        "client": books.client_key(payment["clientid"]),
        "cancelled": False,
    }
    if payment["invoiceid"] is None:
        return expected | {"invoice": None}
    if _is_shown(books.invoices[payment["invoiceid"]]):
        expected["invoice"] = books.key("invoice", payment["invoiceid"])
    return expected


def _expense(books: Books, expense: Record) -> dict[str, Any]:
    # The firm's own expenses are nobody's business in Sales.
    if not _is_shown(expense) or not expense["clientid"]:
        return {"cancelled": True}
    return {
        "kind": "expense",
        "total": amount(expense["amount"]),
        "currency": expense["amount"]["code"],
        "date": date.fromisoformat(expense["date"]),
        "client": books.client_key(expense["clientid"]),
        "cancelled": False,
    }


def _figures(invoice: Record) -> dict[str, Any]:
    return {
        "total": amount(invoice["amount"]),
        "outstanding": amount(invoice["outstanding"]),
        "status": invoice["v3_status"],
        "date": date.fromisoformat(invoice["create_date"]),
    }


def _gone(invoice: Record) -> dict[str, Any]:
    # A draft that had been sent before keeps the status it had then.
    if invoice["vis_state"] != DELETED:
        return {}
    return {"status": "deleted", "outstanding": Decimal(0)}


def _presence(books: Books, record: Record, client: int) -> Presence:
    if client in books.held:
        return Presence.FORBIDDEN
    # What was shown before it was deleted stays as cancelled, what never was shown never appears.
    return Presence.NEEDED if client and _is_shown(record) else Presence.OPTIONAL


def _is_shown(record: Record) -> bool:
    return record["vis_state"] != DELETED and record.get("v3_status") != "draft"


def _in_currency(balances: Iterable[Record], currency: str) -> Decimal:
    found = (amount(each["amount"]) for each in balances if each["amount"]["code"] == currency)
    return next(found, Decimal(0))


def _health(client: Record, last: Mapping[str, date | None]) -> str:
    if client["overdue_balance"]:
        return "overdue"
    if client["outstanding_balance"]:
        return "payment due"
    return "good standing" if any(last.values()) else "no activity"


def _newest(days: Iterable[str]) -> date | None:
    return max((date.fromisoformat(day) for day in days), default=None)
