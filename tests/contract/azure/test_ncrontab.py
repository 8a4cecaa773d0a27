from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.functions.ncrontab import parse

MOMENTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@st.composite
def fields(draw, lowest, highest):
    value = st.integers(lowest, highest)
    part = st.one_of(
        st.just("*"),
        value.map(str),
        st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.integers(1, highest).map(lambda step: f"*/{step}"),
        st.tuples(value, st.integers(1, highest)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
    return ",".join(draw(st.lists(part, min_size=1, max_size=3)))


EXPRESSIONS = st.tuples(
    fields(0, 59), fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 6)
).map(" ".join)


@given(expression=EXPRESSIONS, moment=MOMENTS)
def test_the_next_occurrence_matches_and_comes_strictly_after(expression, moment):
    schedule = parse(expression)
    following = schedule.next_after(moment)
    assume(following is not None)

    assert following > moment
    assert following.microsecond == 0
    assert schedule.matches(following)


@given(expression=EXPRESSIONS, moment=MOMENTS, share=st.floats(0, 1))
def test_nothing_between_a_moment_and_the_next_occurrence_matches(expression, moment, share):
    schedule = parse(expression)
    following = schedule.next_after(moment)
    assume(following is not None)
    between = (moment + (following - moment) * share).replace(microsecond=0)
    assume(moment < between < following)

    assert not schedule.matches(between)


@given(moment=MOMENTS)
def test_every_second_is_an_occurrence_of_six_stars(moment):
    following = parse("* * * * * *").next_after(moment)

    assert timedelta(0) < following - moment <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 */5 * * * *", "2026-11-23T21:35:00"),
        ("30 0 3 * * *", "2026-11-24T03:00:30"),
        ("*/15 * * * *", "2026-11-23T21:45:00"),
        ("0 0 0 1 Jan *", "2027-01-01T00:00:00"),
        ("0 30 9 * * mon-FRI", "2026-11-24T09:30:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 13 * 5", "2027-08-13T00:00:00"),
        ("0 50-40/5 * * * *", "2026-11-23T21:40:00"),
        ("5/20 32 21 * * *", "2026-11-23T21:32:25"),
    ],
)
def test_expressions_mean_what_the_host_makes_of_them(expression, expected):
    moment = datetime(2026, 11, 23, 21, 32, 5, tzinfo=UTC)

    assert parse(expression).next_after(moment) == datetime.fromisoformat(f"{expected}+00:00")


def test_a_day_that_never_comes_has_no_occurrence():
    assert parse("0 0 0 30 2 *").next_after(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_schedule_is_kept_in_utc_whatever_zone_is_asked_in():
    zone = datetime(2026, 6, 1, 23, 30).astimezone().tzinfo
    asked = datetime(2026, 6, 1, 23, 30, tzinfo=UTC).astimezone(zone)

    assert parse("0 0 0 * * *").next_after(asked) == datetime(2026, 6, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("60 * * * * *", "second"),
        ("* * 24 * * *", "hour"),
        ("* * * 0 * *", "day"),
        ("* * * * 13 *", "month"),
        ("* * * * * 7", "day of week"),
        ("* * * * * fr", "day of week"),
        ("*/0 * * * * *", "second"),
        ("a * * * * *", "second"),
        ("1-x * * * * *", "second"),
        ("00:05:00", "fields"),
        ("", "fields"),
    ],
)
def test_what_is_no_schedule_is_refused_by_the_name_of_its_field(expression, field):
    with pytest.raises(ValueError, match=field):
        parse(expression)
