"""Messages on their way to the queue: stamped with their trace and when they are due."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.trace import trace_id_of
from shared.sync.outbox import Outbox
from tests.memory import FakeClock, MemoryQueue

OLD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOST = "00-11111111111111111111111111111111-2222222222222222-01"
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


class Post:
    def __init__(self):
        self.clock = FakeClock(NOW)
        self.queue = MemoryQueue(self.clock)
        self.telemetry = Logs()
        self.outbox = Outbox(queue=self.queue, telemetry=self.telemetry, clock=self.clock)

    def sent(self, *, delay=0, **fields):
        request = SyncRequest(
            business="xazq5",
            kind=Kind.CLIENT,
            number=1,
            seen=NOW,
            **{"cause": Cause.WEBHOOK, **fields},
        )
        self.outbox.send(request, delay=delay)
        return self.queue.sent[-1]


@pytest.fixture
def post():
    return Post()


def test_a_message_joins_what_is_being_done(post):
    with post.telemetry.unit("webhook", invocation=HOST):
        sent = post.sent()

    assert trace_id_of(sent.traceparent) == trace_id_of(HOST)


def test_a_message_that_belongs_to_a_trace_stays_in_it(post):
    with post.telemetry.unit("process", invocation=HOST):
        sent = post.sent(traceparent=OLD)

    assert sent.traceparent == OLD


def test_what_a_poll_finds_is_in_no_trace_until_it_is_handled(post):
    with post.telemetry.unit("poll", invocation=HOST):
        found = post.sent(cause=Cause.POLL)

    assert found.traceparent == ""  # so that the release before reads it, too


def test_a_message_that_nothing_is_being_done_for_begins_a_trace(post):
    assert trace_id_of(post.sent().traceparent)


def test_a_delayed_message_says_when_it_is_due_and_one_sent_on_at_once_does_not(post):
    delayed = post.sent(delay=90)

    assert delayed.due == NOW + timedelta(seconds=90)
    assert post.sent(due=delayed.due).due is None


def test_what_a_message_asks_for_is_not_changed(post):
    sent = post.sent(delay=5)

    assert sent.plain() == SyncRequest(
        business="xazq5", kind=Kind.CLIENT, number=1, cause=Cause.WEBHOOK, seen=NOW
    )


def test_depth_and_age_are_those_of_the_queue(post):
    post.sent()

    assert (post.outbox.depth(), post.outbox.visible_since()) == (1, NOW)
