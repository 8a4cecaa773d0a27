import base64
from datetime import timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.errors import RetryLaterError
from shared.sync.beside import Beside
from shared.sync.finish import Finish
from shared.sync.leftovers import Leftovers
from shared.sync.poison import Poison
from shared.sync.release import Release
from tests.memory import (
    FakeClock,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryPoisonQueue,
    MemoryQueue,
)


class Scene:
    def __init__(self, max_attempts=3):
        self.clock = FakeClock()
        self.queue, self.poison_queue = MemoryQueue(self.clock), MemoryPoisonQueue(self.clock)
        self.journal, self.dead_letters = MemoryJournal(), MemoryDeadLetters()
        holds = MemoryHolds()
        release = Release(holds=holds, queue=self.queue, clock=self.clock)
        self.poison = Poison(
            queue=self.queue,
            journal=self.journal,
            finish=Finish(
                queue=self.queue,
                journal=self.journal,
                holds=holds,
                dead_letters=self.dead_letters,
                release=release,
                beside=Beside(
                    journal=self.journal,
                    holds=holds,
                    dead_letters=self.dead_letters,
                    release=release,
                    clock=self.clock,
                ),
                telemetry=Logs(),
                clock=self.clock,
                draw=lambda: 1.0,
            ),
            telemetry=Logs(),
            clock=self.clock,
            draw=lambda: 1.0,
            max_attempts=max_attempts,
        )
        self.leftovers = Leftovers(self.poison_queue, self.poison.handle)

    def request(self, **fields):
        return SyncRequest(
            business="xazq5",
            kind=Kind.INVOICE,
            number=7,
            cause=Cause.WEBHOOK,
            seen=self.clock(),
            **fields,
        )

    def body(self, **fields):
        return self.request(**fields).model_dump_json().encode()

    def note(self, outcome, read_at):
        self.journal.write(
            JournalEntry(self.request().record, outcome, self.clock(), read_at=read_at)
        )


def test_a_crash_is_no_verdict_the_message_comes_again_later_and_counts_one():
    scene = Scene()

    scene.poison.handle(scene.body())

    (again,) = scene.queue.requests()
    assert again.attempt == 1
    assert scene.queue.next_visible() - scene.clock() == timedelta(seconds=30)
    assert not scene.dead_letters.letters


def test_crash_after_crash_the_pauses_grow_and_the_limit_makes_a_dead_letter():
    scene, pauses = Scene(max_attempts=4), []
    body = scene.body()
    for _ in range(3):
        scene.poison.handle(body)
        pauses.append((scene.queue.next_visible() - scene.clock()).total_seconds())
        scene.clock.advance(3600)
        body = scene.queue.take()

    scene.poison.handle(body)

    (letter,) = scene.dead_letters.list_all()
    assert pauses == [30, 60, 120]
    assert "cut short" in letter.reason
    assert letter.key == "xazq5-invoice-7"


@pytest.mark.parametrize("outcome", ["created", "updated", "unchanged", "cancelled"])
def test_a_record_that_is_current_is_never_reported_dead(outcome):
    scene = Scene(max_attempts=1)
    body = scene.body()
    scene.note(OutcomeName(outcome), scene.clock() + timedelta(seconds=1))

    scene.poison.handle(body)

    assert not scene.dead_letters.letters


def test_what_was_carried_over_before_the_change_was_seen_is_not_current():
    scene = Scene(max_attempts=1)
    scene.note(OutcomeName.UPDATED, scene.clock() - timedelta(seconds=1))

    scene.poison.handle(scene.body())

    assert len(scene.dead_letters.letters) == 1


def test_a_message_of_a_later_release_waits_for_it():
    scene = Scene()

    scene.poison.handle(b'{"v":3,"account":"xazq5"}')

    assert len(scene.queue.messages) == 1
    assert not scene.dead_letters.letters


def test_however_often_a_message_crashed_it_comes_again_within_the_hour():
    scene = Scene(max_attempts=1000)

    scene.poison.handle(scene.request(attempt=30).model_dump_json().encode())

    assert scene.queue.next_visible() - scene.clock() <= timedelta(hours=1)


@pytest.mark.parametrize(
    "text", ["no base64 at all!", "", "%%%", base64.b64encode(b"junk").decode()]
)
def test_whatever_lies_on_the_poison_queue_ends_as_a_dead_letter(text):
    scene = Scene()
    scene.poison_queue.park(text)

    taken = scene.leftovers.collect()

    assert taken == 1
    assert scene.poison_queue.depth() == 0
    assert len(scene.dead_letters.letters) == 1


def test_what_the_trigger_leaves_lying_is_put_on_the_queue_again():
    scene = Scene()
    for _ in range(70):
        scene.poison_queue.park(scene.request().encode())

    scene.leftovers.collect()

    assert len(scene.queue.requests()) == 70
    assert scene.poison_queue.depth() == 0


def test_what_cannot_be_queued_stays_on_the_poison_queue():
    scene = Scene()
    scene.poison_queue.park(scene.request().encode())
    scene.queue.broken = RetryLaterError("Storage is down")

    with pytest.raises(RetryLaterError):
        scene.leftovers.collect()

    assert scene.poison_queue.depth() == 1
