"""Buckets: what a process may send of its part, pure, in seconds that only grow."""

from hypothesis import given
from hypothesis import strategies as st

from shared.core.buckets import Bucket, most_at_once, slice_of, smallest, wait_for
from shared.core.rates import Budget, Claim

DATAVERSE = Budget(20, 52, 4)
ALL = slice_of(DATAVERSE, Claim(1.0, 26))


def sent(takes: float, *, seconds: float = 100.0) -> int:
    """Return how many requests a bucket gives in that time when each takes so long."""
    bucket, now, count = Bucket(), 0.0, 0
    while now < seconds:
        bucket = bucket.filled(ALL, pace=1, now=now)
        if (wait := wait_for(bucket, ALL, pace=1, bulk=False)) > 0:
            now += wait
            continue
        bucket = bucket.without(1, takes)
        count += 1
    return count


def test_a_bucket_gives_a_record_at_once_and_then_the_rate() -> None:
    assert 1930 <= sent(0.1) <= 1934


def test_a_bucket_gives_no_more_than_the_time_that_requests_take() -> None:
    assert 392 <= sent(1.0) <= 394
    assert 39 <= sent(10.0) <= 41


def test_what_is_saved_up_is_two_seconds_of_the_rate_and_one_of_the_time() -> None:
    rested = Bucket(at=0.0).filled(ALL, pace=1, now=1000)

    assert (rested.requests, rested.seconds) == (38.6, 3.92)


def test_bulk_leaves_a_part_for_what_is_live() -> None:
    low = Bucket(2.0, 3.9, 0.0)
    tired = Bucket(38.6, 0.5, 0.0)

    for each in (low, tired):
        assert wait_for(each, ALL, pace=1, bulk=False) == 0
        assert wait_for(each, ALL, pace=1, bulk=True) > 0
    assert wait_for(Bucket(38.6, 3.92, 0.0), ALL, pace=1, bulk=True) == 0
    assert most_at_once(ALL, pace=1, bulk=False) == 26
    assert most_at_once(ALL, pace=1, bulk=True) == 20


def test_what_the_service_advises_is_shared_and_live_has_one_more() -> None:
    half = slice_of(DATAVERSE, Claim(0.5, 13))

    assert most_at_once(half, pace=1, bulk=True, advised=8) == 4
    assert most_at_once(half, pace=1, bulk=False, advised=8) == 5
    assert most_at_once(half, pace=1, bulk=False, advised=100) == 13
    assert most_at_once(smallest(DATAVERSE), pace=1, bulk=False, advised=8) == 1


@given(st.floats(0.05, 1), st.floats(0.001, 1), st.booleans())
def test_every_wait_ends(pace: float, part: float, bulk: bool) -> None:
    slice_ = slice_of(DATAVERSE, Claim(part, 1))
    empty = Bucket(0, -1, 0)
    wait = wait_for(empty, slice_, pace=pace, bulk=bulk)
    later = empty.filled(slice_, pace=pace, now=wait * 1.0001 + 0.001)

    assert wait > 0
    assert wait_for(later, slice_, pace=pace, bulk=bulk) == 0
    assert most_at_once(slice_, pace=pace, bulk=bulk) == 1
