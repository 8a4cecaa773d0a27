"""The use cases of invoices and entries, over a page of records instead of the world.

Never decides anything of its own: they are those that carry one record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NoReturn

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import Held, Skipped, Waits
from shared.core.policies import NoticePolicy
from shared.core.records import Record
from shared.core.views import EntryView, InvoiceView
from shared.core.waiting import Hold
from shared.sync.backfill.page_ports import (
    BeyondPageError,
    Due,
    PageCrm,
    PageFreshBooks,
    PageHolds,
    PageJournal,
)
from shared.sync.clients import ClientSync
from shared.sync.entries import EntrySync
from shared.sync.invoices import InvoiceSync
from shared.sync.ports import Crm
from shared.sync.ports.runs import EntryAsked, InvoiceAsked, PageReader
from shared.sync.protocol import Carried


class _PageClients(ClientSync):
    """The clients of a page: those that are not linked yet are brought one by one."""

    def bring(self, request: SyncRequest, number: int) -> Held | Skipped | Waits | None:
        """Bring nobody; say whether a person is asked about the client already."""
        hold = self.holds.get(request.business, Awaited.client(number))
        if hold is not None and hold.is_open:
            return Held(hold)
        raise BeyondPageError("a client that is not linked")


class _Asking(PageCrm):
    """Notes which rows are asked for, and has none of them."""

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm, {}, {})
        self.invoices: dict[InvoiceAsked, None] = {}
        self.entries: dict[EntryAsked, None] = {}

    def get_invoice_view(self, **asked: Any) -> InvoiceView:
        """Note an invoice whose rows are asked for."""
        self.invoices[InvoiceAsked(**asked)] = None
        return self._not_yet()

    def get_entry_view(self, **asked: Any) -> EntryView:
        """Note an entry whose rows are asked for."""
        self.entries[EntryAsked(**asked)] = None
        return self._not_yet()

    def _not_yet(self) -> NoReturn:
        raise BeyondPageError("it is to be read")


@dataclass(frozen=True, kw_only=True)
class PageUseCases:
    """The use cases of one page of records.

    Attributes:
        invoices: as they carry an invoice alone.
        entries: as they carry a payment, credit or expense alone.
        reader: reads rows of many records at once.
        records: of the page, by kind and number.
        noted: what the journal has of them.
        holds: what persons of the business are asked, and decided.
        due: what the changes of the page make due.
    """

    invoices: InvoiceSync
    entries: EntrySync
    reader: PageReader
    records: Mapping[tuple[Kind, int], Record]
    noted: Mapping[RecordId, JournalEntry]
    holds: Mapping[Awaited, Hold]
    due: Due = field(default_factory=Due)

    def read(
        self, requests: Sequence[SyncRequest], noted: Mapping[int, JournalEntry]
    ) -> "PageCases":
        """Read the rows of all of these records at once, and return the use cases over them."""
        asking = _Asking(self.invoices.sides.crm)
        cases = self._over(asking, requests)
        for request in requests:
            carried = cases.carried(request, noted.get(request.number))
            try:
                carried.read_target(carried.read_source())
            except BeyondPageError:
                continue
        invoices, entries = tuple(asking.invoices), tuple(asking.entries)
        views = self.reader.read_invoices(invoices)
        rows = self.reader.read_entries(entries)
        crm = PageCrm(
            self.invoices.sides.crm,
            {each: views[each.invoice] for each in invoices if each.invoice in views},
            {each: rows[each.entry] for each in entries if each.entry in rows},
        )
        return self._over(crm, requests)

    def _over(self, crm: PageCrm, requests: Sequence[SyncRequest]) -> "PageCases":
        real = self.invoices
        sides = replace(
            real.sides,
            freshbooks=PageFreshBooks(self.records, real.sides.freshbooks),
            crm=crm,
            follow_ups=self.due,
            # Nobody is told of what happened long ago.
            policies=replace(real.sides.policies, notices=NoticePolicy.OFF),
        )
        read = {request.record for request in requests}
        journal = PageJournal(real.clients.journal, entries=self.noted, read=read)
        holds = PageHolds(real.existing.holds, open_or_decided=self.holds)
        parts = {each.name: getattr(real.clients, each.name) for each in fields(ClientSync)}
        clients = _PageClients(**{**parts, "sides": sides, "journal": journal, "holds": holds})
        existing = replace(real.existing, crm=crm, holds=holds)
        invoices = replace(real, sides=sides, clients=clients, existing=existing)
        entries = replace(self.entries, sides=sides, clients=clients, invoices=invoices)
        return PageCases(invoices, entries)


@dataclass(frozen=True)
class PageCases:
    """The use cases over what was read."""

    invoices: InvoiceSync
    entries: EntrySync

    def carried(self, request: SyncRequest, before: JournalEntry | None) -> Carried[Any, Any]:
        """Return a record on its way."""
        if request.kind is Kind.INVOICE:
            return self.invoices.carried(request, before)
        return self.entries.carried(request, before)
