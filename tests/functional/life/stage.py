"""The stage of a life: a firm, the model beside it, and how both are brought together and compared.

Never says what is right: the laws do, and the judge of the sandbox.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, TypeVar

from sandbox.check import Told
from sandbox.remotes import RemoteRows
from tests.functional.life.laws import TABLES, breaches
from tests.functional.life.model import Account, Client, Expense, Invoice, Model
from tests.functional.people import People
from tests.functional.world import Firm

T = TypeVar("T")
Prices = tuple[tuple[str, str], ...]

NAMES = ("Aster Works", "Birchwood Dental", "Cedar & Stone")
_QUIET = 1000.0  # seconds, after which whatever waits for a look has had it


@dataclass(frozen=True)
class Luck:
    """What a verb draws from: which one, how much, in which currency."""

    pick: int = 0
    other: int = 0
    yes: bool = True
    amount: str = "40.00"
    code: str = "USD"
    name: str = NAMES[0]
    deal: str = ""
    prices: Prices = (("1", "100.00"),)

    def one(self, those: Sequence[T]) -> T:
        """Return one of those."""
        return those[self.pick % len(those)]

    def another(self, those: Sequence[T]) -> T:
        """Return one of those, chosen apart from the first."""
        return those[self.other % len(those)]

    def lines(self) -> list[dict[str, str]]:
        """Return lines at the prices."""
        return [
            {"name": f"Work {n}", "qty": quantity, "unit_cost": price}
            for n, (quantity, price) in enumerate(self.prices, 1)
        ]


class LivingFirm(Firm):
    """A firm that is compared often; the tables of all of them are alike."""

    _described: ClassVar[dict[str, Any]] = {}

    def remote_rows(self) -> RemoteRows:
        rows = super().remote_rows()
        for name in ("labels", "lengths"):
            setattr(rows, name, functools.partial(self._once, name, getattr(rows, name)))
        return rows

    def _once(self, name: str, ask: Callable[..., Any], *what: str) -> Any:
        key = "/".join((name, *what))
        if key not in self._described:
            self._described[key] = ask(*what)
        return self._described[key]


class Stage:
    """A firm with two clients, an invoice each, and an account for each and one more.

    Attributes:
        firm: both sides.
        model: what was done.
        moved: keys of what a person moved to another opportunity, or what came to another account:
            the opportunities that are there now may be younger.
        unclear: opportunities whose sums a person changed, of which the connector does not hear.
        most: the most that payments were seen as.
    """

    def open(self, **settings: Any) -> None:
        """Set the stage."""
        self.firm = LivingFirm(unmatched_clients="hold", **settings)
        self.books, self.people = self.firm.books, People(self.firm)
        self.model = Model(self.firm.account)
        self.steps = 0
        self.moved: set[str] = set()
        self.unclear: set[str | None] = set()
        self.most: dict[str, Decimal] = {}
        self.opportunities: list[tuple[Account, str]] = []
        self._homes: dict[str, Account | None] = {}
        self.users = [self.firm.dataverse.user(f"Salesperson {n}") for n in (1, 2)]
        for name in NAMES:
            self.model.accounts.append(Account(self.people.account(name), name))
        for name in NAMES[:2]:
            client = Client(self.books.create_client(organization=name)["id"], name)
            made = self.books.create_invoice(client.id, Luck().lines(), sent=True)
            invoice = Invoice(
                made["id"], client, made["invoice_number"], "USD", total_of(Luck().prices)
            )
            self.model.clients.append(client)
            self.model.invoices.append(invoice)

    def settle(self) -> None:
        """Let the connector work until all is quiet."""
        self.model.carry_out()
        records: list[Invoice | Expense] = [*self.model.invoices, *self.model.expenses]
        for each in records:
            key, home = self.model.key(each), each.client.home
            if self._homes.setdefault(key, home) is not home:
                self._homes[key] = home
                self.moved.add(key)
        self.firm.run()
        self.firm.clock.advance(_QUIET)
        self.firm.connector.upkeep.decisions.run()
        self.firm.connector.wake.run()
        self.firm.poll()
        self._note_most()

    def breaches(self) -> list[str]:
        """Say which laws Sales does not obey."""
        tables = {name: self.firm.dataverse.all(name) for name in TABLES}
        return list(breaches(self.model, tables))

    def differences(self) -> list[str]:
        """Say what the judge finds, without what the connector does not hear of or carry."""
        told = Told(moved=frozenset(self.moved), deleted=frozenset(self.model.lost), most=self.most)
        stale = {account.id for account in self.model.accounts if account.stale}
        return [
            each
            for each in self.firm.differences(told=told)
            if not any(f"({row})" in each for row in stale | self.unclear)
        ]

    def _note_most(self) -> None:
        seen = {row["fbx_sourcekey"] for row in self.firm.entries()}
        for payment in self.model.payments:
            key = self.model.key(payment)
            if key in seen and not payment.deleted:
                self.most[key] = max(payment.amount, self.most.get(key, payment.amount))


def total_of(prices: Prices) -> Decimal:
    """Add up lines, each to the cent, halves away from zero."""
    cent = Decimal("0.01")
    lines = (Decimal(quantity) * Decimal(price) for quantity, price in prices)
    return sum((line.quantize(cent, ROUND_HALF_UP) for line in lines), Decimal(0))
