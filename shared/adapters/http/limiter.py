"""How fast requests go to one service: in turn, at the pace it takes, live traffic before bulk.

Never sends anything, and never makes a thread wait for long: longer waits belong to the queue.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.adapters.http.membership import Membership
from shared.core.buckets import Bucket, Slice, most_at_once, wait_for
from shared.core.demand import Demand
from shared.core.expected import Expected
from shared.core.pace import Answer, Pace, paced
from shared.core.rates import LOOK, Wants
from shared.errors import RetryLaterError
from shared.sync.ports import Traffic, current_traffic

_LONGEST_WAIT: Final = 20.0  # seconds
_NOT_YET: Final = 0.5
_AGAIN: Final = 5.0


def _later(seconds: float, call: Callable[[], None]) -> None:
    """Call something after so many seconds, unless the process has ended by then."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


@dataclass(frozen=True)
class Ticket:
    """A turn that was taken.

    Attributes:
        kind: of request.
        bulk: whether it is done in bulk.
        sent_at: seconds that only grow.
        expected: seconds of execution it was counted with.
    """

    kind: str
    bulk: bool
    sent_at: float
    expected: float


class Turn:
    """One request that may be sent; told what became of it."""

    def __init__(self) -> None:
        self.answer = Answer.LOST
        self.took: float | None = None
        self.advised: int | None = None

    def answered(
        self, answer: Answer, *, took: float | None = None, advised: int | None = None
    ) -> None:
        """Note what the answer says about how much the service takes.

        Args:
            answer: in a word.
            took: seconds of execution, None for the time until now.
            advised: how many requests the service advises to have under way, None if it does not.
        """
        self.answer, self.took, self.advised = answer, took, advised


