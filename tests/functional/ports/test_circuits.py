"""`Circuits`: few rows, each written by compare-and-set."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.core.circuit import Circuit, CircuitState, connection_circuit, problem_circuit
from shared.core.identity import Kind
from shared.errors import ConflictError
from shared.sync.ports import Circuits

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)


def a_circuit(name: str) -> Circuit:
    return Circuit(name, CircuitState.OPEN, NOW, reason="answered 503", next_probe=NOW)


def test_a_circuit_that_never_was_is_none(circuits: Circuits, account: str) -> None:
    assert circuits.get(account) is None
    assert account not in [each.name for each in circuits.list_all()]


@pytest.mark.parametrize("name", [connection_circuit, lambda each: problem_circuit(each, "0a")])
def test_it_is_read_as_it_was_written(
    circuits: Circuits, account: str, name: Callable[[str], str]
) -> None:
    wanted = Circuit(
        name(account),
        CircuitState.HALF_OPEN,
        NOW,
        reason="Größe 'x' <b>",
        evidence=("a-invoice-1", "a-invoice-2"),
        failing_since=NOW - timedelta(days=3),
        passed_at=NOW - timedelta(hours=1),
        next_probe=NOW + timedelta(seconds=5),
        permit_until=NOW + timedelta(seconds=90),
        probes=7,
        kind=Kind.INVOICE,
    )
    kept = circuits.insert(wanted)

    assert kept == wanted
    assert kept.version
    assert circuits.get(wanted.name) == wanted
    assert [each for each in circuits.list_all() if each.name == wanted.name] == [wanted]
    found = circuits.get(wanted.name)
    assert found is not None
    assert found.version == kept.version


def test_a_moment_is_the_same_in_whatever_zone_it_was_given(
    circuits: Circuits, account: str
) -> None:
    vienna = NOW.astimezone(timezone(timedelta(hours=1)))
    circuits.insert(replace(a_circuit(account), since=vienna, next_probe=vienna))

    found = circuits.get(account)

    assert found is not None
    assert (found.since, found.next_probe) == (NOW, NOW)


def test_there_is_one_of_a_name(circuits: Circuits, account: str) -> None:
    circuits.insert(a_circuit(account))

    with pytest.raises(ConflictError):
        circuits.insert(a_circuit(account))


def test_it_is_replaced_only_in_the_version_that_was_read(circuits: Circuits, account: str) -> None:
    first = circuits.insert(a_circuit(account))
    second = circuits.replace(replace(first, probes=1))

    with pytest.raises(ConflictError):
        circuits.replace(replace(first, probes=2))
    assert second.version != first.version
    assert circuits.get(account) == replace(first, probes=1)


def test_one_that_is_gone_cannot_be_replaced(circuits: Circuits, account: str) -> None:
    first = circuits.insert(a_circuit(account))
    circuits.delete(first)

    with pytest.raises(ConflictError):
        circuits.replace(first)


def test_it_is_deleted_only_in_the_version_that_was_read(circuits: Circuits, account: str) -> None:
    first = circuits.insert(a_circuit(account))
    second = circuits.replace(replace(first, probes=1))

    with pytest.raises(ConflictError):
        circuits.delete(first)
    circuits.delete(second)
    assert circuits.get(account) is None
    circuits.delete(second)


def test_of_eight_that_want_it_at_once_one_gets_it(circuits: Circuits, account: str) -> None:
    first = circuits.insert(a_circuit(account))
    gate = threading.Barrier(8)

    def take(number: int) -> Circuit | None:
        gate.wait(timeout=10)
        try:
            return circuits.replace(replace(first, probes=number))
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as threads:
        got = [each for each in threads.map(take, range(1, 9)) if each is not None]

    assert got == [circuits.get(account)]
