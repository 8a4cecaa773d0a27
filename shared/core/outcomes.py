"""How the handling of one message can end.

Every message ends in exactly one of these, and each can be looked up by the record's number.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.core.waiting import Hold


class OutcomeName(StrEnum):
    """How the handling of a message ended, as the journal writes it."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    HELD = "held"
    DEFERRED = "deferred"
    DEAD_LETTERED = "dead-lettered"
    ASKED = "asked"  # a message that will read it is on the queue
    WAITING = "waiting"  # for something that has a name
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
    """The record is not to be carried over."""

    reason: str


@dataclass(frozen=True)
class Held:
    """The record waits for a decision about `hold`."""

    hold: Hold


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
    """Nothing more is done until an operator decides."""

    reason: str
    code: str = ""
    request_id: str = ""


Outcome = Written | Unchanged | Skipped | Held | Deferred | DeadLettered


@dataclass(frozen=True)
class Result:
    """An outcome with what the journal notes beside it.

    Attributes:
        label: what people call the record.
        fingerprint: of the state that was read.
        read_at: when it was read, UTC.
        rows: ids of its rows in Dataverse.
    """

    outcome: Outcome
    label: str = ""
    fingerprint: str = ""
    read_at: datetime | None = None
    rows: tuple[UUID, ...] = field(default=())


def name_of(outcome: Outcome) -> OutcomeName:
    """Return an outcome's name."""
    match outcome:
        case Written():
            return outcome.how
        case Unchanged():
            return OutcomeName.UNCHANGED
        case Skipped():
            return OutcomeName.SKIPPED
        case Held():
            return OutcomeName.HELD
        case Deferred():
            return OutcomeName.DEFERRED
        case DeadLettered():
            return OutcomeName.DEAD_LETTERED


def reason_of(outcome: Outcome) -> str:
    """Return why, in words for an operator."""
    match outcome:
        case Unchanged():
            return ""
        case Held():
            return outcome.hold.reason
        case _:
            return outcome.reason
