"""The lines: one JSON object each, with the event first and nothing that is not known."""

import json
from dataclasses import MISSING, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.line import Level
from shared.core.lines import (
    LINES,
    CallbackLine,
    Need,
    Processed,
    Refused,
    Trouble,
    Watched,
    need_of,
)
from shared.errors import ConfigurationError, ReconnectNeededError, RetryLaterError


def an_example(kind):
    """Return a line with nothing in it but what has to be."""
    needed = {each.name: each.type for each in fields(kind) if each.default is MISSING}
    return kind(**{name: "x" if "str" in str(of) else 1 for name, of in needed.items()})


@pytest.mark.parametrize("kind", LINES, ids=lambda kind: kind.event)
def test_every_line_begins_with_its_event(kind):
    line = str(an_example(kind))

    assert line.startswith(f'{{"event":"{kind.event}"')
    assert json.loads(line).keys() <= kind.names()


def test_no_two_kinds_of_line_share_an_event():
    assert len({kind.event for kind in LINES}) == len(LINES)


def test_what_is_not_known_is_not_written():
    assert str(Watched(depth=0)) == '{"event":"watched","depth":0,"unmeasured":0}'


@given(text=st.text())
def test_whatever_a_reason_says_the_line_is_one_object(text):
    told = json.loads(str(Trouble(what=Need.PERSON, text=text)))

    assert told.get("text", "") == text[:1000]
    assert "\n" not in str(Trouble(what=Need.PERSON, text=text))


def test_seconds_are_rounded():
    assert json.loads(str(Processed(outcome="created", ms=12.3456)))["ms"] == 12.3


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (Processed(outcome="created", ms=1), Level.INFO),
        (Processed(outcome="dead-lettered", ms=1), Level.WARNING),
        (Refused(why="signature"), Level.WARNING),
        (Trouble(what=Need.RECONNECT, text="x"), Level.ERROR),
        (Trouble(what=Need.PATIENCE, text="x"), Level.WARNING),
        (CallbackLine(business="a", noun="b", state="live"), Level.INFO),
        (CallbackLine(business="a", noun="b", state="lost"), Level.WARNING),
    ],
)
def test_a_line_is_as_loud_as_what_it_tells(line, level):
    assert line.level is level


@pytest.mark.parametrize(
    ("error", "need"),
    [
        (ReconnectNeededError("x"), Need.RECONNECT),
        (ConfigurationError("x"), Need.PERSON),
        (RetryLaterError("x"), Need.PATIENCE),
    ],
)
def test_an_error_says_what_is_needed(error, need):
    assert need_of(error) is need
