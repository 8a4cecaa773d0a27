"""What FreshBooks holds, business by business, and what its statuses mean.

Never looks at Dataverse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.remotes import RemoteBooks

Record = Mapping[str, Any]
Records = Mapping[int, Record]

DELETED = 1  # vis_state
KINDS = ("client", "invoice", "payment", "credit_note", "expense", "category")

_DRAFTS = frozenset({"draft", "created"})
_PAID = frozenset({"paid", "autopaid"})
_PAID_IN_FULL = frozenset({"paid", "auto-paid"})
_STATUSES = _DRAFTS | _PAID
_STATUSES |= {"sent", "viewed", "overdue", "partial", "failed", "retry", "success"}
_STATUSES |= {"disputed", "resolved", "declined", "pending", "deposit partial", "deposit paid"}


@dataclass(frozen=True)
class Books:
    """All records of one business, deleted ones among them.

    Attributes:
        account: the business' account id, the first part of every key.
    """

    account: str
    clients: Records = field(default_factory=dict)
    invoices: Records = field(default_factory=dict)
    payments: Records = field(default_factory=dict)
    credits: Records = field(default_factory=dict)
    expenses: Records = field(default_factory=dict)
    categories: Records = field(default_factory=dict)

    def client_key(self, client: int) -> str:
        """Return the key of a client's row."""
        return f"{self.account}-{client}"

    def key(self, kind: str, record: int) -> str:
        """Return the key of a record's row."""
        return f"{self.account}-{kind}-{record}"

    def client_name(self, client: int) -> str:
        """Return what a client is called, "" where it has no name at all."""
        known = self.clients[client]
        return str(known["organization"] or "").strip() or person(known)

    @property
    def keys(self) -> frozenset[str]:
        """The keys that rows of this business may have."""
        kinds = {
            "invoice": self.invoices,
            "payment": self.payments,
            "credit": self.credits,
            "expense": self.expenses,
        }
        records = {self.key(kind, record) for kind, known in kinds.items() for record in known}
        return frozenset(records | {self.client_key(client) for client in self.clients})


def read_books(books: RemoteBooks, businesses: Iterable[str]) -> tuple[Books, ...]:
    """Read the records of some businesses, by their account ids."""
    return tuple(_read(books, account) for account in businesses)


def _read(books: RemoteBooks, account: str) -> Books:
    records = [{one["id"]: one for one in books.records(kind, account)} for kind in KINDS]
    return Books(account, *records)


def person(record: Record) -> str:
    """Return the first and last name in a client or an invoice."""
    return f"{record['fname'] or ''} {record['lname'] or ''}".strip()


def amount(money: Any) -> Decimal:
    """Read a money object; what is empty is nothing."""
    return Decimal(money["amount"]) if money and money["amount"] is not None else Decimal(0)


def day(text: str | None) -> date | None:
    """Read a calendar day."""
    return date.fromisoformat(text[:10]) if text else None


def is_deleted(record: Record) -> bool:
    """Say whether FreshBooks keeps the record as deleted; an archived one is not."""
    return bool(record["vis_state"] == DELETED)


def is_draft(invoice: Record) -> bool:
    """Say whether the customer has not been sent the invoice."""
    return invoice["v3_status"] in _DRAFTS


def is_sent(invoice: Record) -> bool:
    """Say whether an invoice counts: it was sent and is not deleted."""
    return not is_deleted(invoice) and not is_draft(invoice)


def overdue_since(invoice: Record) -> date | None:
    """Return the first day after an invoice was due, None unless FreshBooks calls it overdue."""
    due = day(invoice["due_date"])
    late = invoice["v3_status"] == "overdue" and due is not None
    return due + timedelta(days=1) if late and due is not None else None


def is_credit(payment: Record) -> bool:
    """Say whether a payment moves no money: a credit, or the use of one."""
    return (
        payment["invoiceid"] is None
        or bool(payment["from_credit"])
        or str(payment["type"]).lower() == "credit"
    )


def status(invoice: Record) -> str:
    """Return `v3_status` in words; deposits are written with `_` or `-`, others may be new."""
    words = str(invoice["v3_status"]).replace("_", " ").replace("-", " ")
    return words if words in _STATUSES else "unknown"


def is_paid(invoice: Record) -> bool:
    """Say whether all is paid; `success` and new statuses leave that to `payment_status`."""
    if status(invoice) in {"success", "unknown"}:
        return invoice["payment_status"] in _PAID_IN_FULL
    return invoice["v3_status"] in _PAID
