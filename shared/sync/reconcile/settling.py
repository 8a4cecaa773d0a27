"""Differences that are none any more: their records are being carried over, or just were.

Never hides one for longer than a message takes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.core.identity import Kind
from shared.core.journal import JournalEntry
from shared.core.known import LOST_AFTER, is_pending
from shared.core.outcomes import OutcomeName
from shared.core.reconcile.causes import IN_ITS_TURN, Cause
from shared.core.reconcile.differences import Difference
from shared.sync.ports import Journal, SyncQueue

AT_ONCE: Final = 100  # look-ups


@dataclass
class Settling:
    """Looks up in the journal what becomes of the records that differ.

    Attributes:
        started: when the comparison began: what was read since is older here than it is there.
        idle: nothing at all is on the queue.
    """

    journal: Journal
    clock: Callable[[], datetime]
    started: datetime
    idle: bool

    @classmethod
    def of(cls, journal: Journal, queue: SyncQueue, clock: Callable[[], datetime]) -> "Settling":
        """Return it for a comparison that begins now."""
        return cls(journal, clock, clock(), queue.depth() == 0)

    def settle(self, kind: Kind, differences: Iterable[Difference]) -> list[Difference]:
        """Return differences of one kind, those that end by themselves with that cause."""
        found = list(differences)
        asked = [each for each in found if each.ask is not None]
        under_way: dict[int, str] = {}
        for start in range(0, len(asked), AT_ONCE):
            part = asked[start : start + AT_ONCE]
            numbers = list(dict.fromkeys(each.number for each in part))
            for number, entry in self.journal.get_many(part[0].business, kind, numbers).items():
                if why := self._why(entry):
                    under_way[number] = why
        return [
            replace(
                each,
                cause=Cause.DEFERRED,
                detail=f"{under_way[each.number]}: {each.detail}",
                who=IN_ITS_TURN,
                ask=None,
                cancels=False,
            )
            if each.ask is not None and each.number in under_way
            else each
            for each in found
        ]

    def _why(self, entry: JournalEntry) -> str:
        """Return why a difference ends by itself, "" when it does not."""
        now = self.clock()
        if entry.read_at is not None and entry.read_at > self.started:
            return "it was carried over while both sides were read"
        if is_pending(entry, now, idle=self.idle):
            return "it is asked for already"
        if entry.outcome is OutcomeName.DEFERRED and now - entry.at < LOST_AFTER:
            return entry.reason or "it is tried again within minutes"
        return ""
