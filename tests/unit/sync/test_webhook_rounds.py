"""In which order businesses' webhooks are looked after, and how many of them at once."""

from datetime import timedelta

import pytest

from shared.core.connections import HANDSHAKE_PATIENCE
from shared.core.identity import Kind
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.webhook_rounds import PAUSE, Bounds, WebhookRounds
from tests.memory import FakeClock
from tests.unit.sync.hooks import Hooks

EVERY = timedelta(minutes=10)
DOWN = RetryLaterError("FreshBooks is down.")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def hooks(clock):
    return Hooks(clock)


@pytest.fixture
def rounds(hooks, clock):
    return WebhookRounds(hooks, clock)


@pytest.fixture
def go(rounds, clock):
    """Goes on as the upkeep does, for logins that are given as lists of businesses."""

    def on(*logins, businesses=100, seconds=40.0, **how):
        bounds = Bounds(businesses, seconds)
        return rounds.go(logins, seen_since=clock() - EVERY, bounds=bounds, **how)

    return on


def ago(clock, **span):
    return clock() - timedelta(**span)


def test_those_that_were_never_compared_come_first_then_those_that_wait_longest(hooks, clock, go):
    hooks.keep("a", seen=ago(clock, minutes=11))
    hooks.keep("b")
    hooks.keep("c", seen=ago(clock, hours=1))
    hooks.keep("d", seen=ago(clock, minutes=9))

    go(["a", "b", "c", "d"])

    assert hooks.repaired == ["b", "c", "a"]


def test_no_more_are_compared_than_was_said_and_the_next_time_goes_on(hooks, clock, go):
    names = [f"b{number}" for number in range(7)]
    for name in names:
        hooks.keep(name)
    counts = []
    for _ in range(4):
        go(names, businesses=3)
        counts.append(len(hooks.repaired))
        clock.advance(60)

    assert counts == [3, 6, 7, 7]
    assert sorted(hooks.repaired) == names


def test_nothing_more_is_begun_when_the_time_is_up(hooks, go):
    for name in "abcde":
        hooks.keep(name)
    hooks.takes = 15.0

    go(list("abcde"), seconds=40.0)

    assert len(hooks.repaired) == 3


def test_handshakes_take_half_of_the_time_at_most(hooks, clock, go):
    for number in range(10):
        hooks.keep(f"p{number}", "pending", callback=number + 1, seen=clock(), since=clock())
    hooks.keep("a")
    hooks.takes = 5.0

    go([f"p{number}" for number in range(10)], ["a"], seconds=40.0)

    assert len(hooks.settled) == 4
    assert hooks.repaired == ["a"]


def test_every_login_has_its_turn_after_the_other(hooks, go):
    many = [f"m{number}" for number in range(50)]
    for name in (*many, "one", "two"):
        hooks.keep(name)

    go(many, ["one", "two"], businesses=4)

    assert hooks.repaired == ["m0", "one", "m1", "two"]


def test_handshakes_of_every_login_have_their_turn_too(hooks, clock, go):
    many = [f"m{number}" for number in range(50)]
    for name in (*many, "one"):
        hooks.keep(name, "pending", callback=7, since=clock(), seen=clock())

    go(many, ["one"], businesses=1)

    assert "one" in hooks.settled
    assert len(hooks.settled) == len(Kind)


def test_handshakes_that_were_looked_for_in_vain_come_after_those_that_were_not(hooks, clock, go):
    names = [f"p{number}" for number in range(2 * len(Kind))]
    for name in names:
        hooks.keep(name, "pending", callback=7, since=clock(), seen=clock())
    for _ in range(2):
        clock.advance(1)
        go(names, businesses=1)

    assert sorted(hooks.settled) == sorted(names)


def test_what_fails_comes_after_what_was_not_tried(hooks, clock, go):
    for name in "abcdef":
        hooks.keep(name)
    hooks.trouble = {"a": DOWN, "b": DOWN}
    problems = []
    for _ in range(3):
        problems.append(go(list("abcdef"), businesses=2))
        clock.advance(60)

    assert hooks.repaired == ["a", "b", "c", "d", "e", "f"]
    assert [sorted(each) for each in problems] == [["a", "b"]] * 3


def test_what_works_again_is_a_problem_no_more(hooks, clock, go):
    hooks.keep("a")
    hooks.trouble = {"a": DOWN}
    first = go(["a"])
    hooks.trouble = {}
    clock.advance(60)

    assert str(first["a"]) == "FreshBooks is down."
    assert go(["a"]) == {}


def test_what_somebody_else_mended_meanwhile_is_a_problem_no_more(hooks, clock, go):
    hooks.keep("a")
    hooks.trouble = {"a": DOWN}
    go(["a"])
    hooks.keep("a", seen=clock())  # by another instance

    assert go(["a"]) == {}
    assert hooks.repaired == ["a"]


def test_what_failed_a_moment_ago_rests_and_its_problem_is_still_told(hooks, clock, go):
    hooks.keep("a")
    hooks.trouble = {"a": DOWN}
    told = [go(["a"]) for _ in range(10)]
    clock.advance(PAUSE.total_seconds())
    go(["a"])

    assert hooks.repaired == ["a", "a"]
    assert [str(each["a"]) for each in told] == ["FreshBooks is down."] * 10


def test_what_freshbooks_refused_is_told_without_asking_again(hooks, clock, go):
    hooks.keep("a", "pending", problem="The scope is missing.", seen=clock(), since=clock())
    told = []
    for _ in range(9):
        clock.advance(60)
        told.append(go(["a"]))
    clock.advance(60.001)
    go(["a"])

    assert all(isinstance(each["a"], ConfigurationError) for each in told)
    assert {str(each["a"]) for each in told} == {"The scope is missing."}
    assert hooks.repaired == ["a"]


def test_a_registration_whose_answer_was_lost_is_looked_for_after_a_minute(hooks, clock, go):
    hooks.keep("a", "pending", seen=clock(), since=clock())
    clock.advance(HANDSHAKE_PATIENCE.total_seconds())
    go(["a"])
    before = list(hooks.repaired)
    clock.advance(1)
    go(["a"])

    assert (before, hooks.repaired) == ([], ["a"])


@pytest.mark.parametrize(("hurried", "again"), [(True, ["a"]), (False, [])])
def test_who_waits_for_a_handshake_has_it_asked_for_again(hooks, clock, go, hurried, again):
    hooks.keep("a", "pending", callback=7, seen=clock(), since=clock())
    go(["a"], hurried=hurried)
    before = list(hooks.repaired)
    clock.advance(HANDSHAKE_PATIENCE.total_seconds())
    go(["a"], hurried=hurried)

    assert (before, hooks.repaired) == ([], again)


def test_a_business_that_is_named_twice_is_looked_after_once(hooks, go):
    hooks.keep("a")

    go(["a", "a"])

    assert hooks.repaired == ["a"]


def test_without_a_business_nothing_is_done(hooks, go):
    assert go() == go([]) == {}
    assert hooks.repaired == []
