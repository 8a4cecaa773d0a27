"""Invoices, opportunities and price lists as they are read where the Sales app is.

Never writes, and never decides what a row means.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from uuid import UUID

from shared.adapters.dataverse import invoice_views, readings
from shared.adapters.dataverse.answers import (
    Answer,
    client_rows,
    first_row,
    parsed,
    record_row,
)
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.currencies import KEPT, MISSING_KEPT, Currencies
from shared.adapters.dataverse.odata import ENTITY_SETS, Query
from shared.adapters.dataverse.reader import Reader
from shared.adapters.dataverse.sought import Sought
from shared.adapters.dataverse.views import NO_MORE, More
from shared.core.homes import Account, Deal
from shared.core.mapping import INVOICE_CANCELLED
from shared.core.matching import normal
from shared.core.schema import ACTIVITY_TABLE
from shared.core.views import EntryView, InvoiceView, RecordRow
from shared.errors import ConfigurationError
from shared.sync.ports import Clock
from shared.sync.remembered import Remembered


class InvoiceReader(Reader):
    """Reads an environment with the Sales app; safe for many threads.

    Args:
        api: the environment's Web API.
        currencies: of the environment.
        price_lists: name of the price list to use, by ISO code of its currency.
        invoice_column: a column in which people keep FreshBooks' invoice numbers, None for none.
        clock: now, UTC.
        more: columns that are read beside the connector's, by table.
    """

    def __init__(
        self,
        api: DataverseApi,
        currencies: Currencies,
        *,
        price_lists: Mapping[str, str],
        invoice_column: str | None,
        clock: Clock,
        more: More = NO_MORE,
    ) -> None:
        self._api = api
        self._more = more
        self._currencies = currencies
        self._invoice_column = invoice_column
        self._chosen = {code.upper(): name for code, name in price_lists.items()}
        self._price_lists = Remembered(
            self._find_price_list, clock, keep=KEPT, keep_missing=MISSING_KEPT
        )

    @property
    def summed(self) -> Mapping[str, Query]:
        """The opportunities, and the invoices on them."""
        return invoice_views.summed()

    def get_invoice_view(
        self,
        *,
        invoice: UUID,
        entry: UUID,
        client_key: str | None,
        reference: str,
        number: str,
        source_key: str,
    ) -> InvoiceView:
        """Return what is there about an invoice; lines of an adopted one are nobody's business."""
        sought = Sought(number, source_key, self._invoice_column)
        gets = invoice_views.for_invoice(invoice, entry, client_key, reference, sought, self._more)
        own, led_to, timeline, *homes = self._api.read(gets)
        header = _standing(own, first_row(self._api, led_to))
        lines: Iterable[Answer] = ()
        if header is not None and not header.get("fbx_adopted"):
            lines = self._api.list_rows(header, invoice_views.LINES)
        home = first_row(self._api, homes[0]) if homes else None
        return InvoiceView(
            invoice=record_row("invoice", header),
            lines=tuple(parsed("invoicedetail", partial(readings.to_line, line)) for line in lines),
            entry=record_row(ACTIVITY_TABLE, timeline),
            home=self._account(home) if home is not None else None,
            existing=tuple(self._existing(home)),
        )

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None,
    ) -> EntryView:
        """Return what is there about a payment or expense."""
        gets = invoice_views.for_entry(entry, invoice, client_key, invoice_entry, self._more)
        answers = iter(self._api.read(gets))
        timeline = next(answers)
        own = next(answers) if invoice is not None else None
        led_to = first_row(self._api, next(answers)) if invoice_entry is not None else None
        home = first_row(self._api, next(answers)) if client_key is not None else None
        return EntryView(
            entry=_entry(timeline),
            invoice=record_row("invoice", _standing(own, led_to)),
            home=self._account(home) if home is not None else None,
        )

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id, with its native number and total."""
        get = invoice_views.invoice_by_id(invoice, lines=False, native=True, more=self._more)
        return record_row("invoice", self._api.read([get])[0])

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices on it."""
        row = self._api.read([invoice_views.deal_by_id(opportunity)])[0]
        if row is None:
            return None
        return _deal(row, self._api.list_rows(row, invoice_views.ON_DEAL))

    def list_deals(self, account: Answer) -> list[Deal]:
        """Return the opportunities of an account with its invoices on them."""
        placed: dict[str, list[Answer]] = {}
        for invoice in self._api.list_rows(account, invoice_views.INVOICES):
            placed.setdefault(str(invoice.get("_opportunityid_value")), []).append(invoice)
        opportunities = self._api.list_rows(account, invoice_views.OPPORTUNITIES)
        deals = [_deal(row, placed.pop(_id_of(row), [])) for row in opportunities]
        closed = [self.get_deal(UUID(missing)) for missing in sorted(placed)]
        own = UUID(account[ENTITY_SETS["account"].key])
        # On an account's opportunities only its own invoices count, whoever put others there.
        return deals + [deal for deal in closed if deal and deal.lookups.get("customerid") == own]

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency (cached).

        Raises:
            ConfigurationError: the configured one is not there, or its name is not unique.
        """
        return self._price_lists.get(code)

    def _existing(self, home: Answer | None) -> Iterator[RecordRow]:
        """Yield the invoices that were read with an account."""
        if home is not None and invoice_views.INVOICES in home:
            for row in self._api.list_rows(home, invoice_views.INVOICES):
                yield parsed("invoice", partial(readings.to_record_row, "invoice", row))

    def _account(self, row: Answer) -> Account:
        """Return the account of a client, and where its records may belong there."""
        clients = list(client_rows(self._api, row))
        opportunities = list(self._api.list_rows(row, invoice_views.OPPORTUNITIES))
        return parsed(
            "account",
            lambda: readings.to_account(row, clients=clients, opportunities=opportunities),
        )

    def _find_price_list(self, code: str) -> UUID | None:
        currency = self._currencies.get(code)
        if currency is None:
            return None
        chosen = self._chosen.get(code.upper())
        rows = self._api.read_rows(invoice_views.price_lists(currency.id, chosen))
        lists = parsed("pricelevel", lambda: _named("pricelevel", rows))
        if chosen is None:
            return lists[0][0] if len(lists) == 1 else None
        named = [each for each, name in lists if normal(name) == normal(chosen)]
        if len(named) != 1:
            raise ConfigurationError(
                f"PRICE_LISTS names {chosen!r} for {code}: Dataverse has {len(named)} active price "
                "lists of that name in that currency."
            )
        return named[0]


def _standing(own: Answer | None, led_to: Answer | None) -> Answer | None:
    """Return the header that stands for an invoice.

    Args:
        own: the one whose id is the invoice's.
        led_to: another one that its entry points at: adopted, or made because the first may not
            be opened again.
    """
    if led_to is None or led_to.get("fbx_adopted"):
        return led_to or own
    living = (row for row in (led_to, own) if row is not None and not _is_canceled(row))
    return next(living, led_to)


def _is_canceled(invoice: Answer) -> bool:
    return bool(invoice.get("statecode") == INVOICE_CANCELLED.state)


def _id_of(opportunity: Answer) -> str:
    return str(opportunity.get(ENTITY_SETS["opportunity"].key))


def _deal(row: Answer, invoices: Iterable[Answer]) -> Deal:
    on_it = list(invoices)
    return parsed("opportunity", lambda: readings.to_deal(row, on_it))


def _entry(row: Answer | None) -> RecordRow | None:
    return parsed(ACTIVITY_TABLE, lambda: readings.to_entry(row)) if row is not None else None


def _named(table: str, rows: Iterable[Answer]) -> list[tuple[UUID, str]]:
    key = ENTITY_SETS[table].key
    return [(UUID(row[key]), str(row.get("name") or "")) for row in rows]
