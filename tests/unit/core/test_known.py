"""What a list shows against what the journal knows."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.fingerprints import GONE, fingerprint
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.known import UNREADABLE_AGAIN, is_known, is_known_absent, is_pending
from shared.core.outcomes import OutcomeName

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def noted(text, *, same=0, at=NOW, outcome=OutcomeName.UNCHANGED, **fields):
    return JournalEntry(
        record=RecordId("xazq5", Kind.CLIENT, 42),
        outcome=outcome,
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


# records without a version


def test_what_has_no_version_is_known_by_all_that_is_shown_of_it(make):
    entry = noted(fingerprint(make.a_credit(5)))

    assert is_known(make.a_credit(5), entry, NOW)
    assert not is_known(make.a_credit(5, notes="for May"), entry, NOW)
    assert not is_known(make.a_category(3), noted(""), NOW)


def test_what_has_no_version_and_could_not_be_read_is_asked_for_once_a_day(make):
    entry = noted("", outcome=OutcomeName.DEAD_LETTERED)

    assert is_known(make.a_credit(5), entry, NOW + UNREADABLE_AGAIN - timedelta(seconds=1))
    assert not is_known(make.a_credit(5), entry, NOW + UNREADABLE_AGAIN)


def test_a_list_that_shows_a_credit_otherwise_than_itself_is_believed_ever_less(make):
    shown = make.a_credit(5, notes="cut of")
    entry = noted(fingerprint(make.a_credit(5)), cause="poll", same=2)

    assert is_known(shown, entry, NOW + timedelta(minutes=9))
    assert not is_known(shown, entry, NOW + timedelta(minutes=11))
    assert not is_known(shown, noted(entry.fingerprint, cause="webhook", same=2), NOW)


@pytest.mark.parametrize("mark", ["", GONE, "|1|0123456789abcdef"])
def test_what_is_known_to_be_gone_may_be_absent(mark):
    assert is_known_absent(noted(mark), NOW)


def test_what_is_absent_and_not_known_to_be_gone_is_asked_for_with_growing_pauses(make):
    mark = fingerprint(make.a_credit(5))
    in_vain = noted(mark, cause="poll", same=3)

    assert not is_known_absent(noted(mark), NOW)
    assert not is_known_absent(noted(mark, cause="poll", same=1), NOW)
    assert not is_known_absent(noted(mark, cause="webhook", same=9), NOW)
    assert is_known_absent(in_vain, NOW + timedelta(minutes=19))
    assert not is_known_absent(in_vain, NOW + timedelta(minutes=21))
    assert is_known_absent(noted(mark, awaited="service-freshbooks"), NOW)
