import itertools
import json
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.adapters.azure.leases import alone
from shared.adapters.telemetry.logs import Logs
from shared.core.connections import SyncedBusiness
from shared.core.events import Cause, SyncRequest
from shared.core.fingerprints import GONE
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.outcomes import (
    DeadLettered,
    Deferred,
    Held,
    OutcomeName,
    Result,
    Skipped,
    Unchanged,
    Written,
)
from shared.core.waiting import Candidate, Hold, HoldState, Shown
from shared.errors import (
    ConfigurationError,
    ConflictError,
    NotSyncedError,
    ReconnectNeededError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.admission import Admission
from shared.sync.beside import Beside
from shared.sync.circuits import CircuitBreakers
from shared.sync.evidence import Evidence
from shared.sync.finish import Finish
from shared.sync.heartbeats import Heartbeats
from shared.sync.process import Process
from shared.sync.release import Release
from shared.sync.seen import note_reading
from shared.sync.tickets import Tickets
from shared.sync.wake import Wake, circuit_of
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryCircuits,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryLeases,
    MemoryQueue,
)


class Bench:
    """A `Process` whose handler is told how to end."""

    def __init__(self, *ends, max_attempts=3, draw=1.0):
        self.ends = list(ends)
        self.handled = 0
        self.clock = FakeClock()
        self.queue = MemoryQueue(self.clock)
        self.journal, self.holds = MemoryJournal(), MemoryHolds()
        self.dead_letters, self.checkpoints = MemoryDeadLetters(), MemoryCheckpoints()
        self.businesses = MemoryBusinesses()
        self.businesses.upsert(SyncedBusiness("xazq5", "Aster", "a-login", 1))
        self.circuits = CircuitBreakers(MemoryCircuits(), clock=self.clock, draw=lambda: 1.0)
        release = Release(
            holds=self.holds,
            queue=self.queue,
            clock=self.clock,
            is_stopped=lambda business, what: self.circuits.is_open(circuit_of(business, what)),
        )
        numbers = itertools.count()
        tickets = Tickets(
            queue=self.queue,
            journal=self.journal,
            clock=self.clock,
            new_ticket=lambda: f"ticket{next(numbers):010d}",
        )
        beside = Beside(
            journal=self.journal,
            holds=self.holds,
            dead_letters=self.dead_letters,
            release=release,
            clock=self.clock,
        )
        self.wake = Wake(
            circuits=self.circuits,
            release=release,
            beside=beside,
            tickets=tickets,
            holds=self.holds,
            businesses=self.businesses,
            checkpoints=self.checkpoints,
            telemetry=Logs(),
            clock=self.clock,
        )
        self.process = Process(
            handlers=dict.fromkeys(Kind, self),
            admission=Admission(
                journal=self.journal,
                tickets=tickets,
                clock=self.clock,
            ),
            evidence=Evidence(
                circuits=self.circuits,
                connection_of=lambda _business: "a-login",
                on_closed=self.wake.end,
                clock=self.clock,
                draw=lambda: draw,
                max_attempts=max_attempts,
            ),
            finish=Finish(
                queue=self.queue,
                journal=self.journal,
                holds=self.holds,
                dead_letters=self.dead_letters,
                release=release,
                beside=beside,
                telemetry=Logs(),
                clock=self.clock,
                draw=lambda: draw,
            ),
            alone=alone(MemoryLeases(self.clock)),
            telemetry=Logs(),
            heartbeats=Heartbeats(self.checkpoints, self.clock),
            clock=self.clock,
            max_attempts=max_attempts,
            draw=lambda: draw,
        )

    def sync(self, request, before):
        self.handled += 1
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        end = end(request.number) if callable(end) else end
        if isinstance(end, Exception):
            raise end
        if isinstance(end, Result):
            return end
        return Result(end, Shown("0001000"), "a-state", self.clock())

    def request(self, **fields):
        return SyncRequest(
            business="xazq5",
            kind=fields.pop("kind", Kind.INVOICE),
            number=fields.pop("number", 1000),
            cause=fields.pop("cause", Cause.WEBHOOK),
            seen=fields.pop("seen", self.clock()),
            **fields,
        )

    def run(self, **fields):
        return self.process.handle(self.request(**fields).model_dump_json().encode())

    def latest(self, number=1000):
        return self.journal.get_latest(RecordId("xazq5", Kind.INVOICE, number))

    def waits(self):
        return {
            (str(wait.awaited).partition("-")[0], wait.request.number)
            for wait in self.holds.list_waits()
        }

    def pass_time(self, minutes, *, others=()):
        """Look after what waits every minute, and handle what is due; others come in meanwhile."""
        for _ in range(minutes):
            self.clock.advance(60)
            for number in others:
                self.run(number=number)
            self.wake.run()
            while (body := self.queue.take()) is not None:
                self.process.handle(body)


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (Written(OutcomeName.CREATED), "created"),
        (Unchanged(), "unchanged"),
        (Skipped("it is a draft"), "skipped"),
        (RetryLaterError("down"), "deferred"),
        (RecordRefusedError("no"), "waiting"),
        (ReconnectNeededError("log in"), "waiting"),
        (RetryLaterError("slow down", service="Dataverse", throttled=True), "waiting"),
        (ZeroDivisionError(), "waiting"),
    ],
)
def test_every_end_is_in_the_journal(end, name):
    bench = Bench(end)

    bench.run()

    assert bench.latest().outcome == name


