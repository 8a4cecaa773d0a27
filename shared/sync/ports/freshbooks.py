"""FreshBooks as the use cases see it: records, login, webhook management.

Never says how any of it is asked for.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

from shared.core.called import Search
from shared.core.connections import Callback, Person
from shared.core.identity import Kind, RecordId
from shared.core.pages import Listing, ListPage
from shared.core.records import (
    Category,
    Client,
    Credit,
    Expense,
    Invoice,
    LastActivity,
    Payment,
    Record,
)


class FreshBooks(Protocol):
    """FreshBooks' accounting API.

    Every method may raise `RetryLaterError`, `ReconnectNeededError` and `ConfigurationError`
    (a wrong account id or a missing scope is one, never "gone").
    """

    def get_client(self, business: str, record: int) -> Client | None:
        """Return a client with its balances, deleted ones too; None when FreshBooks has none."""

    def get_invoice(self, business: str, record: int) -> Invoice | None:
        """Return an invoice with its lines, deleted ones too; None when FreshBooks has none."""

    def get_payment(self, business: str, record: int) -> Payment | None:
        """Return a payment, deleted ones too; None when FreshBooks has none."""

    def get_expense(self, business: str, record: int) -> Expense | None:
        """Return an expense with its category's name; None when FreshBooks has none."""

    def get_credit(self, business: str, record: int) -> Credit | None:
        """Return a credit note, deleted ones too; None when FreshBooks has none.

        Raises:
            ConfigurationError: among others where the login was not allowed to read them.
        """

    def get_category(self, business: str, record: int) -> Category | None:
        """Return a category of expenses; None when FreshBooks has none."""

    def list_page(
        self, business: str, kind: Kind, listing: Listing, *, number: int, size: int
    ) -> ListPage:
        """Return a page of a list, each of its rows as a record, as a number, or as a count.

        A page beyond the end is empty.

        Args:
            business: its FreshBooks account id.
            kind: which records.
            listing: which of them.
            number: the page's, from 1.
            size: rows of a full page, at most 100.
        """

    def list_records(
        self, business: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Yield the records of a kind as a list shows them (invoices without lines).

        Args:
            business: its FreshBooks account id.
            kind: which records.
            updated_since: an Eastern day, inclusive; None for all.
            deleted: only deleted ones; else active and archived ones.
        """

    def find_called(self, business: str, kind: Kind, text: str, *, most_pages: int) -> Search:
        """Return the records that people call so; deleted ones only where no other is.

        Args:
            business: its FreshBooks account id.
            kind: clients, invoices or credits; nothing else has a number or a name.
            text: a number to the letter, or a client's name or a part of it.
            most_pages: pages of 100 rows that are read at most of each list.
        """

    def list_of_client(self, business: str, client: int) -> Iterator[RecordId]:
        """Yield a client's invoices, payments, expenses and credits, deleted ones not.

        Credits are left out where they may not be read.
        """

    def list_payments_of(self, business: str, invoice: int) -> Iterator[RecordId]:
        """Yield the payments of an invoice, deleted ones not."""

    def list_expenses_of(self, business: str, category: int) -> Iterator[RecordId]:
        """Yield the expenses of a category that name a client, deleted ones not."""

    def get_last_activity(
        self, business: str, client: int, *, has_open: bool = True
    ) -> LastActivity:
        """Return the days of a client's last invoice and last payment, and what is open.

        Drafts, deleted records, credits and their use, and payments of nothing do not count. A
        bounded number of rows is read.

        Args:
            business: its FreshBooks account id.
            client: whose.
            has_open: whether anything may be open at all; if not, that is not looked for.
        """


class MayRead(Protocol):
    """Says whether a business's login may be asked for a kind of record."""

    def __call__(self, business: str, kind: Kind, /) -> bool:
        """Say so.

        Raises:
            ConnectorError: what is kept of the login cannot be read.
        """


class Callbacks(Protocol):
    """FreshBooks' webhook management."""

    def list_callbacks(self, business: str) -> Iterable[Callback]:
        """Yield the business's callbacks."""

    def create_callback(self, business: str, *, event: str, uri: str) -> Callback:
        """Register an address for a noun; FreshBooks then calls it with `callback.verify`."""

    def verify_callback(self, business: str, callback: int, *, verifier: str) -> bool:
        """Send a verifier back; True when FreshBooks accepted it."""

    def resend_verifier(self, business: str, callback: int) -> None:
        """Ask FreshBooks to call with `callback.verify` again."""

    def delete_callback(self, business: str, callback: int) -> None:
        """Delete a callback; one that is gone is fine."""


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
