"""Holds, the records that wait with them, and dead letters in a real storage emulator."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure.holds import TableDeadLetters, TableHolds
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind
from shared.core.journal import DeadLetter
from shared.core.waiting import Candidate, Hold, HoldState

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
CLIENT = Awaited.client(42)


@pytest.fixture
def holds(tables):
    return TableHolds(tables)


def request(account, record=7, kind=Kind.INVOICE):
    return SyncRequest(business=account, kind=kind, number=record, cause=Cause.POLL, seen=NOW)


def hold(account, awaited=CLIENT, **fields):
    return Hold(
        **{
            "business": account,
            "awaited": awaited,
            "name": "Aster Works",
            "reason": "two accounts have this name",
            "since": NOW,
            **fields,
        }
    )


def test_a_hold_is_read_back_whole(holds, account):
    opened = hold(
        account,
        candidates=(
            Candidate(uuid.uuid4(), "Aster Works", "same name"),
            Candidate(uuid.uuid4(), 'Aster "Works" Ltd', ""),
        ),
    )
    holds.upsert(opened)

    assert holds.get(account, CLIENT) == opened
    assert holds.get(account, Awaited.client(4)) is None


def test_a_hold_keeps_the_day_it_was_opened(holds, account):
    holds.upsert(hold(account))
    holds.upsert(
        hold(account, since=NOW + timedelta(days=3), state=HoldState.IGNORED, reason="later")
    )

    kept = holds.get(account, CLIENT)

    assert (kept.since, kept.state, kept.reason) == (NOW, HoldState.IGNORED, "later")


def test_holds_are_listed_without_the_records_that_wait(holds, account):
    other = f"{account}x"
    for each in (hold(account), hold(account, Awaited.currency("CAD")), hold(other)):
        holds.upsert(each)
    holds.add_waiting(CLIENT, request(account))

    everywhere = {(each.business, each.awaited) for each in holds.list_all()}

    assert {each.awaited for each in holds.list_all(account)} == {CLIENT, Awaited.currency("CAD")}
    assert {(account, CLIENT), (account, Awaited.currency("CAD")), (other, CLIENT)} <= everywhere


def test_a_record_waits_once_however_often_it_is_noted(holds, account):
    for _ in range(3):
        holds.add_waiting(CLIENT, request(account))

    assert list(holds.list_waiting(account, CLIENT)) == [request(account)]


def test_records_wait_with_their_own_hold_only(holds, account):
    holds.add_waiting(Awaited.client(4), request(account, 1))
    holds.add_waiting(CLIENT, request(account, 2))
    holds.add_waiting(CLIENT, request(account, 2, Kind.PAYMENT))

    assert [each.number for each in holds.list_waiting(account, Awaited.client(4))] == [1]
    assert {each.kind for each in holds.list_waiting(account, CLIENT)} == {
        Kind.INVOICE,
        Kind.PAYMENT,
    }


def test_writers_at_the_same_time_lose_no_waiting_record(holds, account):
    def note(record):
        holds.upsert(hold(account, reason=f"record {record}"))
        holds.add_waiting(CLIENT, request(account, record))

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(note, range(1, 17)))

    assert outcomes == [None] * 16
    assert {each.number for each in holds.list_waiting(account, CLIENT)} == set(range(1, 17))


def test_closing_a_hold_leaves_the_waiting_records_until_they_are_forgotten(holds, account):
    holds.upsert(hold(account))
    holds.add_waiting(CLIENT, request(account))
    holds.delete(account, CLIENT)
    holds.delete(account, CLIENT)
    left = list(holds.list_waiting(account, CLIENT))
    holds.delete_waiting(CLIENT, left[0])
    holds.delete_waiting(CLIENT, left[0])

    assert holds.get(account, CLIENT) is None
    assert left == [request(account)]
    assert list(holds.list_waiting(account, CLIENT)) == []


def test_more_candidates_than_a_property_holds_are_cut_and_not_refused(holds, account):
    many = tuple(Candidate(uuid.uuid4(), "x" * 100, "") for _ in range(500))
    holds.upsert(hold(account, candidates=many))

    kept = holds.get(account, CLIENT).candidates

    assert kept == many[: len(kept)]
    assert len(kept) > 100


# dead letters


def test_dead_letters_are_kept_listed_and_forgotten(storage, tables):
    letters = TableDeadLetters(tables)
    later = DeadLetter("xazq5/invoice/2", "{}", "400", NOW + timedelta(hours=1), "0x80", "req")
    earlier = DeadLetter("bytes-?#/\\\x00", "x" * 4000, "no SyncRequest", NOW)
    letters.add(later)
    letters.add(earlier)
    letters.add(replace(later, reason="refused"))

    listed = list(letters.list_all())
    letters.delete(earlier.key)
    letters.delete(earlier.key)

    assert listed == [earlier, replace(later, reason="refused")]
    assert letters.get(earlier.key) is None
    assert letters.get(later.key).code == "0x80"
