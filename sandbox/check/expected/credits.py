"""Expectations of the entries of credit notes.

Never knows for which invoices a credit was used: those are payments.
"""

from decimal import Decimal
from typing import Any

from sandbox.check.books import Books, amount, day, is_deleted
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


def credit(
    books: Books, number: int, home: Home, conditions: Conditions, place: Place
) -> Expectation:
    """Expect of the entry of a credit note.

    Args:
        books: all records of its business.
        number: its id.
        home: where its client's records belong.
        conditions: what it depends on besides.
        place: what it belongs to: the account.
    """
    record = books.credits[number]
    label = f"credit note {record['credit_number'] or number}"
    if conditions.policies.credits == "payments":
        return Expectation(label, Presence.OPTIONAL)
    if home.waits:
        return waiting(label, books.key("credit", number), conditions)
    if is_deleted(record):
        return entries.deleted(label, "credit", conditions)
    code = record["amount"]["code"]
    if code not in conditions.currencies:
        return unshowable(label, code)
    value = amount(record["amount"])
    fields: dict[str, Any] = {
        "kind": "credit",
        "amount": value,
        "currency": code,
        "status": NoneOf(("deleted", "replaced")),
        "url": Naming((record["clientid"],)),
        "subject": Subject((value,), code),
        "outstanding": _left(value, amount(record["paid"])),
        **entries.days(day(record["create_date"]), completed=True),
    }
    if record["credit_number"]:
        fields["reference"] = Text(str(record["credit_number"]))
    if record["credit_type"]:
        fields["method"] = Text(str(record["credit_type"]))
    return Expectation(label, home.presence, fields, place)


def _left(whole: Decimal, used: Decimal) -> Any:
    """Expect of what is left what FreshBooks says, if it says anything.

    FreshBooks' own notes are paid in full whether they were used or not, as far as anybody saw.
    """
    return whole - used if used < whole else OneOf((None, ZERO))
