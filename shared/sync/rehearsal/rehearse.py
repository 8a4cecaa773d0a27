"""Handles records as a message would, and says what that would have written.

Never does what it says: everything around the use cases notes and keeps nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from shared.core.events import Cause, SyncRequest
from shared.core.foreseen import Fate, Foreseen, RowChange
from shared.core.identity import AwaitedKind, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import (
    Deferred,
    Held,
    Outcome,
    OutcomeName,
    Result,
    Skipped,
    Unchanged,
    Waits,
    Written,
    reason_of,
)
from shared.core.waiting import Shown
from shared.errors import (
    ConfigurationError,
    ConflictError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.beside import Beside
from shared.sync.ports import Journal
from shared.sync.rehearsal.aside import AsideQueue
from shared.sync.rehearsal.directory import Directory
from shared.sync.rehearsal.named import named
from shared.sync.rehearsal.reader import WatchedFreshBooks
from shared.sync.rehearsal.script import Script
from shared.sync.seen import seeing

# What is asked for more often is looked at once more when everything else is planned: a client of
# many invoices follows from each of them, and two records that ask for each other come to an end.
_MOST_TIMES: Final = 10


class Handler(Protocol):
    """The use case of a kind of record."""

    def sync(self, request: SyncRequest, before: JournalEntry | None, /) -> Result:
        """Bring one record up to date, of which `before` is noted so far; may raise."""


@dataclass(frozen=True)
class _End:
    """How a handling ended."""

    fate: Fate
    reason: str
    shown: Shown


@dataclass(kw_only=True)
class Rehearsal:
    """Goes through records, and through what would follow from them.

    Attributes:
        handlers: the use cases, wired to the others.
        script: what would be written.
        asked: what would be asked for.
        freshbooks: what was read.
        journal: as it is.
        beside: what stands beside records, as it would be left.
        directory: what rows are called.
        most: records at most.
        whole: whether all of them were gone through.
    """

    handlers: Mapping[Kind, Handler]
    script: Script
    asked: AsideQueue
    freshbooks: WatchedFreshBooks
    journal: Journal
    beside: Beside
    directory: Directory
    clock: Callable[[], datetime]
    most: int
    whole: bool = True
    _met: set[RecordId] = field(default_factory=set)
    _times: Counter[RecordId] = field(default_factory=Counter)
    _late: dict[RecordId, SyncRequest] = field(default_factory=dict)
    _told: dict[RecordId, Fate] = field(default_factory=dict)

    def run(self, records: Iterable[RecordId]) -> Iterator[Foreseen]:
        """Yield what would become of records, each right before what would follow from it.

        What a record needs is told before it. One that is told again is told with what would be
        written of it later.

        Raises:
            ConnectorError: a service cannot be asked, so that nothing more can be found out.
        """
        for record in records:
            if record in self._met:
                continue
            if self._is_enough():
                break
            yield from self._follow(SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock()))
        late, self._late = self._late, {}
        self._times.clear()
        for request in late.values():
            yield from self._follow(request)

    def _follow(self, request: SyncRequest) -> Iterator[Foreseen]:
        """Handle a record, and what is asked for then."""
        yield from self._go(request)
        while (following := self.asked.take()) is not None:
            record = following.record
            if self._times[record] >= _MOST_TIMES:
                self._late[record] = following
            elif record in self._met or not self._is_enough():
                yield from self._go(following)

    def _is_enough(self) -> bool:
        if len(self._met) < self.most:
            return False
        self.whole = False
        return True

    def _go(self, request: SyncRequest) -> Iterator[Foreseen]:
        """Handle a record; what it brings along is handled by itself to know how it would end."""
        ends = {request.record: self._handle(request)}
        while others := [each for each in self.script.authors() if each not in ends]:
            other = request.model_copy(update={"kind": others[0].kind, "number": others[0].number})
            ends[others[0]] = self._handle(other)
        rows = self.script.end_step()
        for record in (*(each for each in rows if each != request.record), request.record):
            told = self._foreseen(record, ends[record], rows.get(record, ()))
            # A category has no row, and is no record that anybody misses.
            tells = record.kind is not Kind.CATEGORY and self._told.get(record) is not told.fate
            if told.rows or tells:
                self._told[record] = told.fate
                yield told

    def _handle(self, request: SyncRequest) -> _End:
        self._met.add(request.record)
        self._times[request.record] += 1
        with seeing() as seen:
            try:
                noted = self.journal.get_latest(request.record)
                result = self.handlers[request.kind].sync(request, noted)
                # As whoever notes an outcome does: what waits for the record would follow.
                self.beside.follow(request.record, result.outcome)
            except (
                RecordRefusedError,
                ConflictError,
                ConfigurationError,
                RetryLaterError,
            ) as error:
                fate = _fate_of_error(error)
                return _End(fate, str(error), seen.of(request.record))
        return _End(_fate_of(result.outcome), reason_of(result.outcome), result.shown)

    def _foreseen(self, record: RecordId, end: _End, rows: tuple[RowChange, ...]) -> Foreseen:
        noted = self.journal.get_latest(record) if rows or end.fate is Fate.SKIPPED else None
        rows = named(rows, self.script, self.directory)
        return Foreseen(
            record,
            end.shown,
            end.fate,
            reason=end.reason,
            first=tuple(self.script.ahead_of(record, rows)),
            warning=_warning(noted) if rows and end.fate is Fate.CARRIED else "",
            rows=rows,
            names=self.script.names,
            missing=(
                end.fate is Fate.SKIPPED and noted is None and self.freshbooks.is_missing(record)
            ),
        )


def _fate_of(outcome: Outcome) -> Fate:
    match outcome:
        case Written() | Unchanged():
            return Fate.CARRIED
        case Held():
            return Fate.HELD
        case Skipped():
            return Fate.SKIPPED
        case Waits():
            return Fate.WAITING
        case Deferred() | _:
            return Fate.UNKNOWN


def _fate_of_error(
    error: RecordRefusedError | ConflictError | ConfigurationError | RetryLaterError,
) -> Fate:
    """Return what an error means that is about one record.

    Raises:
        ConnectorError: it is about a service, so that every other record would meet it too.
    """
    if isinstance(error, ConflictError):
        return Fate.UNKNOWN
    if isinstance(error, RecordRefusedError):
        return Fate.REFUSED
    if error.service or (isinstance(error, RetryLaterError) and error.throttled):
        raise error
    return Fate.REFUSED if isinstance(error, ConfigurationError) else Fate.UNKNOWN


def _warning(noted: JournalEntry | None) -> str:
    """Return what was noted of a record that only Dataverse itself could say again."""
    if noted is None:
        return ""
    waits = noted.awaited.startswith(f"{AwaitedKind.PROBLEM}-")
    refused = waits or noted.outcome is OutcomeName.DEAD_LETTERED
    return f"it was refused when it was tried last: {noted.reason}" if refused else ""
