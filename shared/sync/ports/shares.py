"""Who sends to a service now, as processes tell each other.

Never says how much each should claim.
"""

from typing import Protocol

from shared.core.rates import Member


class Shares(Protocol):
    """The processes that send to one service, a row for each."""

    def list_all(self) -> list[Member]:
        """Return all of them; one whose row cannot be read may have as much as one can."""

    def insert(self, member: Member) -> Member:
        """Add a process, and return it with its version.

        Raises `ConflictError` when there is one of this id, perhaps ours when an answer was lost.
        """

    def replace(self, member: Member) -> Member:
        """Write a process that is still in `member.version`, and return its new version.

        Raises `ConflictError` when it changed or is gone, perhaps by us when an answer was lost.
        """

    def delete(self, member: Member) -> None:
        """Delete a process that is still in `member.version`; one that is gone is fine.

        Raises `ConflictError` when it beat meanwhile.
        """
