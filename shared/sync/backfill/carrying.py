"""A page of records, carried at once: the order of reading and writing of one record, for many.

Never does what carrying a record alone would not do: whatever is not plain goes that way.

    read the source        a page of FreshBooks' list, with lines
    read the journal       what is on record already is left to itself
    read the target        the rows of all records, with their versions, in one request
    plan                   each record by itself
    read the source again  if rows are there and differ: what changed meanwhile goes alone
    note what follows      before it is written, so that a crash loses none
    write                  each record whole or not at all, its rows only in the version read
    read the source again  if rows were inserted, or have no version: what changed goes alone
    note the outcomes      where others noted something meanwhile, the record goes alone

The last five are done for a quarter of a page at a time: what is cut short costs that much.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.fingerprints import fingerprint
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry, succeeding
from shared.core.known import is_shown_by
from shared.core.outcomes import (
    Held,
    OutcomeName,
    Result,
    Skipped,
    Unchanged,
    Written,
    name_of,
    reason_of,
)
from shared.core.pages import PAGE_SIZE, Listing, ListPage
from shared.core.records import Record
from shared.core.runs import Counts, Run
from shared.errors import RetryLaterError
from shared.sync.backfill.page_ports import Due
from shared.sync.backfill.sorting import Ended, Planned, Sorted, Sorter, is_settled
from shared.sync.backfill.use_cases import PageUseCases
from shared.sync.entries import EntrySync
from shared.sync.finish import Finish
from shared.sync.invoices import InvoiceSync
from shared.sync.ports import FreshBooks, Holds, Journal, SyncQueue
from shared.sync.ports.runs import PageReader, PageWriter, Runs
from shared.sync.protocol import done_by

CHUNK: Final = 25  # records that are written, and noted, before the next ones are
_DUE: Final = (Kind.CLIENT, Kind.INVOICE)


@dataclass(frozen=True)
class Place:
    """Which page of which list.

    Attributes:
        number: from 1.
    """

    kind: Kind
    listing: Listing
    number: int


@dataclass(frozen=True)
class CarriedPage:
    """What came of a page.

    Attributes:
        pages: how many the list has.
        rows: how many rows it has.
    """

    counts: Counts
    pages: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class PageCarrier:
    """Carries pages of invoices, payments, credits and expenses.

    Attributes:
        alone: the queue of records that are carried alone.
        trace: returns the id of the trace that this is done in, "" for none.
    """

    freshbooks: FreshBooks
    invoices: InvoiceSync
    entries: EntrySync
    reader: PageReader
    writer: PageWriter
    journal: Journal
    holds: Holds
    runs: Runs
    finish: Finish
    alone: SyncQueue
    clock: Callable[[], datetime]
    trace: Callable[[], str] = lambda: ""

    def carry(self, run: Run, place: Place) -> CarriedPage:
        """Carry one page of a list.

        Raises:
            ConnectorError: a service or our own storage cannot be reached; what was written stays,
                and is found when the page is carried again.
        """
        page, found, counts = self._look(run, place)
        position = {record.id: index for index, record in enumerate(page.records)}
        self._send(found.alone)
        due = self._still_due(run.business, [*found.planned, *found.ended])
        self.runs.add_due(run, sorted(due, key=str))
        for each in found.ended:
            self._end(each)
        for index, chunk in _chunks(found.planned, position):
            counts += self._write(place, index, chunk)
        return CarriedPage(counts, page.pages, page.total)

    def foresee(self, run: Run, place: Place) -> CarriedPage:
        """Return what carrying a page would do, and do nothing."""
        page, found, counts = self._look(run, place)
        foreseen = found.counts
        written = Counts(created=foreseen.created, updated=foreseen.updated)
        return CarriedPage(counts + written, page.pages, page.total)

    def _look(self, run: Run, place: Place) -> tuple[ListPage, Sorted, Counts]:
        """Read a page and everything about it, and sort its records; count but what is written."""
        business, kind, read_at = run.business, place.kind, self.clock()
        page = self._list(run.business, place)
        noted = self.journal.get_many(business, kind, [each.id for each in page.records])
        records = {
            each.id: each for each in page.records if not is_settled(each, noted.get(each.id), run)
        }
        requests = [self._request(RecordId(business, kind, number), read_at) for number in records]
        found, due = Sorted(), Due()
        if records:
            use_cases = PageUseCases(
                invoices=self.invoices,
                entries=self.entries,
                reader=self.reader,
                records={(kind, number): record for number, record in records.items()},
                noted={each.record: each for each in noted.values()},
                holds={hold.awaited: hold for hold in self.holds.list_all(business)},
                due=due,
            )
            cases = use_cases.read(requests, noted)
            found = Sorter(cases, due, run, read_at).sort(requests, records, noted)
        found.known += len(page.records) - len(records)
        found.alone += [
            self._request(RecordId(business, kind, each.number), read_at)
            for each in page.unreadable
        ]
        sorted_ = found.counts
        counts = replace(
            sorted_, listed=len(page.records) + len(page.unreadable), created=0, updated=0
        )
        return page, found, counts

    def _list(self, business: str, place: Place) -> ListPage:
        return self.freshbooks.list_page(
            business, place.kind, place.listing, number=place.number, size=PAGE_SIZE
        )

    def _still_due(self, business: str, records: Sequence[Planned | Ended]) -> set[RecordId]:
        """Return what changes make due, but for what was read after they happened.

        What opportunities show is summed up from rows, so it is due after they are written.
        """
        wanted = {due for each in records for due in each.due}
        noted: dict[RecordId, JournalEntry] = {}
        for kind in _DUE:
            numbers = [due.number for due in wanted if due.kind is kind]
            if numbers:
                found = self.journal.get_many(business, kind, numbers)
                noted |= {entry.record: entry for entry in found.values()}
        return {
            due
            for each in records
            for due in each.due
            if (isinstance(each, Planned) and each.on_deal and due.kind is Kind.CLIENT)
            or each.source.deleted  # no source says that its version tells when
            or not is_shown_by(noted.get(due), each.source)
        }

    def _write(self, place: Place, index: int, chunk: Sequence[Planned]) -> Counts:
        """Write records, look at them once more, and note what became of them."""
        if any(each.read_twice for each in chunk):
            chunk = self._unchanged(
                place, index, chunk, but=[each for each in chunk if not each.read_twice]
            )
        answers = self.writer.write_each([each.plan.operations for each in chunk])
        trouble: RetryLaterError | None = None
        written: list[tuple[Planned, str]] = []
        for each, answer in zip(chunk, answers, strict=True):
            if isinstance(answer, str):
                written.append((each, answer))
            elif isinstance(answer, RetryLaterError) and answer.service:
                trouble = answer  # nobody is to blame for it but Dataverse
            else:
                self._send([each.request])
        guarded = [each for each, _ in written if each.guarded]
        rest = self._unchanged(place, index, [each for each, _ in written], but=guarded)
        kept = {each.request.number for each in rest}
        self._note([(each, told) for each, told in written if each.request.number in kept])
        if trouble is not None:
            raise trouble
        names = [done_by(each.plan) for each, _ in written]
        created = names.count(OutcomeName.CREATED)
        lost = len(chunk) - len(rest)
        return Counts(created=created, updated=len(names) - created, alone=lost)

    def _unchanged(
        self, place: Place, index: int, chunk: Sequence[Planned], *, but: Sequence[Planned]
    ) -> list[Planned]:
        """Return records that FreshBooks shows as the page did; the others are carried alone.

        Args:
            place: the page.
            index: which quarter of it they are of.
            chunk: the records.
            but: those of them that are not looked at.
        """
        if len(but) == len(chunk):
            return list(chunk)
        number = (place.number - 1) * (PAGE_SIZE // CHUNK) + index + 1
        # Without lines: a version that changed says that they may have.
        listing = replace(place.listing, whole=False)
        business = chunk[0].request.business
        page = self.freshbooks.list_page(business, place.kind, listing, number=number, size=CHUNK)
        now = {record.id: record for record in page.records}
        spared = {each.request.number for each in but}
        kept: list[Planned] = []
        for each in chunk:
            number = each.request.number
            if number in spared or _is_same(each.source, now.get(number)):
                kept.append(each)
            else:
                self._send([each.request])
        return kept

    def _note(self, written: Sequence[tuple[Planned, str]]) -> None:
        noted = []
        for each, told in written:
            reason = "; ".join(filter(None, (each.target.reason, told)))
            outcome = Written(done_by(each.plan), reason)
            noted.append((each, each.result(outcome, each.request.seen)))
        self._keep(noted)

    def _end(self, each: Ended) -> None:
        """Note a record of which nothing was written; where that is on record, nothing is noted."""
        if not each.is_news:
            return
        if isinstance(each.result.outcome, Held | Skipped):
            self.finish.finish(each.request, each.result, each.before)
        else:
            self._keep([(each, each.result)])

    def _keep(self, noted: Sequence[tuple[Planned | Ended, Result]]) -> None:
        """Note outcomes; records of which others noted something meanwhile are carried alone."""
        entries, past = [], []
        for each, result in noted:
            entry, gone = succeeding(self._entry(each.request, result), each.before)
            entries.append(entry)
            past += [gone] if gone is not None else []
        kept = self.journal.write_all(entries, past=past)
        self._send(each.request for each, _ in noted if each.request.record not in kept)

    def _entry(self, request: SyncRequest, result: Result) -> JournalEntry:
        return JournalEntry(
            record=request.record,
            outcome=name_of(result.outcome),
            at=self.clock(),
            cause=request.cause,
            reason=reason_of(result.outcome),
            label=result.shown.label,
            fingerprint=result.fingerprint,
            read_at=result.read_at,
            rows=result.rows,
            trace=self.trace(),
            name=result.shown.name,
            amount=result.shown.amount,
            currency=result.shown.currency,
            same=int(isinstance(result.outcome, Unchanged)),
            beside=False,  # else it would have gone alone
        )

    def _send(self, requests: Iterable[SyncRequest]) -> None:
        for request in requests:
            self.alone.send(request)

    def _request(self, record: RecordId, read_at: datetime) -> SyncRequest:
        return SyncRequest.of(record, cause=Cause.BACKFILL, seen=read_at)


def _is_same(source: Record, now: Record | None) -> bool:
    return now is not None and fingerprint(now) == fingerprint(source)


def _chunks(
    planned: Sequence[Planned], position: Mapping[int, int]
) -> Iterator[tuple[int, list[Planned]]]:
    """Yield records by the quarter of the page they are on."""
    chunks: dict[int, list[Planned]] = {}
    for each in planned:
        chunks.setdefault(position[each.request.number] // CHUNK, []).append(each)
    yield from sorted(chunks.items())
