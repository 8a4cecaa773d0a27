"""Slices, buckets and the pace: pure, in seconds that only grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.rates import (
    GONE,
    LAPSE,
    SETTLED_AT_ONCE,
    SETTLED_RATE,
    VALID,
    Answer,
    Bucket,
    Budget,
    Member,
    Pace,
    Standing,
    is_gone,
    may_enter,
    most_at_once,
    paced,
    sighted,
    slice_of,
    smallest,
    wait_for,
)

DATAVERSE = Budget(20, 52)
LONGEST_REQUEST = 35.0  # seconds: to connect, and for the answer
OLD = SETTLED_AT_ONCE


def members(*standings: Standing) -> list[Member]:
    return [Member(str(number), each) for number, each in enumerate(standings)]


# who may send


def test_the_moments_fit_each_other() -> None:
    assert SETTLED_RATE > VALID
    assert VALID + LONGEST_REQUEST <= SETTLED_AT_ONCE
    assert LAPSE < GONE
    assert VALID + LONGEST_REQUEST <= GONE


@given(st.integers(1, 60), st.integers(1, 60), st.floats(1, 100))
def test_the_slices_of_all_that_are_counted_fit_into_the_budget(
    count: int, at_once: int, per_second: float
) -> None:
    budget = Budget(per_second, at_once)
    slice_ = slice_of(budget, members=count, age=OLD)
    newcomers = min(budget.room, max(0, at_once - count))

    assert slice_.per_second * count <= per_second
    if count <= at_once:
        assert slice_.at_once * count + newcomers <= at_once


def test_a_newcomer_sends_one_at_a_time_and_little_until_it_is_counted() -> None:
    new = slice_of(DATAVERSE, members=2, age=0)
    counted = slice_of(DATAVERSE, members=2, age=SETTLED_RATE)
    settled = slice_of(DATAVERSE, members=2, age=OLD)

    assert new == smallest(DATAVERSE)
    assert (new.at_once, new.burst) == (1, 5)
    assert (counted.per_second, counted.at_once) == (9.5, 1)
    assert (settled.per_second, settled.at_once) == (9.5, 13)


def test_who_is_alone_may_enter_and_so_may_as_many_as_there_is_room_for() -> None:
    new, settled, waiting = Standing.NEW, Standing.SETTLED, Standing.WAITING

    assert may_enter(DATAVERSE, [])
    assert may_enter(DATAVERSE, members(*[waiting] * 60))
    assert may_enter(DATAVERSE, members(*[new] * 25))
    assert not may_enter(DATAVERSE, members(*[new] * 26))
    assert may_enter(DATAVERSE, members(*[settled] * 51))
    assert not may_enter(DATAVERSE, members(*[settled] * 52))
    assert may_enter(Budget(1, 1), [])
    assert not may_enter(Budget(1, 1), members(settled))


def test_who_did_not_beat_is_gone_by_the_watchers_own_clock() -> None:
    first = sighted({}, [Member("a", Standing.NEW, "v1")], now=0)
    same = sighted(first, [Member("a", Standing.NEW, "v1")], now=30)
    beaten = sighted(same, [Member("a", Standing.NEW, "v2")], now=60)

    assert (same["a"].at, beaten["a"].at) == (0, 60)
    assert not is_gone(same["a"], now=GONE - 1)
    assert is_gone(same["a"], now=GONE)
    assert sighted(beaten, [], now=70) == {}


# a bucket


def test_a_bucket_gives_its_burst_and_then_the_rate() -> None:
    slice_ = slice_of(DATAVERSE, members=1, age=OLD)
    bucket, now, sent = Bucket(float("inf"), 0), 0.0, 0
    while now < 100:
        bucket = bucket.filled(slice_, pace=1, now=now)
        if (wait := wait_for(bucket, slice_, pace=1, bulk=False)) > 0:
            now += wait
            continue
        bucket = Bucket(bucket.tokens - 1, now)
        sent += 1

    assert 1900 <= sent <= 1900 + slice_.burst + 1


def test_bulk_leaves_a_part_for_what_is_live() -> None:
    slice_ = slice_of(DATAVERSE, members=1, age=OLD)
    low = Bucket(2.0, 0)

    assert wait_for(low, slice_, pace=1, bulk=False) == 0
    assert wait_for(low, slice_, pace=1, bulk=True) > 0
    assert wait_for(Bucket(slice_.burst, 0), slice_, pace=1, bulk=True) == 0
    assert (most_at_once(slice_, pace=1, bulk=False), most_at_once(slice_, pace=1, bulk=True)) == (
        26,
        20,
    )


@given(st.floats(0.05, 1), st.integers(1, 60), st.booleans(), st.floats(0, 100))
def test_every_wait_ends(pace: float, count: int, bulk: bool, age: float) -> None:
    slice_ = slice_of(DATAVERSE, members=count, age=age)
    wait = wait_for(Bucket(0, 0), slice_, pace=pace, bulk=bulk)
    later = Bucket(0, 0).filled(slice_, pace=pace, now=wait + 0.001)

    assert wait > 0
    assert wait_for(later, slice_, pace=pace, bulk=bulk) == 0
    assert most_at_once(slice_, pace=pace, bulk=bulk) >= 1


# the pace


def test_all_that_were_under_way_when_it_was_throttled_count_once() -> None:
    pace = Pace()
    for _ in range(24):
        pace = paced(pace, Answer.THROTTLED, sent_at=10, now=11)

    assert pace.part == 0.5
    assert paced(pace, Answer.THROTTLED, sent_at=12, now=13).part == 0.25
    assert paced(pace, Answer.LOST, sent_at=12, now=13).part == 0.5


def test_an_outage_of_hours_leaves_it_at_half() -> None:
    pace = Pace()
    for minute in range(360):
        pace = paced(pace, Answer.LOST, sent_at=minute * 60, now=minute * 60 + 30)
    low = paced(Pace(part=0.2), Answer.LOST, sent_at=1, now=2)

    assert pace.part == 0.5
    assert low.part == 0.2


def test_it_never_falls_to_nothing() -> None:
    pace = Pace()
    for moment in range(1000):
        pace = paced(pace, Answer.THROTTLED, sent_at=moment, now=moment + 0.5)

    assert pace.part == 0.05


def test_it_rises_slowly_with_answers_that_are_fine_however_many() -> None:
    few = many = paced(Pace(), Answer.THROTTLED, sent_at=0, now=0)
    for moment in range(1, 16):
        few = paced(few, Answer.FINE, sent_at=moment, now=moment + 0.1)
        for _ in range(20):
            many = paced(many, Answer.FINE, sent_at=moment, now=moment + 0.1)

    assert few.part == pytest.approx(many.part)
    assert 0.75 <= few.part <= 0.85


def test_a_rest_is_not_taken_for_success() -> None:
    fallen = paced(Pace(), Answer.THROTTLED, sent_at=0, now=0)

    assert paced(fallen, Answer.FINE, sent_at=3600, now=3600.1).part <= 0.52


def test_it_is_whole_again_in_the_end_and_stays_so() -> None:
    pace = paced(Pace(), Answer.THROTTLED, sent_at=0, now=0)
    for moment in range(1, 200):
        pace = paced(pace, Answer.FINE, sent_at=moment, now=moment + 0.1)

    assert pace.part == 1.0


def test_answers_that_take_much_longer_than_usual_slow_it_down_now_and_then() -> None:
    pace = Pace()
    for moment in range(100):
        pace = paced(pace, Answer.FINE, sent_at=moment, now=moment + 0.2)
    usual = pace.part
    for moment in range(100, 130):
        pace = paced(pace, Answer.FINE, sent_at=moment, now=moment + 2)

    assert usual == 1.0
    assert 0.4 <= pace.part < 0.95


def test_what_is_slow_for_good_becomes_usual() -> None:
    pace = Pace()
    for moment in range(30):
        pace = paced(pace, Answer.FINE, sent_at=moment, now=moment + 0.2)
    for moment in range(30, 1000):
        pace = paced(pace, Answer.FINE, sent_at=moment, now=moment + 2)

    assert pace.part == 1.0


@given(
    st.lists(st.tuples(st.sampled_from(Answer), st.floats(0, 100), st.floats(0, 40)), max_size=60)
)
def test_whatever_is_answered_the_pace_is_a_part(
    answers: list[tuple[Answer, float, float]],
) -> None:
    pace = Pace()
    for answer, sent_at, took in answers:
        pace = paced(pace, answer, sent_at=sent_at, now=sent_at + took)

        assert 0.05 <= pace.part <= 1
