"""Decisions about dead letters: for the letter that was read, and for no newer one."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.known import is_known
from shared.core.outcomes import OutcomeName
from shared.core.records import Payment
from shared.errors import NotPossibleError, RetryLaterError
from shared.sync.letters import PAUSE, SLICE, Decided, Letters, Wanted
from tests.memory import FakeClock, MemoryDeadLetters, MemoryJournal, MemoryQueue

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
BEFORE = "2026-11-02 06:00:00"  # in FreshBooks' time, an hour before


class Books:
    """A FreshBooks with one payment."""

    def __init__(self) -> None:
        self.payment: Payment | None = None
        self.error: Exception | None = None

    def get_payment(self, _business: str, _number: int) -> Payment | None:
        if self.error is not None:
            raise self.error
        return self.payment


class Desk:
    """Everything a decision about letters touches."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.kept, self.journal = MemoryDeadLetters(), MemoryJournal()
        self.queue, self.books = MemoryQueue(self.clock), Books()
        self.letters = Letters(
            dead_letters=self.kept,
            journal=self.journal,
            freshbooks=self.books,
            queue=self.queue,
            clock=self.clock,
        )

    def bury(self, number: int = 7, *, reason: str = "refused", **fields) -> DeadLetter:
        record = RecordId("xazq5", Kind.PAYMENT, number)
        body = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=self.clock()).model_dump_json()
        letter = DeadLetter(
            **{"key": record.key, "body": body, "reason": reason, "at": self.clock(), **fields}
        )
        self.kept.add(letter)
        return letter

    def note(self, number: int = 7, **fields) -> RecordId:
        record = RecordId("xazq5", Kind.PAYMENT, number)
        entry = {"outcome": OutcomeName.DEAD_LETTERED, "at": self.clock()}
        self.journal.write(JournalEntry(record, **{**entry, **fields}))
        return record

    def retry(self, **wanted) -> list[Decided]:
        return list(self.letters.retry(Wanted(**wanted)))

    def dismiss(self, **wanted) -> list[Decided]:
        return list(self.letters.dismiss(Wanted(**wanted)))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_letter_that_is_retried_is_on_the_queue_before_it_is_gone(desk):
    letter = desk.bury(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    on_queue = []
    desk.kept.before("delete", lambda *_: on_queue.extend(desk.queue.sent))

    assert desk.retry(key=letter.key) == [Decided(done=1)]

    (sent,) = on_queue
    assert (sent.cause, sent.attempt, sent.traceparent) == ("operator", 0, letter.traceparent)
    assert not desk.kept.letters


def test_the_letter_of_a_newer_failure_stays_when_the_older_one_is_retried(desk):
    letter = desk.bury()
    desk.kept.before("delete", lambda *_: desk.bury(reason="newer"), once=True)

    assert desk.retry(key=letter.key) == [Decided(done=1)]

    assert [each.reason for each in desk.kept.list_all()] == ["newer"]


def test_the_letter_of_a_newer_failure_stays_when_the_older_one_is_dismissed(desk):
    letter = desk.bury()
    desk.kept.before("replace", lambda *_: desk.bury(reason="newer"), once=True)

    assert desk.dismiss(key=letter.key) == [Decided(changed=1)]

    assert [each.reason for each in desk.kept.list_all()] == ["newer"]


def test_letters_are_chosen_by_reason_and_time(desk):
    desk.bury(1, reason="answered 400 (0x80040265: The period is closed)")
    desk.clock.advance(3600)
    desk.bury(2, reason="answered 400 (0x80040265: THE PERIOD is closed)")
    desk.bury(3, reason="another")

    desk.retry(reason="the period", since=NOW + timedelta(minutes=1))

    assert [request.number for request in desk.queue.sent] == [2]
    assert sorted(desk.kept.letters) == ["xazq5-payment-1", "xazq5-payment-3"]


def test_many_letters_are_sent_in_slices_that_come_one_after_the_other(desk):
    for number in range(1, 2 * SLICE + 2):
        desk.bury(number)
        desk.clock.advance(1)

    done = [each.done for each in desk.retry()]

    assert done == [SLICE, 2 * SLICE, 2 * SLICE + 1]
    seen = [at - desk.clock() for at, _, _ in sorted(desk.queue.messages)]
    waits = [len(list(group)) for _, group in itertools.groupby(seen)]
    assert waits == [SLICE, SLICE, 1]
    assert max(seen) == timedelta(seconds=2 * PAUSE)
    assert not desk.kept.letters


def test_a_letter_without_a_message_is_named_and_stays(desk):
    desk.bury(key="4f1c", body="{}")
    desk.bury(8)

    assert desk.retry() == [Decided(done=1, unreadable=("4f1c",))]

    assert list(desk.kept.letters) == ["4f1c"]


@pytest.mark.parametrize("what", ["retry", "dismiss"])
def test_a_key_nobody_has_is_an_error_and_a_choice_that_fits_none_is_not(desk, what):
    desk.bury()

    assert getattr(desk, what)(reason="nothing like it") == []
    assert getattr(desk, what)(key="xazq5-payment-7", reason="nothing like it") == []
    with pytest.raises(NotPossibleError, match="no dead letter nobody"):
        getattr(desk, what)(key="nobody")
    assert list(desk.kept.list_all())


def test_a_dismissed_letter_can_be_taken_back_and_is_tried_again(desk):
    letter = desk.bury()
    desk.dismiss(key=letter.key)
    assert not list(desk.kept.list_all())
    assert [each.dismissed_at for each in desk.kept.list_dismissed()] == [NOW]

    desk.letters.undo(letter.key)

    assert [request.number for request in desk.queue.sent] == [7]
    assert not desk.kept.letters


def test_only_a_dismissed_letter_can_be_taken_back(desk):
    letter = desk.bury()

    with pytest.raises(NotPossibleError, match="dead-letters dismissed"):
        desk.letters.undo(letter.key)

    assert not desk.queue.sent


def test_a_poll_knows_the_state_that_was_dismissed_and_no_other(desk, make):
    letter, record = desk.bury(), desk.note()
    state = make.a_payment(7, updated=BEFORE)
    desk.books.payment = state
    desk.clock.advance(60)

    desk.dismiss(key=letter.key)

    entry = desk.journal.get_latest(record)
    assert is_known(state, entry, desk.clock())
    assert not is_known(make.a_payment(7, updated=BEFORE, amount="2.00"), entry, desk.clock())


@pytest.mark.parametrize("fingerprint", ["", "what was refused"])
def test_a_state_that_came_after_the_failure_is_not_dismissed_with_it(desk, make, fingerprint):
    letter, record = desk.bury(), desk.note(fingerprint=fingerprint)
    desk.books.payment = make.a_payment(7, updated="2026-11-02 07:00:30")
    desk.clock.advance(60)

    desk.dismiss(key=letter.key)

    assert desk.journal.get_latest(record).fingerprint == fingerprint


def test_a_letter_is_dismissed_though_freshbooks_is_down(desk):
    letter = desk.bury()
    desk.note()
    desk.books.error = RetryLaterError("FreshBooks is down")

    assert desk.dismiss(key=letter.key) == [Decided(done=1)]

    assert not list(desk.kept.list_all())


def test_an_outcome_that_came_meanwhile_is_not_written_over(desk, make):
    letter, record = desk.bury(), desk.note()
    desk.books.payment = make.a_payment(7, updated=BEFORE)
    desk.journal.before("replace", lambda *_: desk.note(outcome=OutcomeName.CREATED), once=True)

    desk.dismiss(key=letter.key)

    assert desk.journal.get_latest(record).outcome is OutcomeName.CREATED