def test_the_journal_says_what_was_read_when_and_where_it_went():
    bench = Bench()
    row = uuid4()
    bench.ends = [
        Result(Skipped("it is a draft"), Shown("0001000"), "a-state", bench.clock(), (row,))
    ]
    bench.run()

    entry = bench.latest()

    assert (entry.label, entry.fingerprint, entry.rows) == ("0001000", "a-state", (row,))
    assert (entry.read_at, entry.at) == (bench.clock(), bench.clock())
    assert (entry.cause, entry.reason) == (Cause.WEBHOOK, "it is a draft")


@pytest.mark.parametrize(("cause", "known"), [(Cause.POLL, True), (Cause.WEBHOOK, False)])
def test_only_a_poll_knows_whose_a_record_was_that_is_gone(cause, known):
    bench = Bench()
    bench.ends = [Result(Skipped("there is no such record"), fingerprint=GONE)]

    bench.run(cause=cause)

    assert (bench.latest().fingerprint == GONE) is known


def test_a_record_whose_attempts_are_used_up_is_known_in_the_state_that_was_read():
    bench = Bench(max_attempts=1)
    failed = Deferred("stale", 20, fault=True)
    bench.ends = [Result(failed, Shown("0001000"), "a-state", bench.clock())]

    bench.run()

    assert bench.latest().outcome == "dead-lettered"
    assert bench.latest().fingerprint == "a-state"
    assert bench.latest().label == "0001000"


def only_one_is_refused(error):
    return lambda number: error if number == 1000 else Written(OutcomeName.UPDATED)


def test_a_dead_letter_holds_what_the_services_support_asks_for():
    refusal = RecordRefusedError("no", code="0x80048408", request_id="r1")
    bench = Bench(only_one_is_refused(refusal))
    bench.run()

    bench.pass_time(30, others=[1])

    (letter,) = bench.dead_letters.list_all()
    assert (letter.code, letter.request_id) == ("0x80048408", "r1")


def test_a_record_of_an_account_that_is_not_synced_any_more_is_skipped_and_does_not_come_back():
    bench = Bench(NotSyncedError("not connected"))

    bench.run()

    assert bench.latest().outcome == "skipped"
    assert not bench.queue.messages


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"v": 0}', b"x" * 9000])
def test_what_is_no_request_is_a_dead_letter_with_the_reason(body):
    bench = Bench(Unchanged())

    outcome = bench.process.handle(body)

    (letter,) = bench.dead_letters.list_all()
    assert isinstance(outcome, DeadLettered)
    assert "message" in letter.reason.lower()


