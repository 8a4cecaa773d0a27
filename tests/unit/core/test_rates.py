"""Claims: which part of a budget each process takes, pure, in seconds that only grow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.demand import Demand
from shared.core.expected import Expected
from shared.core.rates import (
    BEAT,
    ENDED,
    GONE,
    LAPSE,
    LONGEST_REQUEST,
    LOOK,
    NOTHING,
    SILENT,
    UNKNOWN,
    VALID,
    Budget,
    Claim,
    Member,
    Sighting,
    Wants,
    claimed,
    cut,
    is_gone,
    sighted,
    target,
    within,
)

DATAVERSE = Budget(20, 52, 4)

parts = st.floats(0, 1)
wants = st.builds(Wants, parts, parts)
crowds = st.lists(wants, min_size=1, max_size=60)


def members(*given: Wants) -> list[Member]:
    return [Member(str(number), Claim(0.1, 1), each) for number, each in enumerate(given)]


def targets(*given: Wants) -> list[float]:
    """Return what each of them should claim of the rate."""
    all_of_them = members(*given)
    return [
        target(DATAVERSE, each.wants, [other for other in all_of_them if other is not each]).part
        for each in all_of_them
    ]


def test_the_moments_fit_each_other() -> None:
    assert BEAT + LOOK + BEAT <= VALID  # one beat may fail
    assert VALID < SILENT
    assert LAPSE + LONGEST_REQUEST < GONE
    assert LONGEST_REQUEST < ENDED


# what each should claim


@given(crowds)
def test_all_together_should_claim_no_more_than_there_is_beside_the_least_of_each(
    crowd: list[Wants],
) -> None:
    assert sum(targets(*crowd)) <= 1 + len(crowd) * DATAVERSE.least + 1e-4


@given(crowds)
def test_whoever_wants_all_there_is_leaves_nothing_unused(crowd: list[Wants]) -> None:
    assert sum(targets(*crowd, Wants(bulk=1.0))) >= 1 - 1e-4


def test_there_is_as_much_for_each_as_for_any_other_and_no_more_than_it_wants() -> None:
    assert targets(Wants(live=1.0)) == [1.0]
    assert targets(*[Wants(live=1.0)] * 4) == [0.25] * 4
    assert targets(Wants(0.1), Wants(1.0), Wants(1.0)) == pytest.approx([0.1, 0.45, 0.45])


def test_live_traffic_comes_first_wherever_it_is_and_bulk_shares_the_rest() -> None:
    bulk = Wants(bulk=1.0)

    assert targets(Wants(live=0.4), bulk, bulk) == pytest.approx([0.4, 0.3, 0.3])
    assert targets(Wants(live=1.0), bulk, bulk) == pytest.approx([0.95, 0.025, 0.025])
    assert targets(Wants(0.4, 1.0), bulk) == pytest.approx([0.7, 0.3])


def test_who_waits_to_be_let_in_takes_nothing_from_the_others() -> None:
    waiting = Member("w", NOTHING, Wants(live=1.0))

    assert target(DATAVERSE, Wants(live=1.0), [waiting] * 8) == Claim(1.0, 26)


def test_who_wants_nothing_keeps_the_least() -> None:
    assert target(DATAVERSE, Wants(), members(Wants(live=1.0))) == Claim(DATAVERSE.least, 1)
    assert target(Budget(1, 1), Wants(live=1.0), ()) == Claim(1.0, 1)


# what it may claim


@given(
    st.builds(Claim, parts, st.integers(0, 26)),
    st.builds(Claim, parts, st.integers(1, 26)),
    st.builds(Claim, parts, st.integers(0, 52)),
)
def test_nobody_claims_more_than_the_others_leave_but_what_it_has(
    mine: Claim, wish: Claim, others: Claim
) -> None:
    may = within(mine, wish, others, DATAVERSE)

    assert may.part <= max(mine.part, 1 - others.part + 1e-6)
    assert may.at_once <= max(mine.at_once, 52 - others.at_once)
    assert (may.part <= wish.part, may.at_once <= wish.at_once) == (True, True)


def test_a_row_that_cannot_be_read_may_mean_all_that_one_can_have() -> None:
    others = claimed(DATAVERSE, [Member("a", UNKNOWN), Member("b", Claim(0.5, 3))])

    assert others == Claim(1.5, 29)


def test_a_row_of_the_release_before_means_an_equal_share() -> None:
    assert claimed(DATAVERSE, [Member("a", None)]) == Claim(0.5, 13)


# who has not beaten


def test_who_did_not_beat_is_gone_by_the_watchers_own_clock() -> None:
    me = Member("me")
    first = sighted({}, [Member("a", version="v1")], me=me, now=0)
    same = sighted(first, [Member("a", version="v1")], me=me, now=30)
    beaten = sighted(same, [Member("a", version="v2")], me=me, now=60)

    assert (same["a"].at, beaten["a"].at) == (0, 60)
    assert not is_gone(same["a"], now=GONE - 1)
    assert is_gone(same["a"], now=GONE)
    assert sighted(beaten, [], me=me, now=70) == {}


@pytest.mark.parametrize(
    ("row", "mine", "older"),
    [(0, 60, 55), (0, 5, 0), (0, 3, 0), (60, 0, 0), (None, 60, 0), (0, None, 0)],
)
def test_a_row_is_as_old_as_storage_dates_it_but_for_what_its_clocks_may_differ(
    row: int | None, mine: int | None, older: int
) -> None:
    def dated(seconds: int | None) -> datetime | None:
        day = datetime(2026, 11, 28, tzinfo=UTC)
        return None if seconds is None else day + timedelta(seconds=seconds)

    seen = sighted(
        {}, [Member("a", written=dated(row))], me=Member("me", written=dated(mine)), now=100
    )

    assert seen["a"].at == 100 - older


def test_a_row_that_is_silent_is_cut_to_the_least_and_later_to_one_request() -> None:
    row = Member("a", Claim(0.5, 13), Wants(live=1.0))
    least = Member("a", Claim(DATAVERSE.least, 13))

    assert cut(DATAVERSE, Sighting(row, 0), now=SILENT - 1) is None
    assert cut(DATAVERSE, Sighting(row, 0), now=SILENT) == least
    assert cut(DATAVERSE, Sighting(least, 0), now=ENDED - 1) is None
    assert cut(DATAVERSE, Sighting(least, 0), now=ENDED) == Member("a", Claim(DATAVERSE.least, 1))
    assert cut(DATAVERSE, Sighting(Member("a", None), 0), now=GONE) is None
    assert cut(DATAVERSE, Sighting(Member("a", UNKNOWN), 0), now=SILENT) == Member(
        "a", Claim(DATAVERSE.least, 26)
    )


# what it has use for


def test_a_process_that_just_began_shares_what_is_left_by_live_traffic() -> None:
    first = Demand(DATAVERSE).wants(0.0, live=1, bulk=0)

    assert first.bulk == 1.0
    assert 0 < first.live < 0.1


def test_what_waits_is_wanted_and_what_was_used_is_forgotten_by_and_by() -> None:
    demand = Demand(DATAVERSE)
    demand.wants(0.0, live=0, bulk=0)
    demand.used(19, 1.0, bulk=False)
    busy = demand.wants(2.0, live=0, bulk=0)
    calmer = demand.wants(4.0, live=0, bulk=0)
    backlog = demand.wants(6.0, live=24, bulk=24)
    for second in range(8, 40, 2):
        idle = demand.wants(float(second), live=0, bulk=0)

    assert busy.live == pytest.approx(0.61, abs=0.01)
    assert calmer.live == pytest.approx(busy.live / 2)
    assert (backlog.live > 0.7, backlog.bulk > 0.7) == (True, True)
    assert idle == Wants()


def test_requests_that_take_long_are_wanted_by_the_time_they_take() -> None:
    demand = Demand(DATAVERSE)
    demand.wants(0.0, live=0, bulk=0)
    demand.used(2, 3.8, bulk=True)

    assert demand.wants(2.0, live=0, bulk=0).bulk == pytest.approx(0.59, abs=0.01)


# how long requests take


def test_a_kind_is_expected_to_take_what_it_took_and_a_new_one_what_all_did() -> None:
    expected = Expected()
    first = expected.of("read")
    for _ in range(40):
        expected.note("read", 0.01)
        expected.note("write", 1.0)

    assert first == 0.1
    assert expected.of("read") == pytest.approx(0.01)
    assert expected.of("write") == pytest.approx(1.0)
    assert 0.3 < expected.of("other") < 0.8


def test_so_many_kinds_are_remembered_and_the_longest_unused_is_not() -> None:
    expected = Expected()
    for number in range(600):
        expected.note("often", 5.0)
        expected.note(f"kind {number}", 1.0)

    assert expected.of("often") == 5.0
    assert len(expected._by_kind) == 500
