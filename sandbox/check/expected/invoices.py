"""Expectations of the invoice table.

Never says on which opportunity an invoice is.
"""

from typing import Any

from sandbox.check.books import (
    Books,
    Record,
    amount,
    day,
    is_deleted,
    is_draft,
    is_paid,
    overdue_since,
    person,
    status,
)
from sandbox.check.expected.expectation import (
    Conditions,
    Expectation,
    Home,
    Presence,
    unshowable,
    waiting,
)
from sandbox.check.expected.standing import ZERO
from sandbox.check.rules import Naming, OneOf, Text

# What is paid is not overdue; what is neither, as no claim is, says neither.
NO_TURNS = {"paid on": None, "overdue since": None}
CANCELED = {"state": "canceled", "status reason": "canceled"}
_PARTS = {
    "billing street": "street",
    "billing street 2": "street2",
    "billing city": "city",
    "billing province": "province",
    "billing postal code": "code",
    "billing country": "country",
}


def label(invoice: Record) -> str:
    """Return what people call an invoice."""
    return f"invoice {invoice['invoice_number']}"


def invoice(
    books: Books, number: int, home: Home, conditions: Conditions, *, adopted: bool
) -> Expectation:
    """Expect of the row of an invoice, without its lines and native total.

    Args:
        books: all records of its business.
        number: its id.
        home: where its client's records belong.
        conditions: what it depends on besides.
        adopted: the row was somebody's before it was this invoice's.
    """
    record = books.invoices[number]
    name, key = label(record), books.key("invoice", number)
    if home.waits:
        return waiting(name, key, conditions)
    place = {"customer": home.account, "client row": books.client_key(record["customerid"])}
    if is_deleted(record):
        return _deleted(name, conditions, adopted=adopted)
    if is_draft(record) and conditions.policies.draft_invoices == "skip":
        fields = _nothing_open(_draft_status(record), adopted=adopted)
        return Expectation(name, Presence.OPTIONAL, fields)
    if record["currency_code"] not in conditions.currencies:
        return unshowable(name, record["currency_code"])
    fields = _ours(record, number)
    if conditions.told.earlier:
        fields |= {name: OneOf((fields[name], None)) for name in NO_TURNS if fields[name]}
    if not adopted:
        fields |= _native(record)
    return Expectation(name, home.presence, fields, place)


def _deleted(name: str, conditions: Conditions, *, adopted: bool) -> Expectation:
    """Expect of an invoice that is no more; wherever its row was, it stays there."""
    policy = conditions.policies.deleted_records
    if policy == "keep":
        return Expectation(name, Presence.OPTIONAL)
    if policy == "delete" and not adopted:
        return Expectation(name, Presence.FORBIDDEN, why="it was deleted in FreshBooks")
    fields = _nothing_open("deleted", adopted=adopted)
    return Expectation(name, Presence.OPTIONAL, fields)


def _nothing_open(status_words: Any, *, adopted: bool) -> dict[str, Any]:
    """Expect of an invoice that is no claim any more; adopted ones are never canceled."""
    fields = {"status": status_words, "outstanding": ZERO, **NO_TURNS}
    return fields if adopted else fields | CANCELED


def _draft_status(record: Record) -> Any:
    # The page says Draft of both, and there is a choice for the other.
    return "draft" if status(record) == "draft" else OneOf(("draft", status(record)))


def _ours(record: Record, number: int) -> dict[str, Any]:
    draft = is_draft(record)
    outstanding = ZERO if draft else amount(record["outstanding"])
    fields = {
        "number": Text(str(record["invoice_number"])),
        "date": day(record["create_date"]),
        "status": _draft_status(record) if draft else status(record),
        "currency": record["currency_code"],
        "total": amount(record["amount"]),
        "paid": amount(record["paid"]),
        "outstanding": outstanding,
        "purchase order": purchase_order(record),
        "url": Naming((number,)),
        **NO_TURNS,
    }
    if draft:
        return fields | {"state": "active"}
    if is_paid(record):
        fields["paid on"] = day(record["date_paid"])
        return fields | {"state": "paid", "status reason": "complete"}
    return fields | {"state": "active", "overdue since": overdue_since(record)}


def _native(record: Record) -> dict[str, Any]:
    """Expect of what stays as it was where the row was somebody's before."""
    number = str(record["invoice_number"])
    organization = str(record["organization"] or "").strip()
    names = (organization,) if organization else (person(record), "")
    return {
        "name": OneOf(tuple(Text(f"{number} {name}".strip()) for name in names)),
        "due date": day(record["due_date"]),
        "complete": True,
        **_address(record),
    }


def _address(record: Record) -> dict[str, Any]:
    parts = {name: str(record[part] or "").strip() for name, part in _PARTS.items()}
    if not any(parts.values()):
        return {}
    return {name: Text(part) if part else None for name, part in parts.items()}


def purchase_order(record: Record) -> Any:
    """Expect the purchase order number, with the blanks around it or without."""
    text = str(record["po_number"] or "")
    return OneOf((Text(text), Text(text.strip()))) if text.strip() else None
