"""Expectations of the row that each client has.

Never says which account is a client's.
"""

from typing import Any

from sandbox.check.books import Books, is_deleted
from sandbox.check.expected.expectation import Conditions, Expectation, Presence
from sandbox.check.expected.standing import ZERO, Standing
from sandbox.check.rules import Amounts, Naming, OneOf, Text
from sandbox.check.words import AGES, BALANCES, written


def client(
    books: Books, number: int, standing: Standing, conditions: Conditions, *, counts: bool
) -> Expectation:
    """Expect of the row of a client.

    Args:
        books: all records of its business.
        number: its id.
        standing: its figures.
        conditions: what it depends on besides.
        counts: it is neither gone nor left out, so that its amounts are shown.
    """
    name = books.client_name(number)
    gone = is_deleted(books.clients[number])
    fields: dict[str, Any] = {"url": Naming((number,))}
    if name:
        fields["name"] = Text(name)
    if standing.currency in conditions.currencies:
        fields["currency"] = standing.currency
    if counts:
        fields |= _figures(standing, conditions)
    else:
        fields |= dict.fromkeys((*BALANCES, *AGES), OneOf((ZERO, None)))
        if standing.currency in conditions.currencies:
            fields |= dict.fromkeys((*BALANCES, *AGES), ZERO)
        fields |= {"balances": None, "health": OneOf(("no activity", "good standing", None))}
    return Expectation(
        f"client {name or number}", Presence.OPTIONAL if gone else Presence.NEEDED, fields
    )


def _figures(standing: Standing, conditions: Conditions) -> dict[str, Any]:
    known = standing.currency in conditions.currencies
    return {
        **{
            name: standing.amounts[name].get(standing.currency, ZERO) if known else None
            for name in (*BALANCES, *AGES)
        },
        "balances": balances([standing]),
        "health": OneOf(standing.healths),
        "last invoice": standing.last_invoice,
        "last payment": OneOf(standing.last_payments),
        "next due": standing.next_due,
    }


def balances(standings: list[Standing]) -> Amounts | None:
    """Return the text of what clients owe and have left in every currency with anything in it."""
    sums = {name: total(standings, name) for name in BALANCES}
    codes = sorted({code for amounts in sums.values() for code, value in amounts.items() if value})
    parts = []
    for code in codes:
        open_now, overdue, credit = (written(sums[name].get(code, ZERO), code) for name in BALANCES)
        parts.append(f"{code}: {open_now} open ({overdue} overdue), {credit} credit")
    return Amounts("; ".join(parts)) if parts else None


def total(standings: list[Standing], name: str) -> dict[str, Any]:
    """Add one amount of several clients up, by currency."""
    sums: dict[str, Any] = {}
    for standing in standings:
        for code, value in standing.amounts[name].items():
            sums[code] = sums.get(code, ZERO) + value
    return sums
