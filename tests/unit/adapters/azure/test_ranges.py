"""Looking up many rows of a partition: all that are there, and little more is read."""

import random
from bisect import bisect_left

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.azure.journal_keys import latest_key
from shared.adapters.azure.ranges import FIRST_ROWS, MOST_ROWS, get_many

numbers = st.one_of(st.integers(1, 300), st.integers(9_900, 10_100), st.integers(1, 2**63 - 1))


class Partition:
    """A table's partition, in the order of its keys, that counts what is read of it.

    Args:
        numbers: of the records there are.
        gives: rows that it gives at once at most, as the service may at any time.
    """

    def __init__(self, numbers, *, gives=MOST_ROWS):
        self._keys = sorted(map(latest_key, numbers))
        self._gives = gives
        self.requests = self.read = 0

    def get(self, _partition, key):
        self.requests += 1
        self.read += 1
        return {"RowKey": key} if key in self._keys else None

    def query_some(self, _condition, *, most, partition, first, last):
        assert partition == "xazq5.invoice"
        assert most <= MOST_ROWS
        self.requests += 1
        within = [key for key in self._keys[bisect_left(self._keys, first) :] if key <= last]
        part = within[: min(most, self._gives)]
        self.read += len(part)
        return [{"RowKey": key} for key in part], len(part) < len(within)


def looked_up(partition, wanted):
    return set(get_many(partition, "xazq5.invoice", map(latest_key, wanted)))


@given(there=st.sets(numbers), wanted=st.sets(numbers, max_size=100), gives=st.integers(1, 250))
@example(there={1, 10, 100, 2}, wanted={1, 2, 10, 11}, gives=1)
def test_all_that_are_there_are_found_and_nothing_else(there, wanted, gives):
    partition = Partition(there, gives=gives)

    found = looked_up(partition, wanted)

    assert found == set(map(latest_key, there & wanted))
    assert partition.requests <= len(wanted) + 1


def test_a_page_of_records_that_follow_each_other_is_one_request():
    partition = Partition(range(1, 100_001))

    assert len(looked_up(partition, range(54_301, 54_401))) == 100
    assert partition.requests == 1
    assert partition.read < FIRST_ROWS


def test_ids_with_wide_gaps_are_one_request_where_nothing_of_ours_lies_between():
    ours = [number * 7_919 for number in range(1, 20_001)]
    partition = Partition(ours)

    assert len(looked_up(partition, ours[9_000:9_100])) == 100
    assert partition.requests <= 2
    assert partition.read <= FIRST_ROWS


@pytest.mark.parametrize("records", [20_000, 100_000])
def test_records_among_the_newest_thousand_take_few_requests(records):
    partition = Partition(range(1, records + 1))
    wanted = random.Random(1).sample(range(records - 999, records + 1), 60)

    assert len(looked_up(partition, wanted)) == 60
    assert partition.requests <= 4
    assert partition.read < 1_200


def test_records_far_apart_are_looked_up_without_reading_what_lies_between():
    partition = Partition(range(1, 100_001))
    wanted = random.Random(1).sample(range(1, 100_001), 60)

    assert len(looked_up(partition, wanted)) == 60
    assert partition.requests <= 70
    assert partition.read <= 6 * FIRST_ROWS


def test_shorter_numbers_whose_range_holds_longer_ones_do_not_read_those():
    partition = Partition([*range(10, 20), *range(1_000_000, 1_100_000)])

    assert len(looked_up(partition, range(10, 20))) == 10
    assert partition.read <= 2 * FIRST_ROWS
