"""The guard against mass cancelling: how much may be cancelled at once without a person's word.

Never cancels anything.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.core.reconcile.differences import Difference

FLOOR: Final = 10  # so few are no mass, however small a business is


@dataclass(frozen=True)
class Stopped:
    """A kind of a business of which too much would be cancelled.

    Attributes:
        would: how many rows would count no more.
        rows: how many count now.
    """

    business: str
    kind: str
    would: int
    rows: int

    @property
    def text(self) -> str:
        """What is wrong, with the figures."""
        kinds = f"{self.kind}s" if self.rows != 1 else self.kind
        return (
            f"{self.would} of {self.rows} {kinds} of {self.business} would be cancelled in Sales: "
            "none of them was asked for"
        )


def guard(
    differences: Iterable[Difference], rows: Mapping[tuple[str, str], int], *, share: float
) -> list[Stopped]:
    """Return the kinds of which more than a share would be cancelled at once.

    Args:
        differences: of all kinds and businesses.
        rows: how many count in Sales now, by business and kind.
        share: the most that may be cancelled, in percent.
    """
    would = Counter((each.business, each.kind) for each in differences if each.cancels)
    return [
        Stopped(business, kind, count, rows.get((business, kind), 0))
        for (business, kind), count in sorted(would.items())
        if too_many(count, rows.get((business, kind), 0), share=share)
    ]


def too_many(would: int, rows: int, *, share: float) -> bool:
    """Say whether more would be cancelled at once than a share of the rows that count."""
    return would > max(FLOOR, rows * share / 100)


def is_stopped(difference: Difference, stopped: Iterable[Stopped]) -> bool:
    """Say whether a difference is one of those that the guard holds back."""
    held = {(each.business, each.kind) for each in stopped}
    return difference.cancels and (difference.business, difference.kind) in held
