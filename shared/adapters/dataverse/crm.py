"""Dataverse behind the `Crm` port: one request per view, one change set per write.

Never decides what is written, and never creates a row under an id Dataverse would choose.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from shared.adapters.dataverse import views
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import ENTITY_SETS, PureRequest, to_current, to_requests
from shared.core.matching import normal
from shared.core.rows import Current, Operation
from shared.core.schema import ACTIVITY_TABLE
from shared.core.views import (
    Account,
    AccountName,
    AccountView,
    Currency,
    EntryView,
    InvoiceView,
    RecordRow,
)
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.ports import Clock
from shared.sync.remembered import Remembered

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
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        match_column: str | None,
        price_lists: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._api = api
        self._match_column = match_column
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
        self, *, invoice: UUID, entry: UUID, client_key: str | None
    ) -> InvoiceView:
        """Return what is there about an invoice."""
        gets = views.for_invoice(invoice, entry, client_key, self._match_column)
        header, timeline, *accounts = self._api.read(gets)
        lines = self._api.list_rows(header, views.LINES) if header is not None else ()
        return InvoiceView(
            invoice=_record_row("invoice", header),
            lines=tuple(_required("invoicedetail", line) for line in lines),
            entry=_record_row(ACTIVITY_TABLE, timeline),
            account=self._account(accounts[0] if accounts else None, opportunities=True),
        )

    def get_entry_view(
        self, *, entry: UUID, invoice: UUID | None, client_key: str | None
    ) -> EntryView:
        """Return what is there about a payment or expense."""
        gets = views.for_entry(entry, invoice, client_key, self._match_column)
        timeline, *others = self._api.read(gets)
        header, *accounts = others if invoice is not None else [None, *others]
        return EntryView(
            entry=_entry(timeline),
            invoice=_record_row("invoice", header),
            account=self._account(accounts[0] if accounts else None, opportunities=True),
        )

    def get_account_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> AccountView:
        """Return the accounts a client may belong to."""
        column = self._match_column
        by_name = name or (field_value and column)
        equal = views.equal_accounts(name, field_value, column) if by_name else None
        close = views.similar_accounts(name, column) if similar else None
        linked = views.account_by_client(client_key, column, opportunities=False)
        first, *others = self._api.read([linked, *filter(None, (equal, close))])
        found = iter(others)

        def rows(get: PureRequest | None) -> list[Account]:
            answer = next(found) if get is not None else None
            return self._accounts(self._api.list_rows(answer)) if answer else []

        return AccountView(
            linked=self._account(first),
            candidates=tuple(rows(equal)),
            similar=tuple(views.most_similar(name, rows(close))),
        )

    def get_account(self, account: UUID) -> Account | None:
        """Return one account by its id."""
        return self._account(self._api.read([views.account_by_id(account, self._match_column)])[0])

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Yield the accounts that changed since then; None for all active ones."""
        found = self._api.read([views.account_names(changed_since, self._match_column)])[0]
        for row in self._api.list_rows(found or {"value": []}):
            yield _parsed("account", partial(views.to_account_name, row, self._match_column))

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

    def write(self, operations: Sequence[Operation]) -> None:
        """Apply all operations in one change set, or none."""
        self._api.apply(to_requests(operations))

    def _account(self, row: _Row | None, *, opportunities: bool = False) -> Account | None:
        if row is None:
            return None
        there = self._api.list_rows(row, views.OPPORTUNITIES) if opportunities else ()
        return _parsed("account", lambda: views.to_account(row, there, self._match_column))

    def _accounts(self, rows: Iterable[_Row]) -> list[Account]:
        return [account for row in rows if (account := self._account(row)) is not None]

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
        return _parsed("transactioncurrency", lambda: views.to_currency(row, settings))

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


def _record_row(table: str, row: _Row | None) -> RecordRow | None:
    return _parsed(table, lambda: views.to_record_row(table, row)) if row is not None else None


def _entry(row: _Row | None) -> RecordRow | None:
    return _parsed(ACTIVITY_TABLE, lambda: views.to_entry(row)) if row is not None else None


def _named(table: str, rows: Iterable[_Row]) -> list[tuple[UUID, str]]:
    key = ENTITY_SETS[table].key
    return [(UUID(row[key]), str(row.get("name") or "")) for row in rows]


def _required(table: str, row: _Row) -> Current:
    return _parsed(table, lambda: to_current(table, row))


def _parsed(table: str, parse: Callable[[], _Value]) -> _Value:
    try:
        return parse()
    except (ValueError, KeyError, TypeError) as error:
        raise RetryLaterError(
            f"Dataverse: an answer holds no row of {table} ({type(error).__name__})."
        ) from error