LATER = b'{"v":3,"account":"xazq5","new":"' + b"x" * 6000 + b'"}'


def test_a_message_of_a_later_release_waits_on_the_queue_and_is_not_buried():
    bench = Bench(Unchanged())
    body, started = LATER, bench.clock()

    for _ in range(20):
        assert isinstance(bench.process.handle(body), Deferred)
        bench.clock.now = bench.queue.next_visible()
        body = bench.queue.take()

    assert bench.clock() - started > timedelta(hours=3)
    assert body.endswith(LATER[1:])
    assert not bench.dead_letters.letters
    assert not bench.handled


def test_a_message_of_a_later_release_is_a_whole_dead_letter_after_days():
    bench = Bench(Unchanged())
    body, until = LATER, bench.clock() + timedelta(days=8)
    while isinstance(bench.process.handle(body), Deferred) and bench.clock() < until:
        bench.clock.now = bench.queue.next_visible()
        body = bench.queue.take()

    (letter,) = bench.dead_letters.list_all()

    assert letter.body.endswith(LATER[1:].decode())
    assert "version 3" in letter.reason
    assert not bench.queue.messages


def test_a_dead_letter_keeps_a_message_as_every_release_reads_it():
    bench = Bench(Deferred("stale", 20, fault=True), max_attempts=1)
    body = bench.request().model_dump_json().replace("{", '{"later":"field",', 1)
    bench.process.handle(body.encode())

    (letter,) = bench.dead_letters.list_all()

    assert letter.body == bench.request().model_dump_json()


@pytest.mark.parametrize(
    "error",
    [
        RetryLaterError("throttled", retry_after=120, service="Dataverse", throttled=True),
        RetryLaterError("down", service="FreshBooks"),
        RetryLaterError("busy"),
        ReconnectNeededError("log in"),
        ConfigurationError("role"),
        ConflictError("raced"),
        RecordRefusedError("a plug-in says no"),
        ZeroDivisionError(),
    ],
    ids=repr,
)
def test_whatever_lasts_for_days_is_no_verdict_on_a_record_and_is_over_at_its_end(error):
    bench = Bench(error)
    for number in (1000, 1001, 1002):
        bench.run(number=number)
    bench.pass_time(24 * 60)
    waited = bench.waits() | {("queue", request.number) for request in bench.queue.requests()}
    assert {number for _, number in waited} == {1000, 1001, 1002}

    bench.ends = [Written(OutcomeName.CREATED)]
    for connection in ("a-login",):
        if (closed := bench.circuits.close_connection(connection)) is not None:
            bench.wake.end(closed)
    bench.pass_time(7 * 60)

    assert not bench.dead_letters.letters
    assert not bench.waits()
    assert {bench.latest(number).outcome for number in (1000, 1001, 1002)} <= {
        OutcomeName.CREATED,
        OutcomeName.UNCHANGED,
    }


def test_the_wait_a_service_asks_for_is_kept_by_all():
    bench = Bench(
        RetryLaterError("slow down", retry_after=120, service="Dataverse", throttled=True)
    )

    for number in range(1000, 1020):
        bench.run(number=number)
    bench.clock.advance(119)
    bench.run(number=1020)

    assert bench.handled == 1
    assert len(bench.waits()) == 21


def test_an_outage_is_tried_by_one_record_at_a_time():
    bench = Bench(RetryLaterError("down", service="Dataverse"))
    for number in range(1000, 1100):
        bench.run(number=number)
    assert bench.handled == 3

    bench.pass_time(60)

    assert 30 <= bench.handled <= 70
    assert len(bench.waits()) == 100


def test_the_record_that_failed_last_tries_again_and_all_follow_when_it_passes():
    bench = Bench(RetryLaterError("down", service="Dataverse"))
    for number in range(1000, 1010):
        bench.run(number=number)
    bench.ends = [Written(OutcomeName.CREATED)]

    while bench.queue.messages:
        bench.clock.now = max(bench.clock.now, bench.queue.next_visible())
        bench.process.handle(bench.queue.take())

    assert not bench.waits()
    assert all(bench.latest(number).outcome == "created" for number in range(1000, 1010))


