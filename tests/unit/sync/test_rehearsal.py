"""A rehearsal's holds, queue, journal and claims: what is there shows, what is done stays aside."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.matching import Claim
from shared.core.outcomes import OutcomeName
from shared.core.waiting import Hold, HoldState
from shared.sync.rehearsal import Aside
from tests.memory import MemoryClaims, MemoryHolds, MemoryJournal

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
CLIENT, CURRENCY = Awaited.client(42), Awaited.currency("EUR")
INVOICE = RecordId("xazq5", Kind.INVOICE, 7)


def a_hold(awaited=CLIENT, **fields):
    return Hold("xazq5", awaited, "Aster Works", "two accounts", NOW, **fields)


def a_request(number=7, cause=Cause.POLL):
    return SyncRequest.of(RecordId("xazq5", Kind.INVOICE, number), cause=cause, seen=NOW)


class Kept:
    """What is kept in truth, and the same aside."""

    def __init__(self):
        self.holds, self.journal, self.claims = MemoryHolds(), MemoryJournal(), MemoryClaims()
        self.aside = Aside.of(self.journal, self.holds, self.claims)

    def waiting(self, awaited=CLIENT, **options):
        found = self.aside.holds.list_waiting("xazq5", awaited, **options)
        return [each.number for each in found]


@pytest.fixture
def kept():
    return Kept()


def test_a_hold_that_is_there_shows_until_it_is_closed_aside(kept):
    kept.holds.upsert(a_hold())

    assert kept.aside.holds.get("xazq5", CLIENT) == a_hold()
    kept.aside.holds.delete("xazq5", CLIENT)

    assert kept.aside.holds.get("xazq5", CLIENT) is None
    assert list(kept.aside.holds.list_all()) == []
    assert kept.holds.get("xazq5", CLIENT) == a_hold()


def test_a_hold_that_is_opened_aside_shows_there_alone(kept):
    kept.holds.upsert(a_hold())
    released, other = a_hold(state=HoldState.RELEASED), a_hold(CURRENCY)

    kept.aside.holds.upsert(released)
    kept.aside.holds.upsert(other)

    assert list(kept.aside.holds.list_all("xazq5")) == [released, other]
    assert list(kept.aside.holds.list_all("another")) == []
    assert list(kept.holds.list_all()) == [a_hold()]


def test_records_that_wait_are_those_that_do_without_those_that_were_freed(kept):
    for number in (7, 8, 9):
        kept.holds.add_waiting(CLIENT, a_request(number))
    kept.holds.add_waiting(CURRENCY, a_request(11))

    kept.aside.holds.delete_waiting(CLIENT, a_request(8))
    kept.aside.holds.add_waiting(CLIENT, a_request(9))
    kept.aside.holds.add_waiting(CLIENT, a_request(10))

    assert kept.waiting() == [7, 9, 10]
    assert kept.waiting(most=2) == [7, 9]
    assert [each.number for each in kept.holds.list_waiting("xazq5", CLIENT)] == [7, 8, 9]
    assert len(list(kept.aside.holds.list_waits())) == 4


def test_a_record_that_waits_again_after_it_was_freed_waits(kept):
    kept.holds.add_waiting(CLIENT, a_request())
    kept.aside.holds.delete_waiting(CLIENT, a_request())
    kept.aside.holds.add_waiting(CLIENT, a_request())

    assert kept.waiting() == [7]

    kept.aside.holds.delete_waiting(CLIENT, a_request())

    assert kept.waiting() == []


def test_each_record_is_asked_for_once_until_it_is_taken(kept):
    queue = kept.aside.queue
    queue.send(a_request(7))
    queue.send(a_request(8), delay=60)
    queue.send(a_request(7, Cause.FOLLOW_UP))

    taken = [queue.take(), queue.take(), queue.take()]
    queue.send(a_request(7))

    assert taken == [a_request(7), a_request(8), None]
    assert queue.depth() == 1


def test_a_message_that_is_on_its_way_stands_for_nothing(kept):
    entry = JournalEntry(
        INVOICE, OutcomeName.ASKED, NOW, pending="a-ticket", pending_since=NOW, label="0000007"
    )
    kept.journal.write(entry)

    found = kept.aside.journal.get_latest(INVOICE)

    assert (found.label, found.pending, found.pending_since) == ("0000007", "", None)


def test_what_is_noted_aside_is_noted_nowhere(kept):
    entry = JournalEntry(INVOICE, OutcomeName.CREATED, NOW)

    kept.aside.journal.write(entry)
    kept.aside.journal.replace(entry)

    assert kept.aside.journal.get_latest(INVOICE) is None
    assert kept.journal.latest == {}


def test_claims_of_others_show_and_are_left_alone(kept):
    others = Claim("theirs", RecordId("xazq5", Kind.CLIENT, 1), "Aster Works", NOW)
    own = Claim("ours", RecordId("xazq5", Kind.CLIENT, 2), "Birchwood", NOW + timedelta(minutes=1))
    kept.claims.put(others)

    kept.aside.claims.put(own)
    shown = list(kept.aside.claims.list_all())
    for claim in shown:
        kept.aside.claims.delete(claim.key)

    assert shown == [others, own]
    assert list(kept.aside.claims.list_all()) == [others]
    assert list(kept.claims.list_all()) == [others]
