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


def test_a_checkpoint_that_is_forgotten_is_none_and_the_others_stay(
    checkpoints: Checkpoints, account: str
) -> None:
    for name in ("a b", "c"):
        checkpoints.set(f"{account}.{name}", NOW)
    for _ in range(2):
        checkpoints.delete(f"{account}.a b")

    assert checkpoints.get(f"{account}.a b") is None
    assert [name for name, _ in checkpoints.list_all() if name.startswith(account)] == [
        f"{account}.c"
    ]


def test_a_note_is_kept_beside_a_checkpoint_until_it_is_set_without_one(
    checkpoints: Checkpoints, account: str
) -> None:
    name = f"cursor.{account}.invoice"
    assert checkpoints.get_note(name) == ""

    checkpoints.set(name, NOW, note='{"page": 7}')
    kept = checkpoints.get_note(name)
    checkpoints.set(name, NOW)

    assert kept == '{"page": 7}'
    assert (checkpoints.get(name), checkpoints.get_note(name)) == (NOW, "")


def test_a_checkpoint_that_is_deleted_is_gone_and_may_be_deleted_again(
    checkpoints: Checkpoints, account: str
) -> None:
    name = f"cursor.{account}.invoice"
    checkpoints.set(name, NOW, note="a note")

    checkpoints.delete(name)
    checkpoints.delete(name)

    assert (checkpoints.get(name), checkpoints.get_note(name)) == (None, "")


def test_many_checkpoints_are_set_together_and_listed_with_their_notes(
    checkpoints: Checkpoints, account: str
) -> None:
    names = [f"poll.{account}.{number}" for number in range(120)]
    checkpoints.set(names[0], NOW - timedelta(days=1), note="goes")
    checkpoints.set(f"cursor.{account} /", NOW, note="stays")

    checkpoints.set_all(dict.fromkeys(names, NOW.astimezone(ELSEWHERE)))
    checkpoints.set_all({})

    found = {name: rest for name, *rest in checkpoints.list_notes() if account in name}
    assert found == {
        **{name: [NOW, ""] for name in names},
        f"cursor.{account} /": [NOW, "stays"],
    }
