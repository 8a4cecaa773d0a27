"""Books with one of everything, in two businesses.

Never says what Dataverse shows of them.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sandbox.check.books import KINDS, Books
from sandbox.check.policies import Policies, Told
from sandbox.check.source import Source
from sandbox.freshbooks import FreshBooks

TODAY = date(2026, 1, 15)
NOON = datetime(2026, 1, 15, 17, tzinfo=UTC)
FIRST, SECOND = "FrEsHb", "s3cond"

LINE = {"name": "Workshop", "description": "On site", "qty": "2", "unit_cost": "150.00"}


@dataclass(frozen=True)
class Ids:
    """What FreshBooks calls the records of the picture."""

    harbour: int
    bea: int
    gone: int
    asks: int
    ignored: int
    elsewhere: int
    late: int
    taxed: int
    paid: int
    deleted: int
    draft: int
    withdrawn: int
    euro: int
    overpaid: int
    beas: int
    waiting: int
    far: int
    first_part: int
    lowered: int
    whole: int
    applied: int
    taken_back: int
    exact: int
    note: int
    standing: int
    crossing: int
    returned: int
    own: int


def open_books() -> tuple[FreshBooks, Ids]:
    """Return a FreshBooks with two businesses, at noon of the day."""
    freshbooks = FreshBooks(
        send=lambda *_: 200,
        background=False,
        clock=lambda: NOON,
    )
    books = freshbooks.books
    # Both businesses have account ids of their own choice; the first one's is never used.
    for account in (FIRST, SECOND):
        books.create_business(account, account=account)
    made: dict[str, int] = {}

    def client(name: str, account: str = FIRST, **fields: Any) -> None:
        made[name] = books.create_client(account=account, **fields)["id"]

    def invoice(name: str, client: str, number: str, on: str, due: int, **fields: Any) -> None:
        lines = fields.pop("lines", [LINE])
        made[name] = books.create_invoice(
            made[client],
            lines,
            sent=fields.pop("sent", True),
            invoice_number=number,
            create_date=on,
            due_offset_days=due,
            **fields,
        )["id"]

    def payment(name: str, invoice: str, amount: str, on: str, **fields: Any) -> None:
        made[name] = books.pay_invoice(made[invoice], amount, date=on, **fields)["id"]

    address = {"p_street": "9 Oak Lane", "p_city": "Austin", "p_province": "TX", "p_code": "78701"}
    client("harbour", organization="Harbour Group", p_country="United States", **address)
    client("bea", fname="Bea", lname="Quist", currency_code="EUR")
    client("gone", organization="Former Customer")
    client("asks", organization="Two Of A Name")
    client("ignored", organization="A Friend")
    client("elsewhere", account=SECOND, organization="Elsewhere Inc.")

    halves = [LINE, LINE | {"name": "Travel", "description": "", "qty": "0.5"}]
    invoice("late", "harbour", "0001", "2025-11-01", 30, lines=halves, po_number=" po-4471 ")
    thirds = {"name": "Hours", "description": "", "qty": "3", "unit_cost": "33.333"}
    taxed = [thirds | {"taxName1": "HST", "taxAmount1": "13"}]
    invoice("taxed", "harbour", "0002", "2026-01-02", 30, lines=taxed)
    invoice("paid", "harbour", "0003", "2025-10-01", 30)
    invoice("deleted", "harbour", "0004", "2025-10-02", 30)
    invoice("draft", "harbour", "0005", "2025-10-03", 30, sent=False)
    invoice("withdrawn", "harbour", "0006", "2025-10-04", 30)
    invoice("euro", "harbour", "0007", "2025-12-30", 61, currency_code="EUR")
    invoice("overpaid", "harbour", "0008", "2025-12-20", 30)
    invoice("beas", "bea", "0009", "2026-01-11", 30)
    invoice("waiting", "asks", "0010", "2026-01-11", 30)
    invoice("far", "elsewhere", "0001", "2026-01-03", 7)

    payment("first_part", "late", "100.00", "2025-12-10", type="Check")
    payment("lowered", "late", "60.00", "2026-01-05", type="Bank Transfer")
    books.refund(made["lowered"], "20.00")
    payment("taken_back", "late", "10.00", "2026-01-06", type="Cash")
    books.delete_payment(made["taken_back"])
    payment("whole", "paid", "300.00", "2025-10-20", type="VISA")
    payment("exact", "overpaid", "320.00", "2025-12-22", type="ACH")
    payment("applied", "taxed", "5.00", "2026-01-10", from_credit=True)
    (made["note"],) = (note["id"] for note in books.records("credit_note", FIRST))
    (made["standing"],) = (
        each["id"] for each in books.records("payment", FIRST) if each["creditid"] == made["note"]
    )
    books.delete_invoice(made["deleted"])
    books.edit_invoice(made["withdrawn"], stage="draft")
    books.delete_client(made["gone"])

    expense: dict[str, Any] = {
        "vendor": "Ferry Co.",
        "notes": "Crossing",
        "account": FIRST,
        "date": "2026-01-07",
        "taxAmount1": "4.00",
        "taxAmount2": "0.50",
        "has_receipt": True,
        "billable": True,
    }
    for name, whose in (("crossing", "harbour"), ("returned", "harbour"), ("own", None)):
        more: dict[str, Any] = {"clientid": made[whose]} if whose else {}
        made[name] = books.create_expense("54.00", **expense, **more)["id"]
    books.delete_expense(made["returned"])
    return freshbooks, Ids(**made)


def a_source(freshbooks: FreshBooks, ids: Ids, **changes: Any) -> Source:
    """Return FreshBooks' side."""
    books = tuple(
        Books(
            account,
            *(
                {one["id"]: one for one in freshbooks.books.records(kind, account)}
                for kind in KINDS
            ),
        )
        for account in (FIRST, SECOND)
    )
    told = Told(most={f"{FIRST}-payment-{ids.lowered}": Decimal("60.00")})
    return replace(Source(books, TODAY, Policies(), told), **changes)


def with_policies(source: Source, **policies: Any) -> Source:
    """Return FreshBooks' side, for a connector with other settings."""
    return replace(source, policies=Policies(**policies))


def told(source: Source, **more: Any) -> Source:
    """Return FreshBooks' side, of which more is told."""
    return replace(source, told=replace(source.told, **more))
