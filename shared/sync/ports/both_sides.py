"""Dataverse's rows as a comparison of both sides lists them: whole pages, a few columns.

Never says what a row looks like on the wire.
"""

from collections.abc import Iterator
from typing import Protocol

from shared.core.homes import Account, Deal
from shared.core.identity import Kind
from shared.core.reconcile.facts import ClientFacts, Entry, Header


class SalesRows(Protocol):
    """Lists of Dataverse's rows; a request for each page of up to 5,000.

    Every method may raise `RetryLaterError` and `ConfigurationError`.
    """

    def list_clients(self) -> Iterator[ClientFacts]:
        """Yield the rows of the clients of every business."""

    def list_accounts(self) -> Iterator[Account]:
        """Yield the accounts that show something of clients, or should, active or not."""

    def list_deals(self) -> Iterator[Deal]:
        """Yield the opportunities that show sums, or have invoices of FreshBooks on them."""

    def list_headers(self, business: str) -> Iterator[Header]:
        """Yield the rows of a business's invoices."""

    def list_entries(self, business: str) -> Iterator[tuple[Kind, Entry]]:
        """Yield the timeline entries of a business's records, with the kind of each."""
