"""How fast requests go to one service: in turn, at the pace it takes, live traffic before bulk.

Never sends anything, and never makes a thread wait for long: longer waits belong to the queue.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from shared.adapters.http.membership import Membership
from shared.core.rates import Answer, Bucket, Pace, Slice, most_at_once, paced, wait_for
from shared.errors import RetryLaterError
from shared.sync.ports import Traffic, current_traffic

_LONGEST_WAIT: Final = 20.0  # seconds
_NOT_YET: Final = 0.5
_AGAIN: Final = 5.0
_FULL: Final = Bucket(float("inf"), 0.0)  # filled to the burst when it is first asked


class Turn:
    """One request that may be sent; told what became of it."""

    def __init__(self) -> None:
        self.answer = Answer.LOST

    def answered(self, answer: Answer) -> None:
        """Note what the answer says about how much the service takes."""
        self.answer = answer


class Limiter:
    """The turns of one process at one service; safe for many threads.

    Args:
        service: its name, for people.
        membership: the process among the others.
        clock: seconds that only grow.
        longest_wait: seconds a thread waits for its turn.
    """

    def __init__(
        self,
        service: str,
        membership: Membership,
        *,
        clock: Callable[[], float] = time.monotonic,
        longest_wait: float = _LONGEST_WAIT,
    ) -> None:
        self._service = service
        self._membership = membership
        self._clock = clock
        self._longest_wait = longest_wait
        self._changed = threading.Condition()
        self._bucket = _FULL
        self._pace = Pace()
        self._under_way = 0
        self._live_waiting = 0

    @property
    def part(self) -> float:
        """Which part of its slice the process takes now, up to 1."""
        return self._pace.part

    @contextlib.contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for a turn and have it while the context lasts; what raises counts as lost.

        Raises:
            RetryLaterError: the turn did not come in time; nothing was sent.
        """
        bulk = current_traffic() is Traffic.BULK
        self._wait(bulk=bulk)
        turn, sent_at = Turn(), self._clock()
        try:
            yield turn
        finally:
            self.end(turn.answer, sent_at=sent_at, now=self._clock())

    def begin(self, *, bulk: bool, now: float) -> float:
        """Take a turn if there is one; return 0 then, else seconds to wait before asking again."""
        slice_ = self._membership.slice(now)
        if slice_ is None:
            return _NOT_YET
        with self._changed:
            return self._take(slice_, bulk=bulk, now=now)

    def end(self, answer: Answer, *, sent_at: float, now: float) -> None:
        """Give back a turn that was taken."""
        with self._changed:
            self._under_way -= 1
            self._pace = paced(self._pace, answer, sent_at=sent_at, now=now)
            self._changed.notify_all()

    def _take(self, slice_: Slice, *, bulk: bool, now: float) -> float:
        part = self._pace.part
        self._bucket = self._bucket.filled(slice_, pace=part, now=now)
        if bulk and self._live_waiting:
            return _NOT_YET
        if self._under_way >= most_at_once(slice_, pace=part, bulk=bulk):
            return _NOT_YET  # or as soon as one ends
        wait = wait_for(self._bucket, slice_, pace=part, bulk=bulk)
        if wait <= 0:
            self._bucket = Bucket(self._bucket.tokens - 1, now)
            self._under_way += 1
        return wait

    def _wait(self, *, bulk: bool) -> None:
        until = self._clock() + self._longest_wait
        wait = self.begin(bulk=bulk, now=self._clock())
        if wait <= 0:
            return
        with self._waiting(bulk=bulk):
            while wait > 0:
                left = until - self._clock()
                if left <= 0:
                    raise RetryLaterError(
                        f"{self._service}: too many requests of our own wait for their turn.",
                        retry_after=_AGAIN,
                    )
                with self._changed:
                    self._changed.wait(min(wait, left))
                wait = self.begin(bulk=bulk, now=self._clock())

    @contextlib.contextmanager
    def _waiting(self, *, bulk: bool) -> Iterator[None]:
        live = 0 if bulk else 1
        with self._changed:
            self._live_waiting += live
        try:
            yield
        finally:
            with self._changed:
                self._live_waiting -= live
