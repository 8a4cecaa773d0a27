"""The words for a webhook: what was seen, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.connections import Registration, RegistrationState
from shared.core.sight import JUST_NOW, plural, say, say_tally, say_time, tally

NOW = datetime(2026, 11, 2, 14, 3, 20, tzinfo=UTC)
BEFORE = NOW - timedelta(hours=1)
UNVERIFIED = "FreshBooks has yet to verify it"
YESTERDAY = NOW - timedelta(days=1)


def webhook(state="live", **fields):
    return Registration("xazq5", "invoice", "https://app", RegistrationState(state), **fields)


@pytest.mark.parametrize(
    ("registration", "said"),
    [
        (webhook(seen=NOW), "seen live at 14:03 UTC"),
        (webhook(seen=NOW - JUST_NOW), "seen live at 14:02 UTC"),
        (webhook(seen=NOW - JUST_NOW - timedelta(seconds=1)), "last seen live at 14:02 UTC"),
        (webhook(seen=YESTERDAY), "last seen live at 2026-11-01 14:03 UTC"),
        (webhook(since=BEFORE), "noted as live; FreshBooks was not asked yet"),
        (webhook("pending", callback=1, since=BEFORE), f"{UNVERIFIED}, asked at 13:03 UTC"),
        (webhook("pending", callback=1), UNVERIFIED),
        (webhook("pending", since=BEFORE, seen=NOW), "not registered yet"),
        (webhook("pending", problem="No scope."), "not registered: No scope."),
        (webhook("missing"), "not registered yet"),
        (webhook("missing", seen=NOW), "not registered yet"),
        (webhook("missing", seen=NOW, problem="No scope."), "not registered: No scope."),
    ],
)
def test_a_webhook_is_told_with_the_time_it_was_seen(registration, said):
    assert say(registration, NOW) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("disabled", "disabled by FreshBooks, noticed at 14:03 UTC; "),
        ("missing", "missing in FreshBooks, noticed at 14:03 UTC; "),
        ("without a verifier", "without a verifier in Key Vault, noticed at 14:03 UTC; "),
        ("a state of the future", "kept by a later release"),
        ("unreadable", "what is kept of it cannot be read; "),
    ],
)
def test_of_a_webhook_in_trouble_it_is_told_when_that_was_noticed_and_not_since_when(state, said):
    told = say(webhook(state, callback=7, since=BEFORE, seen=NOW), NOW)

    assert told.startswith(said)
    assert "13:03" not in told


@pytest.mark.parametrize("state", list(RegistrationState))
def test_no_webhook_is_live_but_a_live_one(state):
    assert ("live" in say(webhook(state, seen=NOW), NOW)) is (state is RegistrationState.LIVE)


def test_a_day_is_told_where_it_is_another_one():
    assert say_time(BEFORE, NOW) == "13:03 UTC"
    assert say_time(YESTERDAY, NOW) == "2026-11-01 14:03 UTC"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([webhook(seen=NOW)] * 2000, "live for 2,000 of 2,000 businesses, seen at 14:03 UTC"),
        (
            [webhook(seen=NOW), webhook(seen=BEFORE), webhook("pending", seen=NOW)],
            "live for 2 of 3 businesses, seen 13:03 UTC to 14:03 UTC",
        ),
        ([webhook(seen=NOW), webhook()], "live for 2 of 2 businesses; not all were looked at yet"),
        ([webhook("missing")], "live for 0 of 1 businesses"),
    ],
)
def test_many_webhooks_are_counted_with_the_times_they_were_seen(found, said):
    (count,) = tally(found)

    assert say_tally(count, NOW) == said


def test_a_noun_nobody_here_knows_is_named_as_it_is():
    assert (plural("expense"), plural("estimate")) == ("expenses", "estimate")
