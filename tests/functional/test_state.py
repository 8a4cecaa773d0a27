"""Keys, checkpoints, registrations, leases and the queue in a real storage emulator."""

import base64
import itertools
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.connections import TableBusinesses, TableConsents, TableRegistrations
from shared.adapters.azure.leases import TableLeases
from shared.adapters.azure.queues import StorageQueue
from shared.adapters.azure.tables import Tables, key
from shared.core.connections import Business, Registration, RegistrationState, SyncedBusiness
from shared.core.consent import Consent, Stage
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.errors import ConfigurationError, ConflictError, RetryLaterError
from tests.memory import FakeClock

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
LARGEST = 2**63 - 1
_accounts = itertools.count(1)


def request(account, record=7, kind=Kind.INVOICE):
    return SyncRequest(business=account, kind=kind, number=record, cause=Cause.POLL, seen=NOW)


# keys


@pytest.mark.parametrize("text", ["a/b\\c#d?e", "\x00\x1f\x7f\x85", "100% ~ !2f", "ä" * 600])
def test_any_text_becomes_a_key_that_storage_takes(tables, text):
    table = tables.table("checkpoints")
    table.upsert({"PartitionKey": key(text), "RowKey": key(text), "text": text.strip("\x00")})

    assert table.get(key(text), key(text))["text"] == text.strip("\x00")


def test_different_texts_have_different_keys():
    texts = ["a/b", "a!2fb", "a\\b", "ab", "x" * 300, "x" * 301]

    assert len({key(text) for text in texts}) == len(texts)


# checkpoints, registrations


def test_a_checkpoint_is_a_moment_in_utc(tables, account):
    checkpoints = TableCheckpoints(tables)
    before = checkpoints.get(f"poll/{account}")
    checkpoints.set(f"poll/{account}", NOW)

    kept = checkpoints.get(f"poll/{account}")

    assert before is None
    assert (kept, kept.tzinfo) == (NOW, UTC)


def test_a_registration_is_kept_and_forgotten(tables, account):
    registrations = TableRegistrations(tables)
    pending = Registration(account, "invoice", "https://app.example/x", RegistrationState.PENDING)
    live = replace(pending, state=RegistrationState.LIVE, callback=LARGEST, since=NOW)
    registrations.upsert(pending)
    first = registrations.get(account, "invoice")
    registrations.upsert(live)

    assert first == pending
    assert registrations.get(account, "invoice") == live
    assert registrations.get(account, "payment") is None
    assert live in list(registrations.list_all())
    registrations.delete(account, "invoice")
    registrations.delete(account, "invoice")
    assert registrations.get(account, "invoice") is None


def test_an_account_is_kept_with_its_connection_and_forgotten(tables, account):
    accounts = TableBusinesses(tables)
    first = SyncedBusiness(account, "Harbour Light", "c1", LARGEST)
    second = replace(first, name="Harbour Light Studio", connection="c2")
    accounts.upsert(first)
    accounts.upsert(second)

    assert accounts.get(account) == second
    assert [each for each in accounts.list_all() if each.id == account] == [second]
    accounts.delete(account)
    assert accounts.get(account) is None


def test_every_stage_of_a_consent_is_reached_once(tables, account):
    consents = TableConsents(tables)
    businesses = (Business(account, "Harbour Light", "owner"), Business(None, "Pier", "manager"))
    invited = consents.add(Consent(account, Stage.INVITED, NOW))
    started = consents.replace(
        replace(invited, stage=Stage.STARTED, businesses=businesses, answered=NOW)
    )

    with pytest.raises(ConflictError):
        consents.replace(replace(invited, stage=Stage.FAILED))
    assert consents.get(account) == started
    assert consents.get(account).version == started.version
    assert consents.get("nobody") is None


def test_a_stage_whose_answer_was_lost_counts_as_reached(tables, account):
    consents = TableConsents(tables)
    invited = consents.add(Consent(account, Stage.INVITED, NOW))
    started = consents.replace(replace(invited, stage=Stage.STARTED))

    assert consents.replace(replace(invited, stage=Stage.STARTED)) == started


