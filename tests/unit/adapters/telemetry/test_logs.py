"""Telemetry by the log: what is alike is told once a minute, and a unit is a step of a trace."""

import json
import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.telemetry.logs import Logs
from shared.adapters.telemetry.tallies import EVERY, MOST, Tallies
from shared.core.lines import Need, Refused, Trouble
from shared.core.trace import trace_id_of

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOST = "00-11111111111111111111111111111111-2222222222222222-01"


class Ticks:
    """A clock in seconds."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def logs(ticks, caplog):
    caplog.set_level(logging.INFO)
    return Logs(clock=ticks)


def told(caplog):
    return [json.loads(record.getMessage()) for record in caplog.records]


def test_the_first_of_its_kind_is_told_at_once_and_the_rest_a_minute_later(logs, ticks, caplog):
    for _ in range(10_000):
        logs.count(Refused(why="signature"))
    ticks.now += EVERY
    logs.count(Refused(why="signature"))

    assert [(line["event"], line["times"]) for line in told(caplog)] == [
        ("refused", 1),
        ("refused", 10_000),
    ]


def test_what_was_counted_is_told_by_whatever_unit_ends_next(logs, ticks, caplog):
    for _ in range(3):
        logs.count(Refused(why="signature"))
    ticks.now += EVERY
    with logs.unit("process"):
        pass

    assert [line["times"] for line in told(caplog)] == [1, 2]


def test_kinds_are_counted_apart(logs, caplog):
    logs.count(Refused(why="signature"))
    logs.count(Refused(why="address"))
    logs.count(Trouble(what=Need.PERSON, text="the role is missing"))

    assert len(told(caplog)) == 3


def test_ten_thousand_different_troubles_are_a_handful_of_lines(logs, caplog):
    for number in range(10_000):
        logs.count(Trouble(what=Need.PERSON, text=f"record {number}"))

    assert len(told(caplog)) == MOST + 1
    assert told(caplog)[-1]["what"] == "person"


def test_requests_are_told_by_service_with_how_they_were_answered(logs, ticks, caplog):
    for status in (200, 204, 404, 408, 429, 500, 503, 0):
        with logs.request("Dataverse", "GET /x") as asked:
            ticks.now += 0.25
            if status:
                asked.answered(status)
    ticks.now += EVERY
    logs.flush()

    (line,) = told(caplog)
    assert line == {
        "event": "requested",
        "service": "Dataverse",
        "requests": 8,
        "throttled": 1,
        "failed": 3,
        "lost": 1,
        "ms": 2000.0,
    }


def test_a_request_that_breaks_off_is_lost_and_raises_as_it_did(logs, caplog):
    with pytest.raises(ConnectionError), logs.request("FreshBooks", "GET /x"):
        raise ConnectionError
    logs.flush()

    assert told(caplog)[0]["lost"] == 1


@pytest.mark.parametrize(
    ("traceparent", "invocation", "trace"),
    [
        (GOOD, HOST, trace_id_of(GOOD)),
        ("", HOST, trace_id_of(HOST)),
        ("nonsense", HOST, trace_id_of(HOST)),
        (GOOD, "nonsense", trace_id_of(GOOD)),
    ],
)
def test_a_unit_follows_from_its_message_else_from_its_invocation(
    logs, traceparent, invocation, trace
):
    with logs.unit("process", traceparent=traceparent, invocation=invocation):
        current = logs.traceparent()

    assert trace_id_of(current) == trace
    assert current not in {GOOD, HOST}
    assert logs.traceparent() == ""


@given(traceparent=st.text(), invocation=st.text())
def test_whatever_it_is_given_a_unit_has_a_trace(traceparent, invocation):
    logs = Logs()
    with logs.unit("process", traceparent=traceparent, invocation=invocation):
        assert trace_id_of(logs.traceparent())


def test_threads_have_traces_of_their_own(logs):
    seen = []
    with logs.unit("process", traceparent=GOOD):
        other = threading.Thread(target=lambda: seen.append(logs.traceparent()))
        other.start()
        other.join()

    assert seen == [""]


def test_no_number_is_lost_between_threads():
    tallies = Tallies(rest=lambda key: key, clock=lambda: 0.0)
    found = []

    def add():
        for _ in range(500):
            tallies.add("a", 1)
            found.extend(tallies.due())

    threads = [threading.Thread(target=add) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    tallies._clock = lambda: EVERY
    found.extend(tallies.due())

    assert sum(sums[0] for _, sums in found) == 4000
