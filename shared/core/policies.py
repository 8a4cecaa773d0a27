"""What the administrator chose for cases that have no single right answer."""

from enum import StrEnum


class UnmatchedPolicy(StrEnum):
    """What happens to a client that fits no account."""

    CREATE = "create"
    HOLD = "hold"


class DeletedPolicy(StrEnum):
    """What happens to the rows of a record that FreshBooks deleted."""

    CANCEL = "cancel"
    DELETE = "delete"
    KEEP = "keep"