class Limiter:
    """The turns of one process at one service; safe for many threads.

    Args:
        service: its name, for people.
        membership: the process among the others.
        clock: seconds that only grow.
        after: calls something after so many seconds.
        longest_wait: seconds a thread waits for its turn.
        per_advised: requests under way for each that the service advises; 0 takes no advice.
    """

    def __init__(
        self,
        service: str,
        membership: Membership,
        *,
        clock: Callable[[], float] = time.monotonic,
        after: Callable[[float, Callable[[], None]], None] = _later,
        longest_wait: float = _LONGEST_WAIT,
        per_advised: float = 0.0,
    ) -> None:
        self._service = service
        self._membership = membership
        self._clock = clock
        self._after = after
        self._longest_wait = longest_wait
        self._per_advised = per_advised
        self._lock = threading.Lock()
        self._bucket = Bucket()
        self._pace = Pace()
        self._expected = Expected()
        self._demand = Demand(membership.budget)
        self._advised: float | None = None
        self._under_way: dict[int, Ticket] = {}
        self._live_waiting = self._bulk_waiting = 0
        # Threads that wait, in the order they came; only the first of a line asks.
        self._live_line, self._bulk_line = deque[threading.Event](), deque[threading.Event]()
        self._watched = False
        self._taken = self._taken_before = 0

    @property
    def part(self) -> float:
        """Which part of its slice the process takes now, up to 1."""
        return self._pace.part

    @contextlib.contextmanager
    def turn(self, kind: str = "") -> Iterator[Turn]:
        """Wait for a turn and have it while the context lasts; what raises counts as lost.

        Args:
            kind: of request: those of one kind take about the same time.

        Raises:
            RetryLaterError: the turn did not come in time; nothing was sent.
        """
        ticket = self._wait(kind, bulk=current_traffic() is Traffic.BULK)
        turn = Turn()
        try:
            yield turn
        finally:
            self.end(ticket, turn.answer, now=self._clock(), took=turn.took, advised=turn.advised)

    def begin(self, *, bulk: bool, now: float, kind: str = "") -> Ticket | float:
        """Take a turn if there is one; return seconds to wait before asking again otherwise."""
        if not self._membership.is_counted(now):
            self._look(now, bulk=bulk, starved=True)
        taken = self._take(kind, bulk=bulk, now=now)
        starved = not isinstance(taken, Ticket)
        if self._look(now, bulk=bulk, starved=starved) and starved:
            taken = self._take(kind, bulk=bulk, now=now)
        return taken

    def end(
        self,
        ticket: Ticket,
        answer: Answer,
        *,
        now: float,
        took: float | None = None,
        advised: int | None = None,
    ) -> None:
        """Give back a turn that was taken, and settle the time it was counted with."""
        seconds = max(0.0, now - ticket.sent_at) if took is None else took
        with self._lock:
            del self._under_way[id(ticket)]
            self._pace = paced(self._pace, answer, sent_at=ticket.sent_at, now=now)
            self._bucket = self._bucket.without(0, seconds - ticket.expected)
            self._demand.used(0, seconds - ticket.expected, bulk=ticket.bulk)
            if answer is Answer.FINE:
                self._expected.note(ticket.kind, seconds)
            if advised is not None and self._per_advised > 0:
                self._advised = advised * self._per_advised
            self._call_first()

    def wait(self, count: int, *, bulk: bool) -> None:
        """Note how many more requests wait for their turn, or how many less."""
        with self._lock:
            if bulk:
                self._bulk_waiting += count
            else:
                self._live_waiting += count

    def _look(self, now: float, *, bulk: bool, starved: bool) -> bool:
        """Look who else sends if it is time; say whether it was."""
        if not self._membership.is_due(now, starved=starved):
            return False
        counted = self._membership.is_counted(now)
        self._membership.look(
            now,
            wants=lambda: self._wants(now, live=starved and not bulk, bulk=starved and bulk),
            under_way=self._count,
            patient=not counted,
        )
        if not self._watched and self._membership.has_company(now):
            self._watched = True
            self._after(LOOK, self._let_go)
        return True

    def _let_go(self) -> None:
        """Leave to the others what this process claims once it sends nothing."""
        now = self._clock()
        with self._lock:
            busy = self._live_waiting or self._bulk_waiting or self._under_way
            idle = not busy and self._taken == self._taken_before
            self._taken_before = self._taken
        if idle:
            self._membership.let_go(now, under_way=self._count)
        if self._membership.has_company(now):
            self._after(LOOK, self._let_go)
        else:
            self._watched = False

    def _wants(self, now: float, *, live: bool, bulk: bool) -> Wants:
        """Return what the process has use for, beside a request that asks right now."""
        with self._lock:
            return self._demand.wants(
                now, live=self._live_waiting + live, bulk=self._bulk_waiting + bulk
            )

    def _count(self) -> int:
        with self._lock:
            return len(self._under_way)

    def _take(self, kind: str, *, bulk: bool, now: float) -> Ticket | float:
        with self._lock:
            # Inside the lock: whoever gives up a part of the slice counts what is under way next.
            slice_ = self._membership.slice(now)
            wait = _NOT_YET if slice_ is None else self._wait_for(slice_, bulk=bulk, now=now)
            if wait > 0:
                return min(wait, _NOT_YET)
            expected = self._expected.of(kind)
            self._bucket = self._bucket.without(1, expected)
            self._demand.used(1, expected, bulk=bulk)
            self._taken += 1
            ticket = Ticket(kind, bulk, now, expected)
            self._under_way[id(ticket)] = ticket
            return ticket

    def _wait_for(self, slice_: Slice, *, bulk: bool, now: float) -> float:
        part = self._pace.part
        self._bucket = self._bucket.filled(slice_, pace=part, now=now)
        if bulk and self._live_waiting:
            return _NOT_YET
        most = most_at_once(slice_, pace=part, bulk=bulk, advised=self._advised)
        if len(self._under_way) >= most:
            return _NOT_YET  # or as soon as one ends
        # What takes longer than expected is counted before it has ended.
        late = sum(
            max(0.0, now - each.sent_at - each.expected) for each in self._under_way.values()
        )
        return wait_for(self._bucket.without(0, late), slice_, pace=part, bulk=bulk)

    def _wait(self, kind: str, *, bulk: bool) -> Ticket:
        line = self._bulk_line if bulk else self._live_line
        if not line:
            taken = self.begin(bulk=bulk, now=self._clock(), kind=kind)
            if isinstance(taken, Ticket):
                return taken
        until = self._clock() + self._longest_wait
        with self._in(line, bulk=bulk) as me:
            while (left := until - self._clock()) > 0:
                me.clear()
                if line[0] is me:
                    taken = self.begin(bulk=bulk, now=self._clock(), kind=kind)
                    if isinstance(taken, Ticket):
                        return taken
                    left = min(taken, left)
                me.wait(left)
        raise RetryLaterError(
            f"{self._service}: too many requests of our own wait for their turn.",
            retry_after=_AGAIN,
        )

    @contextlib.contextmanager
    def _in(self, line: deque[threading.Event], *, bulk: bool) -> Iterator[threading.Event]:
        """Stand in a line while the context lasts; the event is set when it is time to ask."""
        me = threading.Event()
        with self._lock:
            line.append(me)
        self.wait(1, bulk=bulk)
        try:
            yield me
        finally:
            self.wait(-1, bulk=bulk)
            with self._lock:
                line.remove(me)
                self._call_first()

    def _call_first(self) -> None:
        """Let the first of each line ask; the lock is held."""
        for line in (self._live_line, self._bulk_line):
            if line:
                line[0].set()
