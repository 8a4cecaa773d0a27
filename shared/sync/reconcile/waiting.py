"""The rows by which Sales sees what waits, where they are taken for written already.

Never writes one: the minute's look does, once it is told to look again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.core.identity import WAITING_CHECKPOINT, AwaitedKind, waiting_checkpoint
from shared.core.reconcile.causes import Cause, who_ends
from shared.core.reconcile.differences import Difference
from shared.core.rows import Insert, Operation, Remove
from shared.core.waiting_rows import Asked, WaitingRows, asked_by, differences, rows_of
from shared.sync.ports import Checkpoints, Holds
from shared.sync.ports.waiting_rows import SeenWaiting

WAITING_RECORD: Final = "waiting record"
_BEGUN: Final = "begun"


@dataclass(frozen=True, kw_only=True)
class WaitingCheck:
    """Compares the rows of what waits with what waits."""

    seen: SeenWaiting
    holds: Holds
    checkpoints: Checkpoints
    clock: Callable[[], datetime]

    def compare(self, business: str) -> Iterator[Difference]:
        """Yield the rows of a business that are not as they were written last.

        Raises:
            ConnectorError: Dataverse or the tables cannot be read now.
        """
        asked = asked_by(self.holds.list_all(business)).get(business, Asked(business, {}))
        waits = self.holds.list_waits(business, kind=AwaitedKind.CLIENT) if asked.reasons else ()
        wanted = rows_of(asked, waits)
        if not self._is_settled(wanted):
            return  # the minute's look is about to write them
        there = self.seen.look(business)
        if there is None:
            return
        for each in differences(wanted, there.rows, there.clients).operations:
            yield Difference(
                _cause(each),
                business,
                WAITING_RECORD,
                0,
                str(each.id),
                "the row by which Sales sees what waits is not as it was written",
                who_ends(Cause.MISSING),
            )

    def look_again(self, business: str) -> None:
        """Have the minute's look compare the rows of a business again, and write them.

        Raises:
            ConnectorError: the tables cannot be reached now.
        """
        listed = {*self.checkpoints.get_note(WAITING_CHECKPOINT).split(), business}
        self.checkpoints.set(WAITING_CHECKPOINT, self.clock(), note=" ".join(sorted(listed)))
        self.checkpoints.set(waiting_checkpoint(business), self.clock(), note=_BEGUN)

    def _is_settled(self, wanted: WaitingRows) -> bool:
        note = self.checkpoints.get_note(waiting_checkpoint(wanted.business))
        return note == (wanted.digest if wanted.rows else "")


def _cause(operation: Operation) -> Cause:
    if isinstance(operation, Insert):
        return Cause.MISSING
    return Cause.EXTRA if isinstance(operation, Remove) else Cause.CHANGED