def test_one_record_that_a_service_fails_for_stops_no_other_and_is_listed_with_its_reason():
    down = RetryLaterError("answered 500", service="Dataverse")
    bench = Bench(only_one_is_refused(down))
    bench.run()

    bench.pass_time(12, others=[1, 2, 3])

    assert bench.waits() == {("problem", 1000)}
    assert "500" in next(bench.holds.list_waits()).reason
    assert not bench.circuits.list_open() or all(
        circuit.business for circuit in bench.circuits.list_open()
    )


def test_one_record_that_a_service_fails_for_is_tried_with_growing_pauses():
    bench = Bench(RetryLaterError("answered 500", service="Dataverse"), max_attempts=1000)
    bench.run()
    bench.pass_time(60)
    first = bench.handled
    bench.pass_time(24 * 60)

    assert bench.handled - first < 90


def test_a_dead_login_is_asked_nothing_whatever_comes_in():
    bench = Bench(ReconnectNeededError("log in"))

    for number in range(1000, 1050):
        bench.run(number=number)

    assert bench.handled == 1
    assert len(bench.waits()) == 50
    assert not bench.queue.messages


def test_the_same_refusal_for_several_records_stops_those_that_follow():
    bench = Bench(RecordRefusedError("a plug-in says no"))

    for number in range(1000, 1030):
        bench.run(number=number)

    assert bench.handled == 3
    assert len(bench.waits()) == 30


def test_a_refusal_of_one_kind_stops_no_other_kind():
    bench = Bench(RecordRefusedError("a plug-in says no"))
    for number in range(1000, 1003):
        bench.run(number=number)
    bench.ends = [Written(OutcomeName.CREATED)]

    bench.run(kind=Kind.PAYMENT)

    assert bench.handled == 4


def test_a_refusal_is_probed_by_one_and_all_follow_when_it_passes():
    bench = Bench(RecordRefusedError("a plug-in says no"))
    for number in range(1000, 1056):
        bench.run(number=number)
    bench.pass_time(60)
    assert bench.handled < 50
    bench.ends = [Written(OutcomeName.CREATED)]

    bench.pass_time(10)

    assert not bench.waits()
    assert all(bench.latest(number).outcome == "created" for number in range(1000, 1056))


def test_a_record_that_is_mended_in_freshbooks_is_tried_at_once():
    bench = Bench(RecordRefusedError("its discount is negative"))
    bench.run()
    bench.ends = [Written(OutcomeName.CREATED)]

    bench.run()

    assert bench.latest().outcome == "created"
    assert not bench.waits()


def test_a_record_that_alone_is_refused_becomes_a_dead_letter_with_time():
    bench = Bench(only_one_is_refused(RecordRefusedError("its discount is negative")))
    bench.run()
    bench.pass_time(2, others=[1])
    assert not bench.dead_letters.letters

    bench.pass_time(30, others=[1])

    (letter,) = bench.dead_letters.list_all()
    assert "3 times" in letter.reason
    assert not bench.waits()
    tried = bench.handled
    bench.pass_time(600)
    assert bench.handled == tried


def test_a_record_that_waits_and_has_to_wait_its_turn_still_waits_for_the_same():
    error = RecordRefusedError("its discount is negative")
    bench = Bench(only_one_is_refused(error), max_attempts=9)
    bench.run()
    bench.pass_time(6, others=[1])
    waited = bench.latest().awaited
    (wait,) = bench.holds.list_waits()
    with bench.process.alone("quarantine", seconds=60):
        bench.run(cause=Cause.RELEASE, attempt=wait.request.attempt)
    deferred = bench.latest()
    bench.ends = [Written(OutcomeName.CREATED)]

    bench.run()

    assert wait.request.attempt > 0
    assert (deferred.outcome, deferred.awaited) == (OutcomeName.DEFERRED, waited)
    assert not bench.waits()


