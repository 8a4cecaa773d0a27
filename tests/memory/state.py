"""Queue, journal, holds, dead letters, checkpoints, secrets and the time, in memory.

Never outlives its test.
"""

import base64
import contextlib
import heapq
import itertools
import math
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.retention import Cut, Slice
from shared.core.waiting import NOTHING_SHOWN, Hold, Shown, Wait
from shared.errors import ConfigurationError, ConflictError
from shared.sync.ports import (
    Checkpoints,
    Clock,
    DeadLetters,
    Holds,
    Journal,
    Parked,
    PoisonQueue,
    Secrets,
    SyncQueue,
)
from tests.memory.breakable import Breakable

LONGEST_DELAY: Final = 7 * 24 * 3600  # a queue hides a message for no longer
HIDDEN: Final = timedelta(minutes=5)  # what was taken from the poison queue and not removed
_SECRET: Final = re.compile(r"[0-9a-zA-Z-]{1,127}")  # what a vault takes for a name


class FakeClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryQueue(Breakable, SyncQueue):
    """Messages become visible by the clock, in whole seconds; what was taken can be put back."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.messages: list[tuple[datetime, int, SyncRequest | bytes]] = []
        self.sent: list[SyncRequest] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        self._called(self.send, request)
        SyncRequest.parse(base64.b64decode(request.encode()))
        with self._lock:
            self.sent.append(request)
            self._push(request, delay)

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        self._called(self.send_as_it_is, body)
        with self._lock:
            self._push(body, delay)

    def send_lane(self, body: str, *, delay: float = 0) -> None:
        self._called(self.send_lane, body)
        with self._lock:
            self._push(body.encode(), delay)

    def _push(self, message: SyncRequest | bytes, delay: float) -> None:
        wait = max(0, min(math.ceil(delay), LONGEST_DELAY))
        at = self.clock() + timedelta(seconds=wait)
        heapq.heappush(self.messages, (at, next(self._order), message))

    def depth(self) -> int:
        self._called(self.depth)
        return len(self.messages)

    def visible_since(self) -> datetime | None:
        self._called(self.visible_since)
        soonest = self.next_visible()
        return soonest if soonest is not None and soonest <= self.clock() else None

    def take(self) -> bytes | None:
        """Return the next visible message's body, None when none is visible."""
        with self._lock:
            if not self.messages or self.messages[0][0] > self.clock():
                return None
            message = heapq.heappop(self.messages)[2]
        if isinstance(message, bytes):
            return message
        return message.model_dump_json(exclude_none=True).encode()

    def next_visible(self) -> datetime | None:
        return self.messages[0][0] if self.messages else None

    def requests(self) -> list[SyncRequest]:
        found = (message for _, _, message in sorted(self.messages))
        return [message for message in found if isinstance(message, SyncRequest)]


