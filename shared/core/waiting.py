"""What waits for a person: a client without an account, a currency Dataverse does not have.

Never says how long, or what ends it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.core.identity import Awaited


class HoldState(StrEnum):
    """How a hold stands."""

    WAITING = "waiting"
    RELEASED = "released"  # its records are being sent on
    IGNORED = "ignored"  # an operator decided to leave the client out
    UNKNOWN = "unknown"  # written by a later release
    UNREADABLE = "unreadable"  # its row cannot be read

    @classmethod
    def _missing_(cls, value: object) -> "HoldState":  # noqa: ARG003  # the enum's protocol
        return cls.UNKNOWN


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
        awaited: what its records wait for.
        name: the client's name, or the currency's code.
    """

    business: str
    awaited: Awaited
    name: str
    reason: str
    since: datetime
    candidates: tuple[Candidate, ...] = ()
    state: HoldState = HoldState.WAITING

    @property
    def is_open(self) -> bool:
        """Whether records wait with it: it was neither ended nor ignored, as far as is known."""
        return self.state not in {HoldState.RELEASED, HoldState.IGNORED}
