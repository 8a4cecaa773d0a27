"""A firm as the verbs left it: figures added up again, and the account that each client has.

Never reads FreshBooks, and never imports the connector: it only knows which verbs were spoken.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

State = Literal["linked", "waits", "ignored"]

ZERO = Decimal(0)


@dataclass(eq=False)
class Account:
    """An account as people in Dynamics made it.

    Attributes:
        master: the account it was merged into, which Dynamics remembers when it is active again.
        there: the ids of our invoices on it when it was deactivated.
        stale: it was activated again, and no client came to it since; it shows what it showed.
        set_by_hand: what people wrote on it.
    """

    id: str
    name: str
    active: bool = True
    master: "Account | None" = None
    exists: bool = True
    there: frozenset[str] = frozenset()
    stale: bool = False
    set_by_hand: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Client:
    """A FreshBooks client, and the account that a person or the match gave it.

    Attributes:
        home: the account that its row names.
        last: the account that it was carried to last.
        state: as a person set it, or as it came out last; None before anything came out.
        carried: how it came out last; None before anything came out.
        taken: a person set it to wait, whatever account it names.
        gone: it is deleted in FreshBooks.
    """

    id: int
    name: str
    currency: str = "USD"
    home: Account | None = None
    last: Account | None = None
    state: State | None = None
    carried: State | None = None
    taken: bool = False
    gone: bool = False

    @property
    def belongs(self) -> bool:
        """Whether its records have to be on its account."""
        return self.state == "linked" and self.home is not None and self.home.active


@dataclass(eq=False)
class Invoice:
    """An invoice; its figures follow from its lines and its payments."""

    id: int
    client: Client
    number: str
    currency: str
    total: Decimal
    draft: bool = False
    deleted: bool = False


@dataclass(eq=False)
class Payment:
    """Money that came in for an invoice.

    Attributes:
        client: whom FreshBooks has it from, which need not follow its invoice to another client.
    """

    id: int
    invoice: Invoice
    amount: Decimal
    client: Client
    deleted: bool = False


@dataclass(eq=False)
class Expense:
    """Money that was spent for a client."""

    id: int
    client: Client
    amount: Decimal
    currency: str
    deleted: bool = False


@dataclass
class Model:
    """Everything that was done, and what follows.

    Attributes:
        business: first part of every key.
        lost: rows that people deleted, by key, and that nothing in FreshBooks asked for since.
        owners: to whom people gave rows of invoices, by their ids.
        currencies: the currency that accounts were seen in.
    """

    business: str
    accounts: list[Account] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    expenses: list[Expense] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)

    def key(self, record: Invoice | Payment | Expense) -> str:
        """Return the key of a record's row."""
        return f"{self.business}-{type(record).__name__.lower()}-{record.id}"

    def paid(self, invoice: Invoice) -> Decimal:
        """Return what came in for an invoice."""
        return sum((each.amount for each in self.paid_by(invoice)), ZERO)

    def paid_by(self, invoice: Invoice) -> list[Payment]:
        """Return the living payments of an invoice."""
        return [each for each in self.payments if each.invoice is invoice and not each.deleted]

    def outstanding(self, invoice: Invoice) -> Decimal:
        """Return what is open of an invoice."""
        return invoice.total - self.paid(invoice)

    def touch(self, invoice: Invoice) -> None:
        """Note that FreshBooks has news of an invoice; one that was paid is no draft any more."""
        invoice.draft = invoice.draft and not self.paid(invoice)
        self.lost.discard(self.key(invoice))

    def merged(self, stays: Account, gone: Account) -> None:
        """Note that an account was merged into another one, which takes its clients."""
        gone.active, gone.master = False, stays
        for client in self.clients:
            if client.home is gone:
                client.home = stays

    def carry_out(self) -> None:
        """Let every client come to its account, as it does when the connector has its turn."""
        for client in self.clients:
            if client.state != "ignored" and not client.gone:
                self._carry_out(client)
            client.carried = client.state
            if client.belongs and client.home is not None:
                client.home.stale = False

    def _carry_out(self, client: Client) -> None:
        if client.taken and client.home is client.last:
            client.home = None
        client.taken = False
        home, last = client.home and survivor(client.home), client.last
        if home is not None and home.exists:
            client.state = "linked" if home.active else "waits"
            client.home = client.last = home
            return
        client.home = None
        if last is not None and last.exists:
            client.state = "waits"  # somebody took its account from it
            return
        fitting = [each for each in self.accounts if each.active and each.name == client.name]
        client.home = client.last = fitting[0] if len(fitting) == 1 else None
        client.state = "linked" if client.home else "waits"


def survivor(account: Account) -> Account:
    """Return the account that another one became by merges, itself where those lead nowhere.

    Two accounts may have been merged into each other, one after the other.
    """
    seen, found = [account], account
    while not found.active and found.master is not None:
        if found.master in seen:
            return account
        found = found.master
        seen.append(found)
    return found
