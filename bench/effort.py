"""How much is measured: everything, several times, or a little of it to see that it works.

Never changes what a figure means.
"""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Effort:
    """How often and how much."""

    runs: int = 5
    quick: bool = False

    def pick(self, full: T, quick: T) -> T:
        """Return the size of a figure's work: `full`, or `quick` for a look."""
        return quick if self.quick else full
