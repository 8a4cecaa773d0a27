"""Leases as those who need one see them: one holder at a time, for a while.

Never proves that a holder which was paused still holds: it has to renew before it acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Lease:
    """A lease that is or was held.

    Attributes:
        name: what it is for.
        holder: random, one for every acquisition.
        generation: counts the acquisitions of this name, for ever upwards.
        until: when others may take it, UTC.
        note: what the last holder left for the next one; "" at first.
        version: the entity's ETag.
    """

    name: str
    holder: str
    generation: int
    until: datetime
    note: str = ""
    version: str = field(default="", repr=False)


class Leases(Protocol):
    """Leases: one holder at a time across all instances, for a while."""

    def read(self, name: str) -> Lease | None:
        """Return a lease as it stands, held or not; None when it never was."""

    def list_all(self) -> Iterator[Lease]:
        """Yield all leases as they stand, held or not."""

    def acquire(self, name: str, *, seconds: float) -> Lease | None:
        """Take a free or expired lease; None when somebody else holds it."""

    def renew(self, lease: Lease, *, seconds: float) -> Lease:
        """Hold a lease for `seconds` from now and keep its note.

        Raises `ConflictError` when it was taken over.
        """

    def give_back(self, lease: Lease) -> None:
        """Give a lease back with its note; one that was taken over is fine."""

    def delete(self, lease: Lease) -> None:
        """Forget a lease as it was read; one that is gone, or was taken since, is left alone."""
