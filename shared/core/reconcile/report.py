"""What a comparison found: the page that finance signs, and what is done about it.

Never computes a figure of its own: it picks what belongs to a month.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.reconcile.causes import DECIDED, Cause
from shared.core.reconcile.differences import Difference
from shared.core.reconcile.guard import Stopped, is_stopped
from shared.core.reconcile.ledger import Sums


@dataclass(frozen=True)
class Report:
    """Both sides, compared.

    Attributes:
        month: that it is about, "" for all.
        businesses: that were compared.
        started: when it began, UTC.
        version: of the connector.
        sums: by business, kind, month and currency.
        differences: of the month, each with its cause.
        stopped: what the guard holds back.
        not_compared: what was left out, and why.
        is_whole: all was read that may be read.
    """

    month: str
    businesses: tuple[str, ...]
    started: datetime
    version: str
    sums: tuple[Sums, ...]
    differences: tuple[Difference, ...]
    stopped: tuple[Stopped, ...] = ()
    not_compared: tuple[str, ...] = ()
    is_whole: bool = True

    @property
    def troubles(self) -> list[Difference]:
        """What neither a person nor a setting nor the record itself decided."""
        return [each for each in self.differences if each.cause not in DECIDED]

    @property
    def adds_up(self) -> bool:
        """Whether FreshBooks is Sales and what is listed, in every line."""
        return all(each.remainder.is_nothing for each in self.sums)

    def causes(self) -> dict[Cause, int]:
        """Return how many differences there are of each cause."""
        return dict(sorted(Counter(each.cause for each in self.differences).items()))

    def wanted(self, *, cancel: int | None = None) -> list[Difference]:
        """Return the differences that are to be asked for.

        Args:
            cancel: how many rows a person said may be cancelled; None for nobody's word.

        Raises:
            ValueError: another number would be cancelled than that person said.
        """
        would = sum(each.would for each in self.stopped)
        if cancel is not None and cancel != would:
            raise ValueError(f"{would} rows would be cancelled, and not {cancel}")
        held: Sequence[Stopped] = () if cancel is not None else self.stopped
        asked = [each for each in self.differences if each.ask is not None]
        return [each for each in asked if not is_stopped(each, held)]
