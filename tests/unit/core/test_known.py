"""What a list shows against what the journal knows."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.known import is_known, is_pending
from shared.core.outcomes import OutcomeName
from shared.core.records import fingerprint

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def noted(text, *, same=0, at=NOW, **fields):
    return JournalEntry(
        record=RecordId("xazq5", Kind.CLIENT, 42),
        outcome=OutcomeName.UNCHANGED,
        at=at,
        fingerprint=text,
        read_at=at,
        same=same,
        **fields,
    )


def owing(make, amount, *, credit="0.00", **fields):
    return make.a_client(
        42,
        outstanding_balance=[{"amount": make.money(amount)}],
        overdue_balance=[],
        credit_balance=[make.money(credit)],
        **fields,
    )


def test_a_client_is_known_by_its_balances_however_they_are_written(make):
    entry = noted(fingerprint(owing(make, "100.00")))

    assert is_known(owing(make, "100"), entry, NOW)
    assert is_known(owing(make, "100.000", credit="0"), entry, NOW)
    assert not is_known(owing(make, "100.01"), entry, NOW)
    assert not is_known(owing(make, "100.00", credit="5.00"), entry, NOW)
    assert not is_known(owing(make, "100.00", updated="2026-10-02 09:00:00"), entry, NOW)


def test_a_list_that_shows_some_balances_is_compared_by_those(make):
    entry = noted(fingerprint(owing(make, "100.00")))

    assert is_known(make.a_client(42), entry, NOW)
    assert is_known(make.a_client(42, overdue_balance=[]), entry, NOW)
    assert not is_known(make.a_client(42, overdue_balance=[make.money("1.00")]), entry, NOW)


def test_a_client_that_was_noted_without_balances_is_looked_at_once(make):
    assert not is_known(owing(make, "0.00"), noted(fingerprint(make.a_client(42))), NOW)


def test_nobody_asks_what_a_deleted_client_owes(make):
    gone = owing(make, "100.00", vis_state=1)

    assert is_known(gone, noted(fingerprint(make.a_client(42, vis_state=1))), NOW)


def test_a_list_that_shows_other_balances_than_the_client_is_asked_with_growing_pauses(make):
    asked = 0
    entry = noted(fingerprint(owing(make, "100.00")))
    for turn in range(7 * 24 * 12):
        now = NOW + timedelta(minutes=5 * turn)
        if not is_known(owing(make, "90.00"), entry, now):
            asked += 1
            entry = noted(entry.fingerprint, same=entry.same + 1, at=now)

    assert 5 < asked < 20


@pytest.mark.parametrize(
    ("seconds", "idle", "pending"),
    [
        (0, False, True),
        (86_000, False, True),
        (86_400, False, False),
        (500, True, True),
        (600, True, False),
        (-300, False, True),
        (-3600, False, False),
    ],
)
def test_a_ticket_counts_for_a_day_and_less_when_nothing_is_queued(seconds, idle, pending):
    entry = noted("", pending="t", pending_since=NOW)

    assert is_pending(entry, NOW + timedelta(seconds=seconds), idle=idle) is pending


def test_an_entry_without_a_ticket_is_not_pending():
    assert not is_pending(None, NOW, idle=False)
    assert not is_pending(noted(""), NOW, idle=False)
