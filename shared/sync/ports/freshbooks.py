"""FreshBooks as the use cases see it: records, login, webhook management.

Never says how any of it is asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from shared.core.events import Kind
from shared.core.records import Client, Expense, Invoice, Payment, Record


class FreshBooks(Protocol):
    """FreshBooks' accounting API.

    Every method may raise `RetryLaterError`, `ReconnectNeededError` and `ConfigurationError`
    (a wrong account id or a missing scope is one, never "gone").
    """

    def get_client(self, account: str, record: int) -> Client | None:
        """Return a client with its balances, deleted ones too; None when FreshBooks has none."""

    def get_invoice(self, account: str, record: int) -> Invoice | None:
        """Return an invoice with its lines, deleted ones too; None when FreshBooks has none."""

    def get_payment(self, account: str, record: int) -> Payment | None:
        """Return a payment, deleted ones too; None when FreshBooks has none."""

    def get_expense(self, account: str, record: int) -> Expense | None:
        """Return an expense with its category's name; None when FreshBooks has none."""

    def list_records(
        self, account: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Yield the records of a kind as a list shows them (invoices without lines).

        Args:
            account: the FreshBooks account id.
            kind: which records.
            updated_since: an Eastern day, inclusive; None for all.
            deleted: only deleted ones; else active and archived ones.
        """

    def list_overdue_invoices(self, account: str) -> Iterator[Invoice]:
        """Yield the invoices that are overdue now; time alone makes them so."""

    def list_of_client(self, account: str, client: int) -> Iterator[tuple[Kind, int]]:
        """Yield kind and number of a client's invoices, payments and expenses, deleted ones not."""

    def get_last_activity(self, account: str, client: int) -> tuple[date | None, date | None]:
        """Return the days of a client's last invoice and last payment, None where there is none.

        Drafts and deleted records do not count.
        """


@dataclass(frozen=True)
class Callback:
    """A callback as FreshBooks lists it."""

    id: int
    event: str
    uri: str
    verified: bool


class Callbacks(Protocol):
    """FreshBooks' webhook management."""

    def list_callbacks(self, account: str) -> Iterable[Callback]:
        """Yield the account's callbacks."""

    def create_callback(self, account: str, *, event: str, uri: str) -> Callback:
        """Register an address for a noun; FreshBooks then calls it with `callback.verify`."""

    def verify_callback(self, account: str, callback: int, *, verifier: str) -> bool:
        """Send a verifier back; True when FreshBooks accepted it."""

    def resend_verifier(self, account: str, callback: int) -> None:
        """Ask FreshBooks to call with `callback.verify` again."""

    def delete_callback(self, account: str, callback: int) -> None:
        """Delete a callback; one that is gone is fine."""


@dataclass(frozen=True)
class Business:
    """A business the connected person belongs to.

    Attributes:
        account: the accounting account id, None when the business has none.
        role: the person's role, such as `owner`; with `client` reads are filtered.
    """

    account: str | None
    name: str
    role: str


@dataclass(frozen=True)
class Person:
    """Who logged in: FreshBooks' number of the identity, and its businesses."""

    identity: int
    businesses: tuple[Business, ...]


class Login(Protocol):
    """FreshBooks' authorization, once per connection."""

    def authorize_url(self, *, state: str, challenge: str) -> str:
        """Return the address of the consent page.

        Args:
            state: comes back with the code.
            challenge: PKCE, S256.
        """

    def exchange(self, code: str, *, verifier: str, connection: str) -> None:
        """Turn a consent's code into the first tokens of a connection and keep them."""

    def get_person(self, connection: str) -> Person:
        """Return who consented, and their businesses."""