def test_a_record_that_is_refused_where_nothing_else_happens_is_no_dead_letter():
    bench = Bench(RecordRefusedError("its discount is negative"))
    bench.run()

    bench.pass_time(24 * 60)

    assert not bench.dead_letters.letters
    assert bench.waits() == {("problem", 1000)}


def test_a_dead_letter_that_fails_again_for_the_same_reason_stays_one():
    bench = Bench(only_one_is_refused(RecordRefusedError("its discount is negative")))
    bench.run()
    bench.pass_time(30, others=[1])

    bench.run(cause=Cause.OPERATOR)

    assert len(bench.dead_letters.letters) == 1
    assert not bench.waits()


@pytest.mark.parametrize(
    "end", [Deferred("throttled", 86400), RetryLaterError("x", retry_after=9e4)]
)
def test_no_message_is_away_for_longer_than_an_hour(end):
    bench = Bench(end)

    bench.run()

    assert bench.queue.next_visible() - bench.clock() <= timedelta(hours=1)


def test_a_service_that_asks_for_little_does_not_shorten_the_wait():
    bench = Bench(RetryLaterError("busy", retry_after=1))
    seen = bench.clock()
    bench.clock.advance(600)

    bench.run(seen=seen)

    assert bench.queue.next_visible() - bench.clock() >= timedelta(seconds=30)


def test_a_faulty_record_becomes_a_dead_letter_after_its_attempts():
    bench = Bench(Deferred("stale", 20, fault=True), max_attempts=3)
    bench.run()
    while bench.queue.messages:
        bench.clock.advance(3600)
        bench.process.handle(bench.queue.take())

    (letter,) = bench.dead_letters.list_all()

    assert bench.handled == 3
    assert "3 attempts" in letter.reason


def test_an_error_of_ours_says_where_it_came_from_and_not_what_it_held():
    bench = Bench(ZeroDivisionError("secret"))

    bench.run()

    (wait,) = bench.holds.list_waits()
    assert "ZeroDivisionError at test_process.py" in wait.reason
    assert "secret" not in wait.reason


def test_what_was_in_the_way_once_is_handled_while_no_other_such_is():
    bench = Bench(Written(OutcomeName.CREATED))
    with bench.process.alone("quarantine", seconds=60):
        outcome = bench.run(attempt=1)

    assert isinstance(outcome, Deferred)
    assert bench.handled == 0
    (request,) = bench.queue.requests()
    assert request.attempt == 1


def test_a_conflict_is_tried_again_at_once():
    bench = Bench(ConflictError("raced"), ConflictError("raced"), Written(OutcomeName.UPDATED))

    assert bench.run() == Written(OutcomeName.UPDATED)


def test_a_healed_record_leaves_the_dead_letters():
    bench = Bench(Deferred("stale", 20, fault=True), max_attempts=1)
    bench.run()
    assert len(bench.dead_letters.letters) == 1
    bench.ends = [Written(OutcomeName.CREATED)]

    bench.run()

    assert not bench.dead_letters.letters


def test_replays_of_one_webhook_are_read_a_few_times_only():
    bench = Bench(Unchanged())
    for _ in range(1101):
        bench.run()
        bench.clock.advance(0.02)
    while bench.queue.messages:
        bench.clock.now = max(bench.clock.now, bench.queue.next_visible())
        bench.process.handle(bench.queue.take())

    assert bench.handled <= 5


def test_a_change_that_is_written_is_followed_by_the_next_at_once():
    bench = Bench(Written(OutcomeName.UPDATED))

    for _ in range(5):
        bench.run()

    assert bench.handled == 5


def test_a_webhook_is_read_at_once_however_often_other_records_had_it_looked_at():
    bench = Bench(Unchanged())
    for _ in range(9):
        bench.run(cause=Cause.FOLLOW_UP)

    for _ in range(2):
        bench.run(cause=Cause.WEBHOOK)

    assert bench.handled == 11


