"""Rows of one release in the hands of the other, in both directions, and its schema."""

from typing import Any

import pytest

from shared.core.connections import Registration, RegistrationState
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from tests.memory import FakeClock
from tests.upgrade.driver import Store

# One process has the storage and both releases.
pytestmark = pytest.mark.xdist_group("upgrade")

BOTH_WAYS = pytest.mark.parametrize(("writer", "reader"), [("old", "new"), ("new", "old")])
NOW = FakeClock()()


def within(part: Any, whole: Any) -> bool:
    """Say whether all of `part` is in `whole`: a later release may tell more."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and within(each, whole[name]) for name, each in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


@BOTH_WAYS
def test_rows_of_one_release_mean_the_same_to_the_other(request, writer, reader):
    writer_, reader_ = request.getfixturevalue(writer), request.getfixturevalue(reader)
    business = f"{writer}1"
    writer_("fill", now=NOW, business=business)

    written = writer_("dump", now=NOW, business=business)
    read = reader_("dump", now=NOW, business=business)

    known, told = (written, read) if writer == "old" else (read, written)
    assert within(known, told)
    assert all(known.values())


@BOTH_WAYS
def test_rows_one_release_wrote_over_the_others_mean_the_same_to_both(request, writer, reader):
    first, second = request.getfixturevalue(writer), request.getfixturevalue(reader)
    business = f"{writer}2"
    first("fill", now=NOW, business=business)
    before = first("dump", now=NOW, business=business)
    second("refill", now=NOW, business=business)

    old, new = (
        request.getfixturevalue(name)("dump", now=NOW, business=business) for name in ("old", "new")
    )

    assert within(old, new)
    changed = {name for name in before if not within(before[name], new[name])}
    assert changed <= {"lease", "history"}


def test_an_entry_of_a_backfill_is_read_by_the_previous_release(old, new, storage):
    business = "later2"
    Store(storage).journal.write(
        JournalEntry(
            RecordId(business, Kind.INVOICE, 10),
            OutcomeName.CREATED,
            NOW,
            cause=Cause.BACKFILL,
            label="INV-8",
        )
    )

    read = old("dump", now=NOW, business=business)["all latest"]

    assert [(each["outcome"], each["label"]) for each in read] == [("created", "INV-8")]


def test_an_entry_with_all_a_later_release_tells_is_read_by_the_previous_one(old, new, storage):
    business = "later1"
    for number, outcome in enumerate(("asked", "waiting", "named"), 10):
        Store(storage).journal.write(
            JournalEntry(
                RecordId(business, Kind.INVOICE, number),
                OutcomeName(outcome),
                NOW,
                label="INV-7",
                awaited="client-42",
                pending="a-ticket",
                pending_since=NOW,
                same=3,
                name="Aster Works",
                amount="10.00",
                currency="EUR",
                beside=True,
                beside_since=NOW,
            )
        )

    read = old("dump", now=NOW, business=business)["all latest"]

    assert [(each["outcome"], each["label"]) for each in read] == [("unknown", "INV-7")] * 3
    told = new("dump", now=NOW, business=business)["all latest"]
    assert [each["outcome"] for each in told] == ["asked", "waiting", "named"]
    assert read[0].keys() < told[0].keys()


@pytest.mark.parametrize("kind", [Kind.CREDIT, Kind.CATEGORY])
def test_what_is_kept_of_a_kind_it_does_not_know_is_not_in_the_previous_releases_way(
    old, storage, kind
):
    business, store = f"kind{kind}", Store(storage)
    old("fill", now=NOW, business=business)
    before = old("dump", now=NOW, business=business)
    record = RecordId(business, kind, 5)
    request = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=NOW)
    store.journal.write(JournalEntry(record, OutcomeName.HELD, NOW))
    store.holds.add_waiting(Awaited.client(1), request)
    store.checkpoints.set(f"poll.{business}.{kind}", NOW)
    store.letters.add(DeadLetter(record.key, request.model_dump_json(), "refused", NOW))
    store.registrations.upsert(
        Registration(business, kind, "https://app.example", RegistrationState.LIVE)
    )

    after = old("dump", now=NOW, business=business)

    more = {"letters", "all registrations"}
    assert {name for name in before if before[name] != after[name]} == more
    assert all(len(after[name]) == len(before[name]) + 1 for name in more)
    assert [wait.request for wait in store.holds.list_waits(business) if wait.request == request]


@BOTH_WAYS
def test_the_choice_of_businesses_of_one_release_is_the_others(request, writer, reader):
    request.getfixturevalue(writer)("choice", now=NOW, consent=f"{writer}3", count=50)

    lists = request.getfixturevalue(reader)("chosen", now=NOW, consent=f"{writer}3")

    assert lists == [[f"b{number:05d}" for number in range(50)]] * 3


def test_of_more_businesses_than_the_previous_release_could_keep_it_reads_the_first_ones(old, new):
    ids = [f"b{number:05d}" for number in range(2000)]
    new("choice", now=NOW, consent="many", count=len(ids))

    read, before = (release("chosen", now=NOW, consent="many") for release in (new, old))

    assert read == [ids] * 3
    assert [listed == ids[: len(listed)] and len(listed) > 300 for listed in before] == [True] * 3


def test_the_schema_keeps_every_column_the_previous_release_made(old, new):
    before, now = old("columns", now=NOW), new("columns", now=NOW)

    assert before
    assert {name: now.get(name) for name in before} == before


def test_a_schema_that_was_brought_up_to_date_suits_the_previous_release_too(old, new):
    old("apply", now=NOW)
    new("apply", now=NOW)

    assert new("check", now=NOW) == []
    assert old("check", now=NOW) == []