class MemoryPoisonQueue(Breakable, PoisonQueue):
    """What the host gave up on, as it was on the queue; what was taken is hidden for a while."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.parked: list[Parked] = []
        self._hidden: dict[int, datetime] = {}

    def park(self, text: str) -> None:
        """Put a message there as the host does."""
        self.parked.append(Parked(text, receipt=object()))

    def take(self, *, most: int) -> list[Parked]:
        self._called(self.take)
        now = self.clock()
        shown = [each for each in self.parked if self._hidden.get(id(each.receipt), now) <= now]
        for each in shown[:most]:
            self._hidden[id(each.receipt)] = now + HIDDEN
        return shown[:most]

    def remove(self, parked: Parked) -> None:
        self._called(self.remove, parked)
        self.parked = [each for each in self.parked if each.receipt is not parked.receipt]

    def depth(self) -> int:
        self._called(self.depth)
        return len(self.parked)


class MemoryJournal(Breakable, Journal):
    """Entries by record; a history is in the order of its moments, whenever they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[RecordId, JournalEntry] = {}
        self._past: dict[RecordId, list[JournalEntry]] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        self._called(self.write, entry)
        with self._lock:
            kept = self._keep(entry)
            if history and entry.outcome is not OutcomeName.UNCHANGED:
                self._past.setdefault(entry.record, []).append(kept.past())

    def write_all(
        self, entries: Sequence[JournalEntry], *, past: Collection[JournalEntry] = ()
    ) -> set[RecordId]:
        self._called(self.write_all, entries)
        noted = set()
        gone = {each.record: each for each in past}
        with self._lock:
            for entry in entries:
                found = self.latest.get(entry.record)
                if (found.version if found else "") != entry.version:
                    continue
                self._keep(entry)
                noted.add(entry.record)
                if entry.record in gone:
                    self._past.setdefault(entry.record, []).append(gone[entry.record].past())
        return noted

    def replace(self, entry: JournalEntry, *, past: JournalEntry | None = None) -> JournalEntry:
        self._called(self.replace, entry)
        with self._lock:
            found = self.latest.get(entry.record)
            if (found.version if found else "") == entry.version:
                kept = self._keep(entry)
                if past is not None:
                    self._past.setdefault(entry.record, []).append(past.past())
                return kept
        if found is not None and found == entry:
            return found
        raise ConflictError(f"The entry of {entry.record} changed meanwhile.")

    def replace_all(self, entries: Sequence[JournalEntry]) -> None:
        self._called(self.replace_all, entries)
        for entry in entries:
            with contextlib.suppress(ConflictError):
                self.replace(entry)

    def _keep(self, entry: JournalEntry) -> JournalEntry:
        read, pending = entry.read_at, entry.pending_since
        kept = self.latest[entry.record] = replace(
            entry,
            at=entry.at.astimezone(UTC),
            read_at=read.astimezone(UTC) if read else None,
            pending_since=pending.astimezone(UTC) if pending else None,
            version=str(next(self._versions)),
        )
        return kept

    def list_latest(self, business: str, kind: Kind) -> Iterator[JournalEntry]:
        self._called(self.list_latest, business, kind)
        yield from self._of_kind(business, kind)

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        self._called(self.get_latest, record)
        return self.latest.get(record)

    def get_many(
        self, business: str, kind: Kind, numbers: Collection[int]
    ) -> dict[int, JournalEntry]:
        self._called(self.get_many, business, kind, numbers)
        found = {number: self.latest.get(RecordId(business, kind, number)) for number in numbers}
        return {number: entry for number, entry in found.items() if entry is not None}

    def list_history(self, record: RecordId) -> Iterator[JournalEntry]:
        self._called(self.list_history, record)
        newest = self.latest.get(record)
        if newest is not None and not newest.filed:
            yield newest.past()
        yield from self._newest_first(record)

    def list_by_outcome(
        self, business: str, kind: Kind, outcomes: Collection[OutcomeName]
    ) -> Iterator[JournalEntry]:
        self._called(self.list_by_outcome, business, kind, outcomes)
        yield from [each for each in self._of_kind(business, kind) if each.outcome in outcomes]

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        self._called(self.find_by_label, business, kind, label)
        yield from (entry for entry in self._of_kind(business, kind) if entry.label == label)

    def prune(self, cut: Cut, *, position: str = "", most: int) -> Slice:
        self._called(self.prune, cut)
        deleted = read = 0
        with self._lock:
            gone = {record for record in self.latest if record.business in cut.gone}
            for record in sorted({*self._past, *gone}, key=_place):
                if _place(record) < position:
                    continue
                if read >= most:
                    return Slice(deleted, _place(record))
                entries = self._newest_first(record)
                kept = [entry for entry in entries[: cut.keep] if entry.at >= cut.before]
                if record.business in cut.gone:
                    kept = []
                    deleted += self.latest.pop(record, None) is not None
                read += max(1, len(entries))
                deleted += len(entries) - len(kept)
                self._past[record] = kept[::-1]
                if not kept:
                    del self._past[record]
        return Slice(deleted)

    @property
    def history(self) -> list[JournalEntry]:
        """All entries of all histories."""
        newest = [each.past() for each in self.latest.values() if not each.filed]
        return [*(entry for entries in self._past.values() for entry in entries), *newest]

    def _newest_first(self, record: RecordId) -> list[JournalEntry]:
        return sorted(self._past.get(record, []), key=lambda entry: entry.at, reverse=True)

    def _of_kind(self, business: str, kind: Kind) -> list[JournalEntry]:
        entries = list(self.latest.items())
        return [entry for of, entry in entries if (of.business, of.kind) == (business, kind)]


