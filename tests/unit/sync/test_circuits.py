"""The circuit breakers as a process's threads ask them: what goes through, and what it costs."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from shared.core.circuit import Circuit, CircuitState, connection_circuit, problem_circuit
from shared.core.identity import Kind, RecordId
from shared.errors import ConfigurationError, ConnectorError, RetryLaterError
from shared.sync.circuits import CircuitBreakers
from tests.memory import FakeClock, MemoryCircuits

DOWN = RetryLaterError("Dataverse: GET accounts was answered 503", service="Dataverse")
SLOW = RetryLaterError("429", service="Dataverse", throttled=True, retry_after=30.0)
DATAVERSE = "dataverse"
PLUGIN = "0a1b2c"
TROUBLES = [RetryLaterError("Tables are down"), ConfigurationError("The role is missing")]


def invoice(number: int) -> RecordId:
    return RecordId("xazq5", Kind.INVOICE, number)


class House:
    """Storage, the time, and as many processes as a test wants."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.circuits = MemoryCircuits()
        self.here = self.process()

    def process(self, clock: Callable[[], Any] | None = None) -> CircuitBreakers:
        return CircuitBreakers(self.circuits, clock=clock or self.clock, draw=lambda: 0.5)

    def outage(self, error: RetryLaterError = DOWN) -> None:
        for number in range(3):
            self.here.failed(DATAVERSE, f"r{number}", error)

    def after_the_pause(self, seconds: float = 6) -> None:
        self.clock.advance(seconds)


@pytest.fixture
def house() -> House:
    return House()


def test_while_nothing_is_wrong_a_thousand_records_cost_one_look_a_second(house: House) -> None:
    for number in range(1000):
        assert house.here.blocking([DATAVERSE, "freshbooks"], invoice(number)) is None
        assert house.here.passed([DATAVERSE, "freshbooks"], invoice(number)) == []
    house.clock.advance(1)
    house.here.blocking([DATAVERSE])

    assert (house.circuits.reads, house.circuits.writes) == (2, 0)


def test_an_outage_stops_everybody_everywhere(house: House) -> None:
    elsewhere = house.process()
    assert elsewhere.blocking([DATAVERSE]) is None
    house.outage()
    house.clock.advance(1)

    for process in (house.here, elsewhere, house.process()):
        blocking = process.blocking(["freshbooks", DATAVERSE])
        assert blocking is not None
        assert (blocking.name, blocking.reason) == (DATAVERSE, str(DOWN))
        assert process.blocking(["freshbooks"]) is None


def test_the_failures_of_three_processes_are_one_outage(house: House) -> None:
    for number in range(3):
        house.process().failed(DATAVERSE, f"r{number}", DOWN)

    assert house.process().blocking([DATAVERSE]) is not None


def test_one_handling_is_the_probe_and_says_so(house: House) -> None:
    elsewhere = house.process()
    house.outage()
    house.clock.advance(1)
    elsewhere.blocking([DATAVERSE])
    house.after_the_pause()

    first = house.here.blocking([DATAVERSE])
    second = elsewhere.blocking([DATAVERSE])

    assert (first, house.here.probes) == (None, {DATAVERSE})
    assert second is not None
    assert second.state is CircuitState.HALF_OPEN
    assert elsewhere.probes == frozenset()


def test_a_probe_that_passes_closes_it_once_and_for_all(house: House) -> None:
    house.outage()
    house.after_the_pause()
    house.here.blocking([DATAVERSE])
    closed = house.here.passed([DATAVERSE])
    again = house.here.passed([DATAVERSE])

    assert [(each.name, each.state) for each in closed] == [(DATAVERSE, CircuitState.RELEASED)]
    assert again == []
    assert house.here.probes == frozenset()
    assert house.process().blocking([DATAVERSE]) is None
    assert house.process().released() == closed


def test_a_probe_that_fails_keeps_it_closed_to_all_for_longer(house: House) -> None:
    house.outage()
    house.after_the_pause()
    house.here.blocking([DATAVERSE])
    after = house.here.failed(DATAVERSE, "r9", DOWN)
    left = house.here.due_in(DATAVERSE)

    assert after.stops
    assert left is not None
    assert 9 <= left <= 10
    assert house.here.blocking([DATAVERSE]) is not None


