"""Figures of several runs: percentiles within one, median and extremes over all.

Never rounds before a figure is printed.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that at least `share` of them do not exceed.

    Nearest rank: always a value that was measured, never one in between.

    Args:
        values: at least one, in any order.
        share: above 0 and at most 1.

    Raises:
        ValueError: there are no values, or the share is out of range.

    >>> percentile([3.0, 1.0, 2.0], 0.5)
    2.0
    """
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values, and a share above 0 and at most 1")
    return sorted(values)[math.ceil(share * len(values)) - 1]


@dataclass(frozen=True)
class Spread:
    """One figure over several runs."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the spread of a figure that was measured at least once."""
        return cls(statistics.median(values), min(values), max(values))

    def shown(self, digits: int = 0) -> str:
        """Return `median (least to most)`, or one number where all of them look the same.

        >>> Spread(2.0, 1.0, 4.0).shown()
        '2 (1 to 4)'
        """
        middle, low, high = (
            f"{value:,.{digits}f}" for value in (self.median, self.least, self.most)
        )
        return middle if low == middle == high else f"{middle} ({low} to {high})"
