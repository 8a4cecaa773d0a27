"""What of Azure Storage shows in the adapters: keys, sizes, pages, lost answers, outages.

What a port promises, whoever keeps it, is in `ports/`.
"""

import base64
import json
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.connections import TableConsents
from shared.adapters.azure.holds import TableHolds
from shared.adapters.azure.journal import TableJournal
from shared.adapters.azure.journal_keys import history_key
from shared.adapters.azure.journal_pruning import prune
from shared.adapters.azure.queues import StorageQueue
from shared.adapters.azure.registrations import TableRegistrations
from shared.adapters.azure.tables import Tables, key
from shared.adapters.telemetry.logs import Logs
from shared.core.connections import Registration, RegistrationState
from shared.core.consent import Consent, Stage
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.retention import Cut
from shared.core.waiting import Candidate, Hold, HoldState
from shared.errors import ConfigurationError, ConflictError, RetryLaterError
from shared.sync.outbox import Outbox

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
REQUEST = SyncRequest(business="xazq5", kind=Kind.INVOICE, number=7, cause=Cause.POLL, seen=NOW)


# keys


@pytest.mark.parametrize("text", ["a/b\\c#d?e", "\x00\x1f\x7f\x85", "100% ~ !2f", "ä" * 600])
def test_any_text_becomes_a_key_that_storage_takes(tables, text):
    table = tables.table("checkpoints")
    table.upsert({"PartitionKey": key(text), "RowKey": key(text), "text": text.strip("\x00")})

    assert table.get(key(text), key(text))["text"] == text.strip("\x00")


def test_different_texts_have_different_keys():
    texts = ["a/b", "a!2fb", "a\\b", "ab", "x" * 300, "x" * 301]

    assert len({key(text) for text in texts}) == len(texts)


# sizes and pages


def entry(account, **fields):
    invoice = RecordId(account, Kind.INVOICE, 7)
    return JournalEntry(record=invoice, outcome=OutcomeName.CREATED, at=NOW, **fields)


def test_a_reason_longer_than_a_property_is_cut(tables, account):
    journal = TableJournal(tables)
    journal.write(entry(account, reason="🧾" * 40_000))

    kept = journal.get_latest(RecordId(account, Kind.INVOICE, 7)).reason

    assert set(kept) == {"🧾"}
    assert len(kept) == 16_000


def test_more_candidates_than_a_property_holds_are_cut_and_not_refused(tables, account):
    holds, client = TableHolds(tables), Awaited.client(42)
    many = tuple(Candidate(uuid.uuid4(), "x" * 100, "") for _ in range(500))
    holds.upsert(Hold(account, client, "Aster Works", "no match", NOW, candidates=many))

    kept = holds.get(account, client).candidates

    assert kept == many[: len(kept)]
    assert len(kept) > 100


def test_more_latest_entries_than_a_page_are_all_listed(tables, account):
    table = tables.table("journal")
    TableJournal(tables).write(entry(account))
    sample = table.get(f"{account}.invoice", "=7")
    rows = [{**sample, "RowKey": f"={record}", "record": str(record)} for record in range(1, 1102)]
    for start in range(0, len(rows), 100):
        table.upsert_all(rows[start : start + 100])

    listed = TableJournal(tables).list_latest(account, Kind.INVOICE)

    assert len({each.record.number for each in listed}) == 1101


def test_rows_of_a_partition_are_deleted_together_or_not_at_all(tables, account):
    table = tables.table("checkpoints")
    for row in "abc":
        table.upsert({"PartitionKey": account, "RowKey": row})

    def keys():
        return [row for _, row in table.list_keys("PartitionKey eq @of", page=1, of=account)]

    table.delete_all(account, ["a"])
    with pytest.raises(ConflictError):
        table.delete_all(account, ["a", "b"])
    assert keys() == ["b", "c"]
    table.delete_all(account, ["b", "c"])
    assert keys() == []


