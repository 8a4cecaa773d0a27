"""One running sandbox for all end-to-end tests, and a bookkeeper who edits at random."""

import functools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.administrator import Administrator
from sandbox.check import differences
from sandbox.ports import Ports
from sandbox.settling import Settling
from sandbox.stack import stack

# A message that was under way when its host was killed comes back after so many seconds; the
# platform takes ten minutes.
LEASE = 4.0
SETTINGS = {"UNMATCHED_CLIENTS": "create", "BALANCE_DELAY_SECONDS": "1"}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A connected function app with empty books, shared by all tests of this folder."""
    folder = tmp_path_factory.mktemp("e2e") / "sandbox"
    with stack(folder, Ports.free(), settings=SETTINGS) as running:
        administrator = Administrator(running.environment)
        administrator.run("schema", "apply")
        running.start_host(lease=LEASE)
        administrator.connect(folder / "connect.log")
        running.books.deliveries(retries=[0.2, 0.5, 1, 2, 4])
        yield running


@pytest.fixture
def start_host(sandbox):
    """Starts the function app again."""
    return functools.partial(sandbox.start_host, lease=LEASE)


@pytest.fixture
def administrator(sandbox):
    return Administrator(sandbox.environment)


@pytest.fixture
def settling(sandbox):
    with Settling(sandbox) as looking:
        yield looking
        sandbox.books.deliveries(drop=0, duplicate=0, delay=0, reorder=False, hold=False)


@pytest.fixture
def synced(sandbox, settling):
    """Lets everything come to rest: what webhooks carry, then what a poll finds."""

    def sync():
        settling.drain()
        settling.poll()
        settling.drain()

    return sync


@pytest.fixture
def unequal(sandbox, administrator):
    """What differs between both sides, clients that wait for a decision left out."""

    def look():
        held = [int(each["subject"].partition("-")[2]) for each in administrator.held()]
        return differences(sandbox.books, sandbox.rows, held=held)

    return look


@pytest.fixture
def bookkeeper(sandbox):
    def hire(seed):
        return Bookkeeper(sandbox.books, random.Random(seed))

    return hire


class Bookkeeper:
    """Does what bookkeepers do, at random but the same for the same seed."""

    def __init__(self, books, drawing):
        self._books = books
        self._random = drawing
        self._clients = {}
        self._invoices = {}
        self._payments = {}
        self._expenses = {}

    def edit(self):
        """Do one thing that can be done now."""
        while not self._try(self._draw()):
            pass

    def _draw(self):
        names, weights = zip(*_WEIGHTS.items(), strict=True)
        return self._random.choices(names, weights)[0]

    def _try(self, name):
        return getattr(self, f"_{name}")()

    def _new_client(self):
        letters = "abcdefghijklmnopqrstuvwxyz"
        words = ["".join(self._random.choices(letters, k=7)).title() for _ in range(3)]
        made = self._books.do(
            "create_client",
            organization=" ".join(words),
            currency_code=self._random.choice(("USD", "USD", "CAD")),
            email=f"{words[0].lower()}@clients.example",
        )
        return self._keep(self._clients, made)

    def _edit_client(self):
        client = self._one(self._clients)
        return client and self._keep(
            self._clients,
            self._books.do("edit_client", client=client["id"], mob_phone=self._digits(7)),
        )

    def _rename_client(self):
        client = self._one(self._clients)
        return client and self._keep(
            self._clients,
            self._books.do(
                "edit_client",
                client=client["id"],
                organization=f"{client['organization']} {self._digits(2)}",
            ),
        )

    def _new_invoice(self):
        client = self._one(self._clients)
        return client and self._keep(
            self._invoices,
            self._books.do(
                "create_invoice",
                customerid=client["id"],
                lines=self._lines(),
                sent=self._random.random() < 0.8,
                create_date=self._day(),
                due_offset_days=self._random.choice((0, 30, 400)),
                currency_code=self._random.choice(("USD", "CAD", client["currency_code"])),
                discount_value=self._random.choice(("0", "0", "0", "7.5", "12")),
            ),
        )

    def _edit_invoice(self):
        invoice = self._alive(self._invoices)
        if not invoice:
            return None
        kept = self._random.sample(invoice["lines"], self._random.randint(0, len(invoice["lines"])))
        return self._keep(
            self._invoices,
            self._books.do("edit_invoice", invoice=invoice["id"], lines=[*kept, *self._lines()]),
        )

    def _move_invoice(self):
        invoice = self._alive(self._invoices)
        client = self._one(self._clients)
        return (
            invoice
            and client
            and self._keep(
                self._invoices,
                self._books.do("edit_invoice", invoice=invoice["id"], customerid=client["id"]),
            )
        )

    def _dispute(self):
        invoice = self._alive(self._invoices)
        return invoice and self._keep(
            self._invoices,
            self._books.do(
                "mark_invoice",
                invoice=invoice["id"],
                v3_status=self._random.choice(("disputed", "declined", None)),
            ),
        )

    def _archive_client(self):
        return self._mark(self._clients, "client", "archive")

    def _restore_client(self):
        client = self._one(self._clients, vis_state=2)
        return client and self._keep(
            self._clients, self._books.do("restore_client", client=client["id"])
        )

    def _pay_from_credit(self):
        invoice = self._alive(self._invoices)
        if not invoice:
            return None
        paid = self._books.do("pay_invoice", invoice=invoice["id"], from_credit=True)
        return self._keep(self._payments, paid)

    def _send(self):
        invoice = self._alive(self._invoices)
        return invoice and self._keep(
            self._invoices, self._books.do("send_invoice", invoice=invoice["id"], by_email=False)
        )

    def _pay(self):
        return self._pay_share("1")

    def _pay_part(self):
        return self._pay_share(self._random.choice(("0.2", "0.35", "0.5")))

    def _overpay(self):
        return self._pay_share("1.1")

    def _pay_share(self, share):
        invoice = self._alive(self._invoices)
        if not invoice:
            return None
        amount = (Decimal(invoice["amount"]["amount"]) * Decimal(share)).quantize(Decimal("0.01"))
        if amount <= 0:
            return None
        paid = self._books.do("pay_invoice", invoice=invoice["id"], amount=str(amount))
        return self._keep(self._payments, paid)

    def _edit_payment(self):
        payment = self._alive(self._payments)
        return payment and self._keep(
            self._payments,
            self._books.do("edit_payment", payment=payment["id"], amount="10.00", type="Cash"),
        )

    def _delete_payment(self):
        return self._mark(self._payments, "payment", "delete")

    def _restore_payment(self):
        return self._mark(self._payments, "payment", "restore")

    def _delete_invoice(self):
        return self._mark(self._invoices, "invoice", "delete")

    def _restore_invoice(self):
        return self._mark(self._invoices, "invoice", "restore")

    def _delete_expense(self):
        return self._mark(self._expenses, "expense", "delete")

    def _new_expense(self):
        client = self._one(self._clients) if self._random.random() < 0.7 else {"id": 0}
        return client and self._keep(
            self._expenses,
            self._books.do(
                "create_expense",
                amount=f"{self._random.randint(5, 900)}.{self._digits(2)}",
                clientid=client["id"],
                vendor="Harbour Air",
                code=client.get("currency_code", "USD"),
            ),
        )

    def _move_expense(self):
        expense = self._alive(self._expenses)
        client = self._one(self._clients)
        if not expense or not client:
            return None
        to = client["id"] if self._random.random() < 0.6 else 0
        return self._keep(
            self._expenses, self._books.do("edit_expense", expense=expense["id"], clientid=to)
        )

    def _mark(self, kept, noun, verb):
        chosen = self._one(kept, vis_state=1) if verb == "restore" else self._alive(kept)
        return chosen and self._keep(kept, self._books.do(f"{verb}_{noun}", **{noun: chosen["id"]}))

    def _lines(self):
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

    def _alive(self, kept):
        return self._one(kept, vis_state=0)

    def _one(self, kept, **wanted):
        fitting = [
            record
            for record in kept.values()
            if all(record[name] == value for name, value in wanted.items())
        ]
        return self._random.choice(fitting) if fitting else None

    def _day(self):
        return (datetime.now(UTC).date() - timedelta(days=self._random.randint(0, 300))).isoformat()

    def _digits(self, count):
        return "".join(self._random.choices("0123456789", k=count))

    @staticmethod
    def _keep(kept, record):
        kept[record["id"]] = record
        return record


_WEIGHTS = {
    "new_client": 5,
    "edit_client": 3,
    "rename_client": 2,
    "archive_client": 1,
    "restore_client": 1,
    "new_invoice": 24,
    "edit_invoice": 14,
    "move_invoice": 2,
    "dispute": 2,
    "send": 6,
    "pay": 10,
    "pay_part": 12,
    "overpay": 3,
    "pay_from_credit": 2,
    "edit_payment": 3,
    "delete_payment": 5,
    "restore_payment": 2,
    "delete_invoice": 4,
    "restore_invoice": 2,
    "new_expense": 7,
    "move_expense": 3,
    "delete_expense": 1,
}
