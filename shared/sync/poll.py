"""What webhooks missed: list what changed in FreshBooks and ask for what is not known yet.

Never writes to Dataverse, and never lets one business stop another.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

from shared.core.identity import Kind
from shared.core.lines import Need, Polled, Trouble, need_of
from shared.errors import ConnectorError
from shared.sync.asking import Asking, Pace
from shared.sync.heartbeats import POLL, Heartbeats
from shared.sync.known_rows import KnownRows
from shared.sync.noted import NotedCheckpoints
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    FreshBooks,
    Journal,
    MayRead,
    SyncQueue,
    Telemetry,
    Traffic,
    traffic,
)
from shared.sync.reading import Reader
from shared.sync.recheck import Recheck
from shared.sync.rounds import Rounds
from shared.sync.tickets import Tickets

TURN: Final = 20  # pages of a business before the next one has its turn
LONGEST: Final = 240.0  # seconds after which nobody has a second turn
RATE: Final = 8.0  # records in a second: two requests each of what one user of Dataverse may send


@dataclass(frozen=True)
class PollReport:
    """What a poll did.

    Attributes:
        asked: how many records it asked for, by business that was polled.
        problems: what it could not do.
        skipped: why a business was left alone, by business.
    """

    asked: dict[str, int]
    problems: list[str]
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Poll:
    """The timer's work: every business, every kind, then what waits.

    Attributes:
        max_backlog: records of one business that one poll asks for at most; the next poll goes on.
        rate: records in a second that can be handled.
        is_open: says why nothing may be asked of a business's FreshBooks now, "" when it may.
        may_read: says which lists may be asked for.
        backfilled: returns when the backfill began that carries a kind now, None for none.
        known: rows about which the journal need not be asked.
    """

    freshbooks: FreshBooks
    queue: SyncQueue
    journal: Journal
    tickets: Tickets
    checkpoints: Checkpoints
    businesses: Businesses
    recheck: Recheck
    telemetry: Telemetry
    heartbeats: Heartbeats
    clock: Callable[[], datetime]
    overlap_days: int
    max_backlog: int
    rate: float = RATE
    is_open: Callable[[str], str] = lambda _business: ""
    may_read: MayRead = lambda _business, _kind: True
    backfilled: Callable[[str, Kind], datetime | None] = lambda _business, _kind: None
    known: KnownRows = field(default_factory=KnownRows)

    def run(self, *, invocation: str = "") -> PollReport:
        """Poll everything once; a problem with one business does not stop the others.

        Args:
            invocation: the step of a trace that the host gave this invocation.
        """
        started = time.monotonic()
        with self.telemetry.unit("poll", invocation=invocation):
            with traffic(Traffic.BULK):
                report = self._poll(started)
            self.heartbeats.beat(POLL)
            self.telemetry.write(
                Polled(
                    asked=sum(report.asked.values()),
                    problems=len(report.problems),
                    ms=(time.monotonic() - started) * 1000,
                )
            )
        return report

    def _poll(self, started: float) -> PollReport:
        report = PollReport({}, [])
        businesses = [business.id for business in self.businesses.list_all()]
        asking = Asking(
            queue=self.queue, journal=self.journal, tickets=self.tickets, clock=self.clock
        )
        pace = Pace(rate=self.rate, most=self.max_backlog)
        idle = self._look(asking.idle, report)
        caught_up = idle or self._look(asking.caught_up, report)
        noted = NotedCheckpoints(self.checkpoints)
        turns = deque(
            (rounds, rounds.run())
            for rounds in (
                Rounds(
                    business,
                    asking=asking,
                    reader=Reader(self.freshbooks, business),
                    checkpoints=noted,
                    known=self.known,
                    may_read=self.may_read,
                    clock=self.clock,
                    overlap_days=self.overlap_days,
                    pace=pace,
                    idle=idle,
                    caught_up=caught_up,
                    trouble=partial(self._note, report, business),
                    backfilled=self.backfilled,
                )
                for business in businesses
            )
        )
        first = len(turns)
        while turns and (first > 0 or time.monotonic() - started < LONGEST):
            first -= 1
            rounds, steps = turns.popleft()
            business = rounds.business
            closed = self.is_open(business)
            if closed:
                report.skipped[business] = closed
            elif sum(1 for _ in islice(steps, TURN)) == TURN:
                turns.append((rounds, steps))
            if rounds.ended or rounds.asked:
                report.asked[business] = rounds.asked
        try:
            noted.write()
        except ConnectorError as error:
            self._note(report, "checkpoints", str(error), error)
        try:
            self.recheck.run(
                businesses, lambda where, error: self._note(report, where, str(error), error)
            )
        except ConnectorError as error:
            self._note(report, "holds", str(error), error)
        return report

    def _look(self, at: Callable[[], bool], report: PollReport) -> bool:
        """Look at the queue; where it cannot be seen, something may be on it."""
        try:
            return at()
        except ConnectorError as error:
            self._note(report, "queue", str(error), error)
            return False

    def _note(self, report: PollReport, where: str, text: str, error: Exception | None) -> None:
        problem = f"{where}: {text}"
        if problem in report.problems:
            return
        report.problems.append(problem)
        need = need_of(error) if isinstance(error, ConnectorError) else Need.PATIENCE
        self.telemetry.count(Trouble(what=need, text=f"Poll of {where} failed: {text}"))
