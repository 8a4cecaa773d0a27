"""A year in the books of a mid-market consulting firm: invoices, payments and expenses.

Never random twice: the same day gives the same books.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.firm.catalogue import METHODS, OVERHEAD, SERVICES, TAXES, VENDORS
from sandbox.firm.clients import CAD, CLIENTS, FirmClient
from sandbox.remotes import RemoteBooks

TIMESHEET_LINES = 300
_SEED = "firm 7"  # decides amounts, dates and who has paid
# Invoices that say which opportunity they belong to, by client.
PURCHASE_ORDERS = {
    "Bluepine Logistics": "Warehouse redesign",
    "Hollis & Byrne LLP": "PO-4471",
}


@dataclass(frozen=True)
class Firm:
    """What was written into the books: ids of clients by name."""

    account: str
    clients: dict[str, int]


def open_books(books: RemoteBooks, *, today: date) -> Firm:
    """Write the firm's year into FreshBooks.

    Args:
        books: empty ones.
        today: the last day of the year.
    """
    clerk = _Clerk(books, today, random.Random(_SEED))
    for client in CLIENTS:
        clerk.take_on(client)
    # By date, as they were written: numbers and days rise together.
    planned = sorted(
        (day, client.name, client)
        for client in CLIENTS
        for day in clerk.invoice_days(client.invoices)
    )
    for day, _, client in planned:
        clerk.bill(client, day)
    clerk.bill_timesheet("Eastwind Robotics")
    clerk.bill_abroad("Meridian Freight Systems")
    clerk.overpay("Tamarack Insurance Brokers")
    clerk.throw_away("Halcyon Event Production")
    for number in range(64):
        clerk.spend(number)
    return Firm(books.account, dict(clerk.ids))


class _Clerk:
    """Writes the books, one document after the other."""

    def __init__(self, books: RemoteBooks, today: date, drawing: random.Random) -> None:
        self.ids: dict[str, int] = {}
        self._books = books
        self._today = today
        self._random = drawing
        self._billed: dict[str, int] = dict.fromkeys((one.name for one in CLIENTS), 0)

    def take_on(self, client: FirmClient) -> None:
        first, _, last = client.name.partition(" ")
        named = {"fname": first, "lname": last} if client.person else {"organization": client.name}
        host = "".join(
            letter for letter in client.name.lower() if letter.isascii() and letter.isalnum()
        )
        city, province, country, code = client.where
        made = self._books.do(
            "create_client",
            **named,
            email=f"accounts@{host}.example",
            bus_phone=f"555-01{len(self.ids):02}",
            currency_code=client.currency,
            p_street=f"{10 + 7 * len(self.ids)} Commerce Street",
            p_city=city,
            p_province=province,
            p_country=country,
            p_code=code,
        )
        self.ids[client.name] = made["id"]

    def invoice_days(self, count: int) -> Iterator[date]:
        for number in range(count):
            # Spread over the year, the newest a few days old.
            ago = 360 * number // count + self._random.randint(2, 20)
            yield self._today - timedelta(days=ago)

    def bill(self, client: FirmClient, day: date) -> None:
        self._billed[client.name] += 1
        age = (self._today - day).days
        draft = age < 12 and self._random.random() < 0.4
        extra: dict[str, Any] = {}
        if self._random.random() < 0.2:
            extra["discount_value"] = self._random.choice(("5", "7.5", "10"))
        # Every third invoice names the purchase order, the others leave it open.
        if client.name in PURCHASE_ORDERS and self._billed[client.name] % 3 == 0:
            extra["po_number"] = PURCHASE_ORDERS[client.name]
        invoice = self._books.do(
            "create_invoice",
            customerid=self.ids[client.name],
            lines=self._lines(client),
            sent=not draft,
            create_date=day.isoformat(),
            due_offset_days=30,
            **extra,
        )
        if draft:
            return
        if self._random.random() < 0.5:
            self._books.do("view_invoice", invoice=invoice["id"])
        self._collect(client, invoice, age)

    def bill_timesheet(self, name: str) -> None:
        """Bill a whole project by the time sheet: one line per person and day."""
        people = ("A. Moreau", "J. Whitcombe", "P. Iyer")
        lines = [
            {
                "name": f"{people[number % 3]}, day {number // 3 + 1}",
                "description": "Assembly line programme",
                "qty": str(Decimal(self._random.randrange(1, 9)) / 4),
                "unit_cost": ("145.00", "162.50", "118.00")[number % 3],
            }
            for number in range(TIMESHEET_LINES)
        ]
        self._books.do(
            "create_invoice",
            customerid=self.ids[name],
            lines=lines,
            sent=True,
            create_date=(self._today - timedelta(days=9)).isoformat(),
            due_offset_days=45,
        )

    def bill_abroad(self, name: str) -> None:
        """Bill a client in another currency than its own."""
        for ago, cost in ((75, "6400.00"), (20, "2150.50")):
            self._books.do(
                "create_invoice",
                customerid=self.ids[name],
                lines=[{"name": "Border compliance", "qty": "1", "unit_cost": cost}],
                sent=True,
                currency_code=CAD,
                create_date=(self._today - timedelta(days=ago)).isoformat(),
                due_offset_days=30,
            )

    def overpay(self, name: str) -> None:
        """Let a client pay too much; the rest is its credit, part of which it spends."""
        first, second = (
            self._books.do(
                "create_invoice",
                customerid=self.ids[name],
                lines=[{"name": "Retainer", "qty": "1", "unit_cost": cost}],
                sent=True,
                create_date=(self._today - timedelta(days=ago)).isoformat(),
                due_offset_days=14,
            )
            for ago, cost in ((40, "1000.00"), (8, "900.00"))
        )
        paid_on = (self._today - timedelta(days=30)).isoformat()
        self._pay(first["id"], "1250.00", paid_on)
        self._books.do("pay_invoice", invoice=second["id"], amount="100.00", from_credit=True)

    def throw_away(self, name: str) -> None:
        """Delete what should not have been: an invoice, and a payment of another one."""
        wrong, right = (
            self._books.do(
                "create_invoice",
                customerid=self.ids[name],
                lines=[{"name": "Stage design", "qty": "1", "unit_cost": "1340.00"}],
                sent=True,
                create_date=(self._today - timedelta(days=50)).isoformat(),
                due_offset_days=30,
            )
            for _ in range(2)
        )
        self._books.do("delete_invoice", invoice=wrong["id"])
        bounced = self._pay(right["id"], "1340.00", (self._today - timedelta(days=21)).isoformat())
        self._books.do("delete_payment", payment=bounced["id"])

    def spend(self, number: int) -> None:
        """Book an expense: two of three are for a client, the others are the firm's own."""
        day = (self._today - timedelta(days=self._random.randint(1, 340))).isoformat()
        factor = Decimal(self._random.randint(80, 130)) / 100
        if number % 3 == 2:
            vendor, amount = OVERHEAD[number % len(OVERHEAD)]
            self._books.do("create_expense", amount=_cents(amount, factor), vendor=vendor, date=day)
            return
        vendor, amount = VENDORS[number % len(VENDORS)]
        client = CLIENTS[(number * 5) % len(CLIENTS)]
        self._books.do(
            "create_expense",
            amount=_cents(amount, factor),
            code=client.currency,
            vendor=vendor,
            date=day,
            clientid=self.ids[client.name],
            billable=True,
            notes=f"Travel and materials for {client.name}",
        )

    def _lines(self, client: FirmClient) -> list[dict[str, Any]]:
        taxes = {
            f"{field}{number}": value
            for number, tax in enumerate(TAXES.get(client.where[1], ()), start=1)
            for field, value in zip(("taxName", "taxAmount"), tax, strict=True)
        }
        lines = []
        left = Decimal(client.size) * self._random.randint(60, 150) / 100
        for name, description, cost in self._random.sample(SERVICES, self._random.randint(2, 6)):
            share = left * self._random.randint(20, 60) / 100
            quantity = max(Decimal("0.25"), round(share / Decimal(cost) * 4) / Decimal(4))
            # Fixed fees are sold whole.
            if Decimal(cost) > 1000:
                quantity = max(Decimal(1), round(quantity, 0))
            lines.append(
                {"name": name, "description": description, "qty": str(quantity), "unit_cost": cost}
                | taxes
            )
            left -= share
        return lines

    def _collect(self, client: FirmClient, invoice: dict[str, Any], age: int) -> None:
        if self._random.random() > client.prompt:
            # A bad payer: sometimes something, sometimes nothing.
            if self._random.random() < 0.5:
                self._pay_in_parts(invoice, age, ("0.4",))
            return
        if age < 14 or (age < 30 and self._random.random() < 0.5):
            return
        parts = ("0.3", "0.25", "") if self._random.random() < 0.2 else ("",)
        self._pay_in_parts(invoice, age, parts)

    def _pay_in_parts(self, invoice: dict[str, Any], age: int, parts: tuple[str, ...]) -> None:
        """Pay shares of the whole, one after the other; an empty share pays what is open."""
        total = invoice["amount"]["amount"]
        wait = min(age, self._random.randint(12, 34))
        for number, share in enumerate(parts):
            day = self._today - timedelta(days=max(0, age - wait - 6 * number))
            self._pay(
                invoice["id"], _cents(total, Decimal(share)) if share else None, day.isoformat()
            )

    def _pay(self, invoice: int, amount: str | None, day: str) -> dict[str, Any]:
        return self._books.do(
            "pay_invoice",
            invoice=invoice,
            amount=amount,
            date=day,
            type=self._random.choice(METHODS),
        )


def _cents(amount: str, factor: Decimal) -> str:
    return str((Decimal(amount) * factor).quantize(Decimal("0.01")))
