"""One piece of a night's comparison: what differs is asked for page by page, and noted.

Never cancels before a kind was compared whole: how much it is decides whether it is done at all.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from shared.core.identity import Kind, RecordId
from shared.core.lines import Reconciled
from shared.core.reconcile.causes import ENDED_BY_ASKING, Cause
from shared.core.reconcile.differences import Difference
from shared.core.reconcile.guard import Stopped, too_many
from shared.core.reconcile.ledger import Ledger
from shared.core.reconcile.nights import MOST_KEYS, Night, Progress, ended, key_of
from shared.errors import ConnectorError, RetryLaterError
from shared.sync.ports import Telemetry
from shared.sync.reconcile.asking import Asks
from shared.sync.reconcile.books import KINDS, Step
from shared.sync.reconcile.lists import BookList
from shared.sync.reconcile.progress import Notes
from shared.sync.reconcile.run import Opened, Reconcile
from shared.sync.reconcile.sales import Sales

MOST_TRIES: Final = 3  # pieces of a night, before a business is left to the next


@dataclass
class Piece:
    """As much of a night's comparison as one run does.

    Attributes:
        last: what the last night came to.
        fixes: what differs is asked for.
        why_not: says why a business is left alone now, "" when it is not.
        seconds: that it may take.
    """

    reconcile: Reconcile
    asks: Asks
    notes: Notes
    last: Night | None
    fixes: bool
    why_not: Callable[[str], str]
    seconds: float
    telemetry: Telemetry
    progress: Progress = field(init=False)
    began: float = field(default_factory=time.monotonic)

    def go_on(self, businesses: Sequence[str], today: date) -> Night | None:
        """Compare until the time is over; return what the night came to once all is done.

        Raises:
            ConnectorError: something cannot be asked now; the next piece goes on there.
        """
        there = self.notes.progress()
        whole = there is not None and there.night == today
        self.progress = there if there is not None and whole else Progress(night=today)
        sales = Sales(self.reconcile.rows, self.reconcile.crm, self.reconcile.clock)
        # Read again by each piece: it says which accounts are not active.
        sums = list(sales.sums(businesses))
        if not self.progress.sums_done:
            self._take(sums)
            self._set(sums_done=True)
        for business in businesses:
            if business in self.progress.done:
                continue
            if why := self.why_not(business):
                self._end_business(business, [f"{business}: {why}"])
            elif not self._compare(business, sales):
                return None
        night = ended(self.progress, self.last)
        self.notes.end(self.progress, night)
        return night

    def _compare(self, business: str, sales: Sales) -> bool:
        """Compare a business from where it was left; say whether it is done."""
        began, before = time.monotonic(), self.progress
        here = at = self.notes.place(before) if before.business == business else None
        self._set(business=business, cancels=before.cancels if at is not None else ())
        kinds = KINDS[KINDS.index(at.kind) :] if at is not None else KINDS
        opened = self.reconcile.open(business, kinds, sales, Ledger())
        try:
            for step in opened.steps(kinds, at):
                here = self._step(business, step, opened)
                if here is not None and self._is_over():
                    self._keep(here)
                    return False
            waiting = list(self.reconcile.waiting.compare(business))
        except ConnectorError as error:
            return self._stop(business, here, error)
        self._take(waiting)
        if waiting and self.fixes:
            self.reconcile.waiting.look_again(business)
        self._end_business(business, opened.books.told())
        self.telemetry.write(
            Reconciled(
                business=business,
                differences=_count(self.progress) - _count(before),
                asked=self.progress.asked - before.asked,
                ms=(time.monotonic() - began) * 1000,
            )
        )
        return True

    def _stop(self, business: str, here: BookList | None, error: ConnectorError) -> bool:
        """Let the next piece go on, or leave a business to the next night: others have their turn.

        Raises:
            ConnectorError: a service cannot be asked now.
        """
        tries = self.progress.tries + 1
        if isinstance(error, RetryLaterError) and tries < MOST_TRIES:
            self._set(tries=tries)
            self._keep(here)
            raise error
        self._end_business(business, [f"{business}: {error}"])
        return True

    def _step(self, business: str, step: Step, opened: Opened) -> BookList | None:
        """Take what came of a page, and return where to go on after it."""
        self._take(each for each in step.differences if not each.cancels)
        cancels = [each for each in step.differences if each.cancels]
        self._note(cancels)
        numbers = dict.fromkeys((*self.progress.cancels, *(each.number for each in cancels)))
        self._set(cancels=tuple(numbers))
        if step.at is not None:
            return step.at
        self._cancel(business, step.kind, opened.comparison.rows[step.kind])
        following = KINDS[KINDS.index(step.kind) + 1 :]
        return BookList(following[0]) if following else None

    def _cancel(self, business: str, kind: Kind, rows: int) -> None:
        """Ask for what is to be cancelled of a kind, unless it is too much at once."""
        numbers = self.progress.cancels
        if too_many(len(numbers), rows, share=self.reconcile.share):
            stopped = Stopped(business, kind, len(numbers), rows)
            self._set(stopped=(*self.progress.stopped, stopped.text))
        elif self.fixes:
            asked = self.asks.ask_for(RecordId(business, kind, number) for number in numbers)
            self._set(asked=self.progress.asked + asked)
        self._set(cancels=())

    def _take(self, differences: Iterable[Difference]) -> None:
        found = list(differences)
        self._note(found)
        if self.fixes:
            self._set(asked=self.progress.asked + self.asks.ask(found))

    def _note(self, differences: Iterable[Difference]) -> None:
        found = list(differences)
        counts = Counter(self.progress.differences) + Counter(str(each.cause) for each in found)
        # What waits, was given up or is decided has a list of its own, and ends otherwise.
        lasting = {*ENDED_BY_ASKING, Cause.UNEXPLAINED}
        keys = [key_of(each.key) for each in found if each.cause in lasting]
        every = (*self.progress.keys, *keys)[:MOST_KEYS]
        self._set(differences=dict(counts), keys=every)

    def _end_business(self, business: str, not_compared: Sequence[str]) -> None:
        self._set(
            done=(*self.progress.done, business),
            business="",
            at=None,
            tries=0,
            cancels=(),
            not_compared=(*self.progress.not_compared, *not_compared),
        )
        self._keep(None)

    def _keep(self, at: BookList | None) -> None:
        self.progress = self.notes.keep(self.progress, at)

    def _set(self, **news: object) -> None:
        self.progress = self.progress.model_copy(update=news)

    def _is_over(self) -> bool:
        return time.monotonic() - self.began >= self.seconds


def _count(progress: Progress) -> int:
    return sum(progress.differences.values())
