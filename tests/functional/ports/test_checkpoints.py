"""`Checkpoints`: points in time by their names."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.sync.ports import Checkpoints

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=-3, minutes=-30))


def test_a_checkpoint_nobody_set_is_none(checkpoints: Checkpoints, account: str) -> None:
    assert checkpoints.get(f"poll.{account}") is None


@pytest.mark.parametrize("name", ["poll.{}.invoice", "{}/a b?#\\", "{}-Straße"])
def test_a_checkpoint_is_the_newest_moment_in_utc(
    checkpoints: Checkpoints, account: str, name: str
) -> None:
    checkpoints.set(name.format(account), NOW + timedelta(days=1))
    checkpoints.set(name.format(account), NOW.astimezone(ELSEWHERE))

    kept = checkpoints.get(name.format(account))

    assert kept is not None
    assert (kept, kept.tzinfo) == (NOW, UTC)
    assert checkpoints.get(name.format(f"{account}x")) is None