# leases


def test_a_lease_has_one_holder_until_it_is_given_back(tables, account):
    leases = TableLeases(tables, clock=FakeClock(NOW))
    held = leases.acquire(account, seconds=60)
    refused = leases.acquire(account, seconds=60)
    leases.release(replace(held, note="what was done"))
    again = leases.acquire(account, seconds=60)

    assert refused is None
    assert (held.generation, again.generation) == (1, 2)
    assert again.note == "what was done"


def test_an_expired_lease_is_taken_over_and_the_late_holder_is_told(tables, account):
    clock = FakeClock(NOW)
    leases = TableLeases(tables, clock=clock)
    late = leases.acquire(account, seconds=60)
    clock.advance(61)
    ours = leases.acquire(account, seconds=60)

    with pytest.raises(ConflictError, match="taken over"):
        leases.renew(late, seconds=60)
    leases.release(late)
    assert leases.read(account).holder == ours.holder
    assert leases.acquire(account, seconds=60) is None


def test_a_renewed_lease_lasts_longer_and_keeps_its_note(tables, account):
    clock = FakeClock(NOW)
    leases = TableLeases(tables, clock=clock)
    held = leases.acquire(account, seconds=60)
    clock.advance(50)
    held = leases.renew(replace(held, note="half way"), seconds=60)
    clock.advance(50)

    assert leases.acquire(account, seconds=60) is None
    assert leases.read(account) == held


def test_a_renewal_whose_answer_was_lost_is_recognised_as_our_own(tables, account):
    leases = TableLeases(tables, clock=FakeClock(NOW))
    held = leases.acquire(account, seconds=60)
    lost = leases.renew(held, seconds=60)

    again = leases.renew(held, seconds=60)

    assert again.version == lost.version


def test_of_eight_that_want_a_lease_at_once_one_gets_it(tables, account):
    leases = TableLeases(tables, clock=FakeClock(NOW))
    gate = threading.Barrier(8)

    def acquire(_number):
        gate.wait(timeout=10)
        return leases.acquire(account, seconds=60)

    with ThreadPoolExecutor(8) as threads:
        got = [lease for lease in threads.map(acquire, range(8)) if lease is not None]

    assert len(got) == 1


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


def test_a_message_arrives_as_the_base64_of_its_json(queue, host):
    sent = request("xazq5")
    queue.send(sent)

    message = host.receive_message()

    assert SyncRequest.parse(base64.b64decode(message.content, validate=True)) == sent
    assert json.loads(base64.b64decode(message.content))["record"] == 7


def test_a_message_never_expires(queue, host):
    queue.send(request("xazq5"), delay=0.2)
    time.sleep(1.1)

    assert host.receive_message().expires_on.year > 2100


@pytest.mark.parametrize("delay", [3600, 7 * 24 * 3600, 10**7])
def test_a_delayed_message_is_counted_and_not_visible(queue, host, delay):
    queue.send(request("xazq5"), delay=delay)

    assert host.receive_message() is None
    assert queue.depth() == 1


def test_a_queue_that_is_missing_is_created_by_the_first_message(queue):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda record: queue.send(request("xazq5", record)), range(1, 9)))

    assert queue.depth() == 8


def test_an_empty_queue_counts_none(queue):
    assert queue.depth() == 0


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
        queue.send(request("xazq5"))
    with pytest.raises(RetryLaterError, match="Table checkpoints: read"):
        checkpoints.get("poll")
    assert time.monotonic() - started < 9


def test_a_wrong_account_key_is_a_wrong_setting(storage):
    wrong = storage.replace("AccountKey=", "AccountKey=AAAA")

    with pytest.raises(ConfigurationError, match="Table checkpoints: read"):
        TableCheckpoints(Tables(connection_string=wrong)).get("poll")
    with pytest.raises(ConfigurationError, match="Queue anything: send"):
        StorageQueue("anything", connection_string=wrong).send(request("xazq5"))
