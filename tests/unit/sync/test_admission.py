import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import Joined, OutcomeName
from shared.errors import RetryLaterError
from shared.sync.admission import Admission
from shared.sync.tickets import Tickets
from tests.memory import FakeClock, MemoryJournal, MemoryQueue

RECORD = RecordId("xazq5", Kind.INVOICE, 7)
TICKET = "0123456789abcdef"


class Scene:
    def __init__(self):
        self.clock, self.journal = FakeClock(), MemoryJournal()
        self.queue = MemoryQueue(self.clock)
        numbers = itertools.count(1)
        self.tickets = Tickets(
            queue=self.queue,
            journal=self.journal,
            clock=self.clock,
            new_ticket=lambda: f"ticket{next(numbers):010d}",
        )
        self.admission = Admission(journal=self.journal, tickets=self.tickets, clock=self.clock)

    def request(self, **fields):
        request = SyncRequest.of(
            RECORD, cause=fields.pop("cause", Cause.WEBHOOK), seen=self.clock()
        )
        return request.model_copy(update=fields)

    def note(self, outcome=OutcomeName.CREATED, **fields):
        self.journal.write(JournalEntry(RECORD, outcome, self.clock(), **fields))

    def pend(self, outcome=OutcomeName.CREATED, **fields):
        self.note(outcome, pending=TICKET, pending_since=self.clock(), **fields)

    @property
    def latest(self):
        return self.journal.latest[RECORD]


@pytest.fixture
def scene():
    return Scene()


def test_a_record_that_was_never_handled_is(scene):
    assert scene.admission.admit(scene.request()) is None


def test_what_is_noted_of_a_record_is_known_to_its_handling(scene):
    scene.note(label="0001000")

    assert scene.admission.admit(scene.request()) == scene.latest


# A poll's own message has a ticket: it is handled whatever is noted.
@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.POLL])
def test_a_message_whose_record_another_one_will_read_has_nothing_to_do(scene, cause):
    scene.pend()

    assert isinstance(scene.admission.admit(scene.request(cause=cause)), Joined)
    assert scene.latest.pending == TICKET


def test_a_ticket_does_not_count_for_ever(scene):
    scene.pend()
    scene.clock.advance(timedelta(days=1).total_seconds())

    assert scene.admission.admit(scene.request()) == scene.latest


@pytest.mark.parametrize(
    ("cause", "joins"),
    [
        (Cause.WEBHOOK, False),
        (Cause.OPERATOR, False),
        (Cause.RELEASE, False),
        (Cause.FOLLOW_UP, True),
    ],
)
def test_whoever_is_urgent_goes_ahead_of_what_a_poll_asked_for_in_bulk(scene, cause, joins):
    scene.pend(OutcomeName.ASKED)

    admitted = scene.admission.admit(scene.request(cause=cause))

    assert isinstance(admitted, Joined) is joins


def test_a_message_takes_its_ticket_before_its_record_is_read(scene):
    scene.pend(label="0001000")

    before = scene.admission.admit(scene.request(ticket=TICKET))

    assert (before.label, before.pending, before.pending_since) == ("0001000", "", None)
    assert scene.latest == before


def test_a_ticket_is_taken_though_something_else_is_noted_at_that_moment(scene):
    scene.pend()
    scene.journal.before("replace", lambda _entry: scene.pend(label="0001000"), once=True)

    before = scene.admission.admit(scene.request(ticket=TICKET))

    assert (before.label, before.pending) == ("0001000", "")
    assert scene.latest.pending == ""


def test_the_ticket_of_a_message_that_was_sent_later_is_left_alone(scene):
    scene.pend()
    another = {"pending": "another-message", "pending_since": scene.clock()}
    scene.journal.before("replace", lambda _entry: scene.note(**another), once=True)

    before = scene.admission.admit(scene.request(ticket=TICKET))

    assert not isinstance(before, Joined)
    assert scene.latest.pending == "another-message"


def test_a_message_that_comes_twice_is_handled_twice(scene):
    scene.pend()
    message = scene.request(ticket=TICKET)
    scene.admission.admit(message)
    scene.note(OutcomeName.UPDATED)

    assert scene.admission.admit(message) == scene.latest


def test_a_message_whose_ticket_was_never_noted_is_handled(scene):
    before = scene.admission.admit(scene.request(ticket=TICKET))

    assert before.outcome is OutcomeName.ASKED


@pytest.mark.parametrize("handled_before", [True, False])
def test_a_ticket_that_is_noted_after_its_message_was_taken_is_relied_on_by_nobody(
    scene, handled_before
):
    if handled_before:
        scene.note()
    message, read = scene.request(), scene.journal.get_latest(RECORD)
    ticket = scene.tickets.send(message)
    scene.admission.admit(message.model_copy(update={"ticket": ticket}))

    scene.tickets.note(message, read, ticket)

    assert scene.latest.pending == ""


def test_where_what_is_noted_changes_all_the_time_the_message_comes_again(scene):
    scene.pend()
    scene.journal.before("replace", lambda _entry: scene.pend(label="again"))

    with pytest.raises(RetryLaterError, match="changes all the time"):
        scene.admission.admit(scene.request(ticket=TICKET))


@pytest.mark.parametrize("ticket", ["", TICKET])
def test_while_the_journal_is_down_nothing_is_begun(scene, ticket):
    scene.journal.broken = RetryLaterError("tables are down", service="Tables")

    with pytest.raises(RetryLaterError, match="tables"):
        scene.admission.admit(scene.request(ticket=ticket))

    assert not scene.queue.sent


def test_a_record_that_was_unchanged_again_and_again_is_read_once_more_for_all_who_ask(scene):
    scene.note(OutcomeName.UNCHANGED, cause=Cause.WEBHOOK, same=4, read_at=scene.clock())

    joined = [scene.admission.admit(scene.request()) for _ in range(100)]

    assert all(isinstance(each, Joined) for each in joined)
    (message,) = scene.queue.sent
    assert scene.latest.pending == message.ticket
    assert scene.queue.next_visible() > scene.clock()


def test_a_postponed_reading_whose_ticket_could_not_be_noted_costs_one_message_more(scene):
    scene.note(OutcomeName.UNCHANGED, cause=Cause.WEBHOOK, same=4, read_at=scene.clock())
    scene.journal.before(
        "replace",
        lambda _entry: scene.journal.write(replace(scene.latest, label="x")),
        once=True,
    )
    for _ in range(10):
        scene.admission.admit(scene.request())

    assert len(scene.queue.sent) == 2


def test_a_postponed_message_is_handled_when_it_comes(scene):
    scene.note(OutcomeName.UNCHANGED, cause=Cause.WEBHOOK, same=9, read_at=scene.clock())
    scene.admission.admit(scene.request())
    (message,) = scene.queue.sent

    # even should it come early, as after a crash
    assert scene.admission.admit(message) == scene.latest
    assert scene.latest.pending == ""


def test_those_who_joined_have_the_record_read_once_more(scene):
    scene.note()

    scene.admission.read_again(scene.request())

    (message,) = scene.queue.sent
    assert (message.record, message.ticket) == (RECORD, scene.latest.pending)
