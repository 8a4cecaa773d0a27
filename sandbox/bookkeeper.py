"""Random edits in FreshBooks, as bookkeepers make them; the same for the same seed.

Never touches a record it did not make.
"""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.remotes import RemoteBooks

Fields = dict[str, Any]

ACTIVE, DELETED, ARCHIVED = 0, 1, 2  # vis_state
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"


# How often what is done.
EVERYDAY: Mapping[str, int] = {
    "new_client": 5,
    "edit_client": 3,
    "rename_client": 2,
    "archive_client": 1,
    "restore_client": 1,
    "new_invoice": 24,
    "edit_invoice": 14,
    "move_invoice": 2,
    "dispute_invoice": 2,
    "send_invoice": 6,
    "delete_invoice": 4,
    "restore_invoice": 2,
    "pay": 10,
    "pay_part": 12,
    "overpay": 3,
    "pay_from_credit": 2,
    "edit_payment": 3,
    "delete_payment": 5,
    "restore_payment": 2,
    "new_expense": 7,
    "move_expense": 3,
    "delete_expense": 1,
}


class Bookkeeper:
    """Makes one edit after the other.

    Args:
        books: where.
        drawing: decides everything.
        clock: the time it is for the bookkeeper.
        habits: how often what is done, by name; None means as on ordinary days.
    """

    habits = EVERYDAY

    def __init__(
        self,
        books: RemoteBooks,
        drawing: random.Random,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        habits: Mapping[str, int] | None = None,
    ) -> None:
        habits = self.habits if habits is None else habits
        self._books = books
        self._clock = clock
        self._names, self._weights = list(habits), list(habits.values())
        self._random = drawing
        self._made: dict[str, dict[int, Fields]] = {
            kind: {}
            for kind in ("client", "invoice", "payment", "expense", "credit_note", "category")
        }

    def edit(self) -> str:
        """Do one thing that can be done now, and return what it was."""
        while True:
            name = self._random.choices(self._names, self._weights)[0]
            if name in _PLAIN:
                kind, operation, state = _PLAIN[name]
                done = self._change(kind, operation, state=state)
            else:
                done = getattr(self, f"_{name}")()
            if done:
                return name

    def _new_client(self) -> bool:
        # Names nobody would take for another one: no client is to wait for a person.
        words = ["".join(self._random.choices(_LETTERS, k=7)).title() for _ in range(3)]
        return self._do(
            "client",
            "create_client",
            organization=" ".join(words),
            currency_code=self._random.choice(("USD", "USD", "CAD")),
            email=f"{words[0].lower()}@clients.example",
        )

    def _edit_client(self) -> bool:
        return self._change("client", "edit_client", mob_phone=self._digits(7))

    def _rename_client(self) -> bool:
        client = self._one("client")
        return client is not None and self._do(
            "client",
            "edit_client",
            client=client["id"],
            organization=f"{client['organization']} {self._digits(2)}",
        )

    def _new_invoice(self) -> bool:
        client = self._one("client")
        day = self._clock().date() - timedelta(days=self._random.randint(0, 300))
        return client is not None and self._do(
            "invoice",
            "create_invoice",
            customerid=client["id"],
            lines=self._lines(),
            sent=self._random.random() < 0.8,
            create_date=day.isoformat(),
            due_offset_days=self._random.choice((0, 30, 400)),
            currency_code=self._random.choice(("USD", "CAD", client["currency_code"])),
            discount_value=self._random.choice(("0", "0", "0", "7.5", "12")),
        )

    def _edit_invoice(self) -> bool:
        invoice = self._one("invoice")
        if invoice is None:
            return False
        kept = self._random.sample(invoice["lines"], self._random.randint(0, len(invoice["lines"])))
        return self._do(
            "invoice", "edit_invoice", invoice=invoice["id"], lines=[*kept, *self._lines()]
        )

    def _move_invoice(self) -> bool:
        client = self._one("client")
        return client is not None and self._change(
            "invoice", "edit_invoice", customerid=client["id"]
        )

    def _dispute_invoice(self) -> bool:
        status = self._random.choice(("disputed", "declined", None))
        return self._change("invoice", "mark_invoice", v3_status=status)

    def _send_invoice(self) -> bool:
        return self._change("invoice", "send_invoice", by_email=False)

    def _pay(self) -> bool:
        return self._pay_share("1")

    def _pay_part(self) -> bool:
        return self._pay_share(self._random.choice(("0.2", "0.35", "0.5")))

    def _overpay(self) -> bool:
        return self._pay_share("1.1")

    def _pay_share(self, share: str) -> bool:
        invoice = self._one("invoice")
        if invoice is None:
            return False
        amount = (Decimal(invoice["amount"]["amount"]) * Decimal(share)).quantize(Decimal("0.01"))
        return amount > 0 and self._do(
            "payment", "pay_invoice", invoice=invoice["id"], amount=str(amount)
        )

    def _pay_from_credit(self) -> bool:
        invoice = self._one("invoice")
        return invoice is not None and self._do(
            "payment", "pay_invoice", invoice=invoice["id"], from_credit=True
        )

    def _edit_payment(self) -> bool:
        return self._change("payment", "edit_payment", amount="10.00", type="Cash")

    def _new_expense(self) -> bool:
        client = self._one("client")
        own = self._random.random() < 0.3 or client is None
        return self._do(
            "expense",
            "create_expense",
            amount=f"{self._random.randint(5, 900)}.{self._digits(2)}",
            clientid=0 if own or client is None else client["id"],
            code="USD" if client is None else client["currency_code"],
            vendor="Harbour Air",
        )

    def _move_expense(self) -> bool:
        client = self._one("client") if self._random.random() < 0.6 else None
        return self._change("expense", "edit_expense", clientid=client["id"] if client else 0)

    def _change(self, kind: str, operation: str, *, state: int = ACTIVE, **arguments: Any) -> bool:
        """Do something to one record that is in `state`, if there is one."""
        record = self._one(kind, state)
        return record is not None and self._do(kind, operation, **{kind: record["id"]}, **arguments)

    def _do(self, kind: str, operation: str, **arguments: Any) -> bool:
        record = self._books.do(operation, **arguments)
        self._made[kind][record["id"]] = record
        return True

    def _one(self, kind: str, state: int = ACTIVE) -> Fields | None:
        fitting = [each for each in self._made[kind].values() if each["vis_state"] == state]
        return self._random.choice(fitting) if fitting else None

    def _lines(self) -> list[Fields]:
        return [
            {
                "name": f"Work {self._digits(4)}",
                "qty": self._random.choice(("1", "2", "0.25", "7.5", "0.3333", "12")),
                "unit_cost": f"{self._random.randint(20, 900)}.{self._digits(2)}",
                "taxName1": self._random.choice(("", "HST")),
                "taxAmount1": self._random.choice(("0", "13", "9.975")),
            }
            for _ in range(self._random.randint(1, 4))
        ]

    def _digits(self, count: int) -> str:
        return "".join(self._random.choices(_DIGITS, k=count))


# What is done to one record that is in a state, and nothing has to be drawn for.
_PLAIN = {
    "archive_client": ("client", "archive_client", ACTIVE),
    "restore_client": ("client", "restore_client", ARCHIVED),
    "delete_invoice": ("invoice", "delete_invoice", ACTIVE),
    "restore_invoice": ("invoice", "restore_invoice", DELETED),
    "delete_payment": ("payment", "delete_payment", ACTIVE),
    "restore_payment": ("payment", "restore_payment", DELETED),
    "delete_expense": ("expense", "delete_expense", ACTIVE),
    "restore_expense": ("expense", "restore_expense", DELETED),
    "delete_credit": ("credit_note", "delete_credit_note", ACTIVE),
    "restore_credit": ("credit_note", "restore_credit_note", DELETED),
}
