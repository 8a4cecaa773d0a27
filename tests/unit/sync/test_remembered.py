"""What is remembered for how long, what is looked up again, and by how many at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import RetryLaterError
from shared.sync.remembered import Remembered
from tests.memory import FakeClock

KEEP = timedelta(minutes=10)
KEEP_MISSING = timedelta(seconds=30)
PAUSE = timedelta(seconds=5)


class Place:
    """Where values are looked up: counts the looks, and fails while `error` is set."""

    def __init__(self):
        self.values = {"a": "one"}
        self.looks = []
        self.error = None

    def __call__(self, key):
        self.looks.append(key)
        if self.error is not None:
            raise self.error
        return self.values.get(key)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def place():
    return Place()


def remembered(place, clock, **options):
    return Remembered(place, clock, **{"keep": KEEP, **options})


# values and missing values


def test_a_value_is_looked_up_once_while_it_is_kept(place, clock):
    memory = remembered(place, clock)
    memory.get("a")
    clock.advance(599)

    assert memory.get("a") == "one"
    assert place.looks == ["a"]


def test_a_value_is_looked_up_anew_when_its_time_is_over(place, clock):
    memory = remembered(place, clock)
    memory.get("a")
    place.values["a"] = "two"
    clock.advance(600)

    assert memory.get("a") == "two"


def test_every_key_has_a_time_of_its_own(place, clock):
    memory = remembered(place, clock, keep_missing=KEEP_MISSING)
    memory.get("a")
    clock.advance(590)
    memory.get("b")
    clock.advance(20)
    memory.get("a")
    memory.get("b")

    assert place.looks == ["a", "b", "a"]


@pytest.mark.parametrize("missing", [None, [], {}])
def test_that_there_is_nothing_is_kept_for_less(place, clock, missing):
    memory = remembered(place, clock, keep_missing=KEEP_MISSING)
    place.values["b"] = missing
    memory.get("b")
    clock.advance(29)
    memory.get("b")
    clock.advance(1)
    place.values["b"] = "found"

    assert memory.get("b") == "found"
    assert place.looks == ["b", "b"]


def test_that_there_is_nothing_is_not_kept_unless_it_is_said(place, clock):
    memory = remembered(place, clock)

    assert [memory.get("b"), memory.get("b")] == [None, None]
    assert place.looks == ["b", "b"]


def test_a_value_that_is_gone_is_gone_from_memory_too(place, clock):
    memory = remembered(place, clock)
    memory.get("a")
    del place.values["a"]

    assert memory.get("a", again=True) is None
    assert memory.get("a") is None


def test_what_is_to_be_forgotten_is_looked_up_next_time(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    memory.get("a")
    place.values["a"] = "two"
    memory.forget("a")
    memory.forget("never seen")

    assert memory.get("a") == "two"


# asked again


def test_what_did_not_fit_is_looked_up_again_at_once_where_no_pause_is_asked_for(place, clock):
    memory = remembered(place, clock)
    memory.get("a")
    place.values["a"] = "two"

    assert memory.get("a", again=True) == "two"
    assert memory.get("a") == "two"


def test_however_often_it_is_asked_again_there_is_one_look_in_a_pause(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    for _ in range(100):
        memory.get("a", again=True)
    clock.advance(5)
    for _ in range(100):
        memory.get("a", again=True)

    assert place.looks == ["a", "a"]


def test_a_clock_that_is_set_back_keeps_nobody_from_looking_again(place, clock):
    memory = remembered(place, clock)
    memory.get("a")
    place.values["a"] = "two"
    clock.advance(-60)

    assert memory.get("a", again=True) == "two"


# failures


def test_a_failure_is_raised_again_for_a_pause(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    place.error = RetryLaterError("down")
    for _ in range(10):
        with pytest.raises(RetryLaterError, match="down"):
            memory.get("a")
    place.error = None
    clock.advance(5)

    assert memory.get("a") == "one"
    assert place.looks == ["a", "a"]


def test_without_a_pause_every_call_tries_anew(place, clock):
    memory = remembered(place, clock)
    place.error = RetryLaterError("down")
    for _ in range(3):
        with pytest.raises(RetryLaterError):
            memory.get("a")

    assert place.looks == ["a"] * 3


def test_a_failure_of_one_key_is_no_failure_of_another(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    place.error = RetryLaterError("down")
    with pytest.raises(RetryLaterError):
        memory.get("b")
    place.error = None

    assert memory.get("a") == "one"


def test_a_second_look_that_fails_leaves_a_value_that_is_still_kept(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    memory.get("a")
    clock.advance(60)
    place.error = RetryLaterError("down")
    for _ in range(3):
        with pytest.raises(RetryLaterError):
            memory.get("a", again=True)

    assert memory.get("a") == "one"
    assert place.looks == ["a", "a"]


def test_a_value_whose_time_is_over_is_not_used_when_the_look_fails(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    memory.get("a")
    clock.advance(600)
    place.error = RetryLaterError("down")

    with pytest.raises(RetryLaterError):
        memory.get("a")


def test_an_error_that_is_none_of_ours_is_not_remembered(place, clock):
    memory = remembered(place, clock, pause=PAUSE)
    place.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        memory.get("a")
    place.error = None

    assert memory.get("a") == "one"


# through failures


@pytest.fixture
def lasting(place, clock):
    """A memory whose value could not be looked up when its time was over."""
    memory = remembered(place, clock, pause=PAUSE, through_failures=True)
    memory.get("a")
    clock.advance(600)
    place.error = RetryLaterError("down")
    place.looks.clear()
    return memory


def test_a_value_outlives_the_failure_to_look_it_up_again_for_another_while(lasting, place, clock):
    first = lasting.get("a")
    clock.advance(599)

    assert [first, lasting.get("a")] == ["one", "one"]
    assert place.looks == ["a"]


def test_who_is_not_content_with_what_outlived_a_failure_hears_of_it(lasting, place, clock):
    lasting.get("a")
    for _ in range(3):
        with pytest.raises(RetryLaterError, match="down"):
            lasting.get("a", again=True)
    clock.advance(5)
    with pytest.raises(RetryLaterError, match="down"):
        lasting.get("a", again=True)

    assert place.looks == ["a", "a"]


def test_a_failure_is_over_with_the_first_look_that_succeeds(lasting, place, clock):
    lasting.get("a")
    place.error = None
    place.values["a"] = "two"
    clock.advance(5)

    assert lasting.get("a", again=True) == "two"
    assert lasting.get("a", again=True) == "two"


def test_without_a_value_a_failure_is_raised(place, clock):
    memory = remembered(place, clock, pause=PAUSE, through_failures=True)
    place.error = RetryLaterError("down")

    with pytest.raises(RetryLaterError):
        memory.get("a")


# many at once


class SlowPlace(Place):
    """A place where every look takes until it is let go."""

    def __init__(self):
        super().__init__()
        self.inside = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, key):
        self.inside.release()
        assert self.go_on.wait(10)
        return super().__call__(key)


def crowd(memory, place, *, first, looking):
    """Let one look, then seven more come, and return what all got."""
    with ThreadPoolExecutor(8) as pool:
        got = [pool.submit(memory.get, first)]
        assert place.inside.acquire(timeout=10)
        got += [pool.submit(memory.get, "a") for _ in range(7)]
        for _ in range(looking - 1):
            assert place.inside.acquire(timeout=10)
        place.go_on.set()
        return [each.exception() or each.result() for each in got]


def test_who_comes_while_one_looks_takes_what_that_one_finds(clock):
    place = SlowPlace()
    memory = remembered(place, clock, pause=PAUSE, one_at_a_time=True)

    assert crowd(memory, place, first="a", looking=1) == ["one"] * 8
    assert place.looks == ["a"]


def test_who_comes_while_one_fails_hears_of_that_failure(clock):
    place = SlowPlace()
    place.error = RetryLaterError("down")
    memory = remembered(place, clock, pause=PAUSE, one_at_a_time=True)

    assert crowd(memory, place, first="a", looking=1) == [place.error] * 8
    assert place.looks == ["a"]


def test_a_look_for_one_key_holds_nobody_up_who_wants_another(clock):
    place = SlowPlace()
    memory = remembered(place, clock, one_at_a_time=True)

    assert crowd(memory, place, first="b", looking=2) == [None] + ["one"] * 7


def test_where_nobody_has_to_wait_all_look_for_themselves(clock):
    place = SlowPlace()
    memory = remembered(place, clock)

    assert crowd(memory, place, first="a", looking=8) == ["one"] * 8
    assert place.looks == ["a"] * 8


def test_who_asks_while_a_failure_is_being_noted_finds_what_lasts(lasting):
    found = []

    class Noting(dict):
        """The failures, and somebody who asks as soon as one is noted."""

        def __setitem__(self, name, failure):
            super().__setitem__(name, failure)
            found.append(lasting.get("a"))

    lasting._failed = Noting()

    assert lasting.get("a") == "one"
    assert found == ["one"]
