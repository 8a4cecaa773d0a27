"""Circuits: when one opens, how long it stays open, who may try it, when it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.circuit import (
    LONGEST_PAUSE,
    LONGEST_PROBLEM_PAUSE,
    PERMIT,
    Circuit,
    CircuitState,
    Subject,
    closed,
    connection_circuit,
    due_in,
    forgotten,
    passed,
    probe_passed,
    probing,
    problem_circuit,
    service_circuit,
    undecided,
    unreadable,
)
from shared.core.identity import Kind
from shared.core.outage import WINDOW, disconnected, failed
from shared.core.problem import kind_passed, refused

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
LONG_AGO = timedelta(days=1)
DOWN = "Dataverse: GET accounts was answered 503"
PROBLEM = problem_circuit("xazq5", "0a1b2c")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def fails(circuit: Circuit | None, record: str = "a", *, at: float = 0, **more: object) -> Circuit:
    given_ = {"reason": DOWN, "draw": 0.5, **more}
    return failed(circuit, "dataverse", record, now=NOW + seconds(at), **given_)  # type: ignore[arg-type]  # of a test


def an_outage(at: float = 0) -> Circuit:
    circuit = None
    for record in "abc":
        circuit = fails(circuit, record, at=at)
    assert circuit is not None
    return circuit


def pause_of(circuit: Circuit) -> float:
    assert circuit.next_probe is not None
    return (circuit.next_probe - circuit.since).total_seconds()


# names


def test_a_circuits_name_says_what_it_is_of() -> None:
    service = Circuit(service_circuit("Key Vault"), CircuitState.OPEN, NOW)
    login = Circuit(connection_circuit("abc.d"), CircuitState.OPEN, NOW)
    problem = Circuit(PROBLEM, CircuitState.OPEN, NOW)

    assert (service.name, login.name) == ("key-vault", "connection.abc.d")
    assert [each.subject for each in (service, login, problem)] == list(Subject)
    assert (problem.business, problem.signature) == ("xazq5", "0a1b2c")
    assert (service.business, login.signature) == ("", "")


# a service


def test_one_record_that_fails_again_and_again_is_no_outage() -> None:
    circuit = None
    for moment in range(100):
        circuit = fails(circuit, "a", at=moment)

    assert circuit is not None
    assert (circuit.state, circuit.evidence) == (CircuitState.CLOSED, ("a",))
    assert fails(circuit, "a", at=101) is circuit


def test_the_third_different_record_opens_it() -> None:
    two = fails(fails(None, "a"), "b", at=10)
    three = fails(two, "c", at=20)

    assert not two.stops
    assert three.stops
    assert three.evidence == ("a", "b", "c")
    assert (three.failing_since, three.since) == (NOW, NOW + seconds(20))
    assert 4.5 <= pause_of(three) <= 5


def test_failures_far_apart_are_not_one_outage() -> None:
    two = fails(fails(None, "a"), "b", at=10)
    third = fails(two, "c", at=10 + WINDOW.total_seconds() + 1)

    assert (third.state, third.evidence) == (CircuitState.CLOSED, ("c",))


def test_a_record_that_passes_in_between_clears_the_evidence() -> None:
    two = fails(fails(None, "a"), "b")

    assert passed(two, NOW) is None


def test_a_single_429_opens_it_for_as_long_as_was_asked() -> None:
    asked = fails(None, throttled=True, retry_after=30.0)
    unsaid = fails(None, throttled=True)

    assert asked.stops
    assert pause_of(asked) == 30
    assert unsaid.stops
    assert 9 <= pause_of(unsaid) <= 10


def test_a_service_that_names_a_pause_gets_it_whatever_the_status() -> None:
    assert fails(None, retry_after=120.0).stops


@pytest.mark.parametrize(("asked", "given_"), [(3600.0, 3600), (1e9, 3600), (0.0, 0), (-5.0, 0)])
def test_a_long_pause_is_honoured_up_to_an_hour(asked: float, given_: float) -> None:
    assert pause_of(fails(None, throttled=True, retry_after=asked)) == given_


def test_who_was_under_way_when_it_opened_changes_nothing() -> None:
    circuit = an_outage()

    assert fails(circuit, "d", at=1) is circuit
    assert passed(circuit, NOW + seconds(1)) is circuit


def test_a_later_answer_may_ask_for_a_longer_pause_but_not_for_a_shorter_one() -> None:
    circuit = fails(None, throttled=True, retry_after=30.0)
    longer = fails(circuit, "d", at=10, throttled=True, retry_after=60.0)

    assert fails(circuit, "d", at=1, throttled=True, retry_after=30.0) is circuit
    assert fails(circuit, "d", at=1, throttled=True, retry_after=1.0) is circuit
    assert longer.next_probe == NOW + seconds(70)


def test_pauses_between_probes_grow_to_less_than_a_minute() -> None:
    circuit, pauses = an_outage(), list[float]()
    for _ in range(6):
        pauses.append(pause_of(circuit))
        circuit = fails(probing(circuit, NOW), probe=True)

    shortest = [4.5, 9, 18, 36, 40.5, 40.5]
    longest = [5, 10, 20, 40, 45, 45]
    triples = zip(shortest, pauses, longest, strict=True)
    assert all(low <= pause <= high for low, pause, high in triples)


def test_six_hours_cost_about_five_hundred_probes() -> None:
    circuit, now, probes = an_outage(), NOW, 0
    while now < NOW + timedelta(hours=6):
        now = circuit.next_probe or now
        circuit = failed(
            probing(circuit, now),
            "dataverse",
            f"r{probes}",
            reason=DOWN,
            now=now,
            draw=0.0,
            probe=True,
        )
        probes += 1

    assert 470 <= probes <= 540
    assert len(circuit.evidence) <= 3


def test_the_probe_that_passes_closes_it_and_what_waited_is_to_be_sent_on() -> None:
    circuit = probe_passed(probing(an_outage(), NOW), NOW + seconds(5))

    assert circuit is not None
    assert circuit.state is CircuitState.RELEASED
    assert (circuit.evidence, circuit.next_probe, circuit.permit_until) == ((), None, None)
    assert not circuit.stops


def test_a_probe_that_passes_closes_also_one_that_a_late_failure_opened_again() -> None:
    circuit = probe_passed(an_outage(), NOW)

    assert circuit is not None
    assert circuit.state is CircuitState.RELEASED


def test_it_opens_again_while_it_is_released_and_stays_open_longer() -> None:
    released = probe_passed(probing(an_outage(), NOW), NOW + seconds(5))
    again = fails(released, at=20, throttled=True)
    soon = fails(probe_passed(probing(again, NOW), NOW + seconds(45)), at=60, throttled=True)

    assert (again.stops, soon.stops) == (True, True)
    assert 18 <= pause_of(again) <= 20
    assert 36 <= pause_of(soon) <= 40
    assert soon.failing_since == NOW


def test_what_was_sent_on_is_remembered_for_a_while_and_then_forgotten() -> None:
    released = probe_passed(an_outage(), NOW)
    assert released is not None
    kept = forgotten(released, NOW + seconds(30))
    assert kept is not None
    again = fails(kept, at=60, throttled=True)

    assert kept.state is CircuitState.CLOSED
    assert 18 <= pause_of(again) <= 20
    assert passed(kept, NOW + seconds(60)) is kept
    assert passed(kept, NOW + timedelta(hours=1)) is None
    assert forgotten(released, NOW + timedelta(hours=1)) is None


def test_a_probe_that_met_nothing_gives_the_permit_back() -> None:
    circuit = undecided(probing(an_outage(), NOW), NOW + seconds(1))

    assert circuit.state is CircuitState.OPEN
    assert due_in(circuit, now=NOW + seconds(6), known_for=seconds(5)) == timedelta(0)
    assert undecided(circuit, NOW) is circuit


# when it is due


def test_an_open_circuit_is_due_when_its_pause_is_over() -> None:
    circuit = an_outage()
    pause = seconds(pause_of(circuit))

    assert due_in(circuit, now=NOW, known_for=timedelta(0)) == pause
    assert due_in(circuit, now=NOW + pause, known_for=pause) == timedelta(0)


def test_a_permit_lapses_and_is_due_again() -> None:
    circuit = probing(an_outage(), NOW)

    assert due_in(circuit, now=NOW + seconds(60), known_for=seconds(60)) == seconds(30)
    assert due_in(circuit, now=NOW + PERMIT, known_for=PERMIT) == timedelta(0)


def test_a_moment_far_in_the_future_is_waited_for_no_longer_than_the_pause() -> None:
    ahead = replace(an_outage(), since=NOW + LONG_AGO, next_probe=NOW + LONG_AGO + seconds(60))
    broken = replace(an_outage(), next_probe=NOW + 365 * LONG_AGO)
    permit = replace(probing(an_outage(), NOW), permit_until=NOW + 365 * LONG_AGO)

    assert due_in(ahead, now=NOW, known_for=seconds(60)) == timedelta(0)
    assert due_in(broken, now=NOW + LONGEST_PAUSE, known_for=LONGEST_PAUSE) == timedelta(0)
    assert due_in(permit, now=NOW + PERMIT, known_for=PERMIT) == timedelta(0)


def test_who_is_far_ahead_of_the_others_waits_all_the_same() -> None:
    circuit = fails(probing(an_outage(), NOW), probe=True, at=60, retry_after=60.0)

    assert due_in(circuit, now=NOW + LONG_AGO, known_for=timedelta(0)) == seconds(30)
    assert due_in(circuit, now=NOW + LONG_AGO, known_for=seconds(30)) == timedelta(0)


def test_a_row_that_cannot_be_read_is_open_and_due() -> None:
    circuit = unreadable("dataverse", reason="damaged", changed_at=NOW - LONG_AGO, version="v")

    assert circuit.stops
    assert due_in(circuit, now=NOW, known_for=timedelta(0)) == timedelta(0)
    assert probing(circuit, NOW).version == "v"


moments = st.integers(0, 365 * 86_400).map(lambda each: NOW - LONG_AGO * 200 + seconds(each))
circuits = st.builds(
    Circuit,
    name=st.sampled_from(["dataverse", "connection.a", PROBLEM]),
    state=st.sampled_from(CircuitState),
    since=moments,
    evidence=st.lists(st.sampled_from("abcd"), max_size=3, unique=True).map(tuple),
    failing_since=st.none() | moments,
    passed_at=st.none() | moments,
    next_probe=st.none() | moments,
    permit_until=st.none() | moments,
    probes=st.integers(0, 10**6),
    kind=st.sampled_from(Kind),
)
spans = st.timedeltas(timedelta(0), timedelta(days=400))


@given(circuits, moments, spans)
def test_whatever_a_circuit_holds_it_is_due_within_its_longest_pause(
    circuit: Circuit, now: datetime, known_for: timedelta
) -> None:
    left = due_in(circuit, now=now, known_for=known_for)

    if left is None:
        assert circuit.next_probe is None
    else:
        longest = LONGEST_PROBLEM_PAUSE if circuit.subject is Subject.PROBLEM else LONGEST_PAUSE
        assert timedelta(0) <= left <= max(longest - known_for, timedelta(0))


@given(circuits, moments, st.floats(0, 0.999), st.booleans(), st.none() | st.floats(-10, 1e12))
def test_whatever_happened_before_a_failed_probe_is_tried_again_within_an_hour(
    circuit: Circuit, now: datetime, draw: float, throttled: bool, retry_after: float | None
) -> None:
    after = failed(
        circuit,
        circuit.name,
        "z",
        reason=DOWN,
        now=now,
        draw=draw,
        throttled=throttled,
        retry_after=retry_after,
        probe=True,
    )

    assert len(after.evidence) <= 3
    if circuit.stops:
        assert after.state is CircuitState.OPEN
        assert after.since == now
        assert timedelta(0) <= seconds(pause_of(after)) <= LONGEST_PAUSE


# a login


def test_a_dead_login_is_nobodys_to_probe_until_it_is_closed_from_outside() -> None:
    circuit = disconnected(None, "connection.a", reason="refused", now=NOW)
    over = closed(circuit, NOW + LONG_AGO)

    assert circuit.stops
    assert due_in(circuit, now=NOW + LONG_AGO, known_for=LONG_AGO) is None
    assert disconnected(circuit, "connection.a", reason="again", now=NOW) is circuit
    assert over.state is CircuitState.RELEASED
    assert closed(over, NOW) is over
    assert forgotten(over, NOW + LONG_AGO) is None


# a problem


def meets(circuit: Circuit | None, record: str, *, at: float = 0, probe: bool = False) -> Circuit:
    now = NOW + seconds(at)
    return refused(circuit, PROBLEM, Kind.INVOICE, record, reason="a plugin", now=now, probe=probe)


def test_the_first_record_that_is_refused_waits_and_nobody_else() -> None:
    circuit = meets(None, "a")

    assert circuit.stops
    assert not circuit.gated
    assert pause_of(circuit) == 60


def test_three_different_records_make_it_everybodys_of_their_kind() -> None:
    circuit = meets(meets(meets(meets(None, "a"), "b"), "b"), "c")

    assert circuit.gated
    assert circuit.kind is Kind.INVOICE
    assert meets(circuit, "d") is circuit


def test_one_of_the_kind_that_passes_lets_the_others_through_again() -> None:
    circuit = kind_passed(meets(meets(meets(None, "a"), "b"), "c"), NOW + seconds(9))

    assert circuit.stops
    assert not circuit.gated
    assert circuit.passed_at == NOW + seconds(9)
    assert kind_passed(circuit, NOW + seconds(10)) is circuit


def test_its_probes_come_after_a_twentieth_of_its_age() -> None:
    circuit, pauses, at = meets(None, "a"), list[float](), 0.0
    for age in (60, 3600, 36_000, 10 * 86_400):
        at = age
        circuit = meets(probing(circuit, NOW + seconds(at)), "a", at=at, probe=True)
        pauses.append(pause_of(circuit))

    assert pauses == [60, 180, 1800, 6 * 3600]


def test_a_problem_that_comes_back_at_once_has_not_ended() -> None:
    old = meets(probing(meets(None, "a"), NOW), "a", at=36_000, probe=True)
    released = probe_passed(probing(old, NOW + seconds(40_000)), NOW + seconds(40_000))
    again = meets(released, "b", at=40_060)
    new = meets(released, "b", at=80_000)

    assert again.failing_since == NOW
    assert again.evidence == ("b",)
    assert new.failing_since == NOW + seconds(80_000)
