"""What the connector keeps for itself: its queue, journal, holds, dead letters, secrets, the time.

Never says where it is kept.
"""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.retention import Cut, Slice
from shared.core.waiting import NOTHING_SHOWN, Hold, Shown, Wait
from shared.errors import ConflictError


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


@dataclass(frozen=True)
class Parked:
    """A message the Functions host gave up on.

    Attributes:
        text: as it is on the queue.
        receipt: what its removal needs.
    """

    text: str
    receipt: object = field(default=None, repr=False, compare=False)


class PoisonQueue(Protocol):
    """The queue `sync-requests-poison`.

    The host's own trigger cannot take every message from it: one that is no base64 would stay for
    ever, and the older extensions pass over those that failed there too often.
    """

    def take(self, *, most: int) -> list[Parked]:
        """Return some messages, which nobody else is shown for five minutes."""

    def remove(self, parked: Parked) -> None:
        """Remove a message that was taken; one that is gone is fine."""

    def depth(self) -> int:
        """Return roughly how many messages there are."""


class Journal(Protocol):
    """What happened to every record; answers law 3's question "where is invoice 4711?"."""

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        """Note an outcome, whatever is noted: the record's newest state always.

        Args:
            entry: what is noted.
            history: whether its history gets the entry too; `unchanged` never has one.
        """

    def replace(self, entry: JournalEntry, *, past: JournalEntry | None = None) -> JournalEntry:
        """Note a record's newest state, if it is still `entry.version`; "" if there is none yet.

        Who finds that just this is noted already cannot tell whether it did that itself.

        Args:
            entry: what is noted.
            past: what its history gets in the same request, None for nothing.

        Returns:
            The entry with its new version.

        Raises:
            ConflictError: something else is noted by now.
        """

    def write_all(
        self, entries: Sequence[JournalEntry], *, past: Collection[JournalEntry] = ()
    ) -> set[RecordId]:
        """Note outcomes of records of one kind, each if its newest state is still `entry.version`.

        Args:
            entries: what is noted.
            past: what their histories get along with it.

        Returns:
            The records that were noted; of the others something else is noted by now.
        """

    def replace_all(self, entries: Sequence[JournalEntry]) -> None:
        """Note newest states as `replace` does, a hundred in a request.

        One of which something else is noted by now is left as it is, and in no other's way.
        """
        for entry in entries:
            with contextlib.suppress(ConflictError):
                self.replace(entry)

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

    def list_by_outcome(
        self, business: str, kind: Kind, outcomes: Collection[OutcomeName]
    ) -> Iterator[JournalEntry]:
        """Yield the newest entries that ended so; reads the whole kind, so for people only."""

    def prune(self, cut: Cut, *, position: str = "", most: int) -> Slice:
        """Delete what is old, and return where to go on.

        Args:
            cut: what is old.
            position: where the piece before ended, "" for the beginning.
            most: entries to look at, about; more than `cut.keep`, so that each piece comes further.
        """


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
        """Note a record that waits; noting it again replaces what is shown of it.

        Args:
            awaited: what it waits for.
            request: the record.
            since: when it began to, UTC; None for when it is noted.
            reason: why, in words for an operator.
            shown: what people are shown of it.
            partly: whether it is in Sales but for its link to what it waits for.
            noted: whether the entry of the invoice it waits for says so.
        """

    def list_waiting(
        self, business: str, awaited: Awaited, *, most: int | None = None
    ) -> Iterator[SyncRequest]:
        """Yield the records that wait for something, at most so many."""

    def list_waits(
        self, business: str | None = None, *, kind: AwaitedKind | None = None
    ) -> Iterator[Wait]:
        """Yield every record that waits, with what it waits for.

        Args:
            business: only its records; None for all.
            kind: only those that wait for something of this kind; None for all.
        """

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Forget a record that waited; one that is gone is fine."""

    def confirm(
        self,
        business: str,
        awaited: Awaited,
        request: SyncRequest | None = None,
        *,
        noted: bool = True,
    ) -> None:
        """Note whether the invoice's entry says that something is there; one gone is fine.

        Args:
            business: whose it is.
            awaited: what is held or waited for.
            request: the record that waits; None for the hold.
            noted: whether the entry says so.
        """


class DeadLetters(Protocol):
    """Messages that cannot be handled as they are."""

    def add(self, letter: DeadLetter) -> None:
        """Keep a dead letter; the same key again replaces it, dismissed or not."""

    def list_all(self) -> Iterator[DeadLetter]:
        """Yield all dead letters that wait for a decision, oldest first."""

    def list_dismissed(self) -> Iterator[DeadLetter]:
        """Yield those that an operator dismissed, oldest first."""

    def get(self, key: str) -> DeadLetter | None:
        """Return one, dismissed or not; None when there is none."""

    def replace(self, letter: DeadLetter) -> None:
        """Keep a letter as it is now, if it is still `letter.version`.

        Raises:
            ConflictError: it is gone, or another one by now.
        """

    def delete(self, key: str, *, version: str = "") -> None:
        """Forget one; one that is gone is fine.

        Args:
            key: its key.
            version: only if it is still this one; "" for whichever it is.

        Raises:
            ConflictError: it is another one by now.
        """


class Checkpoints(Protocol):
    """How far a poll has come, and what is planned already."""

    def get(self, name: str) -> datetime | None:
        """Return a point in time (UTC), None when there is none yet that can be read."""

    def get_note(self, name: str) -> str:
        """Return the note beside a point in time, "" when there is none that can be read."""

    def list_all(self) -> Iterator[tuple[str, datetime]]:
        """Yield all with their names."""

    def set(self, name: str, moment: datetime, *, note: str = "") -> None:
        """Keep a point in time and a note beside it, of at most 32,000 characters."""

    def list_notes(self) -> Iterator[tuple[str, datetime | None, str]]:
        """Yield all with their names and notes, as far as they can be read."""

    def set_all(self, moments: Mapping[str, datetime]) -> None:
        """Keep points in time without notes, a hundred in a request."""

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

    def delete(self, name: str) -> None:
        """Forget all values of a name; one that is gone is fine, and it can be set again."""


class Clock(Protocol):
    """The time."""

    def __call__(self) -> datetime:
        """Return now, aware, UTC."""
