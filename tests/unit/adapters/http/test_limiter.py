"""Turns at a service: one process's threads, and many processes that come and go."""

import random
import threading
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from shared.adapters.http.limiter import Limiter
from shared.adapters.http.membership import Membership
from shared.core.rates import Answer, Budget
from shared.errors import ConfigurationError, ConnectorError, RetryLaterError
from shared.sync.ports import Traffic, traffic
from tests.memory import MemoryShares
from tests.soak import SOAK

SEEDS = range(20) if SOAK else range(1)
DATAVERSE = Budget(20, 52)
SMALL = Budget(1000, 8)


def a_limiter(budget: Budget, shares: MemoryShares | None = None, **options: float) -> Limiter:
    return Limiter("Dataverse", Membership(budget, shares), **options)  # type: ignore[arg-type]  # of a test


# one process


def test_as_many_are_under_way_as_there_may_be_and_a_turn_that_ends_is_the_next_ones() -> None:
    limiter = a_limiter(SMALL)
    lock, under_way, most = threading.Lock(), 0, 0

    def ask(_number: int) -> None:
        nonlocal under_way, most
        with limiter.turn() as turn:
            with lock:
                under_way += 1
                most = max(most, under_way)
            threading.Event().wait(0.005)
            with lock:
                under_way -= 1
            turn.answered(Answer.FINE)

    with ThreadPoolExecutor(24) as threads:
        list(threads.map(ask, range(100)))

    assert most == 4


def test_a_turn_that_does_not_come_in_time_is_for_the_queue_and_nobodys_fault() -> None:
    limiter = a_limiter(Budget(1, 1), longest_wait=0.05)

    with limiter.turn(), pytest.raises(RetryLaterError, match="of our own") as late, limiter.turn():
        pass
    assert (late.value.service, late.value.throttled) == ("", False)
    assert late.value.retry_after is not None


def test_a_turn_whose_request_fails_is_given_back() -> None:
    limiter = a_limiter(Budget(1000, 1), longest_wait=1)

    for _ in range(3):
        with pytest.raises(KeyError), limiter.turn():
            raise KeyError


def test_bulk_waits_while_anybody_live_does() -> None:
    limiter = a_limiter(Budget(1000, 2))
    order, begun, go_on = list[str](), threading.Event(), threading.Event()

    def ask(kind: Traffic) -> None:
        with traffic(kind), limiter.turn():
            order.append(kind)

    def hold() -> None:
        with limiter.turn():
            begun.set()
            go_on.wait(10)

    with ThreadPoolExecutor(8) as threads:
        threads.submit(hold)
        assert begun.wait(10)
        asked = [threads.submit(ask, Traffic.BULK) for _ in range(3)]
        asked += [threads.submit(ask, Traffic.LIVE) for _ in range(3)]
        while limiter._live_waiting < 3:
            threading.Event().wait(0.001)
        go_on.set()
        for each in asked:
            each.result(10)

    assert order == [Traffic.LIVE] * 3 + [Traffic.BULK] * 3


def test_a_throttled_process_takes_less_of_its_slice() -> None:
    limiter, now = a_limiter(DATAVERSE), 100.0
    for _ in range(19):
        assert limiter.begin(bulk=False, now=now) == 0
    for _ in range(19):
        limiter.end(Answer.THROTTLED, sent_at=now, now=now + 1)

    sent = sum(limiter.begin(bulk=False, now=now + 10 + step) <= 0 for step in range(1))
    while limiter.begin(bulk=False, now=now + 100) <= 0:
        sent += 1

    assert sent == 13  # half of 26 at once


@pytest.mark.parametrize("trouble", [RetryLaterError("down"), ConfigurationError("no role")])
def test_who_cannot_be_counted_takes_the_smallest_slice_and_goes_on(
    trouble: ConnectorError,
) -> None:
    shares = MemoryShares()
    shares.broken = trouble
    limiter, now, sent = a_limiter(DATAVERSE, shares), 0.0, 0
    asked = list[object]()
    shares.before("insert", asked.append)
    while now < 100:
        if limiter.begin(bulk=False, now=now) <= 0:
            sent += 1
            limiter.end(Answer.FINE, sent_at=now, now=now + 0.1)
        now += 0.1

    assert 38 <= sent <= 43
    assert len(asked) == 10


def test_who_is_alone_has_all_of_it_from_the_first_request_on() -> None:
    shares = MemoryShares()
    limiter = a_limiter(DATAVERSE, shares)

    assert [limiter.begin(bulk=False, now=5.0) for _ in range(19)] == [0] * 19
    assert (shares.reads, shares.writes) == (1, 1)


def test_who_sends_nothing_costs_nothing_and_is_forgotten_by_who_does() -> None:
    shares = MemoryShares()
    idle, busy = a_limiter(DATAVERSE, shares), a_limiter(DATAVERSE, shares)
    idle.begin(bulk=False, now=0.0)
    for second in range(1, 200):
        if busy.begin(bulk=False, now=float(second)) <= 0:
            busy.end(Answer.FINE, sent_at=second, now=second + 0.1)

    assert len(shares.members) == 1
    assert shares.writes <= 2 + 1 + 20 + 1


