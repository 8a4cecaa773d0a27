"""What webhooks missed: list what changed in FreshBooks and ask for what is not known yet.

Never writes to Dataverse and never moves its checkpoint before the messages are sent.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from shared.core.events import Cause, Kind, SyncRequest
from shared.core.records import EASTERN, GONE, Invoice, Payment, Record, client_of, fingerprint
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.ports import (
    Accounts,
    Checkpoints,
    Crm,
    FreshBooks,
    Hold,
    Holds,
    Journal,
    JournalEntry,
    SyncQueue,
)
from shared.sync.release import Release

logger = logging.getLogger(__name__)

# Clients first: their accounts are there when the invoices arrive.
ORDER: Final = (Kind.CLIENT, Kind.INVOICE, Kind.PAYMENT, Kind.EXPENSE)
# A record read this long after its `updated` cannot have changed again within that second.
SETTLED: Final = timedelta(seconds=5)
OVERDUE_EVERY: Final = timedelta(hours=6)
RECHECK_EVERY: Final = timedelta(minutes=30)
# A deferred message is seen again within the hour; twice that, and it must be lost.
LOST_AFTER: Final = timedelta(hours=2)
FEW: Final = 50  # records that are looked up one by one instead of reading the whole journal


@dataclass(frozen=True)
class PollReport:
    """What a poll did, by account: how many records it asked for, and what it could not do."""

    asked: dict[str, int]
    problems: list[str]


class Poll:
    """The timer's work: every account, every kind, then what waits."""

    def __init__(
        self,
        *,
        freshbooks: FreshBooks,
        crm: Crm,
        queue: SyncQueue,
        journal: Journal,
        holds: Holds,
        checkpoints: Checkpoints,
        accounts: Accounts,
        release: Release,
        clock: Callable[[], datetime],
        overlap_days: int,
        max_backlog: int,
    ) -> None:
        self._freshbooks = freshbooks
        self._crm = crm
        self._queue = queue
        self._journal = journal
        self._holds = holds
        self._checkpoints = checkpoints
        self._accounts = accounts
        self._release = release
        self._clock = clock
        self._overlap = timedelta(days=overlap_days)
        self._max_backlog = max_backlog

    def __call__(self) -> PollReport:
        """Poll everything once; a problem with one account does not stop the others."""
        asked: dict[str, int] = {}
        problems: list[str] = []
        backlog = self._queue.depth()
        if backlog > self._max_backlog:
            logger.info("Poll postponed: about %d messages are waiting", backlog)
            return PollReport(asked, [f"postponed, about {backlog} messages are waiting"])
        accounts = [account.id for account in self._accounts.list_all()]
        for account in accounts:
            try:
                asked[account] = self._poll_account(account, problems)
            except ConnectorError as error:
                _note(problems, account, error)
        try:
            self._recheck(accounts, problems)
        except ConnectorError as error:
            _note(problems, "holds", error)
        logger.info("Poll asked for %d records", sum(asked.values()))
        return PollReport(asked, problems)

    def _poll_account(self, account: str, problems: list[str]) -> int:
        """Poll one account; what may not be listed there does not stop the rest."""
        asked = 0
        for kind in ORDER:
            try:
                asked += self._poll_kind(account, kind)
            except ConfigurationError as error:
                _note(problems, account, error)
        return asked + self._overdue(account)

    def _poll_kind(self, account: str, kind: Kind) -> int:
        name = f"poll.{account}.{kind}"
        started = self._clock()
        since = self._since(self._checkpoints.get(name))
        asked = self._ask_for_unknown(account, kind, self._changed(account, kind, since))
        self._checkpoints.set(name, started)
        return asked

    def _ask_for_unknown(self, account: str, kind: Kind, records: Iterable[Record]) -> int:
        """Ask for the records whose state was not handled yet and return how many there were."""
        newest = {record.id: record for record in records}
        if len(newest) > FEW:
            known = {entry.record: entry for entry in self._journal.list_latest(account, kind)}
        else:
            found = [self._journal.get_latest(account, kind, number) for number in newest]
            known = {entry.record: entry for entry in found if entry is not None}
        now = self._clock()
        unknown = [n for n, record in newest.items() if not _is_known(record, known.get(n), now)]
        for number in unknown:
            self._ask(account, kind, number, Cause.POLL)
        # A deleted record may be gone without a trace when it is read; the list knows whose it was.
        gone = [newest[n] for n in unknown if newest[n].deleted]
        for invoice in {record.invoiceid for record in gone if isinstance(record, Payment)}:
            if invoice is not None:
                self._ask(account, Kind.INVOICE, invoice, Cause.POLL)
        for client in {client_of(record) for record in gone}:
            if client is not None:
                self._ask(account, Kind.CLIENT, client, Cause.POLL)
        return len(unknown)

    def _changed(self, account: str, kind: Kind, since: date | None) -> Iterator[Record]:
        """Yield what changed, and what was deleted: default lists leave deleted records out."""
        yield from self._freshbooks.list_records(account, kind, updated_since=since)
        yield from self._freshbooks.list_records(account, kind, updated_since=since, deleted=True)

    def _since(self, checkpoint: datetime | None) -> date | None:
        """Return the Eastern day to list from; filters know days only."""
        if checkpoint is None:
            return None
        return checkpoint.astimezone(EASTERN).date() - self._overlap

    def _overdue(self, account: str) -> int:
        """Ask for invoices that became overdue: time alone does that and reports nothing."""
        name = f"overdue.{account}"
        now = self._clock()
        if not self._due(name, now, OVERDUE_EVERY):
            return 0
        overdue = self._freshbooks.list_overdue_invoices(account)
        asked = self._ask_for_unknown(account, Kind.INVOICE, overdue)
        self._checkpoints.set(name, now)
        return asked

    def _recheck(self, accounts: list[str], problems: list[str]) -> None:
        """Take up releases that were cut short and look whether a hold's cause is gone.

        Only of accounts that are synced: nobody could handle what the others ask for.
        """
        now = self._clock()
        recheck = self._due("recheck", now, RECHECK_EVERY)
        for hold in [hold for hold in self._holds.list_all() if hold.account in accounts]:
            try:
                self._recheck_hold(hold, clients=recheck)
            except ConfigurationError as error:
                _note(problems, hold.account, error)
        if recheck:
            self._checkpoints.set("recheck", now)

    def _recheck_hold(self, hold: Hold, *, clients: bool) -> None:
        kind, _, name = hold.subject.partition("-")
        if hold.state == "released" or (kind == "currency" and self._crm.get_currency(name)):
            self._release(hold.account, hold.subject)
        elif kind == "client" and clients:
            self._ask(hold.account, Kind.CLIENT, int(name), Cause.RELEASE)

    def _due(self, name: str, now: datetime, every: timedelta) -> bool:
        last = self._checkpoints.get(name)
        return last is None or now - last >= every

    def _ask(self, account: str, kind: Kind, record: int, cause: Cause) -> None:
        self._queue.send(
            SyncRequest(account=account, kind=kind, record=record, cause=cause, seen=self._clock())
        )


def _note(problems: list[str], where: str, error: ConnectorError) -> None:
    problems.append(f"{where}: {error}")
    logger.warning("Poll of %s failed: %s", where, error)


def _is_known(record: Record, entry: JournalEntry | None, now: datetime) -> bool:
    """Say whether this state of the record was handled already.

    `updated` has seconds only: a record read within the same moment may have changed once more
    under the same text, so it is known only when it was read a while after.
    """
    if entry is None:
        return False
    if entry.outcome == "deferred":
        return now - entry.at < LOST_AFTER  # its message is on the queue and will read it anew
    if entry.outcome == "dead-lettered" and not entry.fingerprint:
        return _settled(record, entry.at)  # asking again would undo that it was dismissed
    if record.deleted and entry.fingerprint == GONE:
        return True
    if entry.read_at is None or entry.fingerprint != fingerprint(record):
        return False
    exact = isinstance(record, Invoice) and "." in record.version.text
    return exact or _settled(record, entry.read_at)


def _settled(record: Record, at: datetime) -> bool:
    """Say whether nothing that happened to the record before `at` can be unknown by its text."""
    instants = record.version.instants()
    return instants is not None and at > instants[1] + SETTLED
