"""The values of the connector's choices in Dataverse.

Never renumbered: rows of every release hold these numbers.
"""

from enum import IntEnum
from typing import Final

OPTION_PREFIX: Final = 41765


def _option(number: int) -> int:
    return OPTION_PREFIX * 10_000 + number


class Health(IntEnum):
    """Financial health of an account."""

    NO_ACTIVITY = _option(0)
    GOOD_STANDING = _option(1)
    PAYMENT_DUE = _option(2)
    OVERDUE = _option(3)


class ClientState(IntEnum):
    """How a FreshBooks client stands to an account."""

    LINKED = _option(0)
    NEEDS_A_PERSON = _option(1)
    IGNORED = _option(2)
    GONE = _option(3)


class EntryKind(IntEnum):
    """What a timeline entry stands for."""

    INVOICE = _option(0)
    PAYMENT = _option(1)
    EXPENSE = _option(2)
    CREDIT = _option(3)
    CREDIT_APPLIED = _option(4)


class Billing(IntEnum):
    """Whether an expense is billed on to its client."""

    NOT_BILLABLE = _option(0)
    TO_BE_BILLED = _option(1)
    BILLED = _option(2)
    RECOUPED = _option(3)


class Status(IntEnum):
    """FreshBooks' `v3_status`, and our own: recorded, deleted, unknown and replaced."""

    DRAFT = _option(0)
    SENT = _option(1)
    VIEWED = _option(2)
    OVERDUE = _option(3)
    PARTIAL = _option(4)
    PAID = _option(5)
    AUTOPAID = _option(6)
    FAILED = _option(7)
    RETRY = _option(8)
    DISPUTED = _option(9)
    RESOLVED = _option(10)
    DEPOSIT_PARTIAL = _option(11)
    DEPOSIT_PAID = _option(12)
    DECLINED = _option(13)
    PENDING = _option(14)
    CREATED = _option(15)
    SUCCESS = _option(16)
    RECORDED = _option(17)
    DELETED = _option(18)
    UNKNOWN = _option(19)
    REPLACED = _option(20)

    @classmethod
    def of(cls, v3_status: str) -> "Status":
        """Return the option for a `v3_status`; values FreshBooks adds later are UNKNOWN."""
        return cls.__members__.get(v3_status.upper(), cls.UNKNOWN)


def label(option: IntEnum) -> str:
    """Return an option's label: `GOOD_STANDING` reads "Good standing"."""
    return option.name.replace("_", " ").capitalize()