def test_an_answer_that_was_under_way_does_not_end_a_pause_that_was_asked_for(
    house: House,
) -> None:
    house.here.failed(DATAVERSE, "r1", SLOW)
    closed = house.here.passed([DATAVERSE])

    assert closed == []
    assert house.here.blocking([DATAVERSE]) is not None
    assert house.here.due_in(DATAVERSE) == 30


def test_a_permit_whose_holder_died_lapses(house: House) -> None:
    house.outage()
    house.after_the_pause()
    dying = house.process()
    dying.blocking([DATAVERSE])
    house.clock.advance(3)
    dying.blocking([DATAVERSE])
    house.clock.advance(1)
    blocked = house.here.blocking([DATAVERSE])
    house.clock.advance(90)
    free = house.here.blocking([DATAVERSE])

    assert blocked is not None
    assert blocked.state is CircuitState.HALF_OPEN
    assert (free, house.here.probes) == (None, {DATAVERSE})


def test_who_has_just_come_waits_a_moment_before_it_probes(house: House) -> None:
    house.outage()
    house.after_the_pause()
    new = house.process()
    blocked = new.blocking([DATAVERSE])
    house.clock.advance(3)

    assert blocked is not None
    assert new.blocking([DATAVERSE]) is None


def test_a_probe_that_met_nothing_gives_its_permit_to_the_next(house: House) -> None:
    house.outage()
    house.after_the_pause()
    house.here.blocking([DATAVERSE])
    house.here.undecided()
    house.clock.advance(5)

    assert house.here.blocking([DATAVERSE]) is None
    assert house.here.probes == {DATAVERSE}


def test_who_needs_two_services_takes_no_permit_of_one_while_the_other_is_closed_to_it(
    house: House,
) -> None:
    house.here.failed("freshbooks", "r1", SLOW)
    house.outage()
    house.after_the_pause()
    blocked = house.here.blocking([DATAVERSE, "freshbooks"])

    assert blocked is not None
    assert blocked.name == "freshbooks"
    assert house.here.blocking([DATAVERSE]) is None


def test_who_loses_the_race_for_a_second_permit_gives_back_the_first(house: House) -> None:
    for name in (DATAVERSE, "freshbooks"):
        for number in range(3):
            house.here.failed(name, f"r{number}", DOWN)
    house.after_the_pause()
    rival = house.process()
    rival.blocking([])
    house.clock.advance(6)
    house.circuits.before("replace", lambda _: rival.blocking(["freshbooks"]), once=True)
    blocked = house.here.blocking([DATAVERSE, "freshbooks"])
    kept = house.circuits.circuits[DATAVERSE]

    assert blocked is not None
    assert blocked.name == "freshbooks"
    assert (kept.state, house.here.probes) == (CircuitState.OPEN, frozenset())


def test_evidence_costs_a_write_a_failure_and_one_when_a_record_passes(house: House) -> None:
    house.here.failed(DATAVERSE, "r1", DOWN)
    house.here.failed(DATAVERSE, "r1", DOWN)
    house.here.failed(DATAVERSE, "r2", DOWN)
    for _ in range(100):
        house.here.passed([DATAVERSE])

    assert house.circuits.writes == 3
    assert house.circuits.circuits == {}


def test_it_is_forgotten_when_everything_was_sent_on(house: House) -> None:
    house.outage()
    house.after_the_pause()
    house.here.blocking([DATAVERSE])
    closed = house.here.passed([DATAVERSE])
    house.here.forget(closed[0])
    remembered = dict(house.circuits.circuits)
    house.clock.advance(3600)
    house.here.blocking([DATAVERSE])
    house.here.passed([DATAVERSE])

    assert remembered[DATAVERSE].state is CircuitState.CLOSED
    assert house.here.released() == []
    assert house.circuits.circuits == {}


def test_one_that_opened_again_is_not_forgotten(house: House) -> None:
    house.outage()
    house.after_the_pause()
    house.here.blocking([DATAVERSE])
    closed = house.here.passed([DATAVERSE])
    house.process().failed(DATAVERSE, "r1", SLOW)
    house.here.forget(closed[0])

    assert house.circuits.circuits[DATAVERSE].stops


# storage in trouble


