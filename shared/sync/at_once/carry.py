"""Carries one record over at once, in this process; where that cannot be, asks the app to do it.

Never takes what stands in this process's way for evidence: somebody else's privileges, or a
laptop's network, say nothing about the record, a service or the app. So nothing is noted of a try
that failed, no circuit is opened or closed, and the app's own try is what counts.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from shared.core.events import Cause, SyncRequest
from shared.core.foreseen import Fate, Foreseen
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.lines import Processed
from shared.core.outcomes import Outcome, OutcomeName, Result, Skipped, name_of, reason_of
from shared.core.retries import CONFLICTS_AT_ONCE
from shared.core.waiting import Shown
from shared.errors import ConflictError, ConnectorError
from shared.sync.at_once.done import Done
from shared.sync.at_once.watched import WatchedCrm, WatchedQueue
from shared.sync.finish import Finish
from shared.sync.identify import unknown
from shared.sync.ports import Journal, Telemetry
from shared.sync.rehearsal import Directory, Newest, Script, WatchedFreshBooks, named
from shared.sync.seen import Seen, seeing
from shared.sync.tickets import Tickets

LOOK_EVERY: Final = 1.0  # seconds, while the app is at it
_SETTLED: Final = 10  # looks after which an entry that stays as it was is what the app says


class Handler(Protocol):
    """The use case of a kind of record."""

    def sync(self, request: SyncRequest, before: JournalEntry | None, /) -> Result:
        """Bring one record up to date; may raise."""


@dataclass(frozen=True, kw_only=True)
class AtOnce:
    """Brings one record up to date now.

    Attributes:
        handlers: the use cases, wired to what is watched.
        freshbooks: what they read.
        newest: what was read last.
        crm: what they read and write.
        queue: what they ask for.
        script: the rows as they were read, and what was written of them.
        tickets: sends what the app is asked for.
        directory: what rows are called.
        stopped: returns why a business's records cannot be handled now, "" when they can.
        pause: lets so many seconds pass.
        patience: seconds that the app is waited for.
    """

    handlers: Mapping[Kind, Handler]
    finish: Finish
    freshbooks: WatchedFreshBooks
    newest: Newest
    crm: WatchedCrm
    queue: WatchedQueue
    script: Script
    tickets: Tickets
    journal: Journal
    directory: Directory
    telemetry: Telemetry
    clock: Callable[[], datetime]
    stopped: Callable[[str], str]
    pause: Callable[[float], object]
    patience: float

    def carry(self, record: RecordId) -> Done:
        """Carry a record over, and say what became of it.

        Raises:
            NotPossibleError: nobody knows such a record.
            ConnectorError: it could not be done here, and the app cannot be asked either.
        """
        request = SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock())
        with self.telemetry.unit("sync"):
            stamp = {"traceparent": self.telemetry.traceparent()}
            return self._carry(request.model_copy(update=stamp))

    def _carry(self, request: SyncRequest) -> Done:
        began = time.monotonic()
        before = self.journal.get_latest(request.record)
        if why := self.stopped(request.business):
            return self._hand_over(request, (), why)
        with seeing() as seen:
            try:
                result = self._try(request, before)
            except ConnectorError as error:
                return self._hand_over(request, self._written(seen), str(error))
            written = self._written(seen)
        gone = isinstance(result.outcome, Skipped) and self.freshbooks.is_missing(request.record)
        if gone and before is None:
            raise unknown(request.record)
        outcome = self.finish.finish(request, result, before)
        self._tell(request, outcome, began)
        account, linked = self._account()
        return Done(
            request.record,
            self.newest.get(request.record),
            result.shown,
            name_of(outcome),
            reason_of(outcome),
            account,
            linked,
            written,
            tuple(self.queue.asked),
        )

    def _try(self, request: SyncRequest, before: JournalEntry | None) -> Result:
        handler = self.handlers[request.kind]
        for _ in range(CONFLICTS_AT_ONCE - 1):
            with contextlib.suppress(ConflictError):
                return handler.sync(request, before)
            # Whoever was faster has noted that, perhaps.
            before = self.journal.get_latest(request.record)
        return handler.sync(request, before)

    def _written(self, seen: Seen) -> tuple[Foreseen, ...]:
        """Return what was written, of each record that rows were written for."""
        return tuple(
            Foreseen(
                record,
                seen.of(record),
                Fate.CARRIED,
                rows=named(rows, self.script, self.directory),
                names=self.script.names,
            )
            for record, rows in self.script.end_step().items()
            if rows
        )

    def _account(self) -> tuple[str, str]:
        """Return the name of the account that the record is on, and why that is its client's."""
        key, home = self.crm.client, self.crm.home
        row = self.script.planned_client(key) or (home.client(key) if home is not None else None)
        if row is None or row.account is None:
            return "", ""
        name = self.script.names.get(row.account, "")
        if home is not None and home.id == row.account:
            name = home.name
        return name, row.reason

    def _hand_over(self, request: SyncRequest, written: tuple[Foreseen, ...], why: str) -> Done:
        """Ask the app for a record, and say what it noted, or that it has not noted anything yet.

        Raises:
            ConnectorError: the queue or the journal cannot be reached.
        """
        before = self.journal.get_latest(request.record)
        ticket = self.tickets.send(request)
        self.tickets.note(request, before, ticket)
        entry = self._wait(request.record, before, ticket)
        source = self.newest.get(request.record)
        return Done(
            request.record,
            source,
            Shown(entry.label, entry.name, entry.amount, entry.currency) if entry else Shown(),
            entry.outcome if entry is not None else OutcomeName.ASKED,
            entry.reason if entry is not None else "",
            written=written,
            asked=tuple(self.queue.asked),
            not_here=why,
        )

    def _wait(
        self, record: RecordId, before: JournalEntry | None, ticket: str
    ) -> JournalEntry | None:
        """Return what the app notes of a record after now, None where it takes too long.

        Who takes the message takes the ticket from the entry first, and notes what became of the
        record afterwards; where that is what was noted before, the entry may stay as it was.
        """
        looks, same, taken = 0, 0, ""
        while looks * LOOK_EVERY < self.patience:
            self.pause(LOOK_EVERY)
            looks += 1
            entry = self.journal.get_latest(record)
            if entry is None or ticket == entry.pending or entry.outcome is OutcomeName.ASKED:
                continue
            if before is None or entry.at > before.at or (taken and entry.version != taken):
                return entry
            taken, same = entry.version, same + 1
            if same == _SETTLED:
                return entry
        return None

    def _tell(self, request: SyncRequest, outcome: Outcome, began: float) -> None:
        self.telemetry.write(
            Processed(
                outcome=name_of(outcome),
                ms=(time.monotonic() - began) * 1000,
                kind=request.kind,
                business=request.business,
                record=request.number,
                cause=request.cause,
            )
        )
