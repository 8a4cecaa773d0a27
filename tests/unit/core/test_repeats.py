from datetime import UTC, datetime, timedelta

import pytest

from shared.core.events import Cause
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.repeats import rest, will_be_read

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)


def entry(*, outcome=OutcomeName.UNCHANGED, **fields):
    cause = fields.pop("cause", Cause.WEBHOOK)
    return JournalEntry(RecordId("xazq5", Kind.INVOICE, 7), outcome, NOW, cause=cause, **fields)


@pytest.mark.parametrize("cause", [Cause.WEBHOOK, Cause.OPERATOR, Cause.RELEASE])
def test_whoever_is_urgent_goes_ahead_of_what_a_poll_asked_for_in_bulk(cause):
    asked = entry(outcome=OutcomeName.ASKED, pending="t", pending_since=NOW)

    assert not will_be_read(asked, cause=cause, now=NOW)
    assert will_be_read(asked, cause=Cause.FOLLOW_UP, now=NOW)


@pytest.mark.parametrize(
    ("same", "pause"), [(0, 0), (1, 0), (2, 5), (3, 20), (4, 80), (5, 300), (99, 300)]
)
def test_the_pause_grows_while_nothing_changes(same, pause):
    found = entry(same=same, read_at=NOW)

    assert rest(found, cause=Cause.WEBHOOK, now=NOW) == pause


def test_a_pause_that_is_over_holds_nobody_up():
    found = entry(same=3, read_at=NOW - timedelta(seconds=25))

    assert rest(found, cause=Cause.WEBHOOK, now=NOW) == 0


def test_a_reading_of_the_future_holds_nobody_up():
    found = entry(same=3, read_at=NOW + timedelta(seconds=1))

    assert rest(found, cause=Cause.WEBHOOK, now=NOW) == 0


@pytest.mark.parametrize("cause", [each for each in Cause if each is not Cause.WEBHOOK])
def test_a_decision_and_a_change_that_was_seen_do_not_rest(cause):
    assert rest(entry(same=9, read_at=NOW), cause=cause, now=NOW) == 0


@pytest.mark.parametrize("cause", [each for each in Cause if each is not Cause.WEBHOOK])
def test_a_webhook_is_read_at_once_where_something_else_was_read_before(cause):
    assert rest(entry(same=9, read_at=NOW, cause=cause), cause=Cause.WEBHOOK, now=NOW) == 0


def test_a_webhook_does_not_rely_for_long_on_a_message_that_nobody_takes():
    asked = entry(pending="t", pending_since=NOW - timedelta(minutes=16))

    assert not will_be_read(asked, cause=Cause.WEBHOOK, now=NOW)
    assert will_be_read(asked, cause=Cause.FOLLOW_UP, now=NOW)
    assert will_be_read(entry(pending="t", pending_since=NOW), cause=Cause.WEBHOOK, now=NOW)
