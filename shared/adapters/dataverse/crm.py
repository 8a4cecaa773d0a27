"""Dataverse behind the `Crm` port: one request per view, one change set per write.

Never decides what is written, and never creates a row under an id Dataverse would choose.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from shared.adapters.dataverse import readings, views
from shared.adapters.dataverse.answers import (
    Answer,
    client_row,
    client_rows,
    first_row,
    parsed,
)
from shared.adapters.dataverse.api import NO_HEADERS, DataverseApi
from shared.adapters.dataverse.currencies import Currencies
from shared.adapters.dataverse.entry_reader import EntryReader
from shared.adapters.dataverse.invoice_reader import InvoiceReader
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.reader import Reader
from shared.adapters.dataverse.writer import Writer
from shared.core.blueprint import blueprint
from shared.core.homes import Account, AccountName, ClientRow, ClientView, Deal
from shared.core.policies import Target
from shared.core.rows import Operation
from shared.core.schema import CLIENT_TABLE
from shared.core.views import Currency, EntryView, InvoiceView, RecordRow
from shared.errors import ConfigurationError, RecordRefusedError
from shared.sync.ports import Clock


class Dataverse:
    """One Dataverse environment; safe for many threads.

    Args:
        api: the environment's Web API.
        match_column: the account column a client's field is compared with, None for the name
            alone.
        price_lists: name of the price list to use, by ISO code of its currency.
        clock: now, UTC.
        invoice_column: a column in which people keep FreshBooks' invoice numbers, None for none.
        target: what stands for an invoice there.
        more: columns that are read beside the connector's, by table.
        headers: returns those of the next request that writes, beside our own.

    Attributes:
        writer: what writes a record's rows, and knows what is refused anyhow.
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        match_column: str | None,
        price_lists: Mapping[str, str],
        clock: Clock,
        invoice_column: str | None = None,
        target: Target = Target.RECORD,
        more: views.More = views.NO_MORE,
        headers: Callable[[], Mapping[str, str]] = lambda: NO_HEADERS,
    ) -> None:
        self._api = api
        self._match_column = match_column
        self._more = more
        self.writer = Writer(api, clock, blueprint(target), headers=headers)
        self._currencies = Currencies(api, clock)
        self._reader: Reader = EntryReader(api, more)
        if target is Target.RECORD:
            self._reader = InvoiceReader(
                api,
                self._currencies,
                price_lists=price_lists,
                invoice_column=invoice_column,
                clock=clock,
                more=more,
            )

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
        """Return what is there about an invoice."""
        return self._reader.get_invoice_view(
            invoice=invoice,
            entry=entry,
            client_key=client_key,
            reference=reference,
            number=number,
            source_key=source_key,
        )

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None = None,
    ) -> EntryView:
        """Return what is there about a payment or expense."""
        return self._reader.get_entry_view(
            entry=entry, invoice=invoice, client_key=client_key, invoice_entry=invoice_entry
        )

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id, with its native number and total."""
        return self._reader.get_invoice(invoice)

    def get_client_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> ClientView:
        """Return a client's row, and the accounts it may belong to."""
        column, more = self._match_column, self._more
        equal = close = None
        if name or (field_value and column):
            equal = views.equal_accounts(client_key, name, field_value, column, more)
        if similar:
            close = views.similar_accounts(name, column, more)
        home_read = views.home_by_client(client_key, column, self._reader.summed, more)
        own = [views.client_by_key(client_key, more), home_read]
        row, home, *others = self._api.read([*own, *filter(None, (equal, close))])
        found = iter(others)

        def rows(get: PureRequest | None) -> list[Account]:
            answer = next(found) if get is not None else None
            return [self._account(each) for each in self._api.list_rows(answer)] if answer else []

        return ClientView(
            row=client_row(row),
            home=self._home(home),
            candidates=tuple(rows(equal)),
            similar=tuple(views.most_similar(name, rows(close))),
        )

    def get_client_row(self, client_key: str) -> ClientRow | None:
        """Return a client's own row."""
        return client_row(self._api.read([views.client_by_key(client_key, self._more)])[0])

    def list_client_rows(self, *, changed_since: datetime | None) -> Iterator[ClientRow]:
        """Yield the clients' rows that changed since then; None for all of them.

        Those come as well that do not stand to their account any more as they did.
        """
        get = (
            views.client_links() if changed_since is None else views.changed_clients(changed_since)
        )
        found, accounts = self._api.read([get, views.misplaced_clients()])
        for row in self._api.list_rows(found or {"value": []}):
            yield parsed(CLIENT_TABLE, partial(readings.to_client, row))
        for account in self._api.list_rows(accounts or {"value": []}):
            for row in self._api.list_rows(account, views.CLIENTS):
                wrong = parsed(CLIENT_TABLE, partial(readings.to_misplaced, account, row))
                if wrong is not None:
                    yield wrong

    def get_account(self, account: UUID) -> Account | None:
        """Return one account by its id, with all of its clients."""
        summed = self._reader.summed
        get = views.account_by_id(account, self._match_column, summed, self._more)
        row = self._api.read([get])[0]
        return self._account(row, summed=True) if row is not None else None

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices on it."""
        return self._reader.get_deal(opportunity)

    def takes_notices(self, user: UUID) -> bool:
        """Say whether a user is a person who is there; yes where that may not be read."""
        try:
            row = self._api.read([views.user_by_id(user)])[0]
        except (ConfigurationError, RecordRefusedError):
            return True  # whoever cannot be told is found out by the refusal
        return row is not None and not row.get("isdisabled") and row.get("applicationid") is None

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Yield the accounts that changed since then; None for all active ones."""
        found = self._api.read([views.account_names(changed_since, self._match_column)])[0]
        for row in self._api.list_rows(found or {"value": []}):
            yield parsed("account", partial(readings.to_account_name, row, self._match_column))

    def list_currency_codes(self) -> frozenset[str]:
        """Return the ISO codes of the active currencies."""
        return self._currencies.list_codes()

    def get_currency(self, code: str) -> Currency | None:
        """Return a currency by its ISO code (cached).

        Raises:
            ConfigurationError: two active currencies have this code.
        """
        return self._currencies.get(code)

    def get_currency_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id (cached)."""
        return self._currencies.get_by_id(currency)

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency (cached).

        Raises:
            ConfigurationError: the configured one is not there, or its name is not unique.
        """
        return self._reader.get_price_list(code)

    def write(self, operations: Sequence[Operation]) -> str:
        """Apply all operations in one change set, or none; return what is worth knowing, or ""."""
        return self.writer.write(operations)

    def _home(self, answer: Answer | None) -> Account | None:
        row = first_row(self._api, answer)
        return self._account(row, summed=True) if row is not None else None

    def _account(self, row: Answer, *, summed: bool = False) -> Account:
        clients = list(client_rows(self._api, row))
        deals = self._reader.list_deals(row) if summed else ()
        return parsed(
            "account",
            lambda: readings.to_account(
                row, clients=clients, deals=deals, match_column=self._match_column
            ),
        )
