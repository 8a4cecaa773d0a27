"""Rows of clients, accounts and opportunities that show the books, written down by hand.

Never asks the judge what it expects.
"""

from datetime import date, datetime
from typing import Any

from sandbox.check.found.crm import FoundRow, Reference
from tests.contract.check.picture.books import FIRST, SECOND, Ids
from tests.contract.check.picture.rows import (
    DORMANT,
    ELSEWHERE,
    FORMER,
    HARBOUR,
    LONG_AGO,
    NOBODYS,
    NOTHING,
    RENEWAL,
    RETREAT,
    Fields,
    money,
)

_AGES = (
    "not yet due",
    "1 to 30 days overdue",
    "31 to 60 days overdue",
    "61 to 90 days overdue",
    "over 90 days overdue",
)


def figures(**amounts: Any) -> Fields:
    """Return what a client or an account shows, nothing unless said."""
    fields: Fields = dict.fromkeys(("outstanding", "overdue", "credit", *_AGES), NOTHING)
    fields |= {
        "currency": "USD",
        "balances": None,
        "health": "no activity",
        "last invoice": None,
        "last payment": None,
        "next due": None,
    }
    return fields | {name.replace("_", " "): value for name, value in amounts.items()}


def client_row(
    key: str, number: int, name: str, account: Reference | None, **more: Any
) -> FoundRow:
    fields: Fields = {
        "name": name,
        "state": "linked",
        "account": account,
        "carried out": more.get("state", "linked"),
        "linked to": account.id if account else None,
        "url": f"https://my.freshbooks.com/#/client/{number}",
    }
    return FoundRow(key, f"row of {key}", figures() | fields | more, {"name": 200}, 2)


def clients(ids: Ids) -> list[FoundRow]:
    harbour = figures(
        outstanding=money("343.00"),
        overdue=money("235.00"),
        credit=money("15.00"),
        balances=(
            "EUR: 300.00 open (0.00 overdue), 0.00 credit; "
            "USD: 343.00 open (235.00 overdue), 15.00 credit"
        ),
        health="overdue",
        last_invoice=date(2026, 1, 2),
        last_payment=date(2026, 1, 5),
        next_due=date(2026, 2, 1),
    ) | {"not yet due": money("108.00"), "31 to 60 days overdue": money("235.00")}
    bea = figures(
        currency="EUR",
        outstanding=money("300.00"),
        balances="EUR: 300.00 open (0.00 overdue), 0.00 credit",
        health="payment due",
        last_invoice=date(2026, 1, 11),
        next_due=date(2026, 2, 10),
    ) | {"not yet due": money("300.00")}
    asks = figures(
        outstanding=money("300.00"),
        balances="USD: 300.00 open (0.00 overdue), 0.00 credit",
        health="payment due",
        last_invoice=date(2026, 1, 11),
        next_due=date(2026, 2, 10),
    ) | {"not yet due": money("300.00")}
    elsewhere = figures(
        outstanding=money("300.00"),
        overdue=money("300.00"),
        balances="USD: 300.00 open (300.00 overdue), 0.00 credit",
        health="overdue",
        last_invoice=date(2026, 1, 3),
    ) | {"1 to 30 days overdue": money("300.00")}

    def of_first(number: int, name: str, account: Reference | None, **more: Any) -> FoundRow:
        return client_row(f"{FIRST}-{number}", number, name, account, **more)

    return [
        of_first(ids.harbour, "Harbour Group", HARBOUR, **harbour),
        of_first(ids.bea, "Bea Quist", HARBOUR, **bea),
        of_first(ids.gone, "Former Customer", FORMER, state="gone"),
        of_first(ids.asks, "Two Of A Name", None, state="needs a person", **asks),
        of_first(ids.ignored, "A Friend", None, state="ignored"),
        client_row(
            f"{SECOND}-{ids.elsewhere}", ids.elsewhere, "Elsewhere Inc.", ELSEWHERE, **elsewhere
        ),
    ]


def account_row(account: Reference, **more: Any) -> FoundRow:
    nothing: Fields = dict.fromkeys(figures() | {"converted": None, "conversion": None})
    fields: Fields = {
        "name": account.name,
        "active": account.active,
        "owner": "u-sales",
        "currency": "USD",
    }
    return FoundRow(account.id, account.id, nothing | fields | more, digits=2)


def accounts() -> list[FoundRow]:
    harbour = figures(
        outstanding=money("343.00"),
        overdue=money("235.00"),
        credit=money("15.00"),
        converted=money("1093.00"),
        conversion="EUR 600.00 at 1.2500 = 750.00 USD",
        balances=(
            "EUR: 600.00 open (0.00 overdue), 0.00 credit; "
            "USD: 343.00 open (235.00 overdue), 15.00 credit"
        ),
        health="overdue",
        last_invoice=date(2026, 1, 11),
        last_payment=date(2026, 1, 5),
        next_due=date(2026, 2, 1),
    ) | {"not yet due": money("108.00"), "31 to 60 days overdue": money("235.00")}
    elsewhere = figures(
        outstanding=money("300.00"),
        overdue=money("300.00"),
        balances="USD: 300.00 open (300.00 overdue), 0.00 credit",
        health="overdue",
        last_invoice=date(2026, 1, 3),
    ) | {"1 to 30 days overdue": money("300.00")}
    return [
        account_row(HARBOUR, **harbour),
        account_row(DORMANT),
        account_row(FORMER, outstanding=NOTHING),
        account_row(ELSEWHERE, **elsewhere),
        account_row(NOBODYS),
    ]


def opportunities() -> list[FoundRow]:
    def row(opportunity: Reference, created: datetime, **sums: Any) -> FoundRow:
        fields: Fields = {
            "name": opportunity.name,
            "account": HARBOUR,
            "currency": "USD",
            "created": created,
            "open": True,
            **dict.fromkeys(("invoiced", "paid", "outstanding", "overdue", "health")),
        }
        return FoundRow(opportunity.id, opportunity.id, fields | sums, digits=2)

    late = money("235.00")
    sums: Fields = {"invoiced": money("375.00"), "paid": money("140.00"), "outstanding": late}
    return [row(RETREAT, LONG_AGO, **sums, overdue=late, health="overdue"), row(RENEWAL, LONG_AGO)]
