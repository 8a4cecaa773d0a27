"""Entries that show the books, written down by hand.

Never asks the judge what it expects.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from sandbox.check.found.crm import FoundRow, Reference
from tests.contract.check.picture.books import FIRST, Ids
from tests.contract.check.picture.invoices import invoices
from tests.contract.check.picture.rows import HARBOUR, RETREAT, THEN, Fields, money


def entry_row(
    key: str, client: str, on: date | None, account: Reference = HARBOUR, **more: Any
) -> FoundRow:
    """Return an entry that is completed and regards its account."""
    fields: Fields = {
        "kind": None,
        "subject": None,
        "description": None,
        "currency": "USD",
        "amount": None,
        "outstanding": None,
        "received": None,
        "returned": None,
        "received less returned": None,
        "status": "recorded",
        "state": "completed",
        "date": on,
        "due date": None,
        "paid on": None,
        "overdue since": None,
        "sort date": on,
        "scheduled end": on,
        "actual end": on,
        "method": None,
        "reference": None,
        "tax": None,
        "receipt": None,
        "billing": None,
        "purchase order": None,
        "placed by": None,
        "replaced by": None,
        "url": f"https://my.freshbooks.com/#/record/{key.rpartition('-')[2]}",
        "regarding": account,
        "opportunity": None,
        "account": account,
        "client row": client,
        "invoice": None,
        "owner": "u-sales",
        "creator": "u-connector",
        "created": THEN,
    }
    return FoundRow(key, f"row of {key}", fields | more, {"subject": 200}, 2)


def invoice_entries(ids: Ids) -> list[FoundRow]:
    rows = {row.id: row for row in invoices(ids)}
    entries = []
    for row in rows.values():
        is_open = row["state"] == "active"
        on = row["date"]
        fields: Fields = {
            "kind": "invoice",
            "subject": f"Invoice {row['number']}, {row['total']} {row['currency']}",
            "currency": row["currency"],
            "amount": row["total"],
            "outstanding": row["outstanding"],
            "status": row["status"],
            "state": {"active": "open", "paid": "completed"}.get(row["state"], "canceled"),
            "due date": row["due date"],
            "paid on": row["paid on"],
            "overdue since": row["overdue since"],
            "scheduled end": row["due date"] if is_open else on,
            "actual end": None if is_open else on,
            "purchase order": row["purchase order"],
            "regarding": row["opportunity"] or row["customer"],
            "opportunity": row["opportunity"],
            "invoice": row.key,
            "replaced by": row["replaced by"],
        }
        made = entry_row(row.key, row["client row"], on, row["customer"], **fields)
        entries.append(replace(made, id=row.id))
    return entries


def payments(ids: Ids) -> list[FoundRow]:
    client = f"{FIRST}-{ids.harbour}"

    def row(number: int, amount: str, on: date, kind: str = "payment", **more: Any) -> FoundRow:
        fields: Fields = {"kind": kind, "amount": money(amount)} | more
        return entry_row(f"{FIRST}-payment-{number}", client, on, **fields)

    def on_invoice(invoice: int, number: str) -> Fields:
        url = f"https://my.freshbooks.com/#/invoice/{invoice}"
        return {"invoice": f"{FIRST}-invoice-{invoice}", "reference": number, "url": url}

    late: Fields = on_invoice(ids.late, "0001") | {"regarding": RETREAT, "opportunity": RETREAT}
    page = f"https://my.freshbooks.com/#/client/{ids.harbour}"
    note: Fields = {"kind": "credit", "amount": money("20.00"), "subject": "Credit 20.00 USD"}
    return [
        row(
            ids.first_part,
            "100.00",
            date(2025, 12, 10),
            subject="Payment 100.00 USD for invoice 0001",
            method="Check",
            **late,
        ),
        row(
            ids.lowered,
            "40.00",
            date(2026, 1, 5),
            subject="Payment 60.00 USD for invoice 0001, 20.00 returned",
            method="Bank Transfer",
            received=money("60.00"),
            returned=money("20.00"),
            **late | {"received less returned": money("40.00")},
        ),
        row(
            ids.taken_back,
            "10.00",
            date(2026, 1, 6),
            state="canceled",
            status="deleted",
            **late | {"actual end": None},
        ),
        row(
            ids.whole,
            "300.00",
            date(2025, 10, 20),
            subject="Payment 300.00 USD for invoice 0003",
            method="VISA",
            **on_invoice(ids.paid, "0003"),
        ),
        row(
            ids.exact,
            "300.00",
            date(2025, 12, 22),
            subject="Payment 300.00 USD for invoice 0008",
            method="ACH",
            **on_invoice(ids.overpaid, "0008"),
        ),
        row(
            ids.applied,
            "5.00",
            date(2026, 1, 10),
            kind="credit applied",
            subject="Credit applied 5.00 USD for invoice 0002",
            method="Credit",
            **on_invoice(ids.taxed, "0002"),
        ),
        row(
            ids.standing,
            "20.00",
            date(2025, 12, 22),
            kind="credit",
            url=page,
            subject="Credit 20.00 USD, replaced",
            method="ACH",
            state="canceled",
            status="replaced",
            **{"actual end": None},
        ),
        entry_row(
            f"{FIRST}-credit-{ids.note}",
            client,
            date(2025, 12, 22),
            **note | {"method": "overpayment", "reference": "0000001", "url": page},
        ),
    ]


def expenses(ids: Ids) -> list[FoundRow]:
    client = f"{FIRST}-{ids.harbour}"
    on = date(2026, 1, 7)
    fields: Fields = {
        "kind": "expense",
        "amount": money("54.00"),
        "subject": "Expense 54.00 USD, Ferry Co.",
        "method": "Advertising",
        "tax": money("4.50"),
        "receipt": True,
        "billing": "to be billed",
        "reference": "Ferry Co.",
        "description": "Crossing",
    }
    crossing, returned = (f"{FIRST}-expense-{each}" for each in (ids.crossing, ids.returned))
    canceled: Fields = {"state": "canceled", "status": "deleted"}
    return [
        entry_row(crossing, client, on, **fields),
        entry_row(returned, client, on, **fields | canceled),
    ]
