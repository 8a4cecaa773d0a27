"""The journal in a real storage emulator."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure.journal import TableJournal
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
LARGEST = 2**63 - 1


@pytest.fixture
def journal(tables):
    return TableJournal(tables)


def entry(account, record=7, outcome="created", kind=Kind.INVOICE, **fields):
    return JournalEntry(
        **{
            "record": RecordId(account, kind, record),
            "outcome": OutcomeName(outcome),
            "at": NOW,
            **fields,
        }
    )


def test_an_entry_is_read_back_whole(journal, account):
    written = entry(
        account,
        LARGEST,
        cause="webhook",
        reason="matched by name: Ångström & Søn",
        label="INV/2026 #7",
        fingerprint="2026-10-01 09:00:00.123456|0|sent",
        read_at=NOW - timedelta(seconds=2),
        rows=tuple(uuid.uuid4() for _ in range(300)),
    )
    journal.write(written)

    assert journal.get_latest(RecordId(account, Kind.INVOICE, LARGEST)) == written
    assert list(journal.list_history(RecordId(account, Kind.INVOICE, LARGEST))) == [written]


def test_a_record_that_was_never_handled_has_no_entry(journal, account):
    assert journal.get_latest(RecordId(account, Kind.INVOICE, 1)) is None
    assert list(journal.list_history(RecordId(account, Kind.INVOICE, 1))) == []
    assert list(journal.list_latest(account, Kind.INVOICE)) == []


def test_history_is_newest_first_and_the_latest_is_the_last_written(journal, account):
    entries = [
        entry(account, outcome=outcome, at=NOW + timedelta(microseconds=place))
        for place, outcome in enumerate(["deferred", "held", "created", "updated"])
    ]
    for each in entries:
        journal.write(each)

    assert list(journal.list_history(RecordId(account, Kind.INVOICE, 7))) == entries[::-1]
    assert journal.get_latest(RecordId(account, Kind.INVOICE, 7)) == entries[-1]


def test_unchanged_moves_the_latest_entry_and_adds_no_history(journal, account):
    journal.write(entry(account))
    journal.write(entry(account, outcome="unchanged", at=NOW + timedelta(hours=1)))

    assert journal.get_latest(RecordId(account, Kind.INVOICE, 7)).outcome == "unchanged"
    assert [each.outcome for each in journal.list_history(RecordId(account, Kind.INVOICE, 7))] == [
        "created"
    ]


def test_two_entries_of_the_same_moment_are_both_kept(journal, account):
    journal.write(entry(account, outcome="deferred"))
    journal.write(entry(account, outcome="created"))

    outcomes = {each.outcome for each in journal.list_history(RecordId(account, Kind.INVOICE, 7))}

    assert outcomes == {"deferred", "created"}


def test_the_latest_entries_are_those_of_one_account_and_kind(journal, account):
    for record in (1, 9, 10, 99, LARGEST):
        journal.write(entry(account, record))
        journal.write(entry(account, record, outcome="updated"))
    journal.write(entry(account, 5, kind=Kind.PAYMENT))
    journal.write(entry(f"{account}x", 6))

    latest = list(journal.list_latest(account, Kind.INVOICE))

    assert {each.record.number for each in latest} == {1, 9, 10, 99, LARGEST}
    assert {each.outcome for each in latest} == {"updated"}


def test_histories_of_records_with_similar_numbers_do_not_mix(journal, account):
    for record in (1, 10, 11, 100):
        journal.write(entry(account, record))

    assert [
        each.record.number for each in journal.list_history(RecordId(account, Kind.INVOICE, 1))
    ] == [1]
    assert [
        each.record.number for each in journal.list_history(RecordId(account, Kind.INVOICE, 10))
    ] == [10]


def test_records_are_found_by_the_number_people_use(journal, account):
    journal.write(entry(account, 1, label="O'Neil 7"))
    journal.write(entry(account, 2, label="O'Neil 8"))
    journal.write(entry(account, 3, label="O'Neil 7"))

    found = journal.find_by_label(account, Kind.INVOICE, "O'Neil 7")

    assert {each.record.number for each in found} == {1, 3}


def test_more_latest_entries_than_a_page_are_all_listed(tables, account):
    table = tables.table("journal")
    TableJournal(tables).write(entry(account, 1))
    sample = table.get(f"{account}.invoice", "=1")
    rows = [{**sample, "RowKey": f"={record}", "record": str(record)} for record in range(1, 1102)]
    for start in range(0, len(rows), 100):
        table.upsert_all(rows[start : start + 100])

    listed = TableJournal(tables).list_latest(account, Kind.INVOICE)

    assert len({each.record.number for each in listed}) == 1101


def test_a_reason_longer_than_a_property_is_cut(journal, account):
    journal.write(entry(account, reason="🧾" * 40_000))

    kept = journal.get_latest(RecordId(account, Kind.INVOICE, 7)).reason

    assert set(kept) == {"🧾"}
    assert len(kept) == 16_000