@pytest.mark.parametrize("trouble", TROUBLES)
def test_storage_that_cannot_be_read_stops_nothing(house: House, trouble: ConnectorError) -> None:
    house.circuits.broken = trouble

    assert house.here.blocking([DATAVERSE], invoice(1)) is None
    assert house.here.passed([DATAVERSE], invoice(1)) == []
    assert house.here.due() == []
    assert house.here.released() == []


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_was_known_goes_on_while_storage_is_down(
    house: House, trouble: ConnectorError
) -> None:
    house.here.failed(DATAVERSE, "r1", SLOW)
    house.circuits.broken = trouble
    house.clock.advance(10)

    assert house.here.blocking([DATAVERSE]) is not None


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_process_goes_by_what_it_could_not_store_and_still_probes(
    house: House, trouble: ConnectorError
) -> None:
    house.circuits.broken = trouble
    house.outage()
    blocked = house.here.blocking([DATAVERSE])
    house.after_the_pause()
    probe = house.here.blocking([DATAVERSE])
    probes = house.here.probes
    second = house.here.blocking([DATAVERSE])
    house.circuits.heal()
    house.clock.advance(2)

    assert blocked is not None
    assert (probe, probes) == (None, {DATAVERSE})
    assert second is not None
    assert house.here.blocking([DATAVERSE]) is None  # storage knows of no outage


def test_storage_that_is_down_is_not_asked_by_every_thread_that_fails(house: House) -> None:
    asked = list[object]()
    house.circuits.before("insert", asked.append)
    house.circuits.broken = RetryLaterError("down")
    for number in range(100):
        house.here.failed(DATAVERSE, f"r{number}", DOWN)

    assert len(asked) == 1


def test_a_circuit_is_never_closed_for_what_storage_does_not_know(house: House) -> None:
    house.outage()
    house.after_the_pause()
    house.here.blocking([DATAVERSE])
    house.circuits.broken = RetryLaterError("down")

    assert house.here.passed([DATAVERSE]) == []


def test_others_that_always_come_first_are_left_alone(house: House) -> None:
    house.here.failed(DATAVERSE, "r0", DOWN)
    numbers = iter(range(10**6))

    def overtake(*_: object) -> None:
        current = house.circuits.circuits[DATAVERSE]
        house.circuits.circuits[DATAVERSE] = replace(current, version=f"theirs-{next(numbers)}")

    house.circuits.before("replace", overtake)

    assert house.here.failed(DATAVERSE, "r1", DOWN).state is CircuitState.CLOSED
    assert next(numbers) == 5


def test_many_threads_that_fail_at_once_cost_a_few_writes(house: House) -> None:
    processes = [house.process() for _ in range(4)]
    gate = threading.Barrier(24)

    def fail(number: int) -> Circuit:
        gate.wait(timeout=10)
        return processes[number % 4].failed(DATAVERSE, f"r{number}", DOWN)

    with ThreadPoolExecutor(24) as threads:
        list(threads.map(fail, range(24)))

    assert house.circuits.circuits[DATAVERSE].stops
    assert house.circuits.writes <= 3


def test_many_threads_that_want_to_be_the_probe_get_one_permit(house: House) -> None:
    processes = [house.process() for _ in range(4)]
    house.outage()
    for each in processes:
        each.blocking([DATAVERSE])
    house.after_the_pause()
    gate = threading.Barrier(24)

    def ask(number: int) -> bool:
        gate.wait(timeout=10)
        return processes[number % 4].blocking([DATAVERSE]) is None

    with ThreadPoolExecutor(24) as threads:
        probes = list(threads.map(ask, range(24)))

    assert sum(probes) == 1


def test_a_look_that_takes_long_makes_nobody_wait(house: House) -> None:
    house.here.blocking([DATAVERSE])
    house.clock.advance(2)
    reading, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reading.set()
        go_on.wait(10)

    house.circuits.before("list_all", wait, once=True)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(house.here.blocking, [DATAVERSE])
        assert reading.wait(10)
        meanwhile = house.here.blocking([DATAVERSE])
        house.outage()  # written while it is read
        go_on.set()
        slow.result(10)

    assert meanwhile is None
    assert house.here.blocking([DATAVERSE]) is not None


# a login


def test_a_dead_login_waits_for_a_person_and_stops_nobody_else(house: House) -> None:
    house.here.open_connection("a", "The refresh token was refused.")
    house.clock.advance(86_400)

    assert house.here.blocking([connection_circuit("a")]) is not None
    assert house.here.blocking([connection_circuit("b"), DATAVERSE]) is None
    assert house.here.due() == []
    assert house.here.due_in(connection_circuit("a")) is None


