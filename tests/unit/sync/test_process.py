import json
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.events import Cause, SyncRequest
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
from shared.core.records import GONE
from shared.core.waiting import Candidate, Hold, HoldState
from shared.errors import (
    ConfigurationError,
    ConflictError,
    NotSyncedError,
    ReconnectNeededError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.finish import Finish
from shared.sync.heartbeats import Heartbeats
from shared.sync.process import Process
from shared.sync.release import Release
from tests.memory import (
    FakeClock,
    MemoryCheckpoints,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
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
        self.process = Process(
            handlers=dict.fromkeys(Kind, self),
            finish=Finish(
                queue=self.queue,
                journal=self.journal,
                holds=self.holds,
                dead_letters=self.dead_letters,
                release=Release(holds=self.holds, queue=self.queue, clock=self.clock),
                telemetry=Logs(),
                clock=self.clock,
                draw=lambda: draw,
            ),
            telemetry=Logs(),
            heartbeats=Heartbeats(self.checkpoints, self.clock),
            clock=self.clock,
            max_attempts=max_attempts,
            draw=lambda: draw,
        )

    def sync(self, _request):
        self.handled += 1
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        return end if isinstance(end, Result) else Result(end, label="0001000")

    def request(self, **fields):
        return SyncRequest(
            business="xazq5",
            kind=fields.pop("kind", Kind.INVOICE),
            number=1000,
            cause=fields.pop("cause", Cause.WEBHOOK),
            seen=fields.pop("seen", self.clock()),
            **fields,
        )

    def run(self, **fields):
        return self.process.handle(self.request(**fields).model_dump_json().encode())

    def latest(self):
        return self.journal.get_latest(RecordId("xazq5", Kind.INVOICE, 1000))


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (Written(OutcomeName.CREATED), "created"),
        (Unchanged(), "unchanged"),
        (Skipped("it is a draft"), "skipped"),
        (RetryLaterError("down"), "deferred"),
        (RecordRefusedError("no"), "dead-lettered"),
        (ZeroDivisionError(), "deferred"),
    ],
)
def test_every_end_is_in_the_journal(end, name):
    bench = Bench(end)

    bench.run()

    assert bench.latest().outcome == name


def test_the_journal_says_what_was_read_when_and_where_it_went():
    bench = Bench()
    row = uuid4()
    bench.ends = [Result(Skipped("it is a draft"), "0001000", "a-state", bench.clock(), (row,))]
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
    bench.ends = [Result(failed, "0001000", "a-state", bench.clock())]

    bench.run()

    assert bench.latest().outcome == "dead-lettered"
    assert bench.latest().fingerprint == "a-state"
    assert bench.latest().label == "0001000"


def test_a_dead_letter_holds_what_the_services_support_asks_for():
    bench = Bench(RecordRefusedError("no", code="0x80048408", request_id="r1"))

    bench.run()

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


LATER = b'{"v":2,"account":"xazq5","new":"' + b"x" * 6000 + b'"}'


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
    assert "version 2" in letter.reason
    assert not bench.queue.messages


def test_a_dead_letter_keeps_a_message_as_every_release_reads_it():
    bench = Bench(RecordRefusedError("no"))
    body = bench.request().model_dump_json().replace("{", '{"later":"field",', 1)
    bench.process.handle(body.encode())

    (letter,) = bench.dead_letters.list_all()

    assert letter.body == bench.request().model_dump_json()