def test_more_old_entries_than_a_request_deletes_go_though_some_went_meanwhile(tables, account):
    journal, table = TableJournal(tables), tables.table("journal")
    journal.write(entry(account))
    sample = table.get(f"{account}.invoice", "=7")
    rows = [
        {**sample, "RowKey": history_key(7, NOW - timedelta(minutes=age), "x")}
        for age in range(250)
    ]
    for start in range(0, len(rows), 100):
        table.upsert_all(rows[start : start + 100])
    cut = Cut(NOW - timedelta(days=1), keep=3)

    race = Race(table, lambda: table.delete(f"{account}.invoice", rows[120]["RowKey"]))
    piece = prune(race, cut, position=f"{account}.invoice", most=252)

    assert race.raced
    assert piece.deleted == 248
    assert len(list(journal.list_history(RecordId(account, Kind.INVOICE, 7)))) == 3


def test_a_row_of_the_journal_that_is_no_history_of_ours_stays(tables, account):
    table = tables.table("journal")
    for row in ("~later", "~1~2~3~4", "~0000000000000000007~x~y", "~~~"):
        table.upsert({"PartitionKey": f"{account}.invoice", "RowKey": row})

    TableJournal(tables).prune(Cut(NOW, keep=1), position=f"{account}.invoice", most=1000)

    assert len(list(table.query("PartitionKey eq @of", of=f"{account}.invoice"))) == 4


class Race:
    """A table in which something happens before the first rows are deleted."""

    def __init__(self, table, happens):
        self._table, self._happens, self.raced = table, happens, False

    def __getattr__(self, name):
        return getattr(self._table, name)

    def delete_all(self, partition, rows):
        if not self.raced:
            self.raced = True
            self._happens()
        self._table.delete_all(partition, rows)


# answers that are lost


def test_a_stage_whose_answer_was_lost_counts_as_reached(tables, account):
    consents = TableConsents(tables)
    invited = consents.add(Consent(account, Stage.INVITED, NOW))
    started = consents.replace(replace(invited, stage=Stage.STARTED))

    assert consents.replace(replace(invited, stage=Stage.STARTED)) == started


def test_a_state_whose_answer_was_lost_counts_as_noted_however_long_its_texts(tables, account):
    journal = TableJournal(tables)
    first = journal.replace(entry(account, reason="🧾" * 40_000))
    wanted = replace(first, name="x" * 40_000, pending="a-ticket")
    noted = journal.replace(wanted)

    assert journal.replace(wanted).version == noted.version


def test_an_entry_without_what_may_be_left_out_has_no_column_for_it(tables, account):
    TableJournal(tables).write(entry(account))

    row = tables.table("journal").get(f"{account}.invoice", "=7")
    assert not row.keys() & {
        "awaited",
        "pending",
        "pending_since",
        "same",
        "name",
        "amount",
        "currency",
    }


def test_an_entry_that_cannot_be_read_counts_as_missing_among_several(tables, account):
    journal = TableJournal(tables)
    for number in (7, 8):
        journal.write(replace(entry(account), record=RecordId(account, Kind.INVOICE, number)))
    tables.table("journal").merge({"PartitionKey": f"{account}.invoice", "RowKey": "=7", "at": "x"})

    assert journal.get_many(account, Kind.INVOICE, {7, 8}).keys() == {8}


# queue


@pytest.fixture
def queue(storage):
    return StorageQueue(f"q-{uuid.uuid4().hex}", connection_string=storage)


@pytest.fixture
def host(storage, queue):
    """What the Functions host reads: the raw text, decoded once as host.json says."""
    from azure.storage.queue import QueueClient

    with QueueClient.from_connection_string(storage, queue.name) as client:
        yield client


def test_a_message_is_the_base64_of_its_json(queue, host):
    queue.send(REQUEST)

    text = base64.b64decode(host.receive_message().content, validate=True)

    assert SyncRequest.parse(text) == REQUEST
    assert json.loads(text)["record"] == 7


def test_a_message_never_expires(queue, host):
    queue.send(REQUEST)

    assert host.receive_message().expires_on.year > 2100


