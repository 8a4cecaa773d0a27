"""Processes that share what a service takes, in virtual time, as a seed has it.

Never looks into a limiter: it counts what is sent, as the service would.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.adapters.http.limiter import Limiter, Ticket
from shared.adapters.http.membership import Membership
from shared.core.pace import Answer
from shared.core.rates import Budget
from shared.errors import RetryLaterError
from tests.memory import MemoryShares

DATAVERSE = Budget(20, 52, 4)
STEP = 0.1  # seconds
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
THREADS = 24


@dataclass
class Sender:
    """A process that sends what waits, up to as many requests as it has threads.

    Attributes:
        limiter: its own.
        bulk: what kind of traffic it has.
        rate: requests that come to it a second; None for more than it can send.
        offset: what its clock is ahead.
        speed: how fast its clock goes.
        waiting: when those came that wait.
        ends: those under way: when they end, and their tickets.
        frozen: until when it stands still.
        waited: seconds that each waited.
        calls: what its limiter asked to be called, and when.
    """

    limiter: Limiter
    bulk: bool
    rate: float | None
    offset: float
    speed: float
    waiting: deque[float] = field(default_factory=deque)
    ends: list[tuple[float, float, Ticket]] = field(default_factory=list)
    frozen: float = 0.0
    stopped: bool = False
    waited: list[float] = field(default_factory=list)
    sent: int = 0
    noted: int = 0
    calls: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def clock(self, now: float) -> float:
        """Return what time it is for this process."""
        return self.offset + now * self.speed


class Crowd:
    """Senders that come, go, stand still and die.

    Args:
        seed: of all chance.
        takes: seconds a request may be under way; one of them by chance.
        failing: which part of the operations on storage fails, before or after it is applied.
    """

    def __init__(
        self,
        seed: int,
        *,
        takes: tuple[float, ...] = (0.1, 0.3),
        failing: float = 0.0,
    ) -> None:
        self.chance = random.Random(seed)
        self.takes, self.failing = takes, failing
        self.shares = MemoryShares(self._date)
        self.senders: list[Sender] = []
        self.orphans: list[
            float
        ] = []  # requests of those that died, which the service goes on with
        self.now = 1000.0
        self.most_at_once = 0
        self.sent: list[float] = []
        self.spent: list[tuple[float, float]] = []
        for method in ("list_all", "insert", "replace", "delete"):
            self.shares.before(method, self._fail)

    def join(self, count: int, *, bulk: bool = False, rate: float | None = None) -> list[Sender]:
        """Let processes come."""
        came = [self._newcomer(bulk, rate) for _ in range(count)]
        self.senders += came
        return came

    def _newcomer(self, bulk: bool, rate: float | None) -> Sender:
        offset, speed = self.chance.uniform(0, 1e6), self.chance.uniform(0.999, 1.001)
        limiter = Limiter(
            "Dataverse",
            Membership(DATAVERSE, self.shares),
            clock=lambda: offset + self.now * speed,
            after=lambda seconds, call: sender.calls.append((self.now + seconds, call)),
        )
        sender = Sender(limiter, bulk, rate, offset, speed)
        return sender

    def stop(self, count: int) -> None:
        """Let processes have nothing more to send."""
        for sender in [each for each in self.senders if not each.stopped][:count]:
            sender.stopped = True

    def kill(self, count: int) -> None:
        """Let processes die; the service goes on with what they sent."""
        for sender in self.senders[:count]:
            self.orphans += [end for end, _, _ in sender.ends]
        del self.senders[:count]

    def freeze(self, count: int, seconds: float) -> None:
        """Let processes stand still; their clocks go on."""
        for sender in self.senders[:count]:
            sender.frozen = self.now + seconds

    def run(self, seconds: float) -> "Crowd":
        """Let time go by."""
        until = self.now + seconds
        while self.now < until:
            self.chance.shuffle(self.senders)
            for sender in self.senders:
                self._come(sender)
                if sender.frozen <= self.now:
                    self._send(sender)
            self.orphans = [end for end in self.orphans if end > self.now]
            at_once = sum(sum(end > self.now for end, _, _ in each.ends) for each in self.senders)
            self.most_at_once = max(self.most_at_once, at_once + len(self.orphans))
            self.now += STEP
        return self

    def most_in(self, window: float) -> tuple[int, float]:
        """Return the most requests, and the most seconds of execution, in any such window."""
        return int(_most([(at, 1) for at in self.sent], window)), _most(sorted(self.spent), window)

    def sent_since(self, moment: float) -> int:
        """Return how many requests were sent since a moment."""
        return sum(at >= moment for at in self.sent)

    def _date(self) -> datetime:
        """Return what storage dates a row with: its servers are seconds apart."""
        return EPOCH + timedelta(seconds=self.now + self.chance.uniform(0, 4))

    def _come(self, sender: Sender) -> None:
        if sender.rate is None:
            while len(sender.waiting) < THREADS:
                sender.waiting.append(self.now)
        elif not sender.stopped and self.chance.random() < sender.rate * STEP:
            sender.waiting.append(self.now)

    def _send(self, sender: Sender) -> None:
        for each in [each for each in sender.ends if each[0] <= self.now]:
            end, took, ticket = each
            sender.ends.remove(each)
            sender.limiter.end(ticket, Answer.FINE, now=sender.clock(end), took=took)
        for due in [each for each in sender.calls if each[0] <= self.now]:
            sender.calls.remove(due)
            due[1]()
        if sender.stopped:
            self._note(sender, 0)
        while not sender.stopped and sender.waiting and len(sender.ends) < THREADS:
            self._note(sender, min(len(sender.waiting), THREADS - len(sender.ends)) - 1)
            taken = sender.limiter.begin(bulk=sender.bulk, now=sender.clock(self.now))
            if not isinstance(taken, Ticket):
                self._note(sender, sender.noted + 1)
                return
            took = self.chance.choice(self.takes)
            sender.ends.append((self.now + took, took, taken))
            sender.waited.append(self.now - sender.waiting.popleft())
            sender.sent += 1
            self.sent.append(self.now)
            self.spent.append((self.now + took, took))

    def _note(self, sender: Sender, waiting: int) -> None:
        """Let as many threads wait as have something to send."""
        sender.limiter.wait(waiting - sender.noted, bulk=sender.bulk)
        sender.noted = waiting

    def _fail(self, *_: object) -> None:
        if self.chance.random() < self.failing:
            raise RetryLaterError("Tables are down")


def _most(counted: list[tuple[float, float]], window: float) -> float:
    most = total = 0.0
    first = 0
    for at, amount in counted:
        total += amount
        while counted[first][0] <= at - window:
            total -= counted[first][1]
            first += 1
        most = max(most, total)
    return most
