"""What webhooks missed: list what changed in FreshBooks and ask for what is not known yet.

Never writes to Dataverse and never moves its checkpoint before the messages are sent.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.identity import (
    RECHECK_CHECKPOINT,
    Awaited,
    AwaitedKind,
    Kind,
    RecordId,
    overdue_checkpoint,
    poll_checkpoint,
)
from shared.core.journal import JournalEntry
from shared.core.known import is_known
from shared.core.lines import Polled, Trouble, need_of
from shared.core.records import EASTERN, Payment, Record, client_of
from shared.core.waiting import Hold, HoldState
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.heartbeats import POLL, Heartbeats
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Crm,
    FreshBooks,
    Holds,
    Journal,
    SyncQueue,
    Telemetry,
)
from shared.sync.release import Release

# Clients first: their accounts are there when the invoices arrive.
ORDER: Final = (Kind.CLIENT, Kind.INVOICE, Kind.PAYMENT, Kind.EXPENSE)
OVERDUE_EVERY: Final = timedelta(hours=6)
RECHECK_EVERY: Final = timedelta(minutes=30)
CLOCKS_APART: Final = timedelta(minutes=10)  # what two instances' clocks may differ by, amply
FEW: Final = 50  # records that are looked up one by one instead of reading the whole journal


@dataclass(frozen=True)
class PollReport:
    """What a poll did, by business: how many records it asked for, and what it could not do."""

    asked: dict[str, int]
    problems: list[str]


@dataclass(frozen=True, kw_only=True)
class Poll:
    """The timer's work: every business, every kind, then what waits."""

    freshbooks: FreshBooks
    crm: Crm
    queue: SyncQueue
    journal: Journal
    holds: Holds
    checkpoints: Checkpoints
    businesses: Businesses
    release: Release
    telemetry: Telemetry
    heartbeats: Heartbeats
    clock: Callable[[], datetime]
    overlap_days: int
    max_backlog: int

    def run(self, *, invocation: str = "") -> PollReport:
        """Poll everything once; a problem with one business does not stop the others.

        Args:
            invocation: the step of a trace that the host gave this invocation.
        """
        started = time.monotonic()
        with self.telemetry.unit("poll", invocation=invocation):
            backlog = self.queue.depth()
            postponed = backlog > self.max_backlog
            report = (
                PollReport({}, [f"postponed, about {backlog} messages are waiting"])
                if postponed
                else self._poll()
            )
            self.heartbeats.beat(POLL)
            self.telemetry.write(
                Polled(
                    asked=sum(report.asked.values()),
                    problems=0 if postponed else len(report.problems),
                    ms=(time.monotonic() - started) * 1000,
                    backlog=backlog if postponed else None,
                )
            )
        return report

    def _poll(self) -> PollReport:
        asked: dict[str, int] = {}
        problems: list[str] = []
        businesses = [business.id for business in self.businesses.list_all()]
        for business in businesses:
            try:
                asked[business] = self._poll_business(business, problems)
            except ConnectorError as error:
                self._note(problems, business, error)
        try:
            self._recheck(businesses, problems)
        except ConnectorError as error:
            self._note(problems, "holds", error)
        return PollReport(asked, problems)

    def _poll_business(self, business: str, problems: list[str]) -> int:
        """Poll one business; what may not be listed there does not stop the rest."""
        asked = 0
        for kind in ORDER:
            try:
                asked += self._poll_kind(business, kind)
            except ConfigurationError as error:
                self._note(problems, business, error)
        return asked + self._overdue(business)

    def _poll_kind(self, business: str, kind: Kind) -> int:
        name = poll_checkpoint(business, kind)
        started = self.clock()
        since = self._since(self.checkpoints.get(name))
        asked = self._ask_for_unknown(business, kind, self._changed(business, kind, since))
        self.checkpoints.set(name, started)
        return asked

    def _ask_for_unknown(self, business: str, kind: Kind, records: Iterable[Record]) -> int:
        """Ask for the records whose state was not handled yet and return how many there were."""
        newest = {RecordId(business, kind, record.id): record for record in records}
        known = self._known(business, kind, newest)
        now = self.clock()
        unknown = [
            identity
            for identity, record in newest.items()
            if not is_known(record, known.get(identity), now)
        ]
        for identity in unknown:
            self._ask(identity, Cause.POLL)
        # A deleted record may be gone without a trace when it is read; the list knows whose it was.
        gone = [newest[identity] for identity in unknown if newest[identity].deleted]
        for invoice in {record.invoiceid for record in gone if isinstance(record, Payment)}:
            if invoice is not None:
                self._ask(RecordId(business, Kind.INVOICE, invoice), Cause.POLL)
        for client in {client_of(record) for record in gone}:
            if client is not None:
                self._ask(RecordId(business, Kind.CLIENT, client), Cause.POLL)
        return len(unknown)

    def _known(
        self, business: str, kind: Kind, records: Collection[RecordId]
    ) -> dict[RecordId, JournalEntry]:
        """Return what was noted last of records, as far as anything was."""
        if len(records) > FEW:
            return {entry.record: entry for entry in self.journal.list_latest(business, kind)}
        found = (self.journal.get_latest(record) for record in records)
        return {entry.record: entry for entry in found if entry is not None}

    def _changed(self, business: str, kind: Kind, since: date | None) -> Iterator[Record]:
        """Yield what changed, and what was deleted: default lists leave deleted records out."""
        yield from self.freshbooks.list_records(business, kind, updated_since=since)
        yield from self.freshbooks.list_records(business, kind, updated_since=since, deleted=True)

    def _since(self, checkpoint: datetime | None) -> date | None:
        """Return the Eastern day to list from; filters know days only.

        A checkpoint of tomorrow is a row that somebody changed: it counts as none.
        """
        if checkpoint is None or checkpoint - self.clock() > CLOCKS_APART:
            return None
        return checkpoint.astimezone(EASTERN).date() - timedelta(days=self.overlap_days)

    def _overdue(self, business: str) -> int:
        """Ask for invoices that became overdue: time alone does that and reports nothing."""
        name = overdue_checkpoint(business)
        now = self.clock()
        if not self._due(name, now, OVERDUE_EVERY):
            return 0
        overdue = self.freshbooks.list_overdue_invoices(business)
        asked = self._ask_for_unknown(business, Kind.INVOICE, overdue)
        self.checkpoints.set(name, now)
        return asked

    def _recheck(self, businesses: list[str], problems: list[str]) -> None:
        """Take up releases that were cut short and look whether a hold's cause is gone.

        Only of businesses that are synced: nobody could handle what the others ask for.
        """
        now = self.clock()
        recheck = self._due(RECHECK_CHECKPOINT, now, RECHECK_EVERY)
        for hold in [hold for hold in self.holds.list_all() if hold.business in businesses]:
            try:
                self._recheck_hold(hold, clients=recheck)
            except ConfigurationError as error:
                self._note(problems, hold.business, error)
        if recheck:
            self.checkpoints.set(RECHECK_CHECKPOINT, now)

    def _recheck_hold(self, hold: Hold, *, clients: bool) -> None:
        if hold.state is HoldState.RELEASED or self._is_there(hold.awaited):
            self.release.end(hold.business, hold.awaited)
        elif hold.awaited.kind is AwaitedKind.CLIENT and clients:
            client = RecordId(hold.business, Kind.CLIENT, int(hold.awaited.name))
            self._ask(client, Cause.RELEASE)

    def _is_there(self, awaited: Awaited) -> bool:
        """Say whether a currency that was missing is there now; nothing else can be looked up."""
        is_currency = awaited.kind is AwaitedKind.CURRENCY
        return is_currency and self.crm.get_currency(awaited.name) is not None

    def _due(self, name: str, now: datetime, every: timedelta) -> bool:
        last = self.checkpoints.get(name)
        return last is None or not -CLOCKS_APART < now - last < every

    def _ask(self, record: RecordId, cause: Cause) -> None:
        self.queue.send(SyncRequest.of(record, cause=cause, seen=self.clock()))

    def _note(self, problems: list[str], where: str, error: ConnectorError) -> None:
        problems.append(f"{where}: {error}")
        self.telemetry.count(Trouble(what=need_of(error), text=f"Poll of {where} failed: {error}"))