def test_a_ticket_is_taken_before_the_record_is_read():
    bench = Bench(Unchanged())
    for _ in range(3):
        bench.run()
    (waiting,) = bench.queue.requests()
    assert bench.latest().pending == waiting.ticket
    seen = []

    def look(_number):
        seen.append(bench.latest().pending)
        return Unchanged()

    bench.ends = [look]
    bench.clock.advance(60)
    bench.process.handle(bench.queue.take())

    assert seen == [""]


def test_the_same_outcome_again_is_not_journalled_again():
    bench = Bench(Skipped("it is a draft", Awaited.policy("draft")))

    for _ in range(20):
        bench.clock.advance(3600)
        bench.run()

    assert len(bench.journal.history) == 1
    assert bench.waits() == {("policy", 1000)}


def test_what_waited_for_one_thing_and_waits_for_another_has_one_row():
    bench = Bench(Skipped("it is a draft", Awaited.policy("draft")))
    bench.run()
    bench.clock.advance(60)
    bench.ends = [Held(a_hold(bench, "currency-EUR"))]

    bench.run()

    assert bench.waits() == {("currency", 1000)}


def a_hold(bench, subject="client-42"):
    return Hold(
        business="xazq5",
        awaited=Awaited.parse(subject),
        name="Aster",
        reason="no match",
        since=bench.clock(),
    )


def test_a_held_record_waits_with_its_hold():
    bench = Bench()
    bench.ends = [Held(a_hold(bench))]
    bench.holds.upsert(a_hold(bench))

    bench.run()

    (waiting,) = bench.holds.list_waiting("xazq5", Awaited.client(42))
    assert waiting.number == 1000
    assert not bench.queue.messages


def test_a_record_that_waits_for_a_hold_just_ended_goes_back_on_the_queue():
    bench = Bench()
    hold = a_hold(bench)
    bench.ends = [Held(hold)]
    bench.holds.upsert(hold)
    release = Release(holds=bench.holds, queue=bench.queue, clock=bench.clock)

    def end_it(_awaited, _request):
        release.end("xazq5", Awaited.client(42))

    bench.holds.before("add_waiting", end_it, once=True)
    bench.run()

    assert [request.number for request in bench.queue.requests()] == [1000]
    assert not bench.holds.waiting


def test_a_client_stands_for_itself_in_its_hold():
    bench = Bench()
    bench.ends = [Held(a_hold(bench))]

    bench.run(kind=Kind.CLIENT)

    assert not bench.holds.waiting


def test_a_missing_currency_is_held_and_opens_its_hold():
    bench = Bench()
    bench.ends = [Held(a_hold(bench, "currency-EUR"))]

    bench.run(kind=Kind.CLIENT)

    assert bench.holds.get("xazq5", Awaited.currency("EUR")) is not None
    waiting = bench.holds.list_waiting("xazq5", Awaited.currency("EUR"))
    assert [request.kind for request in waiting] == [Kind.CLIENT]


def test_a_record_that_is_held_again_changes_nothing_of_the_hold_that_is_there():
    bench = Bench()
    there = replace(
        a_hold(bench, "currency-EUR"),
        reason="as it was decided about",
        candidates=(Candidate(uuid4(), "Aster Works", ""),),
        state=HoldState.RELEASED,
    )
    bench.holds.upsert(there)
    bench.clock.advance(60)
    bench.ends = [Held(a_hold(bench, "currency-EUR"))]

    bench.run()

    assert bench.holds.get("xazq5", Awaited.currency("EUR")) == there
    assert [request.number for request in bench.queue.requests()] == [1000]
    assert not bench.holds.waiting


def test_the_message_that_follows_is_sent_before_the_outcome_is_noted():
    bench = Bench(RetryLaterError("down"))
    bench.queue.broken = RetryLaterError("Storage is down")

    with pytest.raises(RetryLaterError):
        bench.run()

    assert bench.latest() is None


