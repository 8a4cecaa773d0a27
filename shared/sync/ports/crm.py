"""Dataverse as the use cases see it: what is there about a record, in one request.

Never says what a row looks like on the wire.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.core.rows import Operation
from shared.core.views import Account, AccountName, AccountView, Currency, EntryView, InvoiceView


class Crm(Protocol):
    """Dataverse as the use cases see it. Every method is one request, unless it says cached.

    Every method may raise `RetryLaterError` and `ConfigurationError`.
    """

    def get_invoice_view(
        self, *, invoice: UUID, entry: UUID, client_key: str | None
    ) -> InvoiceView:
        """Return what is there about an invoice; without `client_key` no account is looked for."""

    def get_entry_view(
        self, *, entry: UUID, invoice: UUID | None, client_key: str | None
    ) -> EntryView:
        """Return what is there about a payment or expense."""

    def get_account_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> AccountView:
        """Return the accounts a client may belong to.

        Args:
            client_key: value of the alternate key.
            name: exact name to look for; "" looks for none.
            field_value: value of the configured matching column; None looks for none.
            similar: whether accounts whose name shares a word with `name` are looked for too.
        """

    def get_account(self, account: UUID) -> Account | None:
        """Return one account by its id, None when there is none."""

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Yield the accounts that changed since then, in whichever state; None for all active ones.

        A request for each page; whoever stops early asks for no more.
        """

    def list_currency_codes(self) -> frozenset[str]:
        """Return the ISO codes of the active currencies."""

    def get_currency(self, code: str) -> Currency | None:
        """Return a currency by its ISO code (cached), None when the environment has none."""

    def get_currency_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id (cached)."""

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency (cached).

        The configured one, else the only active one in that currency, else None: never guessed.
        """

    def write(self, operations: Sequence[Operation]) -> None:
        """Apply all operations in one change set, or none.

        Raises:
            ConflictError: a row changed, appeared or vanished since it was read.
            RecordRefusedError: Dataverse refuses the rows as they are.
        """