def test_a_beat_whose_answer_was_lost_is_made_good() -> None:
    shares = MemoryShares()
    limiter = a_limiter(DATAVERSE, shares)
    limiter.begin(bulk=False, now=0.0)
    for name, member in list(shares.members.items()):
        shares.members[name] = type(member)(member.id, member.standing, "as it was stored")
    limiter.end(Answer.FINE, sent_at=0, now=1)
    limiter.begin(bulk=False, now=11.0)
    limiter.begin(bulk=False, now=13.0)

    assert len(shares.members) == 2  # its old row is forgotten in a minute


# many processes


@dataclass
class Sender:
    """A process that sends whatever it may, up to as many as it has threads."""

    limiter: Limiter
    ends: list[tuple[float, float]] = field(default_factory=list)
    stopped: bool = False


class Crowd:
    """Processes that share a budget, in virtual time."""

    def __init__(self, seed: int, *, longest: float, failing: float = 0.0) -> None:
        self.chance = random.Random(seed)
        self.longest, self.failing = longest, failing
        self.shares = MemoryShares()
        self.senders: list[Sender] = []
        self.now = 1000.0
        self.most_at_once = self.most_in_five_minutes = 0
        self.by_second: Counter[int] = Counter()
        self._lately: deque[float] = deque()
        for method in ("list_all", "insert", "replace", "delete"):
            self.shares.before(method, self._fail)

    def _fail(self, *_: object) -> None:
        if self.chance.random() < self.failing:
            raise RetryLaterError("Tables are down")

    def join(self, count: int) -> None:
        for _ in range(count):
            self.senders.append(Sender(a_limiter(DATAVERSE, self.shares)))

    def stop(self, count: int) -> None:
        for sender in [each for each in self.senders if not each.stopped][:count]:
            sender.stopped = True

    def kill(self, count: int) -> None:
        del self.senders[:count]

    def run(self, seconds: float) -> "Crowd":
        until = self.now + seconds
        while self.now < until:
            self.chance.shuffle(self.senders)
            for sender in self.senders:
                self._send(sender)
            under_way = sum(len(each.ends) for each in self.senders)
            self.most_at_once = max(self.most_at_once, under_way)
            while self._lately and self._lately[0] <= self.now - 300:
                self._lately.popleft()
            self.most_in_five_minutes = max(self.most_in_five_minutes, len(self._lately))
            self.now += 0.25
        return self

    def _send(self, sender: Sender) -> None:
        for end, sent_at in [each for each in sender.ends if each[0] <= self.now]:
            sender.ends.remove((end, sent_at))
            sender.limiter.end(Answer.FINE, sent_at=sent_at, now=end)
        while not sender.stopped and len(sender.ends) < 24:
            if sender.limiter.begin(bulk=False, now=self.now) > 0:
                return
            takes = self.chance.choice([0.1, 0.3, self.longest])
            sender.ends.append((self.now + takes, self.now))
            self._lately.append(self.now)
            self.by_second[int(self.now)] += 1


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> Iterator[int]:
    yield request.param  # noqa: PT022  # typed


@pytest.mark.parametrize("count", [1, 7, 27, 60])
def test_so_many_that_come_at_once_never_take_more_than_there_is(seed: int, count: int) -> None:
    crowd = Crowd(seed, longest=35)
    crowd.join(count)
    crowd.run(200)

    assert crowd.most_at_once <= 52


def test_who_comes_and_goes_changes_nothing(seed: int) -> None:
    crowd = Crowd(seed, longest=30)
    crowd.join(1)
    crowd.run(60)
    for joining, stopping, dying in [(39, 0, 0), (0, 30, 5), (20, 0, 3), (15, 10, 0), (2, 20, 0)]:
        crowd.join(joining)
        crowd.stop(stopping)
        crowd.kill(dying)
        crowd.run(crowd.chance.choice([15, 45, 75]))

    assert crowd.most_at_once <= 52


def test_the_rate_is_used_and_never_exceeded_by_more_than_the_bursts(seed: int) -> None:
    crowd = Crowd(seed, longest=0.5)
    crowd.join(1)
    crowd.run(100)
    alone = sum(crowd.by_second.values())
    crowd.join(39)
    crowd.run(100)
    before = sum(crowd.by_second.values())
    crowd.run(200)
    together = sum(crowd.by_second.values()) - before

    assert alone >= 1850
    assert together >= 0.9 * 200 * 19
    assert crowd.most_in_five_minutes <= 6000
    assert crowd.most_at_once <= 52


def test_storage_that_fails_now_and_then_costs_little(seed: int) -> None:
    crowd = Crowd(seed, longest=1, failing=0.05)
    crowd.join(10)
    crowd.run(300)

    assert crowd.most_at_once <= 52
    assert crowd.most_in_five_minutes <= 6000
