"""Asks for records that a list showed: each once, and never more at a time than can be handled.

Never asks for what is known in this state, what is asked for already, or what waits anyhow.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Self

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.known import (
    is_known,
    is_known_absent,
    is_known_unread,
    is_pending,
    is_settled,
)
from shared.core.pages import ListPage, Unreadable
from shared.core.records import Payment, Record, client_of
from shared.errors import ConnectorError
from shared.sync.known_rows import KnownRows
from shared.sync.ports import Journal, SyncQueue
from shared.sync.tickets import Sent, Tickets

AT_ONCE: Final = 100  # messages of a business and a poll that are no bulk yet
INTERVAL: Final = 300.0  # seconds between two polls
TOGETHER: Final = 25  # tickets that are noted in one request


class Pace:
    """How many messages one poll sends, and when they are seen.

    A few of each business are seen at once. The rest is bulk: all businesses together send as much
    as can be handled until the next poll, spread over that time, so that what happens meanwhile
    does not wait behind it.

    Args:
        rate: records that can be handled in a second.
        most: records of one business that one poll asks for.
    """

    def __init__(self, *, rate: float, most: int) -> None:
        self._rate = rate
        self._most = most
        self._bulk = 0
        self._asked: dict[str, int] = {}

    def room(self, business: str) -> int:
        """Return how many more records of a business may be asked for."""
        asked = self._asked.get(business, 0)
        bulk = max(0, int(self._rate * INTERVAL) - self._bulk)
        return max(0, min(self._most - asked, max(0, AT_ONCE - asked) + bulk))

    def take(self, business: str) -> float:
        """Count one more record and return in how many seconds its message is to be seen."""
        self._asked[business] = self._asked.get(business, 0) + 1
        if self._asked[business] <= AT_ONCE:
            return 0.0
        self._bulk += 1
        return self._bulk / self._rate


def _nobody(_record: Record) -> None:
    """Say that nothing else is due."""


@dataclass(frozen=True)
class Asked:
    """What came of a page.

    Attributes:
        count: how many records were asked for.
        missed: how many of them no later poll would list again.
        number: the one asked for last; 0 for none.
        ticket: of the message that asked for it.
        full: there was no room for the rest.
    """

    count: int = 0
    missed: int = 0
    number: int = 0
    ticket: str = ""
    full: bool = False


class _Sending:
    """Messages that are being sent: their tickets are noted some at a time, each after its message.

    Where the process ends in between, as many records are read once more.
    """

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets
        self._sent: list[Sent] = []

    def note(self, request: SyncRequest, entry: JournalEntry | None, ticket: str) -> None:
        """Note a ticket soon."""
        self._sent.append(Sent(request, entry, ticket))
        if len(self._sent) >= TOGETHER:
            self._note()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, why: type[BaseException] | None, *_: object) -> None:
        """Note the rest, also where no more could be sent; but not when the process ends."""
        if why is None:
            self._note()
        elif issubclass(why, Exception):
            with contextlib.suppress(ConnectorError):  # what went wrong first is told
                self._note()

    def _note(self) -> None:
        sent, self._sent = self._sent, []
        self._tickets.note_all(sent)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Puts messages on the queue for what a page shows.

    Each carries a ticket: whoever finds it in the record's journal entry knows that the record
    will be read.
    """

    queue: SyncQueue
    journal: Journal
    tickets: Tickets
    clock: Callable[[], datetime]

    def idle(self) -> bool:
        """Say whether nothing at all is on the queue."""
        return self.queue.depth() == 0

    def caught_up(self) -> bool:
        """Say whether every message that could be taken was taken."""
        return self.queue.visible_since() is None

    def is_pending(self, record: RecordId, ticket: str, *, idle: bool) -> bool:
        """Say whether just this message is still to be taken."""
        entry = self.journal.get_latest(record) if ticket else None
        ours = entry is not None and entry.pending == ticket
        return ours and is_pending(entry, self.clock(), idle=idle)

    def ask(
        self,
        business: str,
        kind: Kind,
        page: ListPage,
        *,
        pace: Pace,
        idle: bool,
        listed_from: date | None = None,
        also: Callable[[Record], RecordId | None] = _nobody,
        known: KnownRows,
    ) -> Asked:
        """Ask for what is not known of a page.

        Args:
            business: whose.
            kind: of the page's records.
            page: what was listed.
            pace: how many may be asked for.
            idle: nothing is on the queue, so that no ticket counts that is not new.
            listed_from: the Eastern day from which the next poll lists again.
            also: returns what else a record makes due, whether or not it is known.
            known: rows about which the journal need not be asked.
        """
        self._ask_for(filter(None, map(also, page.records)), idle=idle)
        rows: dict[int, Record | Unreadable] = {row.number: row for row in page.unreadable}
        rows |= {record.id: record for record in page.records}
        now = self.clock()
        unsure = {
            number: row
            for number, row in rows.items()
            if isinstance(row, Unreadable) or not known.has(business, row, kind, now)
        }
        entries = self.journal.get_many(business, kind, list(unsure)) if unsure else {}
        done, sent = Asked(), _Sending(self.tickets)
        with sent:
            for number, row in unsure.items():
                entry = entries.get(number)
                if is_pending(entry, now, idle=idle) or _is_known(row, entry, now):
                    if not isinstance(row, Unreadable) and is_settled(row, entry):
                        known.add(business, row, kind, now)
                    continue
                if pace.room(business) == 0:
                    return replace(done, full=True)
                request = self._request(RecordId(business, kind, number))
                ticket = self.tickets.send(request, delay=pace.take(business))
                for other in _others(business, row):
                    self._ask_too(other, idle=idle)
                sent.note(request, entry, ticket)
                missed = int(not _is_listed_again(row, listed_from))
                done = Asked(done.count + 1, done.missed + missed, number, ticket)
        return done

    def ask_for_absent(
        self, business: str, kind: Kind, present: Collection[int], *, pace: Pace, idle: bool
    ) -> int:
        """Ask for records that are known and that a list which was read whole does not show.

        Args:
            business: whose.
            kind: of the records.
            present: numbers of those that the list shows.
            pace: how many may be asked for; the next poll goes on.
            idle: as in `ask`.

        Returns:
            How many were asked for.
        """
        now, count = self.clock(), 0
        with _Sending(self.tickets) as sent:
            for entry in self.journal.list_latest(business, kind):
                if entry.record.number in present or is_pending(entry, now, idle=idle):
                    continue
                if is_known_absent(entry, now):
                    continue
                if pace.room(business) == 0:
                    break
                request = self._request(entry.record)
                ticket = self.tickets.send(request, delay=pace.take(business))
                sent.note(request, entry, ticket)
                count += 1
        return count

    def _ask_for(self, records: Iterable[RecordId], *, idle: bool) -> None:
        """Ask for records of one kind that others make due, whatever is known of them."""
        wanted = list(dict.fromkeys(records))
        if not wanted:
            return
        numbers = [record.number for record in wanted]
        entries = self.journal.get_many(wanted[0].business, wanted[0].kind, numbers)
        now = self.clock()
        with _Sending(self.tickets) as sent:
            for record in wanted:
                entry = entries.get(record.number)
                if not is_pending(entry, now, idle=idle):
                    request = self._request(record)
                    sent.note(request, entry, self.tickets.send(request))

    def _ask_too(self, record: RecordId, *, idle: bool) -> None:
        """Ask for a record that another one makes due, whatever is known of it."""
        entry = self.journal.get_latest(record)
        if not is_pending(entry, self.clock(), idle=idle):
            request = self._request(record)
            self.tickets.note(request, entry, self.tickets.send(request))

    def _request(self, record: RecordId) -> SyncRequest:
        return SyncRequest.of(record, cause=Cause.POLL, seen=self.clock())


def _is_known(row: Record | Unreadable, entry: JournalEntry | None, now: datetime) -> bool:
    if isinstance(row, Unreadable):
        return is_known_unread(row, entry, now)
    return is_known(row, entry, now)


def _others(business: str, row: Record | Unreadable) -> Iterator[RecordId]:
    """Yield what a deletion changes: the record may be gone without a trace when it is read."""
    if isinstance(row, Unreadable) or not row.deleted:
        return
    if isinstance(row, Payment) and row.invoiceid is not None:
        yield RecordId(business, Kind.INVOICE, row.invoiceid)
    client = client_of(row)
    if client is not None:
        yield RecordId(business, Kind.CLIENT, client)


def _is_listed_again(row: Record | Unreadable, since: date | None) -> bool:
    """Say whether the next poll lists a row again: then this one need not be sure of it."""
    if since is None:
        return False
    texts = [row.updated] if isinstance(row, Unreadable) else [row.updated, row.version_text]
    return max(texts)[:10] >= since.isoformat()
