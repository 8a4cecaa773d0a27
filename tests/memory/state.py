"""Queue, journal, holds, dead letters, checkpoints, secrets and the time, in memory.

Never outlives its test.
"""

import base64
import heapq
import itertools
import math
import re
import threading
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.waiting import Hold
from shared.errors import ConfigurationError, ConflictError
from shared.sync.ports import (
    Checkpoints,
    Clock,
    DeadLetters,
    Holds,
    Journal,
    Secrets,
    SyncQueue,
)
from tests.memory.breakable import Breakable

LONGEST_DELAY: Final = 7 * 24 * 3600  # a queue hides a message for no longer
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


class MemoryJournal(Breakable, Journal):
    """Entries by record; a history is in the order of its moments, whenever they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[RecordId, JournalEntry] = {}
        self.history: list[JournalEntry] = []
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        self._called(self.write, entry)
        with self._lock:
            kept = self._keep(entry)
            if history and entry.outcome is not OutcomeName.UNCHANGED:
                self.history.append(kept.past())

    def replace(self, entry: JournalEntry) -> JournalEntry:
        self._called(self.replace, entry)
        with self._lock:
            found = self.latest.get(entry.record)
            if (found.version if found else "") == entry.version:
                return self._keep(entry)
        if found is not None and found == entry:
            return found
        raise ConflictError(f"The entry of {entry.record} changed meanwhile.")

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
        entries = [entry for entry in self.history if entry.record == record]
        entries.sort(key=lambda entry: entry.at)
        yield from reversed(entries)

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        self._called(self.find_by_label, business, kind, label)
        yield from (entry for entry in self._of_kind(business, kind) if entry.label == label)

    def _of_kind(self, business: str, kind: Kind) -> list[JournalEntry]:
        entries = list(self.latest.items())
        return [entry for of, entry in entries if (of.business, of.kind) == (business, kind)]


class MemoryHolds(Breakable, Holds):
    """Holds, and beside them the records that wait."""

    def __init__(self) -> None:
        super().__init__()
        self.holds: dict[tuple[str, Awaited], Hold] = {}
        self.waiting: dict[tuple[str, Awaited, Kind, int], SyncRequest] = {}
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
            self.holds[hold.business, hold.awaited] = replace(hold, since=since)

    def delete(self, business: str, awaited: Awaited) -> None:
        self._called(self.delete, business, awaited)
        with self._lock:
            self.holds.pop((business, awaited), None)

    def add_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        self._called(self.add_waiting, awaited, request)
        waiting = request.model_copy(update={"due": None})
        self.waiting[request.business, awaited, request.kind, request.number] = waiting

    def list_waiting(self, business: str, awaited: Awaited) -> Iterator[SyncRequest]:
        self._called(self.list_waiting, business, awaited)
        waiting = list(self.waiting.items())
        yield from [each for (of, what, _, _), each in waiting if (of, what) == (business, awaited)]

    def list_all_waiting(self) -> Iterator[tuple[Awaited, SyncRequest]]:
        self._called(self.list_all_waiting)
        yield from [(what, each) for (_, what, _, _), each in list(self.waiting.items())]

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        self._called(self.delete_waiting, awaited, request)
        self.waiting.pop((request.business, awaited, request.kind, request.number), None)


class MemoryDeadLetters(Breakable, DeadLetters):
    """Dead letters by their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, DeadLetter] = {}

    def add(self, letter: DeadLetter) -> None:
        self._called(self.add, letter)
        self.letters[letter.key] = replace(letter, at=letter.at.astimezone(UTC))

    def list_all(self) -> Iterator[DeadLetter]:
        self._called(self.list_all)
        yield from sorted(self.letters.values(), key=lambda letter: (letter.at, letter.key))

    def get(self, key: str) -> DeadLetter | None:
        self._called(self.get, key)
        return self.letters.get(key)

    def delete(self, key: str) -> None:
        self._called(self.delete, key)
        self.letters.pop(key, None)


class MemoryCheckpoints(Breakable, Checkpoints):
    """Points in time by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: dict[str, datetime] = {}

    def get(self, name: str) -> datetime | None:
        self._called(self.get, name)
        return self.moments.get(name)

    def list_all(self) -> Iterator[tuple[str, datetime]]:
        self._called(self.list_all)
        yield from sorted(self.moments.items())

    def set(self, name: str, moment: datetime) -> None:
        self._called(self.set, name, moment)
        self.moments[name] = moment.astimezone(UTC)

    def delete(self, name: str) -> None:
        self._called(self.delete, name)
        self.moments.pop(name, None)


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