@pytest.mark.parametrize(
    "error",
    [
        RetryLaterError("throttled", retry_after=120),
        ReconnectNeededError("log in"),
        ConfigurationError("role"),
        ConflictError("raced"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_throttling_outages_and_people_burn_no_attempts(error):
    bench = Bench(error)
    for _ in range(50):
        bench.run() if not bench.queue.messages else bench.process.handle(bench.queue.take())
        bench.clock.advance(4000)

    (request,) = bench.queue.requests()

    assert request.attempt == 0
    assert not bench.dead_letters.letters


def test_the_wait_a_service_asks_for_is_kept():
    bench = Bench(RetryLaterError("throttled", retry_after=120))

    bench.run()

    assert bench.queue.next_visible() - bench.clock() >= timedelta(seconds=120)


def test_a_service_that_asks_for_little_does_not_shorten_the_wait():
    bench = Bench(RetryLaterError("throttled", retry_after=1))

    bench.run(seen=bench.clock() - timedelta(minutes=20))

    assert bench.queue.next_visible() - bench.clock() == timedelta(minutes=10)


def test_waits_grow_with_the_outage_up_to_an_hour():
    bench = Bench(RetryLaterError("down"))
    day_ago = bench.clock() - timedelta(days=1)

    bench.run(seen=day_ago)

    assert bench.queue.next_visible() - bench.clock() == timedelta(hours=1)


@pytest.mark.parametrize(
    ("end", "fields"),
    [
        (RetryLaterError("down", retry_after=86400), {}),
        (Deferred("throttled", 86400), {}),
        (ZeroDivisionError(), {"attempt": 40}),
    ],
    ids=["asked for", "deferred", "at fault"],
)
def test_no_message_is_away_for_longer_than_an_hour(end, fields):
    bench = Bench(end, max_attempts=100)

    bench.run(**fields)

    assert bench.queue.next_visible() - bench.clock() == timedelta(hours=1)


@pytest.mark.parametrize(
    ("end", "minutes"),
    [
        (RetryLaterError("down"), 30),
        (ReconnectNeededError("log in"), 2.5),
        (ZeroDivisionError(), 30),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_waited_for_long_does_not_come_back_all_at_once(end, minutes):
    bench = Bench(end, max_attempts=100, draw=0.0)

    bench.run(seen=bench.clock() - timedelta(days=1), attempt=40)

    assert bench.queue.next_visible() - bench.clock() == timedelta(minutes=minutes)


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 5), (1, 10), (4, 80)])
def test_a_faulty_record_is_tried_ever_more_rarely(attempt, seconds):
    bench = Bench(ZeroDivisionError(), max_attempts=100)

    bench.run(attempt=attempt)

    assert bench.queue.next_visible() - bench.clock() == timedelta(seconds=seconds)


def test_a_persons_repair_is_noticed_within_minutes():
    bench = Bench(ReconnectNeededError("log in"))

    bench.run(seen=bench.clock() - timedelta(days=1))

    assert bench.queue.next_visible() - bench.clock() <= timedelta(minutes=5)


def test_a_conflict_that_does_not_end_is_tried_ever_more_rarely():
    bench = Bench(ConflictError("raced"))

    bench.run(seen=bench.clock() - timedelta(days=1))

    assert bench.queue.next_visible() - bench.clock() == timedelta(minutes=5)


def test_a_faulty_record_becomes_a_dead_letter_after_its_attempts():
    bench = Bench(ZeroDivisionError(), max_attempts=3)
    bench.run()
    while bench.queue.messages:
        bench.clock.advance(3600)
        bench.process.handle(bench.queue.take())

    (letter,) = bench.dead_letters.list_all()

    assert bench.handled == 3
    assert "3 attempts" in letter.reason
    assert "ZeroDivisionError at test_process.py" in letter.reason


def test_a_conflict_is_tried_again_at_once():
    bench = Bench(ConflictError("raced"), ConflictError("raced"), Written(OutcomeName.UPDATED))

    assert bench.run() == Written(OutcomeName.UPDATED)


def test_a_healed_record_leaves_the_dead_letters():
    bench = Bench(
        RecordRefusedError("no", code="0x1", request_id="r1"), Written(OutcomeName.CREATED)
    )
    bench.run()
    assert len(bench.dead_letters.letters) == 1

    bench.run()

    assert not bench.dead_letters.letters


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


def test_a_poisoned_message_is_a_dead_letter_and_in_the_journal():
    bench = Bench(Unchanged())

    bench.process.handle_poison(bench.request().model_dump_json().encode())
    bench.process.handle_poison(b"junk")

    assert len(bench.dead_letters.letters) == 2
    assert bench.latest().outcome == "dead-lettered"


def test_a_poisoned_record_that_is_handled_after_all_leaves_the_dead_letters():
    bench = Bench(Written(OutcomeName.CREATED))
    bench.process.handle_poison(bench.request().model_dump_json().encode())
    assert len(bench.dead_letters.letters) == 1

    bench.run()

    assert not bench.dead_letters.letters


def test_the_message_that_follows_is_sent_before_the_outcome_is_noted():
    bench = Bench(RetryLaterError("down"))
    bench.queue.broken = RetryLaterError("Storage is down")

    with pytest.raises(RetryLaterError):
        bench.run()

    assert bench.latest() is None


@pytest.mark.parametrize("trouble", [RetryLaterError("down"), ConfigurationError("role")])
@pytest.mark.parametrize(
    "end", [Written(OutcomeName.CREATED), RecordRefusedError("no"), RetryLaterError("down too")]
)
def test_while_nothing_can_be_noted_a_message_comes_again_and_does_not_multiply(end, trouble):
    bench = Bench(end)
    bench.journal.refuse("write", trouble)
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