@pytest.mark.parametrize(
    "end",
    [
        RecordRefusedError("no"),
        ReconnectNeededError("log in"),
        RetryLaterError("slow down", service="Dataverse", throttled=True),
        Skipped("it is a draft", Awaited.policy("draft")),
    ],
    ids=repr,
)
def test_a_message_whose_record_cannot_be_noted_as_waiting_comes_again(end):
    bench = Bench(end)
    bench.holds.refuse("add_waiting", RetryLaterError("tables are down", service="Tables"))

    outcome = bench.run()

    assert isinstance(outcome, Deferred)
    assert [request.number for request in bench.queue.requests()] == [1000]


@pytest.mark.parametrize("trouble", [RetryLaterError("down"), ConfigurationError("role")])
@pytest.mark.parametrize(
    "end",
    [Written(OutcomeName.CREATED), Deferred("stale", 5), RetryLaterError("down too")],
    ids=repr,
)
def test_while_nothing_can_be_noted_a_message_comes_again_and_does_not_multiply(end, trouble):
    bench = Bench(end)
    bench.journal.refuse("replace", trouble)
    bench.run()
    for _ in range(20):
        bench.clock.advance(4000)
        bench.process.handle(bench.queue.take())
    (request,) = bench.queue.requests()
    bench.journal.heal()
    bench.clock.advance(4000)
    bench.process.handle(bench.queue.take())

    assert request.attempt == 0
    assert bench.latest() is not None


@pytest.mark.parametrize(
    "error",
    [
        RecordRefusedError("no"),
        RetryLaterError("slow down", service="Dataverse", throttled=True),
        RetryLaterError("busy"),
        ZeroDivisionError(),
    ],
)
def test_what_was_read_of_a_record_is_shown_though_its_handling_failed(error):
    shown = Shown("0001000", "Aster Works", "120.50", "EUR")

    def read_and_fail(number):
        note_reading(RecordId("xazq5", Kind.INVOICE, number), shown)
        note_reading(RecordId("xazq5", Kind.CLIENT, number), Shown("another"))
        return error

    bench = Bench(read_and_fail)
    bench.run()
    entry = bench.latest()

    assert Shown(entry.label, entry.name, entry.amount, entry.currency) == shown
    assert all(wait.shown == shown for wait in bench.holds.list_waits())


def test_a_refusal_that_repeats_the_customers_name_is_one_for_all_customers():
    def read_and_fail(number):
        name = ("Aster Works", "Birch Ltd", "Cedar & Sons")[number % 3]
        note_reading(RecordId("xazq5", Kind.INVOICE, number), Shown(f"A-{number}B", name))
        return RecordRefusedError(
            f"The customer {name} is on hold, says the plug-in, of A-{number}B"
        )

    bench = Bench(read_and_fail)
    for number in range(1000, 1030):
        bench.run(number=number)

    assert bench.handled == 3
    assert len({wait.awaited for wait in bench.holds.list_waits()}) == 1
    (circuit,) = bench.circuits.list_open()
    assert "Aster" not in circuit.reason


def test_while_nothing_can_be_looked_up_nothing_is_asked_and_the_message_comes_again():
    bench = Bench(Written(OutcomeName.CREATED))
    bench.journal.refuse("get_latest", RetryLaterError("tables are down", service="Tables"))

    outcome = bench.run()
    bench.journal.heal()
    bench.clock.advance(600)
    bench.process.handle(bench.queue.take())

    assert isinstance(outcome, Deferred)
    assert bench.handled == 1
    assert bench.latest().outcome == "created"


def test_one_line_is_logged_per_message_with_its_outcome(caplog):
    bench = Bench(Written(OutcomeName.CREATED))
    with caplog.at_level(logging.INFO):
        bench.run()

    (record,) = caplog.records
    told = json.loads(record.getMessage())

    assert told.pop("ms") >= 0
    assert len(told.pop("trace")) == 32
    assert told == {
        "event": "processed",
        "outcome": "created",
        "kind": "invoice",
        "business": "xazq5",
        "record": 1000,
        "cause": "webhook",
        "lag_s": 0.0,
    }


def test_a_stale_reading_counts_as_an_attempt_and_comes_again():
    bench = Bench(Deferred("stale", 20, fault=True))

    bench.run()

    (request,) = bench.queue.requests()
    assert request.attempt == 1
