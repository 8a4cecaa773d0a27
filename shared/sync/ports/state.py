"""What the connector keeps for itself: its queue, journal, holds, dead letters, secrets, the time.

Never says where it is kept.
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.waiting import Hold


class SyncQueue(Protocol):
    """The queue `sync-requests`."""

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        """Put a request on the queue, to be seen after `delay` seconds; it never expires."""

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        """Put a message back that this release cannot read; otherwise as `send`."""

    def depth(self) -> int:
        """Return roughly how many messages wait, delayed ones included."""

    def visible_since(self) -> datetime | None:
        """Return when the oldest message that can be taken became visible, None without one.

        Only the first few are looked at, and none is taken.
        """


class Journal(Protocol):
    """What happened to every record; answers law 3's question "where is invoice 4711?"."""

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        """Note an outcome, whatever is noted: the record's newest state always.

        Args:
            entry: what is noted.
            history: whether its history gets the entry too; `unchanged` never has one.
        """

    def replace(self, entry: JournalEntry) -> JournalEntry:
        """Note a record's newest state, if it is still `entry.version`; "" if there is none yet.

        Who finds that just this is noted already cannot tell whether it did that itself.

        Returns:
            The entry with its new version.

        Raises:
            ConflictError: something else is noted by now.
        """

    def list_latest(self, business: str, kind: Kind) -> Iterator[JournalEntry]:
        """Yield the newest entry of every record of a kind."""

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        """Return the newest entry of a record, None if it was never handled, as far as known."""

    def get_many(
        self, business: str, kind: Kind, numbers: Collection[int]
    ) -> dict[int, JournalEntry]:
        """Return the newest entries of some records by number, of those that were handled."""

    def list_history(self, record: RecordId) -> Iterator[JournalEntry]:
        """Yield a record's entries, newest first."""

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        """Yield the newest entries of the records people call `label`."""


class Holds(Protocol):
    """What waits for a person, and the records that wait with it."""

    def get(self, business: str, awaited: Awaited) -> Hold | None:
        """Return a hold, None when there is none."""

    def list_all(self, business: str | None = None) -> Iterator[Hold]:
        """Yield all holds, waiting and ignored; one whose row cannot be read is said to be so."""

    def upsert(self, hold: Hold) -> None:
        """Open a hold or bring it up to date; `since` of an open one is kept."""

    def delete(self, business: str, awaited: Awaited) -> None:
        """Close a hold; one that is gone is fine."""

    def add_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Note a record that waits for the hold; noting it again changes nothing."""

    def list_waiting(self, business: str, awaited: Awaited) -> Iterator[SyncRequest]:
        """Yield the records that wait."""

    def list_all_waiting(self) -> Iterator[tuple[Awaited, SyncRequest]]:
        """Yield every record that waits, with what it waits for."""

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Forget a record that waited; one that is gone is fine."""


class DeadLetters(Protocol):
    """Messages that cannot be handled as they are."""

    def add(self, letter: DeadLetter) -> None:
        """Keep a dead letter; the same key again replaces it."""

    def list_all(self) -> Iterator[DeadLetter]:
        """Yield all dead letters, oldest first."""

    def get(self, key: str) -> DeadLetter | None:
        """Return one, None when there is none."""

    def delete(self, key: str) -> None:
        """Forget one; one that is gone is fine."""


class Checkpoints(Protocol):
    """How far a poll has come, and what is planned already."""

    def get(self, name: str) -> datetime | None:
        """Return a point in time (UTC), None when there is none yet that can be read."""

    def list_all(self) -> Iterator[tuple[str, datetime]]:
        """Yield all with their names."""

    def set(self, name: str, moment: datetime) -> None:
        """Keep a point in time."""

    def delete(self, name: str) -> None:
        """Forget a point in time; one that is gone is fine."""


class Alone(Protocol):
    """One at a time across all instances."""

    def __call__(self, name: str, *, seconds: float) -> AbstractContextManager[bool]:
        """Hold `name` while the context lasts, at most `seconds`; False when somebody else does.

        It keeps work from being done twice; it does not prove that a holder who was paused is
        still alone.
        """


class Secrets(Protocol):
    """Key Vault."""

    def get(self, name: str) -> str | None:
        """Return the newest value, None when there is none."""

    def set(self, name: str, value: str) -> None:
        """Store a value; returns only when it is stored."""


class Clock(Protocol):
    """The time."""

    def __call__(self) -> datetime:
        """Return now, aware, UTC."""