def _place(record: RecordId) -> str:
    return f"{record.business}.{record.kind} {record.number:019d}"


class MemoryHolds(Breakable, Holds):
    """Holds, and beside them the records that wait."""

    def __init__(self) -> None:
        super().__init__()
        self.holds: dict[tuple[str, Awaited], Hold] = {}
        self.waits: dict[tuple[str, Awaited, Kind, int], Wait] = {}
        self._lock = threading.Lock()

    def get(self, business: str, awaited: Awaited) -> Hold | None:
        self._called(self.get, business, awaited)
        return self.holds.get((business, awaited))

    def list_all(self, business: str | None = None) -> Iterator[Hold]:
        self._called(self.list_all, business)
        yield from [hold for hold in list(self.holds.values()) if business in {None, hold.business}]

    def upsert(self, hold: Hold) -> None:
        self._called(self.upsert, hold)
        with self._lock:
            before = self.holds.get((hold.business, hold.awaited))
            since = before.since if before is not None else hold.since.astimezone(UTC)
            noted = hold.noted or (before is not None and before.noted)
            self.holds[hold.business, hold.awaited] = replace(hold, since=since, noted=noted)

    def delete(self, business: str, awaited: Awaited) -> None:
        self._called(self.delete, business, awaited)
        with self._lock:
            self.holds.pop((business, awaited), None)

    def add_waiting(
        self,
        awaited: Awaited,
        request: SyncRequest,
        *,
        since: datetime | None = None,
        reason: str = "",
        shown: Shown = NOTHING_SHOWN,
        partly: bool = False,
        noted: bool = False,
    ) -> None:
        self._called(self.add_waiting, awaited, request)
        waiting = request.model_copy(update={"due": None, "ticket": ""})
        name = (request.business, awaited, request.kind, request.number)
        began = (since or datetime.now(UTC)).astimezone(UTC)
        self.waits[name] = Wait(awaited, waiting, began, reason, shown, partly, noted)

    def list_waiting(
        self, business: str, awaited: Awaited, *, most: int | None = None
    ) -> Iterator[SyncRequest]:
        self._called(self.list_waiting, business, awaited)
        found = [each for name, each in list(self.waits.items()) if name[:2] == (business, awaited)]
        yield from [each.request for each in found[:most]]

    def list_waits(
        self, business: str | None = None, *, kind: AwaitedKind | None = None
    ) -> Iterator[Wait]:
        self._called(self.list_waits, business)
        for (of, awaited, *_), each in list(self.waits.items()):
            if business in {None, of} and kind in {None, awaited.kind}:
                yield each

    @property
    def waiting(self) -> dict[tuple[str, Awaited, Kind, int], SyncRequest]:
        """The records that wait."""
        return {name: each.request for name, each in self.waits.items()}

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        self._called(self.delete_waiting, awaited, request)
        self.waits.pop((request.business, awaited, request.kind, request.number), None)

    def confirm(
        self,
        business: str,
        awaited: Awaited,
        request: SyncRequest | None = None,
        *,
        noted: bool = True,
    ) -> None:
        self._called(self.confirm, business, awaited)
        with self._lock:
            if request is None:
                if (hold := self.holds.get((business, awaited))) is not None:
                    self.holds[business, awaited] = replace(hold, noted=noted)
                return
            name = (business, awaited, request.kind, request.number)
            if (wait := self.waits.get(name)) is not None:
                self.waits[name] = replace(wait, noted=noted)


