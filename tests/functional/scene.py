"""A client with a record of each kind in both places, and one change after the other.

No webhook arrives once the scene is set: a test hands every message to a worker itself. Scenes with
the same settings take place in one firm, one client after the other, as long as all is well there.
"""

import collections
import hashlib
import itertools
import json
from datetime import timedelta
from typing import Any, Literal, get_args

from tests.functional.world import Firm
from tests.memory import FakeClock

Name = Literal["client", "invoice", "payment", "expense", "credit"]
KINDS: tuple[Name, ...] = get_args(Name)


# settings -> firms in which both sides are equal
_firms: collections.defaultdict[tuple[Any, ...], list[Firm]] = collections.defaultdict(list)
_names = (hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()[:12] for n in itertools.count())


class Scene:
    """A firm with one client that has one record of each kind.

    Attributes:
        records: the number of the record each kind is about.
    """

    def __init__(self, *, paid: str = "10.00", deleted_reads: str = "row", **settings: Any) -> None:
        self._unused = _firms[tuple(sorted(settings.items()))]
        self.firm = self._unused.pop() if self._unused else Firm(**settings)
        self.firm.freshbooks.switches.set(deleted_reads=deleted_reads)
        self.firm.freshbooks.deliveries.set(drop=0.0)
        self.books = self.firm.books
        self.records: dict[str, int] = {}
        self.make("client")
        self.make("payment", paid)
        self.make("expense")
        self.make("credit")
        self.firm.run()
        self.firm.freshbooks.deliveries.set(drop=1.0)
        self.firm.clock.advance(60)

    def settled(self) -> list[str]:
        """Handle what is on the queue, and return what is not equal on both sides then."""
        self.firm.dataverse_door.app = self.firm.dataverse
        self.firm.connector = self.firm.start()
        self.firm.drain()
        differences = self.firm.differences()
        # at midnight invoices become overdue that are due at once, which only a poll finds
        if not differences and self.firm.clock() - FakeClock()() < timedelta(hours=12):
            self._unused.append(self.firm)
        return differences

    def make(self, kind: Name, amount: str = "10.00") -> None:
        """Create another record of a kind; from now on that kind is about this one."""
        match kind:
            case "client":
                made = self.books.create_client(organization=next(_names))
                self.records[kind] = made["id"]
                self.make("invoice")
            case "invoice":
                made = self.books.create_invoice(
                    self.records["client"], lines=lines("100.00", "50.00", "25.00"), sent=True
                )
            case "payment":
                made = self.books.pay_invoice(self.records["invoice"], amount)
            case "expense":
                made = self.books.create_expense(amount, clientid=self.records["client"])
            case "credit":
                made = self.books.create_credit_note(self.records["client"], lines(amount))
        self.records[kind] = made["id"]

    def edit(self, kind: Name, amount: str) -> None:
        """Change what Dataverse shows of a record: figures, and the balances of a client."""
        match kind:
            case "client" | "invoice":
                prices = [amount, "50.00"]
                self.books.edit_invoice(self.records["invoice"], lines=lines(*prices))
            case "payment":
                self.books.edit_payment(self.records[kind], amount=amount)
            case "expense":
                self.books.edit_expense(self.records[kind], amount=amount)
            case "credit":
                self.books.edit_credit_note(self.records[kind], lines=lines(amount))

    def delete(self, kind: Name) -> None:
        getattr(self.books, f"delete_{_noun(kind)}")(self.records[kind])

    def restore(self, kind: Name) -> None:
        getattr(self.books, f"restore_{_noun(kind)}")(self.records[kind])

    def do(
        self, what: Literal["create", "edit", "delete", "restore"], kind: Name, amount: str
    ) -> None:
        """Do one of create, edit, delete and restore."""
        match what:
            case "create":
                self.make(kind)
            case "edit":
                self.edit(kind, amount)
            case "delete":
                self.delete(kind)
            case "restore":
                self.restore(kind)

    def message(self, kind: Name, *, cause: str = "webhook") -> bytes:
        """Return the body of the message that names a kind's record."""
        return json.dumps(
            {
                "account": self.firm.account,
                "kind": kind,
                "record": self.records[kind],
                "cause": cause,
                "seen": self.firm.clock().isoformat(),
            }
        ).encode()

    def handle(self, *kinds: Name) -> None:
        """Let another worker handle a message of each of these kinds, all of them by default."""
        worker = self.firm.start()
        for kind in kinds or KINDS:
            worker.process.handle(self.message(kind))

    def row(self, kind: Name) -> dict[str, Any]:
        """Return the row people look at for a record: account, invoice or timeline entry."""
        if kind == "client":
            account = self.firm.account_of({"id": self.records["client"]})
            assert account is not None
            return account
        key = f"{self.firm.account}-{kind}-{self.records[kind]}"
        rows = self.firm.invoices() if kind == "invoice" else self.firm.entries(kind)
        (row,) = [row for row in rows if row["fbx_sourcekey"] == key]
        return row

    def lines(self) -> list[dict[str, Any]]:
        """Return the rows of the invoice's lines."""
        invoice = self.row("invoice")["invoiceid"]
        rows = self.firm.dataverse.all("invoicedetail")
        return [row for row in rows if row["_invoiceid_value"] == invoice]


def _noun(kind: Name) -> str:
    """Return what FreshBooks calls a kind."""
    return "credit_note" if kind == "credit" else kind


def lines(*prices: str) -> list[dict[str, str]]:
    return [{"name": f"Work {n}", "qty": "1", "unit_cost": p} for n, p in enumerate(prices, 1)]
