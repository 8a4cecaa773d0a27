"""How much is measured: everything, several times, or a little of it to see that it works.

Never changes what a figure means.
"""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


def medians(runs: int) -> str:
    """Say what the cells of a table of `Spread` are.

    >>> medians(5)
    'medians of 5 runs, least and most in brackets'
    """
    return "a single run" if runs == 1 else f"medians of {runs} runs, least and most in brackets"


@dataclass(frozen=True)
class Effort:
    """How often and how much."""

    runs: int = 5
    quick: bool = False

    def pick(self, full: T, quick: T) -> T:
        """Return the size of a figure's work: `full`, or `quick` for a look."""
        return quick if self.quick else full
