"""Whether the queue is served, from how old its head is and when somebody took last."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.watching import UNSERVED_AFTER, queue_age

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def ago(seconds):
    return NOW - timedelta(seconds=seconds) if seconds is not None else None


@pytest.mark.parametrize(
    ("visible", "taken", "served", "slow"),
    [
        (None, None, True, False),
        (None, 86400, True, False),
        (1, 86400, True, False),
        (UNSERVED_AFTER, None, True, False),
        (UNSERVED_AFTER + 1, None, False, False),
        (UNSERVED_AFTER + 1, UNSERVED_AFTER + 1, False, False),
        (UNSERVED_AFTER + 1, UNSERVED_AFTER, True, False),
        (86400, 30, True, True),
        (86400, 86400, False, True),
        (-5, -5, True, False),
    ],
    ids=[
        "empty and new",
        "empty for a day",
        "just visible after a quiet day",
        "not long enough",
        "never taken",
        "stopped",
        "taken a moment ago",
        "a long backlog",
        "stopped in a backlog",
        "clocks that differ",
    ],
)
def test_a_queue_is_served_unless_messages_are_visible_and_nobody_takes_one(
    visible, taken, served, slow
):
    age = queue_age(7, ago(visible), ago(taken), NOW)

    assert (age.is_served, age.is_slow, age.depth) == (served, slow, 7)
