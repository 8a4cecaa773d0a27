"""What a walk leaves for the next process, and what no walk could read."""

from datetime import UTC, date, datetime, timedelta

from shared.core.cursor import Cursor, Gap
from shared.core.pages import Position

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)


def test_a_cursor_is_read_as_it_was_kept():
    cursor = Cursor(
        base=NOW - timedelta(days=1),
        since=date(2026, 10, 30),
        started=NOW,
        part=1,
        at=Position(passing=2, page=7, limit=30, total=901, moved=True, fresh=3),
        faults=2,
        why="a reason",
        number=4711,
        ticket="t",
    )

    read = Cursor.read(cursor.model_dump_json(), base=cursor.base, parts=2, now=NOW)

    assert read == cursor


def test_an_old_cursor_is_none():
    cursor = Cursor(base=None, since=None, started=NOW)
    note = cursor.model_dump_json()

    assert Cursor.read(note, base=None, parts=1, now=NOW + timedelta(days=6)) == cursor
    assert Cursor.read(note, base=None, parts=1, now=NOW + timedelta(days=8)) is None


def test_a_gap_is_tried_again_with_pauses_of_a_tenth_of_its_age():
    def due(tried, now):
        return Gap(first=NOW, tried=NOW + timedelta(hours=tried)).is_due(NOW + timedelta(hours=now))

    assert Gap(first=NOW).is_due(NOW)
    assert due(0, 0)
    assert not due(10, 10.9)
    assert due(10, 11)
    assert not due(1000, 1005.9)
    assert due(1000, 1006)


def test_a_gap_of_tomorrow_or_that_cannot_be_read_is_none():
    gap = Gap(first=NOW, why="x")

    assert Gap.read(gap.model_dump_json(), now=NOW) == gap
    assert Gap.read(gap.model_dump_json(), now=NOW - timedelta(days=1)) is None
    assert Gap.read("{", now=NOW) is None
