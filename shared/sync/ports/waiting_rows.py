"""The rows in Dataverse by which Sales sees what waits, as the use cases see them.

Never says what a row looks like on the wire.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from shared.core.rows import Current, Operation


@dataclass(frozen=True)
class ThereToSee:
    """What Sales sees now of what waits of one business.

    Attributes:
        rows: of the table of waiting records.
        clients: ids of the rows of its clients that need a person, by their keys.
    """

    rows: Sequence[Current]
    clients: Mapping[str, UUID]


class SeenWaiting(Protocol):
    """The table of waiting records.

    Every method may raise `RetryLaterError` and `ConfigurationError`.
    """

    def look(self, business: str) -> ThereToSee | None:
        """Return what is there of a business; None where the table itself is not there yet."""

    def write(self, operations: Sequence[Operation]) -> object:
        """Apply all operations in one change set, or none.

        Raises:
            ConflictError: a row changed, appeared or vanished since it was read.
            RecordRefusedError: Dataverse refuses the rows as they are.
        """
