"""Dataverse as the use cases see it: what is there about a record, in one request.

Never says what a row looks like on the wire.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.core.homes import Account, AccountName, ClientRow, ClientView, Deal
from shared.core.rows import Operation
from shared.core.views import Currency, EntryView, InvoiceView, RecordRow


class Crm(Protocol):
    """Dataverse as the use cases see it. Every method is one request, unless it says cached.

    Every method may raise `RetryLaterError` and `ConfigurationError`.
    """

    def get_invoice_view(
        self,
        *,
        invoice: UUID,
        entry: UUID,
        client_key: str | None,
        reference: str = "",
        number: str = "",
        source_key: str = "",
    ) -> InvoiceView:
        """Return what is there about an invoice.

        Args:
            invoice: its row.
            entry: its timeline entry.
            client_key: of its client; None looks for no account.
            reference: name of an opportunity that is read beside the open ones, "" for none.
            number: by which invoices of the account are looked for that belong to no record, ""
                for none.
            source_key: the invoice's own key, by which an adopted row of the account is found.
        """

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None = None,
    ) -> EntryView:
        """Return what is there about a payment or expense.

        Args:
            entry: its timeline entry.
            invoice: the row of its invoice, None for none.
            client_key: of its client; None looks for no account.
            invoice_entry: the timeline entry of that invoice, by which an adopted one is found.
        """

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id, with its native number and total."""

    def get_client_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> ClientView:
        """Return a client's row, the account it names, and the accounts it may belong to.

        Args:
            client_key: of the client.
            name: exact name to look for; "" looks for none.
            field_value: value of the configured matching column; None looks for none.
            similar: whether accounts whose name shares a word with `name` are looked for too.
        """

    def get_client_row(self, client_key: str) -> ClientRow | None:
        """Return a client's own row, None when it has none."""

    def list_client_rows(self, *, changed_since: datetime | None) -> Iterator[ClientRow]:
        """Yield the clients' rows that changed since then; None for all of them.

        Those come as well whose account was deactivated, or activated again, since they were
        carried over. A request for each page; whoever stops early asks for no more.
        """

    def get_account(self, account: UUID) -> Account | None:
        """Return one account by its id, with all of its clients; None when there is none."""

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices on it; None when there is none."""

    def takes_notices(self, user: UUID) -> bool:
        """Say whether a user is an enabled person; yes where nobody knows."""

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

    def write(self, operations: Sequence[Operation]) -> str:
        """Apply all operations in one change set, or none; return what is worth knowing, or "".

        Those that are optional are left out where Dataverse refuses the set with them.

        Raises:
            ConflictError: a row changed, appeared or vanished since it was read.
            RecordRefusedError: Dataverse refuses the rows as they are.
        """
