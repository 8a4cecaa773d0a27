"""How the handling of one message can end.

Every message ends in exactly one of these, and each can be looked up by the record's number.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.core.identity import Awaited
from shared.core.waiting import NOTHING_SHOWN, Hold, Shown


class OutcomeName(StrEnum):
    """How the handling of a message ended, as the journal writes it."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    HELD = "held"
    JOINED = "joined"  # another message reads it; never in the journal
    DEFERRED = "deferred"
    DEAD_LETTERED = "dead-lettered"
    ASKED = "asked"  # a message that will read it is on the queue
    WAITING = "waiting"  # for something that has a name
    NAMED = "named"  # others wait for it or a person decided; it was not handled itself yet
    UNKNOWN = "unknown"  # written by a later release

    @classmethod
    def _missing_(cls, value: object) -> "OutcomeName":  # noqa: ARG003  # the enum's protocol
        return cls.UNKNOWN


@dataclass(frozen=True)
class Written:
    """Rows were written.

    Attributes:
        how: created, updated or cancelled.
        reason: why, where that is not plain, such as how an account was matched.
    """

    how: OutcomeName
    reason: str = ""


@dataclass(frozen=True)
class Unchanged:
    """Dataverse holds what FreshBooks holds."""


@dataclass(frozen=True)
class Skipped:
    """The record is not to be carried over.

    Attributes:
        awaited: what would have it carried over, None when nothing of it is left in FreshBooks.
    """

    reason: str
    awaited: Awaited | None = None


@dataclass(frozen=True)
class Held:
    """The record waits for a decision about `hold`."""

    hold: Hold


@dataclass(frozen=True)
class Waits:
    """The record waits for something that no person is asked about.

    Attributes:
        probe: seconds after which this record is to try whether the wait is over, None when others
            do.
        attempt: how often the record itself was at fault so far, None where that is not counted.
    """

    awaited: Awaited
    reason: str
    probe: float | None = None
    attempt: int | None = None


@dataclass(frozen=True)
class Joined:
    """Another message will read the record after now; this one has nothing to do."""

    reason: str


@dataclass(frozen=True)
class Deferred:
    """The same message comes again after `delay` seconds.

    Attributes:
        fault: the record itself is at fault, so this was an attempt; throttling is none.
    """

    reason: str
    delay: float
    fault: bool = False


@dataclass(frozen=True)
class DeadLettered:
    """Nothing more is done until an operator decides.

    Attributes:
        reason: why.
        code: the service's own error code, "" if it gave none.
        request_id: what the service calls the request, "" if it did not say.
        awaited: the problem it was given up for, None where it is none.
    """

    reason: str
    code: str = ""
    request_id: str = ""
    awaited: Awaited | None = None


Outcome = Written | Unchanged | Skipped | Held | Waits | Joined | Deferred | DeadLettered


@dataclass(frozen=True)
class Result:
    """An outcome with what the journal notes beside it.

    Attributes:
        shown: what people are shown of the record.
        fingerprint: of the state that was read.
        read_at: when it was read, UTC.
        rows: ids of its rows in Dataverse.
    """

    outcome: Outcome
    shown: Shown = NOTHING_SHOWN
    fingerprint: str = ""
    read_at: datetime | None = None
    rows: tuple[UUID, ...] = field(default=())

    @property
    def label(self) -> str:
        """What people call the record."""
        return self.shown.label


def name_of(outcome: Outcome) -> OutcomeName:
    """Return an outcome's name."""
    return outcome.how if isinstance(outcome, Written) else _NAMES[type(outcome)]


_NAMES: Final[dict[type[Outcome], OutcomeName]] = {
    Unchanged: OutcomeName.UNCHANGED,
    Skipped: OutcomeName.SKIPPED,
    Held: OutcomeName.HELD,
    Waits: OutcomeName.WAITING,
    Joined: OutcomeName.JOINED,
    Deferred: OutcomeName.DEFERRED,
    DeadLettered: OutcomeName.DEAD_LETTERED,
}


def reason_of(outcome: Outcome) -> str:
    """Return why, in words for an operator."""
    match outcome:
        case Unchanged():
            return ""
        case Held():
            return outcome.hold.reason
        case _:
            return outcome.reason


def awaited_by(outcome: Outcome) -> Awaited | None:
    """Return what a record waits for after an outcome, None when it does not."""
    match outcome:
        case Held():
            return outcome.hold.awaited
        case Waits() | Skipped() | DeadLettered():
            return outcome.awaited
        case _:
            return None
