"""What waits: a record for something with a name, and the decisions that people are asked for.

Never ends a wait; what ends it is the thing that is waited for.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, AwaitedKind


class HoldState(StrEnum):
    """How a hold stands."""

    WAITING = "waiting"
    RELEASED = "released"  # its records are being sent on
    IGNORED = "ignored"  # an operator decided to leave the client out
    UNLINKED = "unlinked"  # a person took the client's account from it
    OWN = "own"  # an operator wants a row of its own for an invoice, beside what Sales has
    UNKNOWN = "unknown"  # written by a later release
    UNREADABLE = "unreadable"  # its row cannot be read

    @classmethod
    def _missing_(cls, value: object) -> "HoldState":  # noqa: ARG003  # the enum's protocol
        return cls.UNKNOWN


@dataclass(frozen=True)
class Candidate:
    """A row that might be the record's, to be shown to the operator.

    Attributes:
        account: its id; of a client an account, of an invoice an invoice.
    """

    account: UUID
    name: str
    note: str


_INACTIVE: Final = "inactive"


def noted(where: str, *, active: bool) -> str:
    """Return what is noted of a candidate: what tells it from others, and whether it is inactive.

    Args:
        where: its city, number and owner, "" for nothing.
        active: whether it is active.
    """
    return ", ".join(filter(None, ("" if active else _INACTIVE, where)))


def was_active(candidate: Candidate) -> bool:
    """Say whether a candidate was active when it was noted."""
    return not candidate.note.startswith(_INACTIVE)


@dataclass(frozen=True)
class Hold:
    """A client or invoice that waits for a decision, or a currency the environment lacks.

    Attributes:
        awaited: what its records wait for.
        name: the client's name, the invoice's number, or the currency's code.
        value: what accounts are compared with beside the name, "" for nothing.
        noted: of an invoice's, whether the invoice's entry says that it is there.
    """

    business: str
    awaited: Awaited
    name: str
    reason: str
    since: datetime
    candidates: tuple[Candidate, ...] = ()
    state: HoldState = HoldState.WAITING
    value: str = ""
    noted: bool = field(default=False, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether records wait with it: it was neither ended nor ignored, as far as is known."""
        kept = self.awaited.kind is AwaitedKind.CHOSEN
        return not kept and self.state not in {HoldState.RELEASED, HoldState.IGNORED}

    @property
    def leaves_out(self) -> bool:
        """Whether it is the decision to leave a client out.

        One that cannot be read stands, and an account that was taken from a client is none.
        """
        if self.awaited.kind is AwaitedKind.CHOSEN:
            return False
        decided = self.awaited.kind is AwaitedKind.IGNORED and self.state is not HoldState.UNLINKED
        return decided or self.state is HoldState.IGNORED

    @property
    def wants_own(self) -> bool:
        """Whether it is the decision that an invoice gets a row beside what Sales has."""
        return self.awaited.kind is AwaitedKind.CHOSEN and self.state is HoldState.OWN

    @property
    def leaves_invoice_out(self) -> bool:
        """Whether it is the decision to leave an invoice out; one that cannot be read stands."""
        return self.awaited.kind is AwaitedKind.CHOSEN and self.state is not HoldState.OWN


@dataclass(frozen=True)
class Shown:
    """What people are shown of a record that is not in Sales.

    Attributes:
        label: what they call it, such as the invoice's number; "" if it has none.
        name: of the customer, "" if it is not known.
        amount: in decimals, exactly as FreshBooks has it; "" if it has none.
        currency: ISO code of the amount, "" without one.
    """

    label: str = ""
    name: str = ""
    amount: str = ""
    currency: str = ""


NOTHING_SHOWN: Final = Shown()


@dataclass(frozen=True)
class Wait:
    """A record that waits.

    Attributes:
        awaited: for what.
        request: asks for the record when the wait ends.
        since: when it began to wait for this, UTC.
        reason: why, in words for an operator; "" where the thing itself says it.
        partly: the record is in Sales, only its link to what it waits for is not.
        noted: where it waits for an invoice, whether the invoice's entry says so.
    """

    awaited: Awaited
    request: SyncRequest
    since: datetime
    reason: str = ""
    shown: Shown = field(default=NOTHING_SHOWN)
    partly: bool = False
    noted: bool = field(default=False, compare=False)


# These begin and end by themselves; a client and a currency wait for a person.
CIRCUITS: Final = frozenset({AwaitedKind.SERVICE, AwaitedKind.CONNECTION, AwaitedKind.PROBLEM})
