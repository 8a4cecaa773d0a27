"""A page of records as Dataverse holds it, in one request: plain cases only.

Never guesses: a record of which more has to be read is left out of the answer.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import page_views, readings
from shared.adapters.dataverse.answers import Answer, client_rows, parsed, record_row
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.invoice_views import LINES, OPPORTUNITIES
from shared.adapters.dataverse.odata import ENTITY_SETS, PureRequest
from shared.adapters.dataverse.views import NO_MORE, More
from shared.core.existing import NUMBER_COLUMNS
from shared.core.homes import Account
from shared.core.policies import Target
from shared.core.schema import ACTIVITY_TABLE
from shared.core.views import EntryView, InvoiceView
from shared.sync.ports.runs import EntryAsked, InvoiceAsked

_ENTRY_ID: Final = ENTITY_SETS[ACTIVITY_TABLE].key
_INVOICE_ID: Final = ENTITY_SETS["invoice"].key


class DataversePages:
    """The port `PageReader`; safe for many threads.

    Args:
        api: the environment's Web API.
        target: what stands for an invoice there.
        invoice_column: a column in which people keep FreshBooks' invoice numbers, None for none.
        more: columns that are read beside the connector's, by table.
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        target: Target = Target.RECORD,
        invoice_column: str | None = None,
        more: More = NO_MORE,
    ) -> None:
        self._api = api
        self._with_invoices = target is Target.RECORD
        self._invoice_column = invoice_column
        self._more = more

    def read_invoices(self, asked: Sequence[InvoiceAsked]) -> Mapping[UUID, InvoiceView]:
        """Return what is there of invoices, by the id of their header."""
        if not asked:
            return {}
        if not self._with_invoices:
            return self._read_invoices_alone(asked)
        keys = _keys(asked)
        gets = [
            page_views.headers([each.invoice for each in asked], lines=True, more=self._more),
            page_views.entries([each.entry for each in asked], opportunity=False, more=self._more),
            page_views.sought(
                {each.number for each in asked if each.number},
                {each.source_key for each in asked if each.source_key},
                self._invoice_column,
            ),
        ]
        if keys:
            references = (each.reference for each in asked if each.reference)
            gets.append(page_views.homes(keys, references, opportunities=True))
        headers, timelines, sought, *accounts = self._read(gets)
        by_header = _by(headers, _INVOICE_ID)
        by_entry = _by(timelines, _ENTRY_ID)
        homes = self._homes(accounts)
        unsure = _Unsure(sought, self._invoice_column)
        found: dict[UUID, InvoiceView] = {}
        for each in asked:
            header, entry = by_header.get(str(each.invoice)), by_entry.get(str(each.entry))
            home = homes.get(each.client_key or "")
            if _leads_elsewhere(entry, each.invoice) or _is_adopted(header):
                continue
            if header is None and unsure.about(each, home):
                continue
            found[each.invoice] = self._invoice(header, entry, home)
        return found

    def read_entries(self, asked: Sequence[EntryAsked]) -> Mapping[UUID, EntryView]:
        """Return what is there of payments, credits and expenses, by the id of their entry."""
        if not asked:
            return {}
        if not self._with_invoices:
            return self._read_entries_alone(asked)
        keys = _keys(asked)
        invoices = sorted({each.invoice for each in asked if each.invoice is not None})
        billing = sorted({each.invoice_entry for each in asked if each.invoice_entry is not None})
        ids = [each.entry for each in asked]
        gets = [page_views.entries(ids, opportunity=True, more=self._more)]
        gets += [page_views.headers(invoices, lines=False)] if invoices else []
        gets += [page_views.pointers(billing)] if billing else []
        gets += [page_views.homes(keys, (), opportunities=True)] if keys else []
        answers = iter(self._read(gets))
        by_entry = _by(next(answers), _ENTRY_ID)
        by_header = _by(next(answers) if invoices else (), _INVOICE_ID)
        leading = _by(next(answers) if billing else (), _ENTRY_ID)
        homes = self._homes([next(answers)] if keys else [])
        found: dict[UUID, EntryView] = {}
        for each in asked:
            header = by_header.get(str(each.invoice))
            pointer = leading.get(str(each.invoice_entry))
            if _leads_elsewhere(pointer, each.invoice) or _is_adopted(header):
                continue
            row = by_entry.get(str(each.entry))
            entry = parsed(ACTIVITY_TABLE, partial(readings.to_entry, row)) if row else None
            home = homes.get(each.client_key or "")
            found[each.entry] = EntryView(entry, record_row("invoice", header), home)
        return found

    def _read_invoices_alone(self, asked: Sequence[InvoiceAsked]) -> Mapping[UUID, InvoiceView]:
        keys, ids = _keys(asked), [each.entry for each in asked]
        gets = [page_views.entries_alone(ids, self._more)]
        gets += [page_views.homes(keys, (), opportunities=False)] if keys else []
        timelines, *accounts = self._read(gets)
        by_entry, homes = _by(timelines, _ENTRY_ID), self._homes(accounts)
        found: dict[UUID, InvoiceView] = {}
        for each in asked:
            row = by_entry.get(str(each.entry))
            entry = parsed(ACTIVITY_TABLE, partial(readings.to_entry_alone, row)) if row else None
            home = homes.get(each.client_key or "")
            found[each.invoice] = InvoiceView(invoice=entry, lines=(), entry=entry, home=home)
        return found

    def _read_entries_alone(self, asked: Sequence[EntryAsked]) -> Mapping[UUID, EntryView]:
        keys = _keys(asked)
        billed = {each.invoice_entry or each.invoice for each in asked} - {None}
        ids = sorted({each.entry for each in asked} | {each for each in billed if each})
        gets = [page_views.entries_alone(ids, self._more)]
        gets += [page_views.homes(keys, (), opportunities=False)] if keys else []
        timelines, *accounts = self._read(gets)
        rows = {
            name: parsed(ACTIVITY_TABLE, partial(readings.to_entry_alone, row))
            for name, row in _by(timelines, _ENTRY_ID).items()
        }
        homes = self._homes(accounts)
        return {
            each.entry: EntryView(
                entry=rows.get(str(each.entry)),
                invoice=rows.get(str(each.invoice_entry or each.invoice)),
                home=homes.get(each.client_key or ""),
            )
            for each in asked
        }

    def _read(self, gets: Sequence[PureRequest]) -> list[list[Answer]]:
        answers = self._api.read(gets)
        return [list(self._api.list_rows(answer)) if answer else [] for answer in answers]

    def _homes(self, accounts: Iterable[Iterable[Answer]]) -> dict[str, Account]:
        """Return accounts by the keys of the clients that belong to them."""
        homes: dict[str, Account] = {}
        for row in (each for rows in accounts for each in rows):
            clients = list(client_rows(self._api, row))
            deals: list[Answer] = []
            if OPPORTUNITIES in row:
                deals = list(self._api.list_rows(row, OPPORTUNITIES))
            account = parsed(
                "account",
                partial(readings.to_account, row, clients=clients, opportunities=deals),
            )
            homes |= {client.key: account for client in account.clients}
        return homes

    def _invoice(
        self, header: Answer | None, entry: Answer | None, home: Account | None
    ) -> InvoiceView:
        lines = self._api.list_rows(header, LINES) if header is not None else ()
        return InvoiceView(
            invoice=record_row("invoice", header),
            lines=tuple(parsed("invoicedetail", partial(readings.to_line, line)) for line in lines),
            entry=record_row(ACTIVITY_TABLE, entry),
            home=home,
        )