def test_a_login_that_lives_again_is_closed_and_what_waited_follows(house: House) -> None:
    house.here.open_connection("a", "refused")
    closed = house.process().close_connection("a")
    house.clock.advance(1)

    assert closed is not None
    assert house.here.released() == [closed]
    assert house.here.blocking([connection_circuit("a")]) is None
    assert house.here.close_connection("a") is None
    house.here.forget(closed)
    assert house.circuits.circuits == {}


# a problem


def test_who_met_a_problem_waits_and_others_of_the_kind_are_tried(house: House) -> None:
    problem = house.here.problem(invoice(1), PLUGIN, reason="a plugin")

    assert house.here.blocking([problem.name], invoice(1)) is not None
    assert house.here.blocking([], invoice(2)) is None


def test_a_problem_of_three_stops_all_of_its_kind_and_no_others(house: House) -> None:
    for number in range(3):
        house.here.problem(invoice(number), PLUGIN, reason="a plugin")
    blocked = house.here.blocking([], invoice(9))

    assert blocked is not None
    assert blocked.name == problem_circuit("xazq5", PLUGIN)
    assert house.here.blocking([], RecordId("xazq5", Kind.CLIENT, 9)) is None
    assert house.here.blocking([], RecordId("other", Kind.INVOICE, 9)) is None


def test_one_of_a_gated_kind_is_tried_when_it_is_due_and_all_follow_when_it_passes(
    house: House,
) -> None:
    for number in range(3):
        house.here.problem(invoice(number), PLUGIN, reason="a plugin")
    house.clock.advance(60)
    due = [each.name for each in house.here.due()]
    probe = house.here.blocking([], invoice(9))
    second = house.here.blocking([], invoice(8))
    assert second is not None
    house.here.blocking([], invoice(9))
    house.clock.advance(91)
    house.here.blocking([], invoice(9))
    closed = house.here.passed([DATAVERSE, *house.here.probes], invoice(9))

    assert due == [problem_circuit("xazq5", PLUGIN)]
    assert probe is None
    assert [each.signature for each in closed] == [PLUGIN]


def test_one_that_passes_shows_that_a_problem_is_not_everybodys(house: House) -> None:
    for number in range(3):
        house.here.problem(invoice(number), PLUGIN, reason="a plugin")
    house.here.passed([DATAVERSE], invoice(9))
    writes = house.circuits.writes
    house.here.passed([DATAVERSE], invoice(9))

    assert house.here.blocking([], invoice(8)) is None
    assert house.here.blocking([problem_circuit("xazq5", PLUGIN)]) is not None
    assert house.circuits.circuits[problem_circuit("xazq5", PLUGIN)].passed_at == house.clock()
    assert house.circuits.writes == writes


def test_a_problem_nothing_waits_for_is_forgotten_unless_it_was_met_again(house: House) -> None:
    old = house.here.problem(invoice(1), PLUGIN, reason="a plugin")
    met_again = house.here.problem(invoice(2), PLUGIN, reason="a plugin")
    house.here.forget(old)
    assert house.here.list_open() == [met_again]
    house.here.forget(met_again)

    assert house.here.list_open() == []


# what is seen


def test_what_waits_for_a_circuit_asks_once_more_whether_it_is_open(house: House) -> None:
    house.here.failed(DATAVERSE, "r1", SLOW)
    house.process().close(DATAVERSE)

    assert house.here.is_open(DATAVERSE) is False
    assert house.here.blocking([DATAVERSE]) is None
    house.circuits.broken = RetryLaterError("down")
    assert house.here.is_open(DATAVERSE) is False


def test_the_open_ones_are_listed_by_the_age_of_their_trouble(house: House) -> None:
    house.here.open_connection("a", "refused")
    house.clock.advance(10)
    house.here.failed(DATAVERSE, "r1", SLOW)
    house.here.failed("freshbooks", "r1", DOWN)

    assert [each.name for each in house.here.list_open()] == ["connection.a", DATAVERSE]
    state = house.here.state("freshbooks")
    assert state is not None
    assert state.state is CircuitState.CLOSED


def test_two_clocks_that_differ_neither_wedge_it_nor_probe_without_a_pause(house: House) -> None:
    ahead = FakeClock(house.clock())
    ahead.advance(600)
    there = house.process(ahead)
    house.outage()
    probes = 0
    for _ in range(3600):
        for process in (house.here, there):
            if process.blocking([DATAVERSE]) is None:
                probes += 1
                process.failed(DATAVERSE, f"p{probes}", DOWN)
        house.clock.advance(1)
        ahead.advance(1)

    assert 50 <= probes <= 130
