"""How often FreshBooks is asked for a page, for whom, and what is said of the others."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.sightings import MOST_ASKED, PAUSE, Sightings
from tests.memory import FakeClock
from tests.unit.sync.hooks import Hooks

DOWN = RetryLaterError("FreshBooks is down.")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def hooks(clock):
    return Hooks(clock)


@pytest.fixture
def sightings(hooks, clock):
    return Sightings(hooks, clock)


@pytest.fixture
def look(sightings):
    """Looks at businesses as a page does."""
    return lambda businesses: sightings.look(businesses, until=sightings.ends())


def crowd(hooks, count, **fields):
    names = [f"b{number:03d}" for number in range(count)]
    for name in names:
        hooks.keep(name, **fields)
    return names


def test_a_business_is_asked_for_once_in_a_few_seconds(hooks, clock, look):
    hooks.keep("a")
    for _ in range(3):
        look(["a"])
    clock.advance(PAUSE.total_seconds() - 0.001)
    look(["a"])
    before = list(hooks.inspected)
    clock.advance(0.001)
    look(["a"])

    assert (before, hooks.inspected) == (["a"], ["a", "a"])


def test_of_many_a_few_are_asked_for_and_another_few_the_next_time(hooks, clock, look):
    names = crowd(hooks, 35, seen=clock() - timedelta(minutes=5))
    counts = []
    for _ in range(4):
        sight = look(names)
        counts.append(len(set(hooks.inspected)))
        clock.advance(PAUSE.total_seconds())

    assert counts == [10, 20, 30, 35]
    assert MOST_ASKED == 10
    assert len(sight.registrations) == 35


def test_those_in_trouble_are_asked_for_first(hooks, clock, look):
    names = crowd(hooks, 30, seen=clock() - timedelta(hours=1))
    hooks.keep("b029", "pending", callback=7, seen=clock())

    look(names)

    assert hooks.inspected[0] == "b029"


def test_nobody_waits_long_for_a_page(hooks, look):
    names = crowd(hooks, 10)
    hooks.takes = 3.0

    look(names)

    assert len(hooks.inspected) == 3


def test_the_logins_of_a_page_share_its_time(hooks, sightings):
    hooks.keep("a")
    hooks.keep("b")
    hooks.takes = 9.0
    until = sightings.ends()

    seen = [sightings.look([name], until=until).registrations[0].seen for name in "ab"]

    assert hooks.inspected == ["a"]
    assert [moment is None for moment in seen] == [False, True]


def test_a_business_that_is_refused_hides_no_other_one(hooks, look):
    names = crowd(hooks, 5)
    hooks.trouble = {names[0]: ConfigurationError("No access.")}

    sight = look(names)

    assert hooks.inspected == names
    assert sight.problem == "No access."
    assert [each.seen is None for each in sight.registrations] == [True] + [False] * 4


def test_after_one_failure_no_other_business_of_the_login_is_asked_for(hooks, look):
    names = crowd(hooks, 10)
    hooks.trouble = dict.fromkeys(names, DOWN)

    sight = look(names)

    assert len(hooks.inspected) == 1
    assert sight.problem == "FreshBooks is down."
    assert [each.business for each in sight.registrations] == names


def test_what_was_seen_is_remembered_while_freshbooks_is_down(hooks, clock, look, sightings):
    hooks.keep("a")
    look(["a"])
    seen = clock()
    clock.advance(60)
    hooks.trouble = {"a": DOWN}

    sight = look(["a"])

    assert [each.seen for each in sight.registrations] == [seen]
    assert [each.seen for each in sightings.recall(["a"])] == [seen]
    assert sight.problem == "FreshBooks is down."


def test_what_was_kept_later_counts_more_than_what_was_seen_here(hooks, clock, look):
    hooks.keep("a", "pending", callback=7)
    look(["a"])
    clock.advance(1)
    hooks.keep("a", "live", callback=7, since=clock(), seen=clock())

    (now,) = look(["a"]).registrations

    assert now.is_live


def test_what_was_seen_here_later_counts_more_than_what_is_kept(hooks, clock, look, sightings):
    hooks.keep("a", "live", since=clock() - timedelta(days=9), seen=clock())
    clock.advance(60)
    kept = hooks.kept["a"]
    hooks.meanwhile = lambda: hooks.keep("a", "disabled")
    look(["a"])
    hooks.kept["a"] = kept

    (seen,) = sightings.recall(["a"])

    assert (seen.state, seen.seen) == ("disabled", clock())


def test_many_who_look_at_once_cause_one_question(hooks, look):
    hooks.keep("a")
    gate = threading.Barrier(8)

    def at_once(_number):
        gate.wait(timeout=10)
        return look(["a"])

    with ThreadPoolExecutor(8) as threads:
        sights = list(threads.map(at_once, range(8)))

    assert hooks.inspected == ["a"]
    assert all(len(each.registrations) == 1 for each in sights)
