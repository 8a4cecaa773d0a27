"""Turns at a service: one process's threads, and many processes that come and go."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.adapters.http.limiter import Limiter, Ticket
from shared.adapters.http.membership import Membership
from shared.core.pace import Answer
from shared.core.rates import UNKNOWN, Budget
from shared.errors import ConfigurationError, ConnectorError, RetryLaterError
from shared.sync.ports import Traffic, traffic
from tests.memory import MemoryShares
from tests.soak import SOAK
from tests.unit.adapters.http.crowd import Crowd

SEEDS = range(20) if SOAK else range(1)
DATAVERSE = Budget(20, 52, 4)
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


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    limiter = a_limiter(Budget(1000, 2))
    order = list[int]()

    def ask(number: int) -> None:
        with limiter.turn() as turn:
            order.append(number)
            threading.Event().wait(0.002)
            turn.answered(Answer.FINE)

    with ThreadPoolExecutor(12) as threads:
        with limiter.turn():
            for number in range(12):
                threads.submit(ask, number)
                while limiter._live_waiting <= number:
                    threading.Event().wait(0.001)
        threads.shutdown()

    assert order == list(range(12))


def test_many_threads_are_done_as_soon_as_there_is_room_for_each() -> None:
    limiter = a_limiter(Budget(1e6, 8))

    def ask(_number: int) -> None:
        for _ in range(50):
            with limiter.turn() as turn:
                turn.answered(Answer.FINE)

    began = time.monotonic()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(ask, range(16)))

    assert time.monotonic() - began < 10  # a call that is missed costs half a second


def test_a_throttled_process_takes_less_of_its_slice() -> None:
    limiter, now = a_limiter(Budget(1000, 52)), 100.0
    taken = [limiter.begin(bulk=False, now=now) for _ in range(3)]
    for each in taken:
        assert isinstance(each, Ticket)
        limiter.end(each, Answer.THROTTLED, now=now + 1)

    assert len(all_at(limiter, now + 100)) == 13  # half of 26 at once


def test_requests_that_take_long_are_fewer() -> None:
    limiter = a_limiter(DATAVERSE)

    sent = sent_in(limiter, 100, takes=0.5)

    assert 0.95 * 2 * 392 <= sent <= 2 * 400


def test_what_takes_longer_than_expected_counts_before_it_has_ended() -> None:
    limiter = a_limiter(DATAVERSE)
    under_way = [limiter.begin(bulk=False, now=0.0) for _ in range(3)]
    limiter.begin(bulk=False, now=10.0)

    assert all(isinstance(each, Ticket) for each in under_way)
    assert not isinstance(limiter.begin(bulk=False, now=10.0), Ticket)


def test_what_takes_long_is_expected_to_by_its_kind() -> None:
    limiter, now = a_limiter(DATAVERSE), 0.0
    for _ in range(30):
        for kind, takes in (("read", 0.01), ("write", 1.0)):
            taken = limiter.begin(bulk=False, now=now, kind=kind)
            if isinstance(taken, Ticket):
                limiter.end(taken, Answer.FINE, now=now + takes)
            now += 2
    reads = all_at(limiter, now + 60, kind="read")
    for each in reads:
        limiter.end(each, Answer.FINE, now=now + 60, took=0.01)
    writes = all_at(limiter, now + 120, kind="write")

    assert len(writes) < 10 < len(reads)


def test_the_service_says_how_many_to_have_under_way() -> None:
    limiter = a_limiter(Budget(1000, 52), per_advised=2.0)
    with limiter.turn() as turn:
        turn.answered(Answer.FINE, advised=4)
    now = limiter._clock() + 1

    with traffic(Traffic.BULK):
        bulk = all_at(limiter, now, bulk=True)
    live = all_at(limiter, now)

    assert (len(bulk), len(live)) == (8, 1)


@pytest.mark.parametrize("trouble", [RetryLaterError("down"), ConfigurationError("no role")])
def test_who_cannot_be_counted_takes_the_smallest_slice_and_goes_on(
    trouble: ConnectorError,
) -> None:
    shares = MemoryShares()
    shares.broken = trouble
    asked = list[object]()
    shares.before("insert", asked.append)

    sent = sent_in(a_limiter(DATAVERSE, shares), 100)

    assert 18 <= sent <= 23
    assert len(asked) == 25


def test_who_is_alone_has_all_of_it_from_the_first_request_on() -> None:
    shares = MemoryShares()

    sent = sent_in(a_limiter(DATAVERSE, shares), 2)

    assert sent >= 37
    assert (shares.reads, shares.writes) == (1, 1)


def test_little_traffic_costs_an_operation_on_storage_now_and_then() -> None:
    shares = MemoryShares()
    limiter = a_limiter(DATAVERSE, shares)
    for second in range(0, 3600, 20):
        taken = limiter.begin(bulk=False, now=float(second))
        assert isinstance(taken, Ticket)
        limiter.end(taken, Answer.FINE, now=second + 0.1)

    assert shares.reads + shares.writes <= 3600 / 20 + 5


def test_who_sends_nothing_costs_nothing_and_is_forgotten_by_who_does() -> None:
    shares = MemoryShares()
    idle, busy = a_limiter(DATAVERSE, shares), a_limiter(DATAVERSE, shares)
    idle.begin(bulk=False, now=0.0)
    sent_in(busy, 200)

    assert len(shares.members) == 1


@pytest.mark.parametrize("after", [1.0, 5.0, 9.0])
def test_a_beat_whose_answer_was_lost_is_made_good(after: float) -> None:
    shares = MemoryShares()
    limiter = a_limiter(DATAVERSE, shares)
    sent_in(limiter, after)
    for name, member in list(shares.members.items()):
        shares.members[name] = replace(member, version="as it was stored")
    before = sent_in(limiter, 30, start=after)
    after_that = sent_in(limiter, 60, start=after + 30)

    assert before > 15 * 19
    assert after_that >= 0.98 * 60 * 19


def test_a_beat_that_comes_too_late_is_none() -> None:
    shares = MemoryShares()
    slow, other = a_limiter(DATAVERSE, shares), a_limiter(DATAVERSE, shares)
    sent_in(slow, 8)
    sent_in(other, 8)

    def meanwhile(*_: object) -> None:
        shares.before("replace", lambda *_: None)
        sent_in(other, 20, start=8)

    shares.before("replace", meanwhile)  # its beat takes 20 seconds to arrive
    slow.begin(bulk=False, now=12.5)
    slice_ = slow._membership.slice(28)
    parts = [each.claim.part for each in shares.members.values() if each.claim]

    assert slice_ is not None
    assert slice_.part < 0.02
    assert sum(parts) <= 1.0


def test_what_two_claim_at_the_same_time_is_never_used_twice() -> None:
    shares = MemoryShares()
    one, other = a_limiter(DATAVERSE, shares), a_limiter(DATAVERSE, shares)
    for each in (one, other):  # both have little, and know of each other
        sent_in(each, 0.2)
        each._membership.let_go(1.0, under_way=lambda: 0)

    def meanwhile(*_: object) -> None:
        shares.before("replace", lambda *_: None)
        all_at(other, 4.0)

    shares.before("replace", meanwhile)  # both have looked, and neither has written
    for each in (one, other):
        each.wait(20, bulk=False)
    all_at(one, 4.0)
    slices = [each._membership.slice(4.0) for each in (one, other)]

    parts = [each.part for each in slices if each is not None]
    assert 0.9 < sum(parts) <= 1.0


def test_a_row_that_cannot_be_read_leaves_to_others_what_they_have() -> None:
    shares = MemoryShares()
    busy, other = a_limiter(DATAVERSE, shares), a_limiter(DATAVERSE, shares)
    sent_in(busy, 3)
    for name, member in list(shares.members.items()):
        shares.members[name] = replace(member, claim=UNKNOWN, version="damaged")
    soon = sent_in(other, 8, start=3)
    later = sent_in(other, 20, start=20)

    assert soon <= 5
    assert later >= 0.9 * 20 * 19


def all_at(limiter: Limiter, now: float, *, bulk: bool = False, kind: str = "") -> list[Ticket]:
    """Take all turns there are at a moment."""
    taken = list[Ticket]()
    while isinstance(one := limiter.begin(bulk=bulk, now=now, kind=kind), Ticket):
        taken.append(one)
    return taken


def sent_in(limiter: Limiter, seconds: float, *, start: float = 0.0, takes: float = 0.1) -> int:
    """Send what may be sent, from threads that always have something; return how much that was."""
    now, sent, under_way = start, 0, list[tuple[float, Ticket]]()
    limiter.wait(20, bulk=False)
    while now < start + seconds:
        for end, ticket in [each for each in under_way if each[0] <= now]:
            under_way.remove((end, ticket))
            limiter.end(ticket, Answer.FINE, now=end)
        for ticket in all_at(limiter, now):
            under_way.append((now + takes, ticket))
            sent += 1
        now += 0.05
    limiter.wait(-20, bulk=False)
    for end, ticket in under_way:
        limiter.end(ticket, Answer.FINE, now=end)
    return sent


# many processes


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> Iterator[int]:
    yield request.param  # noqa: PT022  # typed


@pytest.mark.parametrize("count", [1, 7, 27, 60] if SOAK else [7, 54])
def test_so_many_that_come_at_once_never_take_more_than_there_is(seed: int, count: int) -> None:
    crowd = Crowd(seed, takes=(0.1, 0.3, 35.0))
    crowd.join(count)
    crowd.run(100 if SOAK else 40)

    assert crowd.most_at_once <= 52


def test_who_comes_after_one_that_died_long_ago_has_everything_at_once(seed: int) -> None:
    crowd = Crowd(seed)
    crowd.join(1)
    crowd.run(20)
    crowd.kill(1)
    crowd.run(30)
    came = crowd.now

    crowd.join(1)
    crowd.run(5)

    assert crowd.sent_since(came) >= 0.7 * 5 * 10  # what the execution time allows


TAKES = [(0.1, 0.3, 30.0), (0.05, 0.6), (0.05, 0.1)]


@pytest.mark.parametrize("takes", TAKES if SOAK else TAKES[:2])
def test_whoever_comes_goes_stands_still_and_dies_the_budget_holds(
    seed: int, takes: tuple[float, ...]
) -> None:
    crowd = Crowd(seed, takes=takes, failing=0.05)
    crowd.join(1)
    crowd.run(30)
    for joining, stopping, dying, still in [
        (39, 0, 0, 3),
        (0, 30, 5, 0),
        (20, 0, 3, 5),
        (15, 10, 0, 2),
        (2, 20, 0, 4),
        (10, 0, 10, 0),
    ]:
        crowd.join(joining)
        crowd.stop(stopping)
        crowd.kill(dying)
        crowd.freeze(still, crowd.chance.choice([5, 15, 30, 70, 120]))
        crowd.run(crowd.chance.choice([15, 45, 75]))
    requests, seconds = crowd.most_in(300)

    assert crowd.most_at_once <= 52
    assert requests <= 6000
    assert seconds <= 1200 or max(takes) > 5


@pytest.mark.parametrize(("takes", "most"), [((0.045, 0.325), 20.0), ((0.3, 0.6), 4 / 0.45)])
@pytest.mark.parametrize("count", [1, 4, 12])
def test_those_that_start_together_use_nine_tenths_from_the_start(
    seed: int, count: int, takes: tuple[float, float], most: float
) -> None:
    crowd = Crowd(seed, takes=takes)
    crowd.join(count)
    crowd.run(100)
    requests, seconds = crowd.most_in(60)

    assert len(crowd.sent) >= 0.9 * 100 * most
    assert requests <= 1200
    assert seconds <= 0.98 * 240 + 4 + 1.1 * count  # what is saved up, and who is new


def test_one_after_the_other_comes_and_nothing_is_lost(seed: int) -> None:
    crowd = Crowd(seed, takes=(0.045, 0.325))
    for _ in range(8):
        crowd.join(1)
        crowd.run(10)

    assert len(crowd.sent) >= 0.9 * 80 * 20
    assert crowd.most_in(60)[0] <= 1200


def test_the_share_of_who_dies_is_the_others_within_seconds(seed: int) -> None:
    crowd = Crowd(seed, takes=(0.045, 0.325))
    crowd.join(2)
    crowd.run(20)
    crowd.kill(1)
    crowd.run(15)
    moment = crowd.now
    crowd.run(30)

    assert crowd.sent_since(moment) >= 0.93 * 30 * 20


@pytest.mark.parametrize("rate", [0.2, 2.0, 10.0])
def test_live_traffic_of_one_process_goes_before_the_bulk_of_others(seed: int, rate: float) -> None:
    crowd = Crowd(seed, takes=(0.045, 0.325))
    crowd.join(4, bulk=True)
    crowd.run(20)
    moment = crowd.now
    (live,) = crowd.join(1, rate=rate)
    crowd.run(90)

    assert sum(wait > 5 for wait in live.waited) <= 0.01 * len(live.waited)
    assert len(live.waiting) <= 5
    assert crowd.sent_since(moment) >= 0.75 * 90 * 20
    assert crowd.most_in(60)[0] <= 1200


def test_bulk_goes_on_beside_more_live_traffic_than_there_is_room_for(seed: int) -> None:
    crowd = Crowd(seed, takes=(0.045, 0.325))
    crowd.join(2)
    bulk = crowd.join(2, bulk=True)
    crowd.run(90)

    assert 0.02 * len(crowd.sent) <= sum(each.sent for each in bulk) <= 0.1 * len(crowd.sent)


def test_what_one_has_no_more_use_for_is_the_others_within_seconds(seed: int) -> None:
    crowd = Crowd(seed, takes=(0.045, 0.325))
    crowd.join(4)
    crowd.run(30)
    crowd.stop(3)
    crowd.run(6)
    moment = crowd.now
    crowd.run(10)

    assert crowd.sent_since(moment) >= 0.9 * 10 * 20


def test_storage_that_fails_now_and_then_costs_little(seed: int) -> None:
    crowd = Crowd(seed, failing=0.05)
    crowd.join(10)
    crowd.run(100)

    assert len(crowd.sent) >= 0.8 * 100 * 19
    assert crowd.most_in(60)[0] <= 1200
