"""The verifiers in a secret: those that are as we write them are in force, whatever is beside."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.identity import verifier_secret
from shared.sync.verifiers import Verifiers
from tests.memory import FakeClock, MemorySecrets

NAME = verifier_secret("xazq5", "invoice")
GOOD = {"verifier": "a-verifier", "until": None}


def in_force(text, clock=None):
    secrets = MemorySecrets()
    secrets.values[NAME] = text
    return Verifiers(secrets=secrets, clock=clock or FakeClock()).get("xazq5", "invoice")


@pytest.mark.parametrize(
    "beside",
    [
        None,
        7,
        "a-verifier",
        [],
        {},
        {"verifier": "another"},
        {"verifier": 7, "until": None},
        {"verifier": "", "until": None},
        {"verifier": "another", "until": "tomorrow"},
        {"verifier": "another", "until": 7},
        {"verifier": "another", "until": "2099-01-01T00:00:00"},
        {"verifier": "\ud800", "until": None},
    ],
)
def test_a_verifier_that_is_not_as_we_write_it_takes_no_other_one_away(beside, caplog):
    assert in_force(json.dumps([beside, GOOD])) == ["a-verifier"]
    assert f"{NAME} holds verifiers that are not as we write them" in caplog.text
    assert "another" not in caplog.text


def test_a_field_of_a_later_release_changes_nothing(caplog):
    assert in_force(json.dumps([{**GOOD, "since": "2026"}])) == ["a-verifier"]
    assert not caplog.messages


@given(st.text() | st.from_type(object).map(lambda value: json.dumps(value, default=str)))
def test_any_secret_is_read_as_the_verifiers_it_holds(text):
    assert isinstance(in_force(text), list)


def test_one_that_ended_is_not_in_force():
    clock = FakeClock(datetime(2026, 11, 2, 15, tzinfo=UTC))
    until = [(clock() + timedelta(hours=hours)).isoformat() for hours in (-1, 1)]

    found = in_force(json.dumps([{"verifier": each, "until": each} for each in until]), clock)

    assert found == until[1:]
