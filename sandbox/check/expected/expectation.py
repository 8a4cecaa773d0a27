"""What is expected of one row, and what everything expected depends on.

Never compares.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from sandbox.check.policies import Policies, Told


class Presence(Enum):
    """Whether a row has to be there, may be there, or must not."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Expectation:
    """What is expected of one row.

    Attributes:
        label: what a person calls the record.
        presence: whether there is a row at all.
        fields: what the row says, if there is one; what is not named here may be anything.
        place: what it belongs to.
        why: why it must not be there, to go on after "though".
    """

    label: str
    presence: Presence
    fields: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class Conditions:
    """What everything expected depends on besides the record.

    Attributes:
        policies: the connector's settings.
        told: what people did.
        today: the day it is in FreshBooks' calendar.
        currencies: codes of those that Dynamics has.
    """

    policies: Policies
    told: Told
    today: date
    currencies: frozenset[str]


@dataclass(frozen=True)
class Home:
    """Where the records of a client belong.

    Attributes:
        account: what stands for it in Dynamics; None where no account is chosen.
        waits: a person is needed, or decided to leave the client out.
        known: the client has a row, so that there is a decision.
        active: the account is there and is not deactivated.
    """

    account: Any = None
    waits: bool = False
    known: bool = True
    active: bool = False

    @property
    def presence(self) -> Presence:
        """Whether records that are to be shown have to be there."""
        return Presence.NEEDED if self.known and self.active else Presence.OPTIONAL


def waiting(label: str, key: str, conditions: Conditions) -> Expectation:
    """Expect of a record whose client waits: nothing new, and nothing of what is there."""
    before = conditions.told.before
    newly = before is not None and key not in before
    presence = Presence.FORBIDDEN if newly else Presence.OPTIONAL
    return Expectation(label, presence, why="its client waits for a decision")


def unshowable(label: str, code: str) -> Expectation:
    """Expect of a record in a currency that Dynamics lacks: it waits."""
    return Expectation(label, Presence.FORBIDDEN, why=f"Dynamics does not have its currency {code}")
