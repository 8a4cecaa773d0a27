"""The doctor's look at what waits: it warns by age, names what is open, and minds decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.circuit import (
    Circuit,
    CircuitState,
    connection_circuit,
    problem_circuit,
    service_circuit,
)
from shared.core.listed import Listed, Why
from shared.core.waiting import Shown
from shared.sync.doctor import Level, Subject
from shared.sync.doctor.waiting import check_circuits, check_waiting
from tests.memory import FakeClock

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)


def listed(why=Why.WAITING, *, hours=0.0, minutes=0.0, number=7, partly=False):
    since = NOW - timedelta(hours=hours, minutes=minutes)
    key = f"xazq5-invoice-{number}"
    who = "whoever can"
    return Listed(
        why, "xazq5", "invoice", number, Shown(), "", since, "problem-0a", who, key, partly
    )


def waiting(*rows):
    (found,) = check_waiting(lambda: rows, FakeClock(NOW))
    assert found.subject is Subject.WAITING
    return found


def circuits(*found):
    return list(check_circuits(lambda: found, FakeClock(NOW)))


def a_circuit(name, *, hours=1.0, probed=True, **fields):
    since = NOW - timedelta(hours=hours)
    due = NOW if probed else None
    return Circuit(name, CircuitState.OPEN, since, "answered 503", next_probe=due, **fields)


def test_where_everything_is_in_sales_all_is_well():
    assert waiting().level is Level.OK


@pytest.mark.parametrize(
    ("age", "level"),
    [
        ({"minutes": 0}, Level.OK),
        ({"minutes": 59}, Level.OK),
        ({"minutes": 60}, Level.WARNING),
        ({"hours": 47}, Level.WARNING),
        ({"hours": 48}, Level.FAILURE),
        ({"hours": 24 * 90}, Level.FAILURE),
        ({"hours": -1}, Level.OK),
    ],
)
def test_what_waits_is_judged_by_its_age(age, level):
    assert waiting(listed(**age)).level is level


def test_what_waits_for_a_while_is_counted_though_it_is_no_warning():
    assert "Not in Sales: 2" in waiting(listed(), listed(Why.HELD, number=8)).text


@pytest.mark.parametrize("why", [Why.IGNORED, Why.SKIPPED, Why.DISMISSED])
def test_what_was_decided_may_stay_for_ever(why):
    assert waiting(listed(why, hours=9000)).level is Level.OK


def test_what_is_in_sales_but_for_a_link_may_stay_for_ever():
    assert waiting(listed(hours=9000, partly=True)).level is Level.OK


@pytest.mark.parametrize(
    "why", sorted(set(Why) - {Why.IGNORED, Why.SKIPPED, Why.DISMISSED}, key=str)
)
def test_everything_else_is_told_with_who_can_end_it(why):
    found = waiting(listed(why, hours=30, number=1), listed(hours=3, number=2), listed(number=3))

    assert (found.level, "2 (" in found.text) == (Level.WARNING, True)
    assert "xazq5-invoice-1, for 30 h" in found.text
    assert found.advice.startswith("Whoever can.")
    assert "python -m shared waiting" in found.advice


def test_where_nothing_is_open_every_service_is_used():
    assert [each.level for each in circuits()] == [Level.OK]


@pytest.mark.parametrize(("hours", "level"), [(0.1, Level.WARNING), (49, Level.FAILURE)])
def test_an_open_circuit_is_judged_by_its_age(hours, level):
    assert circuits(a_circuit("dataverse", hours=hours))[0].level is level


def test_trouble_that_comes_and_goes_is_as_old_as_its_beginning():
    began = NOW - timedelta(days=3)

    (found,) = circuits(a_circuit("dataverse", hours=0.1, failing_since=began))

    assert (found.level, "2026-10-30" in found.text) == (Level.FAILURE, True)


@pytest.mark.parametrize(
    ("circuit", "words", "advice"),
    [
        (a_circuit(service_circuit("Key Vault")), "sent to key-vault", "Nobody"),
        (a_circuit(connection_circuit("a"), probed=False), "is not accepted", "shared connect"),
        (a_circuit(connection_circuit("a")), "Nothing is read", "Nobody"),
        (a_circuit(problem_circuit("xazq5", "0a")), "Records of xazq5 are refused", "mends it"),
    ],
)
def test_what_is_open_is_named_with_who_ends_it(circuit, words, advice):
    (found,) = circuits(circuit)

    assert words in found.text
    assert "answered 503" in found.text
    assert advice in found.advice
