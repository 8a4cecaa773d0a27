"""Checkpoints of one poll: read together, written together, and in an order that loses nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import RetryLaterError
from shared.sync.noted import MOST_PUT_OFF, NotedCheckpoints
from tests.memory import MemoryCheckpoints

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def stored():
    found = MemoryCheckpoints()
    found.set("poll.a.invoice", NOW)
    found.set("cursor.a.invoice", NOW, note="page 7")
    return found


@pytest.fixture
def noted(stored):
    return NotedCheckpoints(stored)


def test_what_moved_is_seen_at_once_and_stored_when_it_is_written(stored, noted):
    noted.move("poll.a.invoice", LATER)
    assert noted.get("poll.a.invoice") == LATER
    assert stored.moments["poll.a.invoice"] == NOW

    noted.write()

    assert stored.moments["poll.a.invoice"] == LATER


def test_a_cursor_goes_only_after_the_checkpoint_it_led_to_is_stored(stored, noted):
    noted.move("poll.a.invoice", LATER)
    stored.refuse("set_all", RetryLaterError("down", service="Tables"))

    with pytest.raises(RetryLaterError):
        noted.delete("cursor.a.invoice")

    assert stored.notes["cursor.a.invoice"] == "page 7"


def test_a_cursor_is_stored_at_once(stored, noted):
    noted.set("cursor.a.invoice", NOW, note="page 8")

    assert stored.notes["cursor.a.invoice"] == "page 8"
    assert noted.get_note("cursor.a.invoice") == "page 8"


def test_what_is_deleted_is_gone_though_it_moved_before(stored, noted):
    noted.move("poll.a.invoice", LATER)
    noted.delete("poll.a.invoice")
    noted.write()

    assert "poll.a.invoice" not in stored.moments
    assert noted.get("poll.a.invoice") is None


def test_of_many_that_moved_few_are_lost_with_the_process(stored, noted):
    for number in range(10 * MOST_PUT_OFF - 1):
        noted.move(f"poll.{number}.invoice", LATER)

    assert len(stored.moments) > 9 * MOST_PUT_OFF


def test_checkpoints_that_cannot_be_read_are_read_at_the_next_question(stored, noted):
    stored.refuse("list_notes", RetryLaterError("down", service="Tables"))
    with pytest.raises(RetryLaterError):
        noted.get("poll.a.invoice")
    stored.heal()

    assert noted.get("poll.a.invoice") == NOW
