"""Letters that another release could not read come back, each once and none before its message."""

import json

import pytest

from shared.core.journal import DeadLetter
from shared.core.later import nameless_key
from shared.errors import RetryLaterError
from shared.sync.reread import MOST_AT_ONCE, Reread
from tests.memory import FakeClock, MemoryDeadLetters, MemoryQueue

WITH_A_TRACE = {
    "account": "xazq5",
    "kind": "invoice",
    "cause": "webhook",
    "seen": "2026-11-02T14:00:00Z",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


class Bench:
    def __init__(self):
        self.clock = FakeClock()
        self.queue = MemoryQueue(self.clock)
        self.letters = MemoryDeadLetters()
        self.reread = Reread(dead_letters=self.letters, queue=self.queue, clock=self.clock)

    def bury(self, message, key=None):
        body = json.dumps(message)
        key = key or nameless_key(body.encode())
        self.letters.add(DeadLetter(key, body, "The message is no SyncRequest", self.clock()))
        return key


def test_what_another_release_could_not_read_is_queued_again_and_its_letter_goes():
    bench = Bench()
    for number in (1, 2):
        bench.bury({**WITH_A_TRACE, "record": number})

    assert bench.reread.run() == 2
    assert {request.number for request in bench.queue.requests()} == {1, 2}
    assert not bench.letters.letters
    assert bench.reread.run() == 0


def test_what_nobody_can_read_and_what_a_record_is_to_blame_for_stays_a_letter():
    bench = Bench()
    kept = {
        bench.bury({"no": "request"}),
        bench.bury({**WITH_A_TRACE, "v": 3, "record": 3}),
        bench.bury({**WITH_A_TRACE, "record": 4}, key="xazq5-invoice-4"),
    }

    assert bench.reread.run() == 0
    assert set(bench.letters.letters) == kept
    assert not bench.queue.messages


def test_a_letter_stays_when_its_message_cannot_be_sent():
    bench = Bench()
    bench.bury({**WITH_A_TRACE, "record": 1})
    bench.queue.broken = RetryLaterError("the queue is down")

    with pytest.raises(RetryLaterError):
        bench.reread.run()
    assert len(bench.letters.letters) == 1


def test_a_letter_that_could_not_be_removed_is_asked_for_once_more_and_not_lost():
    bench = Bench()
    bench.bury({**WITH_A_TRACE, "record": 1})
    bench.letters.refuse("delete", RetryLaterError("the tables are down"))
    with pytest.raises(RetryLaterError):
        bench.reread.run()
    bench.letters.heal()

    bench.reread.run()

    assert [request.number for request in bench.queue.requests()] == [1, 1]
    assert not bench.letters.letters


def test_a_flood_comes_back_in_parts():
    bench = Bench()
    for number in range(1, MOST_AT_ONCE + 2):
        bench.bury({**WITH_A_TRACE, "record": number})

    assert [bench.reread.run() for _ in range(3)] == [MOST_AT_ONCE, 1, 0]
