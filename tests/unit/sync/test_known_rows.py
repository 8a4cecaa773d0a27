"""Rows the journal knew: not asked about again for an hour, while they stay as they are."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.identity import Kind
from shared.sync.known_rows import KEEP, KnownRows

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
INVOICE = Kind.INVOICE


@pytest.fixture
def row(make):
    return make.an_invoice(7)


@pytest.fixture
def known(row):
    found = KnownRows()
    found.add("xazq5", row, INVOICE, NOW)
    return found


def test_a_row_is_known_for_half_an_hour_at_least_and_an_hour_at_most(known, row):
    for minutes in range(0, 180, 5):
        after = timedelta(minutes=minutes)
        assert known.has("xazq5", row, INVOICE, NOW + after) or after >= KEEP / 2
        assert not known.has("xazq5", row, INVOICE, NOW + after) or after < KEEP


def test_a_row_is_another_one_when_anything_that_is_shown_of_it_changed(known, row, make):
    others = [
        make.an_invoice(8),
        make.an_invoice(7, paid="5.00"),
        make.an_invoice(7, updated="2026-11-02 09:59:59", version=""),
        make.an_invoice(7, vis_state=1),
    ]

    assert not any(known.has("xazq5", other, INVOICE, NOW) for other in others)
    assert not known.has("other", row, INVOICE, NOW)
    assert not known.has("xazq5", row, Kind.PAYMENT, NOW)


def test_a_clock_that_is_set_back_makes_nothing_known_for_longer(known, row):
    assert not known.has("xazq5", row, INVOICE, NOW - timedelta(seconds=1))
    assert not known.has("xazq5", row, INVOICE, NOW)


def test_no_more_rows_are_remembered_than_there_is_room_for(monkeypatch, make):
    monkeypatch.setattr("shared.sync.known_rows.MOST", 2)
    known = KnownRows()
    rows = [make.an_invoice(number) for number in range(5)]
    for each in rows:
        known.add("xazq5", each, INVOICE, NOW)

    assert [known.has("xazq5", each, INVOICE, NOW) for each in rows].count(True) == 2
