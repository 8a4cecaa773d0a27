"""One business in one poll: its lists one after the other, each from where it was left.

Never lets one list end the others, and never moves a checkpoint past what could not be read.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from shared.core.cursor import CLOCKS_APART, Cursor, Gap
from shared.core.identity import (
    Kind,
    RecordId,
    credits_checkpoint,
    cursor_checkpoint,
    gap_checkpoint,
    overdue_checkpoint,
    poll_checkpoint,
)
from shared.core.pages import Listed
from shared.core.records import EASTERN
from shared.errors import ConnectorError, NotSyncedError, ReconnectNeededError, RetryLaterError
from shared.sync import errands
from shared.sync.asking import AT_ONCE, Asking, Pace
from shared.sync.errands import BALANCES, CREDITS, OVERDUE, WHOLE
from shared.sync.known_rows import KnownRows
from shared.sync.noted import NotedCheckpoints
from shared.sync.ports import MayRead
from shared.sync.reading import Reader
from shared.sync.walk import Errand, Walk, Walked

# Clients first: their accounts are there when the invoices arrive.
ORDER: Final = (
    Kind.CLIENT,
    Kind.INVOICE,
    Kind.CREDIT,
    Kind.PAYMENT,
    Kind.EXPENSE,
    Kind.CATEGORY,
)
OVERDUE_EVERY: Final = timedelta(hours=6)
_MOST_FAILURES: Final = 2

Steps = Generator[None, None, bool]  # whether it has to be tried once more, after the others


def _by_none(_business: str, _kind: Kind) -> datetime | None:
    """Say that no backfill carries a kind."""


class Rounds:
    """Polls one business, a page at a time, so that others have their turn in between.

    Args:
        business: its FreshBooks account id.
        checkpoints: as this poll sees them.
        known: rows about which the journal need not be asked.
        may_read: says which lists may be asked for.
        pace: how many records all businesses may ask for.
        idle: nothing is on the queue.
        caught_up: nothing is on it that could be taken.
        trouble: is told what could not be done, and the error if there was one.
        backfilled: returns when the backfill began that carries a kind now, None for none.
    """

    def __init__(
        self,
        business: str,
        *,
        asking: Asking,
        reader: Reader,
        checkpoints: NotedCheckpoints,
        known: KnownRows,
        may_read: MayRead,
        clock: Callable[[], datetime],
        overlap_days: int,
        pace: Pace,
        idle: bool,
        caught_up: bool,
        trouble: Callable[[str, Exception | None], None],
        backfilled: Callable[[str, Kind], datetime | None] = _by_none,
    ) -> None:
        self.business = self._business = business
        self._asking = asking
        self._reader = reader
        self._checkpoints = checkpoints
        self._known = known
        self._may_read = may_read
        self._clock = clock
        self._overlap = timedelta(days=overlap_days)
        self._pace = pace
        self._small = Pace(rate=1.0, most=AT_ONCE)
        self._idle = idle
        self._caught_up = caught_up
        self._all_compared = False
        self._trouble = trouble
        self._backfilled = backfilled
        self.asked = 0
        self.ended = False

    def run(self) -> Generator[None, None, None]:
        """Go through all lists, and pause after each page; what goes wrong is told."""
        try:
            steps = deque(self._steps())
        except ConnectorError as error:
            self._trouble(str(error), error)
            return
        failures = 0
        while steps:
            name, step = steps.popleft()
            try:
                again = yield from step()
            except (ReconnectNeededError, NotSyncedError) as error:
                self._trouble(str(error), error)
                return
            except ConnectorError as error:
                self._trouble(str(error), error)
                failures += isinstance(error, RetryLaterError)
                if self._reader.down:
                    self._suspect(name, str(error))
                if self._reader.down or failures >= _MOST_FAILURES:
                    return
            except Exception as error:  # noqa: BLE001  # one list must not end the others
                self._trouble(_describe(error), error)
            else:
                if again:
                    self._suspect(name, "")
                    steps.append((name, step))
        self.ended = True

    def _steps(self) -> list[tuple[str, Callable[[], Steps]]]:
        """Return what there is to do; what failed before comes last, or it hid the others."""
        kinds = sorted(ORDER, key=lambda kind: self._gap(kind) is not None)
        steps: list[tuple[str, Callable[[], Steps]]] = [
            (kind, partial(self._poll, kind)) for kind in kinds
        ]
        return [
            *steps,
            (CREDITS, self._take_back),
            (OVERDUE, self._look_for_overdue),
            (BALANCES, self._compare_balances),
        ]

    def _poll(self, kind: Kind) -> Steps:
        """List what changed and what was deleted since the checkpoint."""
        checkpoint = poll_checkpoint(self._business, kind)
        if kind not in WHOLE:
            lists: tuple[Listed, ...] = (Listed.LIVING, Listed.DELETED)
            return (yield from self._keep_up(kind, kind, checkpoint, lists))
        if not self._may_read(self._business, kind):
            self._forget(checkpoint)
            return False
        return (yield from self._keep_up(kind, kind, checkpoint, (Listed.LIVING,)))

    def _take_back(self) -> Steps:
        """Ask once for the payments that stand for credit notes: those are shown from now on."""
        checkpoint = credits_checkpoint(self._business)
        if not self._may_read(self._business, Kind.CREDIT):
            self._forget(checkpoint)
            return False
        if self._checkpoints.get(checkpoint) is not None:
            return False
        now = self._clock()
        walked = yield from self._walk(errands.stand_ins(self._business), self._pace).resume(now)
        if walked.done:
            self._checkpoints.move(checkpoint, now)
        return walked.cold

    def _forget(self, checkpoint: str) -> None:
        if self._checkpoints.get(checkpoint) is not None:
            self._checkpoints.delete(checkpoint)

    def _look_for_overdue(self) -> Steps:
        """Ask for invoices that became overdue: time alone does that and reports nothing."""
        checkpoint = overdue_checkpoint(self._business)
        last = self._checkpoints.get(checkpoint)
        if last is not None and -CLOCKS_APART < self._clock() - last < OVERDUE_EVERY:
            return False
        return (yield from self._keep_up(OVERDUE, Kind.INVOICE, checkpoint, (Listed.OVERDUE,)))

    def _keep_up(self, what: str, kind: Kind, checkpoint: str, lists: tuple[Listed, ...]) -> Steps:
        """Walk through lists and move the checkpoint when all of them were read whole."""
        now = self._clock()
        base = self._checkpoints.get(checkpoint)
        name = cursor_checkpoint(self._business, what)
        gap = self._gap(what)
        if gap is not None and gap.tried is not None and not gap.is_due(now):
            self._trouble(gap.why, None)
            return (yield from self._look_at_new(what, kind, lists, gap.tried))
        if base is None and (began := self._backfilled(self._business, kind)) is not None:
            # It ends with a walk of its own, which sets the checkpoint.
            return (yield from self._look_at_new(what, kind, lists, began, changed_after=began))
        note = self._checkpoints.get_note(name)
        cursor = Cursor.read(note, base=base, parts=len(lists), now=now)
        begins = cursor is None
        if cursor is None:
            since = None if what == OVERDUE or kind in WHOLE else self._since(base)
            cursor = Cursor(base=base, since=since, started=now)
        else:
            again = yield from self._look_at_new(what, kind, lists, cursor.started)
            record = RecordId(self._business, kind, cursor.number)
            if again or self._asking.is_pending(record, cursor.ticket, idle=self._idle):
                return again  # what was asked for is to be handled first
        aged = what == OVERDUE
        errand = errands.changes(
            self._business,
            kind,
            what,
            lists,
            cursor=cursor,
            listed_from=self._day(cursor.started),
            also=errands.aged(self._business, before=base, now=now) if base and aged else None,
        )
        walk = self._walk(errand, self._pace)
        walked = yield from walk.run(cursor)
        if walked.done:
            if kind is Kind.CREDIT and begins and not walked.cursor.faults:
                # That one is absent proves nothing: it is read by its number.
                self._count(
                    self._asking.ask_for_absent(
                        self._business, kind, walk.numbers, pace=self._pace, idle=self._idle
                    )
                )
            self._finish(what, checkpoint, walked, gap)
            if note or walk.kept:
                self._checkpoints.delete(name)
        return walked.cold

    def _finish(self, what: str, checkpoint: str, walked: Walked, gap: Gap | None) -> None:
        cursor = walked.cursor
        self._all_compared |= what == Kind.CLIENT and cursor.since is None
        if not cursor.faults:
            self._checkpoints.move(checkpoint, cursor.started)
            if gap is not None:
                self._checkpoints.delete(gap_checkpoint(self._business, what))
            return
        why = f"The list {what} was not read whole, {cursor.faults} times: {cursor.why}"
        first = gap.first if gap is not None else cursor.started
        self._set_gap(what, Gap(first=first, tried=cursor.started, why=why))
        self._trouble(why, None)

    def _look_at_new(
        self,
        what: str,
        kind: Kind,
        lists: tuple[Listed, ...],
        since: datetime,
        *,
        changed_after: datetime | None = None,
    ) -> Steps:
        """List what changed since a walk began that takes longer, or that cannot be ended."""
        if what == OVERDUE:
            return False
        errand = errands.news(self._business, kind, what, lists, since=self._day(since))
        errand = replace(errand, changed_after=changed_after)
        walked = yield from self._walk(errand, self._small).run(
            Cursor(base=None, since=None, started=since)
        )
        return walked.cold

    def _compare_balances(self) -> Steps:
        """Compare the balances of all clients, a few pages at each poll, then from the start."""
        if self._all_compared or not self._caught_up:
            return False  # what waits on the queue refreshes the balances that it changes
        if self._checkpoints.get(poll_checkpoint(self._business, Kind.CLIENT)) is None:
            return False  # all of them are still to be asked for
        walk = self._walk(errands.balances(self._business), self._pace)
        walked = yield from walk.resume(self._clock())
        return walked.cold

    def _walk(self, errand: Errand, pace: Pace) -> Walk:
        return Walk(
            errand,
            asking=self._asking,
            reader=self._reader,
            checkpoints=self._checkpoints,
            pace=pace,
            idle=self._idle,
            known=self._known,
            count=self._count,
        )

    def _count(self, asked: int) -> None:
        self.asked += asked

    def _gap(self, what: str) -> Gap | None:
        note = self._checkpoints.get_note(gap_checkpoint(self._business, what))
        return Gap.read(note, now=self._clock()) if note else None

    def _set_gap(self, what: str, gap: Gap) -> None:
        name = gap_checkpoint(self._business, what)
        self._checkpoints.set(name, gap.first, note=gap.model_dump_json())

    def _suspect(self, what: str, why: str) -> None:
        """Let a list come last the next time: it may be that the others can be read."""
        if what in set(Kind) and self._gap(what) is None:
            self._set_gap(what, Gap(first=self._clock(), why=why))

    def _since(self, checkpoint: datetime | None) -> date | None:
        """Return the Eastern day to list from; filters know days only.

        A checkpoint of tomorrow is a row that somebody changed: it counts as none.
        """
        if checkpoint is None or checkpoint - self._clock() > CLOCKS_APART:
            return None
        return self._day(checkpoint)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(EASTERN).date() - self._overlap


def _describe(error: Exception) -> str:
    """Return kind, file and line of an error; its text might hold what must not be logged."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "an unknown place"
    if trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return f"unexpected {type(error).__name__} at {place}"
