"""Rows of invoices that show the books, written down by hand.

Never asks the judge what it expects.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from sandbox.check.found.crm import FoundLine, FoundRow, Reference
from tests.contract.check.picture.books import FIRST, SECOND, Ids
from tests.contract.check.picture.rows import (
    ELSEWHERE,
    HARBOUR,
    NOTHING,
    RETREAT,
    THEN,
    Fields,
    money,
)

_ADDRESS: Fields = {
    "billing street": "9 Oak Lane",
    "billing street 2": None,
    "billing city": "Austin",
    "billing province": "TX",
    "billing postal code": "78701",
    "billing country": "United States",
}
_NO_ADDRESS: Fields = dict.fromkeys(_ADDRESS)
_COMPLETE: Fields = {"status reason": "complete"}


def invoice_row(
    key: str, client: str, number: str, total: str, account: Reference, **more: Any
) -> FoundRow:
    """Return an invoice that was sent and of which nothing was paid."""
    lines = more.pop(
        "lines", {1: (FoundLine("Workshop", "On site", money("2"), money("150")), "300.00")}
    )
    fields: Fields = {
        "number": number,
        "name": f"{number} {account.name}",
        "date": None,
        "due date": None,
        "status": "sent",
        "total": money(total),
        "paid": NOTHING,
        "outstanding": money(total),
        "paid on": None,
        "overdue since": None,
        "complete": True,
        "adopted": False,
        "purchase order": None,
        "placed by": None,
        "replaced by": None,
        "url": f"https://my.freshbooks.com/#/invoice/{key.rpartition('-')[2]}",
        "client row": client,
        "customer": account,
        "opportunity": None,
        "state": "active",
        "status reason": "billed",
        "currency": "USD",
        "price list": more.get("currency", "USD"),
        "native total": money(total),
        "sum of lines": money(total),
        "owner": "u-sales",
        "creator": "u-connector",
        "created": THEN,
        "numbers": frozenset({number}),
        "lines": len(lines),
        **_NO_ADDRESS,
    }
    for place, (line, amount) in lines.items():
        fields |= {f"line {place}": line, f"amount of line {place}": money(amount)}
    return FoundRow(key, f"row of {key}", fields | more, {"name": 300, "number": 100}, 2)


def invoices(ids: Ids) -> list[FoundRow]:
    def of_first(
        record: int, number: str, total: str, client: int = ids.harbour, **more: Any
    ) -> FoundRow:
        key, of_client = f"{FIRST}-invoice-{record}", f"{FIRST}-{client}"
        return invoice_row(key, of_client, number, total, HARBOUR, **more)

    canceled: Fields = {"state": "canceled", "status reason": "canceled", "outstanding": NOTHING}
    halves = {
        1: (FoundLine("Workshop", "On site", money("2"), money("150")), "300.00"),
        2: (FoundLine("Travel", "", money("0.5"), money("150")), "75.00"),
    }
    thirds = {1: (FoundLine("Hours", "3 x 33.333", money("1"), money("100")), "100.00")}
    return [
        of_first(
            ids.late,
            "0001",
            "375.00",
            lines=halves,
            status="overdue",
            paid=money("140.00"),
            outstanding=money("235.00"),
            opportunity=RETREAT,
            date=date(2025, 11, 1),
            **_ADDRESS
            | {"due date": date(2025, 12, 1), "overdue since": date(2025, 12, 2)}
            | {"purchase order": "po-4471", "placed by": "PO-4471"},
        ),
        of_first(
            ids.taxed,
            "0002",
            "113.00",
            lines=thirds,
            status="partial",
            paid=money("5.00"),
            outstanding=money("108.00"),
            date=date(2026, 1, 2),
            **_ADDRESS | {"due date": date(2026, 2, 1)},
        ),
        of_first(
            ids.paid,
            "0003",
            "300.00",
            status="paid",
            paid=money("300.00"),
            outstanding=NOTHING,
            state="paid",
            date=date(2025, 10, 1),
            **_ADDRESS
            | {"due date": date(2025, 10, 31), "paid on": date(2025, 10, 20)}
            | _COMPLETE,
        ),
        of_first(ids.deleted, "0004", "300.00", **canceled | {"status": "deleted"}),
        of_first(ids.withdrawn, "0006", "300.00", **canceled | {"status": "draft"}),
        replace(
            of_first(
                ids.euro,
                "0007",
                "300.00",
                **canceled | {"status": "replaced", "replaced by": "EUR"},
            ),
            id="the old row",
        ),
        of_first(
            ids.euro,
            "0007",
            "300.00",
            currency="EUR",
            date=date(2025, 12, 30),
            **_ADDRESS | {"due date": date(2026, 3, 1)},
        ),
        of_first(
            ids.overpaid,
            "0008",
            "300.00",
            status="paid",
            paid=money("300.00"),
            outstanding=NOTHING,
            state="paid",
            date=date(2025, 12, 20),
            **_ADDRESS | {"due date": date(2026, 1, 19), "paid on": date(2025, 12, 22)} | _COMPLETE,
        ),
        of_first(
            ids.beas,
            "0009",
            "300.00",
            client=ids.bea,
            currency="EUR",
            name="0009 Bea Quist",
            date=date(2026, 1, 11),
            **Fields({"due date": date(2026, 2, 10)}),
        ),
        invoice_row(
            f"{SECOND}-invoice-{ids.far}",
            f"{SECOND}-{ids.elsewhere}",
            "0001",
            "300.00",
            ELSEWHERE,
            status="overdue",
            date=date(2026, 1, 3),
            **Fields({"due date": date(2026, 1, 10), "overdue since": date(2026, 1, 11)}),
        ),
    ]
