"""Expectations of the entries of expenses.

Never expects one of an expense that names no client unless all are to be carried over.
"""

from decimal import Decimal
from typing import Any

from sandbox.check.books import Books, Record, amount, day, is_deleted
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
from sandbox.check.rules import Naming, OneOf, Subject, Text


def expense(
    books: Books, number: int, home: Home, conditions: Conditions, place: Place
) -> Expectation:
    """Expect of the entry of an expense.

    Args:
        books: all records of its business.
        number: its id.
        home: where its client's records belong.
        conditions: what it depends on besides.
        place: what it belongs to.
    """
    record, key = books.expenses[number], books.key("expense", number)
    label = f"expense {number}"
    if conditions.policies.expenses == "off":
        before = conditions.told.before
        newly = before is not None and key not in before
        presence = Presence.FORBIDDEN if newly else Presence.OPTIONAL
        return Expectation(label, presence, why="expenses are not carried over")
    own = not record["clientid"]
    if own and conditions.policies.expenses != "all":
        return entries.deleted(label, "expense", conditions)
    if home.waits and not own:
        return waiting(label, key, conditions)
    if is_deleted(record):
        return entries.deleted(label, "expense", conditions)
    code = record["amount"]["code"]
    if code not in conditions.currencies:
        return unshowable(label, code)
    presence = Presence.NEEDED if own else home.presence
    return Expectation(label, presence, _fields(books, record, number, code), place)


def _fields(books: Books, record: Record, number: int, code: str) -> dict[str, Any]:
    value = amount(record["amount"])
    texts = {
        "method": _category(books, record),
        "reference": record["vendor"],
        "description": record["notes"],
    }
    spent = day(record["date"])
    return {
        "kind": "expense",
        "amount": value,
        "currency": code,
        "status": "recorded",
        "url": Naming((number,)),
        "subject": Subject((value,), code),
        **entries.days(spent, completed=True),
        # Whether it is open or completed is not said, only that it is not canceled.
        "state": OneOf(("completed", "open")),
        "actual end": OneOf((spent, None)),
        "tax": _tax(record),
        "receipt": bool(record["has_receipt"]),
        "billing": _billing(record),
        **{name: Text(str(text)) for name, text in texts.items() if text},
    }


def _tax(record: Record) -> Decimal | None:
    named = [record[name] for name in ("taxAmount1", "taxAmount2") if record[name]]
    return sum((amount(each) for each in named), Decimal(0)) if named else None


def _billing(record: Record) -> str:
    if record["status"] == 4:
        return "recouped"
    if record["invoiceid"] or record["status"] == 2:
        return "billed"
    return "to be billed" if record["billable"] else "not billable"


def _category(books: Books, record: Record) -> str:
    known = books.categories.get(record["categoryid"])
    return str(known["category"]) if known else ""
