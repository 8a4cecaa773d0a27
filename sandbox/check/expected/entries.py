"""Expectations of the timeline: what all entries have in common, and those of invoices.

Never says on which opportunity an entry is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sandbox.check.books import Books, amount, day, is_paid
from sandbox.check.expected import invoices
from sandbox.check.expected.expectation import (
    Conditions,
    Expectation,
    Home,
    Presence,
    waiting,
)
from sandbox.check.expected.standing import ZERO
from sandbox.check.rules import OneOf, Subject, Text

Place = Mapping[str, Any]
CANCELED = {"state": "canceled", "outstanding": OneOf((ZERO, None))}


def invoice_entry(
    books: Books, number: int, home: Home, conditions: Conditions, place: Place
) -> Expectation:
    """Expect of the entry of an invoice.

    Args:
        books: all records of its business.
        number: the invoice's id.
        home: where its client's records belong.
        conditions: what it depends on besides.
        place: what it belongs to, for it goes where its invoice is.
    """
    record = books.invoices[number]
    label = f"timeline entry of {invoices.label(record)}"
    if home.waits:
        return waiting(label, books.key("invoice", number), conditions)
    row = invoices.invoice(books, number, home, conditions, adopted=False)
    canceled = row.fields.get("state") == "canceled"
    if canceled:
        fields = CANCELED | invoices.NO_TURNS | {"kind": "invoice", "status": row.fields["status"]}
        return Expectation(label, row.presence, fields)
    if not row.fields:
        return Expectation(label, row.presence, why=row.why)
    shared = ("status", "currency", "outstanding", "purchase order", "url", "date")
    due = day(record["due_date"])
    fields = {
        **{name: row.fields[name] for name in (*shared, *invoices.NO_TURNS)},
        "kind": "invoice",
        "amount": row.fields["total"],
        "due date": due,
        "subject": Subject(
            (amount(record["amount"]),), record["currency_code"], str(record["invoice_number"])
        ),
        **days(day(record["create_date"]), due=due, completed=is_paid(record)),
    }
    if conditions.policies.target == "activity":
        # The purchase order has a column of its own, and nothing else says the number.
        fields["reference"] = Text(str(record["invoice_number"]))
    return Expectation(label, row.presence, fields, place)


def days(of_record: date | None, *, due: date | None = None, completed: bool) -> dict[str, Any]:
    """Expect of the dates by which timelines, views and reminders sort.

    Args:
        of_record: its day.
        due: until when it is open.
        completed: it is not open any more.
    """
    return {
        "date": of_record,
        "sort date": of_record,
        "scheduled end": of_record if completed or due is None else due,
        "state": "completed" if completed else "open",
        **({"actual end": of_record} if completed else {}),
    }


def deleted(label: str, kind: Any, conditions: Conditions) -> Expectation:
    """Expect of the entry of a record that was deleted; wherever it was, it stays there."""
    if conditions.policies.deleted_records == "keep":
        return Expectation(label, Presence.OPTIONAL)
    fields = CANCELED | {"kind": kind, "status": "deleted"}
    return Expectation(label, Presence.OPTIONAL, fields)