class _Unsure:
    """Invoices that Sales may have already: whose number or key they have."""

    def __init__(self, rows: Iterable[Answer], column: str | None) -> None:
        self._adopted: set[str] = set()
        self._free: dict[str, set[str]] = defaultdict(set)
        columns = (*NUMBER_COLUMNS, *([column] if column else []))
        for row in rows:
            if key := row.get("fbx_sourcekey"):
                self._adopted.add(str(key).casefold())
                continue
            account = str(row.get("_customerid_value"))
            self._free[account] |= {_plain(row.get(each)) for each in columns}

    def about(self, asked: InvoiceAsked, home: Account | None) -> bool:
        """Say whether an invoice that has no row may have one; rather once too often."""
        if asked.source_key.casefold() in self._adopted:
            return True
        free = self._free.get(str(home.id), set()) if home is not None else set()
        return bool(asked.number) and _plain(asked.number) in free


def _plain(text: object) -> str:
    """Return a text as Dataverse may compare it: blind to case, accents and width."""
    folded = unicodedata.normalize("NFKD", str(text or "")).casefold()
    return "".join(each for each in folded if not unicodedata.combining(each)).strip()


def _keys(asked: Iterable[InvoiceAsked | EntryAsked]) -> list[str]:
    return sorted({each.client_key for each in asked if each.client_key is not None})


def _by(rows: Iterable[Answer], key: str) -> dict[str, Answer]:
    return {str(row.get(key)): row for row in rows}


def _leads_elsewhere(entry: Answer | None, invoice: UUID | None) -> bool:
    """Say whether an entry points at another invoice than the one whose entry it is."""
    pointed_at = entry.get(page_views.POINTS_AT) if entry is not None else None
    return pointed_at is not None and str(pointed_at) != str(invoice)


def _is_adopted(header: Answer | None) -> bool:
    return header is not None and bool(header.get("fbx_adopted"))
