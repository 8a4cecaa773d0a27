"""Expectations of the entries of payments, and of credits and their use among them.

Never says where a payment's invoice is.
"""

from decimal import Decimal
from typing import Any

from sandbox.check.books import Books, Record, amount, day, is_credit, is_deleted
from sandbox.check.expected import entries
from sandbox.check.expected.entries import Place
from sandbox.check.expected.expectation import (
    Conditions,
    Expectation,
    Home,
    Presence,
    unshowable,
    waiting,
)
from sandbox.check.expected.standing import ZERO
from sandbox.check.rules import Naming, NoneOf, OneOf, Subject, Text


def payment(
    books: Books, number: int, home: Home, conditions: Conditions, place: Place
) -> Expectation:
    """Expect of the entry of a payment.

    Args:
        books: all records of its business.
        number: its id.
        home: where the records of its invoice's client belong, else of its own.
        conditions: what it depends on besides.
        place: what it belongs to, for it goes where its invoice is.
    """
    record, key = books.payments[number], books.key("payment", number)
    kind = _kind(record)
    label = f"{kind} {number}"
    if home.waits:
        return waiting(label, key, conditions)
    if is_deleted(record):
        return entries.deleted(label, kind, conditions)
    if _is_noted(books, record, conditions):
        fields = entries.CANCELED | {"kind": kind, "status": "replaced"}
        return Expectation(label, Presence.OPTIONAL, fields)
    code = record["amount"]["code"]
    if code not in conditions.currencies:
        return unshowable(label, code)
    billed = books.invoices.get(record["invoiceid"] or 0)
    # What was given back of money received is kept; the use of a credit is just a smaller one.
    most = conditions.told.most.get(key) if kind == "payment" else None
    # FreshBooks has no page for one: a payment is seen on its invoice, a credit on its client.
    page = billed["id"] if billed else record["clientid"]
    fields = {
        "kind": kind,
        "amount": amount(record["amount"]),
        "currency": code,
        "status": NoneOf(("deleted", "replaced")),
        "url": Naming((page,)),
        **entries.days(day(record["date"]), completed=True),
        **_method(record),
        **_of_invoice(record, billed, most, shown=bool(place.get("invoice"))),
        **_lowered(record, most),
    }
    return Expectation(label, home.presence, fields, place)


def _is_noted(books: Books, record: Record, conditions: Conditions) -> bool:
    """Say whether it is a credit that is shown as its credit note, and not a second time."""
    noted = record["invoiceid"] is None and record["creditid"] in books.credits
    return noted and conditions.policies.credits == "notes"


def _kind(record: Record) -> str:
    if record["invoiceid"] is None:
        return "credit"
    return "credit applied" if is_credit(record) else "payment"


def _method(record: Record) -> dict[str, Any]:
    return {"method": Text(str(record["type"]))} if record["type"] else {}


def _of_invoice(
    record: Record, billed: Record | None, most: Decimal | None, *, shown: bool
) -> dict[str, Any]:
    """Expect of what an entry says of its amounts and of its invoice, whose number it follows."""
    value = amount(record["amount"])
    # A canceled invoice stays as it was, whatever it was called before it was deleted.
    named = billed is not None and shown and not is_deleted(billed)
    number = str(billed["invoice_number"]) if billed and named else ""
    lowered = most is not None and most > value
    said = (most, most - value) if most is not None and lowered else (value,)
    fields: dict[str, Any] = {"subject": Subject(said, record["amount"]["code"], number)}
    return fields | ({"reference": Text(number)} if number else {})


def _lowered(record: Record, most: Decimal | None) -> dict[str, Any]:
    """Expect of what was received and returned, as far as it is known what a payment once was."""
    value = amount(record["amount"])
    if most is None:
        return {"received less returned": OneOf((value, None))}
    if most <= value:
        return {"received": OneOf((value, None)), "returned": OneOf((ZERO, None))}
    return {"received": most, "returned": most - value}
