"""A poll costs what changed since the last one, and nothing is overlooked for that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.errors import RetryLaterError
from shared.sync.asking import TOGETHER
from shared.sync.known_rows import KEEP
from tests.unit.sync.test_poll_in_trouble import Day, invoices

BEFORE = "2026-11-02 09:00:00"  # an hour ago, in the days of overlap
JUST_NOW = "2026-11-02 09:59:00"
INVOICE = Kind.INVOICE


@pytest.fixture
def day(make):
    """A day on which 40 invoices changed, and were handled."""
    found = Day()
    found.has(INVOICE, *invoices(make, *range(1, 41), updated=BEFORE, version=""))
    found.poll.run()
    found.handle()
    found.clock.advance(300)
    found.poll.run()
    found.clock.advance(300)
    return found


def looked_up(day):
    """Return the list that the records get into which the journal is asked about from now on."""
    numbers = []
    day.journal.before("get_many", lambda _business, _kind, asked: numbers.extend(asked))
    return numbers


def entry(day, number):
    return day.journal.latest[RecordId("xazq5", INVOICE, number)]


def change(day, make, *numbers, **fields):
    fields = {"updated": JUST_NOW, "version": "", **fields}
    changed = {number: make.an_invoice(number, **fields) for number in numbers}
    rows = day.books.rows["xazq5", INVOICE]
    day.has(INVOICE, *[changed.get(row.id, row) for row in rows])


def test_only_what_changed_is_looked_up(day, make):
    change(day, make, 7, 9)
    numbers = looked_up(day)

    day.poll.run()

    assert numbers == [7, 9]
    assert day.sent(INVOICE)[40:] == [7, 9]


def test_what_was_known_is_looked_up_again_within_an_hour(day):
    numbers = looked_up(day)
    for _ in range(KEEP // timedelta(minutes=5)):
        day.clock.advance(300)
        day.poll.run()

    assert sorted(set(numbers)) == list(range(1, 41))
    assert len(numbers) <= 2 * 40


def test_what_another_instance_handled_in_a_newer_state_is_no_change_here(day, make):
    change(day, make, 7)
    day.start().run()
    day.clock.advance(60)
    day.handle()
    day.clock.advance(240)

    day.poll.run()

    assert day.sent(INVOICE).count(7) == 2


def test_a_message_that_was_lost_is_sent_again_though_the_row_was_known(day):
    noted = entry(day, 7)
    lost = replace(noted, outcome=OutcomeName.DEFERRED, fingerprint="", at=day.clock())
    day.journal.write(lost)

    for _ in range(4 * 12):
        day.clock.advance(300)
        day.poll.run()

    assert day.sent(INVOICE).count(7) == 2


def test_what_is_known_for_a_while_only_is_looked_up_each_time(day):
    waiting = replace(entry(day, 7), awaited="client-42")
    day.journal.write(waiting)
    day.poll = day.start()
    day.poll.run()
    numbers = looked_up(day)

    day.poll.run()

    assert numbers == [7]


def test_a_row_read_in_the_moment_it_changed_is_not_remembered(day, make):
    change(day, make, 7, updated="2026-11-02 10:10:00")
    day.poll.run()
    day.handle()  # within that second
    day.clock.advance(300)

    day.poll.run()
    day.poll.run()

    assert day.sent(INVOICE).count(7) == 3


def test_a_first_walk_asks_for_what_the_journal_forgot_whatever_was_known_a_moment_ago(day):
    day.journal.latest.clear()
    day.checkpoints.delete("poll.xazq5.invoice")

    day.poll.run()

    assert sorted(day.sent(INVOICE)[40:]) == list(range(1, 41))


def test_an_entry_that_changes_between_look_up_and_ticket_is_left_as_it_is(day, make):
    change(day, make, 7, 8, 9)

    def handled(request, *_):
        if request.number == 8:
            day.journal.write(JournalEntry(request.record, OutcomeName.UPDATED, day.clock()))

    day.queue.before("send", handled)

    day.poll.run()

    assert (entry(day, 8).outcome, entry(day, 8).pending) == (OutcomeName.UPDATED, "")
    assert entry(day, 7).pending
    assert entry(day, 9).pending


def test_what_was_sent_before_the_queue_failed_has_its_tickets(day, make):
    change(day, make, *range(1, 11))

    def fails(request, *_):
        if request.number == 5:
            raise RetryLaterError("down", service="Queues")

    day.queue.before("send", fails)
    day.poll.run()
    day.queue.heal()

    day.start().run()

    assert sorted(day.sent(INVOICE)[40:]) == list(range(1, 11))


def test_tickets_are_noted_some_at_a_time(day, make):
    change(day, make, *range(1, 41))
    noted = []
    day.journal.before("replace_all", lambda entries: noted.append(len(entries)))

    day.poll.run()

    assert noted == [TOGETHER, 40 - TOGETHER]


def test_checkpoints_are_read_together_and_written_together(day):
    calls = []
    for method in ("get", "get_note", "list_notes", "set", "set_all", "delete"):
        day.checkpoints.before(method, lambda *_given, method=method: calls.append(method))

    day.poll.run()

    assert [call for call in calls if call != "set"] == ["list_notes", "set_all"]
    assert calls.count("set") <= 1  # the heartbeat


def test_a_poll_that_is_lost_before_its_checkpoints_are_written_is_made_up_for(day, make):
    change(day, make, 7)
    before = day.polled(INVOICE)
    day.checkpoints.refuse("set_all", RetryLaterError("down", service="Tables"))
    report = day.poll.run()
    assert report.problems == ["checkpoints: down"]
    assert day.polled(INVOICE) == before
    day.checkpoints.heal()

    day.start().run()

    assert day.sent(INVOICE).count(7) == 2
    assert day.polled(INVOICE) == day.clock()
