"""The pace: which part of its slice a process takes, pure, in seconds that only grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.pace import Answer, Pace, paced


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
