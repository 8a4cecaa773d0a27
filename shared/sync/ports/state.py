"""What the connector keeps for itself: its queue, journal, holds, dead letters, secrets, the time.

Never says where it is kept.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.core.events import Kind, SyncRequest


class SyncQueue(Protocol):
    """The queue `sync-requests`."""

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        """Put a request on the queue, to be seen after `delay` seconds; it never expires."""

    def depth(self) -> int:
        """Return roughly how many messages wait, delayed ones included."""


@dataclass(frozen=True)
class JournalEntry:
    """What happened to a record, newest state.

    Attributes:
        outcome: created | updated | cancelled | unchanged | skipped | held | deferred |
            dead-lettered.
        reason: why, in words for an operator; "" where the outcome says it all.
        number: what people call the record, such as the invoice's number; "" if it has none.
        fingerprint: `records.fingerprint` of the state that was handled, "" if none was read.
        read_at: when the record was read from FreshBooks, UTC.
        cause: why it was asked for.
        rows: ids of the rows in Dataverse that stand for it.
    """

    account: str
    kind: Kind
    record: int
    outcome: str
    at: datetime
    cause: str = ""
    reason: str = ""
    number: str = ""
    fingerprint: str = ""
    read_at: datetime | None = None
    rows: tuple[UUID, ...] = ()


class Journal(Protocol):
    """What happened to every record; answers law 3's question "where is invoice 4711?"."""

    def write(self, entry: JournalEntry) -> None:
        """Note an outcome: the record's newest state always, its history unless `unchanged`."""

    def list_latest(self, account: str, kind: Kind) -> Iterator[JournalEntry]:
        """Yield the newest entry of every record of a kind."""

    def get_latest(self, account: str, kind: Kind, record: int) -> JournalEntry | None:
        """Return the newest entry of a record, None if it was never handled."""

    def list_history(self, account: str, kind: Kind, record: int) -> Iterator[JournalEntry]:
        """Yield a record's entries, newest first."""

    def find_by_number(self, account: str, kind: Kind, number: str) -> Iterator[JournalEntry]:
        """Yield the newest entries of the records people call `number`."""


@dataclass(frozen=True)
class Candidate:
    """An account that might be the client's, to be shown to the operator."""

    account: UUID
    name: str
    note: str


@dataclass(frozen=True)
class Hold:
    """A client that waits for a decision, or a currency the environment lacks.

    Attributes:
        subject: `client-<id>` or `currency-<code>`.
        name: the client's name, or the currency's code.
        state: waiting | released (its records are being sent on) | ignored.
    """

    account: str
    subject: str
    name: str
    reason: str
    since: datetime
    candidates: tuple[Candidate, ...] = ()
    state: str = "waiting"


class Holds(Protocol):
    """What waits for a person, and the records that wait with it."""

    def get(self, account: str, subject: str) -> Hold | None:
        """Return a hold, None when there is none."""

    def list_all(self, account: str | None = None) -> Iterator[Hold]:
        """Yield all holds, waiting and ignored."""

    def upsert(self, hold: Hold) -> None:
        """Open a hold or bring it up to date; `since` of an open one is kept."""

    def delete(self, account: str, subject: str) -> None:
        """Close a hold; one that is gone is fine."""

    def add_waiting(self, subject: str, request: SyncRequest) -> None:
        """Note a record that waits for the hold; noting it again changes nothing."""

    def list_waiting(self, account: str, subject: str) -> Iterator[SyncRequest]:
        """Yield the records that wait."""

    def delete_waiting(self, subject: str, request: SyncRequest) -> None:
        """Forget a record that waited; one that is gone is fine."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that nothing more is done for until an operator decides.

    Attributes:
        key: its name for the operator.
        body: the message as it was on the queue (it carries no record data), cut to 4,000
            characters.
    """

    key: str
    body: str
    reason: str
    at: datetime
    code: str = ""
    request_id: str = ""


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
        """Return a point in time (UTC), None when there is none yet."""

    def set(self, name: str, moment: datetime) -> None:
        """Keep a point in time."""


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