class MemoryDeadLetters(Breakable, DeadLetters):
    """Dead letters by their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, DeadLetter] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, letter: DeadLetter) -> None:
        self._called(self.add, letter)
        with self._lock:
            self._keep(letter)

    def list_all(self) -> Iterator[DeadLetter]:
        self._called(self.list_all)
        yield from [letter for letter in self._list() if letter.dismissed_at is None]

    def list_dismissed(self) -> Iterator[DeadLetter]:
        self._called(self.list_dismissed)
        yield from [letter for letter in self._list() if letter.dismissed_at is not None]

    def get(self, key: str) -> DeadLetter | None:
        self._called(self.get, key)
        return self.letters.get(key)

    def replace(self, letter: DeadLetter) -> None:
        self._called(self.replace, letter)
        with self._lock:
            current = self.letters.get(letter.key)
            if current is None or current.version != letter.version:
                raise ConflictError("another letter by now")
            self._keep(letter)

    def delete(self, key: str, *, version: str = "") -> None:
        self._called(self.delete, key)
        with self._lock:
            current = self.letters.get(key)
            if current is not None and version not in {"", current.version}:
                raise ConflictError("another letter by now")
            self.letters.pop(key, None)

    def _list(self) -> list[DeadLetter]:
        return sorted(self.letters.values(), key=lambda letter: (letter.at, letter.key))

    def _keep(self, letter: DeadLetter) -> None:
        dismissed = letter.dismissed_at
        self.letters[letter.key] = replace(
            letter,
            at=letter.at.astimezone(UTC),
            dismissed_at=dismissed.astimezone(UTC) if dismissed else None,
            version=f"v{next(self._versions)}",
        )


class MemoryCheckpoints(Breakable, Checkpoints):
    """Points in time by their names, and the notes beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: dict[str, datetime] = {}
        self.notes: dict[str, str] = {}

    def get(self, name: str) -> datetime | None:
        self._called(self.get, name)
        return self.moments.get(name)

    def get_note(self, name: str) -> str:
        self._called(self.get_note, name)
        return self.notes.get(name, "")

    def list_all(self) -> Iterator[tuple[str, datetime]]:
        self._called(self.list_all)
        yield from sorted(self.moments.items())

    def set(self, name: str, moment: datetime, *, note: str = "") -> None:
        self._called(self.set, name, moment)
        self.moments[name] = moment.astimezone(UTC)
        self.notes[name] = note

    def list_notes(self) -> Iterator[tuple[str, datetime | None, str]]:
        self._called(self.list_notes)
        for name in sorted({*self.moments, *self.notes}):
            yield name, self.moments.get(name), self.notes.get(name, "")

    def set_all(self, moments: Mapping[str, datetime]) -> None:
        self._called(self.set_all, moments)
        for name, moment in moments.items():
            self.moments[name] = moment.astimezone(UTC)
            self.notes[name] = ""

    def delete(self, name: str) -> None:
        self._called(self.delete, name)
        self.moments.pop(name, None)
        self.notes.pop(name, None)


class MemorySecrets(Breakable, Secrets):
    """Values by their names, and how often they were read and written."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.reads = 0
        self.writes = 0

    def get(self, name: str) -> str | None:
        self._called(self.get, name)
        self.reads += 1
        return self.values.get(name)

    def set(self, name: str, value: str) -> None:
        self._called(self.set, name, value)
        if not _SECRET.fullmatch(name):
            raise ConfigurationError(f"{name!r} is not a name a secret can have.")
        self.writes += 1
        self.values[name] = value

    def delete(self, name: str) -> None:
        self._called(self.delete, name)
        self.values.pop(name, None)