def test_a_delayed_message_has_waited_since_it_was_due_not_since_it_was_sent(queue):
    outbox = Outbox(queue=queue, telemetry=Logs(), clock=lambda: datetime.now(UTC))
    outbox.send(REQUEST.model_copy(update={"cause": Cause.WEBHOOK}), delay=1)
    sent = datetime.now(UTC)
    time.sleep(1.5)

    since = queue.visible_since()
    assert since is not None
    assert 0.9 <= (since - sent).total_seconds() <= 1.1


@pytest.mark.parametrize("text", ["no base64!", base64.b64encode(b"no message").decode()])
def test_a_message_that_is_none_of_ours_has_waited_since_it_was_sent(queue, host, text):
    queue.send(REQUEST)
    host.clear_messages()
    sent = host.send_message(text)

    assert queue.visible_since() == sent.inserted_on


def test_the_release_before_reads_what_a_waiting_record_and_a_dead_letter_hold(tables, account):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = REQUEST.model_copy(update={"business": account, "traceparent": trace, "due": NOW})
    TableHolds(tables).add_waiting(Awaited.client(42), traced)

    rows = tables.table("holds").query("PartitionKey eq @business", business=account)
    assert [json.loads(row["request"]).keys() for row in rows] == [
        {"v", "account", "kind", "record", "cause", "seen", "attempt"}
    ]


# storage that is not there


def unreachable(storage):
    parts = dict(part.split("=", 1) for part in storage.split(";") if part)
    parts["QueueEndpoint"] = parts["TableEndpoint"] = "http://127.0.0.1:9/devstoreaccount1"
    return ";".join(f"{name}={value}" for name, value in parts.items())


def test_storage_that_does_not_answer_is_tried_later_and_soon_given_up(storage):
    queue = StorageQueue("anything", connection_string=unreachable(storage))
    checkpoints = TableCheckpoints(Tables(connection_string=unreachable(storage)))
    started = time.monotonic()

    with pytest.raises(RetryLaterError, match="Queue anything: send"):
        queue.send(REQUEST)
    with pytest.raises(RetryLaterError, match="Table checkpoints: read"):
        checkpoints.get("poll")
    assert time.monotonic() - started < 9


def test_a_wrong_account_key_is_a_wrong_setting(storage):
    wrong = storage.replace("AccountKey=", "AccountKey=AAAA")

    with pytest.raises(ConfigurationError, match="Table checkpoints: read"):
        TableCheckpoints(Tables(connection_string=wrong)).get("poll")
    with pytest.raises(ConfigurationError, match="Queue anything: send"):
        StorageQueue("anything", connection_string=wrong).send(REQUEST)


# rows of another release


def test_a_registration_in_a_state_of_a_later_release_keeps_no_other_one_away(tables, account):
    registrations = TableRegistrations(tables)
    live = Registration(account, "invoice", "https://app.example/x", RegistrationState.LIVE)
    later = Registration(account, "payment", "https://app.example/y", RegistrationState.LIVE)
    registrations.upsert(live)
    registrations.upsert(later)
    tables.table("registrations").merge(
        {"PartitionKey": account, "RowKey": key("payment"), "state": "resting"}
    )

    ours = [each for each in registrations.list_all() if each.business == account]

    assert ours == [live, replace(later, state=RegistrationState.UNKNOWN)]


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "planet-7"},
        {"subject": 7},
        {"candidates": "no JSON"},
        {"candidates": "7"},
        {"since": "yesterday"},
    ],
)
def test_a_hold_that_cannot_be_read_keeps_no_other_one_away(tables, account, changed, caplog):
    holds = TableHolds(tables)
    for number in (42, 43):
        holds.upsert(Hold(account, Awaited.client(number), "Aster", "no match", NOW))
    row = str(Awaited.client(43))
    tables.table("holds").merge({"PartitionKey": account, "RowKey": row, **changed})

    listed = {each.awaited: each.state for each in holds.list_all(account)}

    assert listed == {
        Awaited.client(42): HoldState.WAITING,
        Awaited.client(43): HoldState.UNREADABLE,
    }
    assert f"{account}/{row} of the table holds cannot be read" in caplog.text
