"""Dataverse behind the `Crm` port: one request per view, one change set per write.

Never decides what is written, and never creates a row under an id Dataverse would choose.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from shared.adapters.dataverse import readings, views
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import ENTITY_SETS, PureRequest
from shared.adapters.dataverse.sought import Sought
from shared.adapters.dataverse.writer import Writer
from shared.core.homes import Account, AccountName, ClientRow, ClientView, Deal
from shared.core.matching import normal
from shared.core.rows import Operation
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE
from shared.core.views import Currency, EntryView, InvoiceView, RecordRow
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.ports import Clock
from shared.sync.remembered import Remembered

LINE: Final = "invoicedetail"
_KEPT: Final = timedelta(minutes=10)
_MISSING_KEPT: Final = timedelta(seconds=30)

_Value = TypeVar("_Value")
_Row = Mapping[str, Any]


class Dataverse:
    """One Dataverse environment; safe for many threads.

    Args:
        api: the environment's Web API.
        match_column: the account column a client's field is compared with, None for the name
            alone.
        price_lists: name of the price list to use, by ISO code of its currency.
        clock: now, UTC.
        invoice_column: a column in which people keep FreshBooks' invoice numbers, None for none.
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        match_column: str | None,
        price_lists: Mapping[str, str],
        clock: Clock,
        invoice_column: str | None = None,
    ) -> None:
        self._api = api
        self._match_column = match_column
        self._invoice_column = invoice_column
        self._writer = Writer(api, clock)
        self._chosen = {code.upper(): name for code, name in price_lists.items()}
        self._by_code = Remembered(
            self._find_currency, clock, keep=_KEPT, keep_missing=_MISSING_KEPT
        )
        self._by_id = Remembered(
            self._find_currency_by_id, clock, keep=_KEPT, keep_missing=_MISSING_KEPT
        )
        self._price_lists = Remembered(
            self._find_price_list, clock, keep=_KEPT, keep_missing=_MISSING_KEPT
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
        """Return what is there about an invoice; lines of an adopted one are nobody's business."""
        sought = Sought(number, source_key, self._invoice_column)
        gets = views.for_invoice(invoice, entry, client_key, reference, sought)
        own, led_to, timeline, *homes = self._api.read(gets)
        adopted = self._first(led_to)
        lines = self._api.list_rows(own, views.LINES) if own is not None and not adopted else ()
        home = self._first(homes[0]) if homes else None
        return InvoiceView(
            invoice=_record_row("invoice", adopted or own),
            lines=tuple(
                _parsed("invoicedetail", partial(readings.to_line, line)) for line in lines
            ),
            entry=_record_row(ACTIVITY_TABLE, timeline),
            home=self._account(home) if home is not None else None,
            existing=tuple(self._existing(home)),
        )

    def _existing(self, home: _Row | None) -> Iterator[RecordRow]:
        """Yield the invoices that were read with an account."""
        if home is not None and views.INVOICES in home:
            for row in self._api.list_rows(home, views.INVOICES):
                yield _parsed("invoice", partial(readings.to_record_row, "invoice", row))

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None = None,
    ) -> EntryView:
        """Return what is there about a payment or expense."""
        gets = views.for_entry(entry, invoice, client_key, invoice_entry)
        answers = iter(self._api.read(gets))
        timeline = next(answers)
        own = next(answers) if invoice is not None else None
        adopted = self._first(next(answers)) if invoice_entry is not None else None
        return EntryView(
            entry=_entry(timeline),
            invoice=_record_row("invoice", adopted or own),
            home=self._home(next(answers)) if client_key is not None else None,
        )

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id, with its native number and total."""
        get = views.invoice_by_id(invoice, lines=False, native=True)
        return _record_row("invoice", self._api.read([get])[0])

    def get_client_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> ClientView:
        """Return a client's row, and the accounts it may belong to."""
        column = self._match_column
        by_name = name or (field_value and column)
        equal = views.equal_accounts(client_key, name, field_value, column) if by_name else None
        close = views.similar_accounts(name, column) if similar else None
        own = [views.client_by_key(client_key), views.home_by_client(client_key, column)]
        row, home, *others = self._api.read([*own, *filter(None, (equal, close))])
        found = iter(others)

        def rows(get: PureRequest | None) -> list[Account]:
            answer = next(found) if get is not None else None
            return [self._account(each) for each in self._api.list_rows(answer)] if answer else []

        return ClientView(
            row=_client(row),
            home=self._home(home, summed=True),
            candidates=tuple(rows(equal)),
            similar=tuple(views.most_similar(name, rows(close))),
        )

    def get_client_row(self, client_key: str) -> ClientRow | None:
        """Return a client's own row."""
        return _client(self._api.read([views.client_by_key(client_key)])[0])

    def list_client_rows(self, *, changed_since: datetime | None) -> Iterator[ClientRow]:
        """Yield the clients' rows that changed since then; None for all of them."""
        get = (
            views.client_links() if changed_since is None else views.changed_clients(changed_since)
        )
        found = self._api.read([get])[0]
        for row in self._api.list_rows(found or {"value": []}):
            yield _parsed(CLIENT_TABLE, partial(readings.to_client, row))

    def get_account(self, account: UUID) -> Account | None:
        """Return one account by its id, with all of its clients."""
        row = self._api.read([views.account_by_id(account, self._match_column)])[0]
        return self._account(row, summed=True) if row is not None else None

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices on it."""
        row = self._api.read([views.deal_by_id(opportunity)])[0]
        if row is None:
            return None
        invoices = list(self._api.list_rows(row, views.ON_DEAL))
        return _parsed("opportunity", lambda: readings.to_deal(row, invoices))

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Yield the accounts that changed since then; None for all active ones."""
        found = self._api.read([views.account_names(changed_since, self._match_column)])[0]
        for row in self._api.list_rows(found or {"value": []}):
            yield _parsed("account", partial(readings.to_account_name, row, self._match_column))

    def list_currency_codes(self) -> frozenset[str]:
        """Return the ISO codes of the active currencies."""
        rows = self._api.read_rows(views.currency_codes())
        return frozenset(str(row.get("isocurrencycode") or "") for row in rows)

    def get_currency(self, code: str) -> Currency | None:
        """Return a currency by its ISO code (cached).

        Raises:
            ConfigurationError: two active currencies have this code.
        """
        return self._by_code.get(code)

    def get_currency_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id (cached)."""
        return self._by_id.get(currency)

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency (cached).

        Raises:
            ConfigurationError: the configured one is not there, or its name is not unique.
        """
        return self._price_lists.get(code)

    def write(self, operations: Sequence[Operation]) -> str:
        """Apply all operations in one change set, or none; return what is worth knowing, or ""."""
        return self._writer.write(operations)

    def _home(self, answer: _Row | None, *, summed: bool = False) -> Account | None:
        row = self._first(answer)
        return self._account(row, summed=summed) if row is not None else None

    def _first(self, answer: _Row | None) -> _Row | None:
        return next(iter(self._api.list_rows(answer)), None) if answer is not None else None

    def _account(self, row: _Row, *, summed: bool = False) -> Account:
        there = {
            name: list(self._api.list_rows(row, name)) if name in row else []
            for name in (views.CLIENTS, views.OPPORTUNITIES)
        }
        deals = self._deals(row, there[views.OPPORTUNITIES]) if summed else []
        return _parsed(
            "account",
            lambda: readings.to_account(
                row,
                clients=there[views.CLIENTS],
                opportunities=() if summed else there[views.OPPORTUNITIES],
                deals=deals,
                match_column=self._match_column,
            ),
        )

    def _deals(self, account: _Row, opportunities: Sequence[_Row]) -> list[Deal]:
        """Return the opportunities of an account with its invoices on them."""
        placed: dict[str, list[_Row]] = {}
        for invoice in self._api.list_rows(account, views.INVOICES):
            placed.setdefault(str(invoice.get("_opportunityid_value")), []).append(invoice)
        deals = [
            _parsed("opportunity", partial(readings.to_deal, row, placed.pop(_id_of(row), [])))
            for row in opportunities
        ]
        closed = [self.get_deal(UUID(missing)) for missing in sorted(placed)]
        own = UUID(account[ENTITY_SETS["account"].key])
        # On an account's opportunities only its own invoices count, whoever put others there.
        return deals + [deal for deal in closed if deal and deal.lookups.get("customerid") == own]

    def _find_currency(self, code: str) -> Currency | None:
        found, organization = self._api.read([views.currency_by_code(code), views.environment()])
        rows = list(self._api.list_rows(found or {"value": []}))
        if len(rows) > 1:
            raise ConfigurationError(
                f"Dataverse has {len(rows)} active currencies with the code {code}; deactivate "
                "all but one."
            )
        return self._currency(rows[0], organization) if rows else None

    def _find_currency_by_id(self, currency: UUID) -> Currency | None:
        row, organization = self._api.read([views.currency_by_id(currency), views.environment()])
        return self._currency(row, organization) if row is not None else None

    def _currency(self, row: _Row, organization: _Row | None) -> Currency:
        settings = next(iter(self._api.list_rows(organization or {"value": []})), {})
        return _parsed("transactioncurrency", lambda: readings.to_currency(row, settings))

    def _find_price_list(self, code: str) -> UUID | None:
        currency = self.get_currency(code)
        if currency is None:
            return None
        chosen = self._chosen.get(code.upper())
        rows = self._api.read_rows(views.price_lists(currency.id, chosen))
        lists = _parsed("pricelevel", lambda: _named("pricelevel", rows))
        if chosen is None:
            return lists[0][0] if len(lists) == 1 else None
        named = [each for each, name in lists if normal(name) == normal(chosen)]
        if len(named) != 1:
            raise ConfigurationError(
                f"PRICE_LISTS names {chosen!r} for {code}: Dataverse has {len(named)} active price "
                "lists of that name in that currency."
            )
        return named[0]


def _id_of(opportunity: _Row) -> str:
    return str(opportunity.get(ENTITY_SETS["opportunity"].key))


def _client(row: _Row | None) -> ClientRow | None:
    return _parsed(CLIENT_TABLE, lambda: readings.to_client(row)) if row is not None else None


def _record_row(table: str, row: _Row | None) -> RecordRow | None:
    return _parsed(table, lambda: readings.to_record_row(table, row)) if row is not None else None


def _entry(row: _Row | None) -> RecordRow | None:
    return _parsed(ACTIVITY_TABLE, lambda: readings.to_entry(row)) if row is not None else None


def _named(table: str, rows: Iterable[_Row]) -> list[tuple[UUID, str]]:
    key = ENTITY_SETS[table].key
    return [(UUID(row[key]), str(row.get("name") or "")) for row in rows]


def _parsed(table: str, parse: Callable[[], _Value]) -> _Value:
    try:
        return parse()
    except (ValueError, KeyError, TypeError) as error:
        raise RetryLaterError(
            f"Dataverse: an answer holds no row of {table} ({type(error).__name__})."
        ) from error
