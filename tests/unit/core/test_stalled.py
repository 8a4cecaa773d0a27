from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.circuit import (
    Circuit,
    CircuitState,
    connection_circuit,
    problem_circuit,
    service_circuit,
)
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind
from shared.core.stalled import still_waiting
from shared.core.waiting import Hold, HoldState, Wait

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)


def a_wait(awaited, *, hours=1.0, business="xazq5", number=7, **fields):
    request = SyncRequest(
        business=business, kind=Kind.INVOICE, number=number, cause=Cause.POLL, seen=NOW
    )
    return Wait(awaited, request, since=NOW - timedelta(hours=hours), **fields)


def a_hold(awaited, *, hours=1.0, **fields):
    return Hold("xazq5", awaited, "Aster", "no match", NOW - timedelta(hours=hours), **fields)


def a_circuit(name, *, hours=1.0, **fields):
    return Circuit(name, CircuitState.OPEN, NOW - timedelta(hours=hours), "down", **fields)


def figures(waits=(), holds=(), circuits=()):
    return still_waiting(waits, holds, circuits, now=NOW)


def test_an_invoice_that_a_person_is_asked_about_counts_and_one_that_is_left_out_does_not():
    asked = a_hold(Awaited.existing(7), hours=3)
    decided = a_hold(Awaited.chosen(8), state=HoldState.IGNORED)

    told = figures([a_wait(asked.awaited), a_wait(decided.awaited)], [asked, decided])

    assert told.records == 1


def test_nothing_that_waits_is_nothing_to_tell():
    line = figures()

    assert (line.records, line.oldest_s, line.circuits, line.problems) == (0, 0, 0, 0)
    assert line.stopped_s == 0


def test_the_age_is_that_of_the_first_of_all_that_wait():
    line = figures(
        [a_wait(Awaited.service("Dataverse")), a_wait(Awaited.currency("CAD"), hours=30)],
        [a_hold(Awaited.client(42), hours=5)],
    )

    assert (line.records, line.oldest_s) == (3, 30 * 3600)


@pytest.mark.parametrize(
    ("wait", "hold"),
    [
        (a_wait(Awaited.policy("draft")), None),
        (a_wait(Awaited.invoice(9), partly=True), None),
        (a_wait(Awaited.client(42)), a_hold(Awaited.ignored(42), state=HoldState.IGNORED)),
        (a_wait(Awaited.client(42)), a_hold(Awaited.ignored(42), state=HoldState.UNREADABLE)),
        (a_wait(Awaited.client(42)), a_hold(Awaited.client(42), state=HoldState.IGNORED)),
    ],
)
def test_what_was_decided_or_is_in_sales_but_for_a_link_does_not_count(wait, hold):
    line = figures([wait], [hold] if hold is not None else [])

    assert (line.records, line.oldest_s) == (0, 0)


def test_an_ignored_client_that_waits_for_a_service_does_not_count():
    wait = a_wait(Awaited.service("Dataverse"), number=42)
    client = replace(wait, request=wait.request.model_copy(update={"kind": Kind.CLIENT}))

    line = figures([client, wait], [a_hold(Awaited.ignored(42), state=HoldState.IGNORED)])

    assert line.records == 1  # the invoice of the same number


def test_a_client_whose_account_was_taken_from_it_is_not_left_out():
    unlinked = a_hold(Awaited.ignored(42), hours=99, state=HoldState.UNLINKED)

    line = figures([a_wait(Awaited.client(42))], [unlinked, a_hold(Awaited.client(42))])

    assert (line.records, line.oldest_s) == (2, 3600)


def test_a_currency_and_a_hold_that_ended_are_no_records():
    line = figures(
        (),
        [a_hold(Awaited.currency("CAD")), a_hold(Awaited.client(1), state=HoldState.RELEASED)],
    )

    assert line.records == 0


def test_the_same_number_of_another_business_is_not_ignored_with_it():
    ignored = a_hold(Awaited.ignored(42), state=HoldState.IGNORED)

    line = figures([a_wait(Awaited.client(42), business="other")], [ignored])

    assert line.records == 1


def test_services_and_logins_are_counted_apart_from_refusals():
    line = figures(
        [a_wait(Awaited.problem("abc"))],
        circuits=[
            a_circuit(service_circuit("Dataverse")),
            a_circuit(connection_circuit("a-login"), hours=2),
            a_circuit(problem_circuit("xazq5", "abc"), hours=3),
        ],
    )

    assert (line.circuits, line.problems, line.stopped_s) == (2, 1, 3 * 3600)


def test_a_refusal_nobody_waits_for_stops_nobody():
    line = figures(
        [a_wait(Awaited.problem("abc"), business="other")],
        circuits=[a_circuit(problem_circuit("xazq5", "abc"))],
    )

    assert (line.problems, line.stopped_s) == (0, 0)


def test_trouble_that_comes_and_goes_is_as_old_as_its_beginning():
    opened = a_circuit(service_circuit("Dataverse"), hours=0.1)

    line = figures(circuits=[replace(opened, failing_since=NOW - timedelta(hours=7))])

    assert line.stopped_s == 7 * 3600


def test_the_clock_of_whoever_wrote_may_be_ahead():
    line = figures(
        [a_wait(Awaited.currency("CAD"), hours=-1)],
        circuits=[a_circuit(service_circuit("Dataverse"), hours=-1)],
    )

    assert (line.records, line.oldest_s, line.stopped_s) == (1, 0, 0)
