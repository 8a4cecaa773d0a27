"""The proof that a backfill missed nothing: its lists once more, against what is on record.

Never believes a page's number: rows that moved while pages were carried are found here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.core.cursor import Cursor
from shared.core.identity import Kind, cursor_checkpoint, poll_checkpoint
from shared.core.pages import Listed, Listing
from shared.core.runs import Run, Step
from shared.sync.asking import Asking, Pace
from shared.sync.known_rows import KnownRows
from shared.sync.ports import Checkpoints, FreshBooks, Journal, SyncQueue
from shared.sync.reading import Reader
from shared.sync.tickets import Tickets
from shared.sync.walk import Errand, Walk

_MOST: Final = 100_000  # records of which one walk asks for those that are missing


@dataclass(frozen=True)
class Proved:
    """How far a proof is.

    Attributes:
        done: every list was walked whole.
        missing: records that nothing was on record about, and that are asked for now.
        why: what could not be read, "" for nothing.
    """

    done: bool
    missing: int
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Walks the lists of a run again.

    Attributes:
        queue: where records go that are missing.
        longest: seconds that a walk goes on before others have their turn.
    """

    freshbooks: FreshBooks
    queue: SyncQueue
    journal: Journal
    tickets: Tickets
    checkpoints: Checkpoints
    clock: Callable[[], datetime]
    seconds: Callable[[], float]
    longest: float = 100.0

    def go_on(self, run: Run, step: Step) -> Proved:
        """Go on with one list, and say whether that is its end.

        Where a kind was never polled to the end, this is the walk that a first poll would make,
        deleted records included, and the next poll goes on from here.

        Raises:
            ConnectorError: FreshBooks or our own storage cannot be reached; the walk goes on where
                it was.
        """
        kind = step.kind
        assert kind is not None  # noqa: S101  # a proof is about one kind
        counted: list[int] = []
        walk, cursor, name = self._walk(run, step, kind, counted.append)
        until = self.seconds() + self.longest
        steps = walk.run(cursor)
        walked = None
        while walked is None and self.seconds() < until:
            try:
                next(steps)
            except StopIteration as stop:
                walked = stop.value
        if walked is None or not walked.done:
            return Proved(done=False, missing=sum(counted))
        self.checkpoints.delete(name)
        checkpoint = poll_checkpoint(run.business, kind)
        if not walked.cursor.faults and step.span.whole and not self.checkpoints.get(checkpoint):
            self.checkpoints.set(checkpoint, run.started)
        return Proved(done=True, missing=sum(counted), why=walked.cursor.why)

    def _walk(
        self, run: Run, step: Step, kind: Kind, count: Callable[[int], None]
    ) -> tuple[Walk, Cursor, str]:
        lists = [Listing(Listed.LIVING, dated=step.span, newest_first=True)]
        first = self.checkpoints.get(poll_checkpoint(run.business, kind)) is None
        if first and step.span.whole:
            lists.append(Listing(Listed.DELETED))
        what = f"proof-{run.id}-{kind}"
        errand = Errand(business=run.business, kind=kind, what=what, lists=tuple(lists))
        asking = Asking(
            queue=self.queue,
            journal=self.journal,
            tickets=replace(self.tickets, queue=self.queue),
            clock=self.clock,
        )
        walk = Walk(
            errand,
            asking=asking,
            reader=Reader(self.freshbooks, run.business),
            checkpoints=self.checkpoints,
            pace=Pace(rate=float(_MOST), most=_MOST),
            idle=False,
            known=KnownRows(),  # nothing is believed but the journal
            count=count,
        )
        name = cursor_checkpoint(run.business, what)
        note, now = self.checkpoints.get_note(name), self.clock()
        cursor = Cursor.read(note, base=None, parts=len(lists), now=now)
        return walk, cursor or Cursor(base=None, since=None, started=now), name
