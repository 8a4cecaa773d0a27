"""Tokens as values: how long they are good, what overtakes them, what shows of them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.connections import ConnectionState
from shared.core.tokens import ChainState, TokenSet, Unsaved, connected

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MARGIN = timedelta(minutes=15)


def a_set(number=1, *, life=timedelta(hours=12)):
    return TokenSet(
        access_token=f"access-{number}",
        refresh_token=f"refresh-{number}",
        expires_at=None if life is None else NOW + life,
        obtained_at=NOW,
        scope="user:profile:read",
        generation=number,
    )


def test_a_token_is_stale_a_margin_before_its_end():
    tokens = a_set()
    end = NOW + timedelta(hours=12)

    assert not tokens.stale(end - timedelta(minutes=16), margin=MARGIN)
    assert tokens.stale(end - timedelta(minutes=15), margin=MARGIN)
    assert not tokens.expired(end - timedelta(seconds=1))
    assert tokens.expired(end)


def test_a_short_life_has_a_short_margin():
    tokens = a_set(life=timedelta(seconds=100))

    assert not tokens.stale(NOW + timedelta(seconds=89), margin=MARGIN)
    assert tokens.stale(NOW + timedelta(seconds=90), margin=MARGIN)


def test_tokens_without_an_end_are_good_until_they_are_rejected():
    tokens = a_set(life=None)

    assert not tokens.stale(NOW + timedelta(days=3), margin=MARGIN)
    assert not tokens.expired(NOW + timedelta(days=3))


def test_a_saved_set_is_read_back_whole():
    tokens = a_set(4)

    assert TokenSet.parse(tokens.model_dump_json()) == tokens


@pytest.mark.parametrize("secret", ["", "{}", "refresh-1", '{"access_token": "a"}'])
def test_a_secret_that_is_no_token_set_is_none(secret):
    assert TokenSet.parse(secret) is None


def test_no_token_shows_in_a_representation():
    tokens = a_set()

    shown = repr(tokens) + str(tokens) + repr(Unsaved(tokens, consumed=tokens))

    assert "access-1" not in shown
    assert "refresh-" not in shown


@pytest.mark.parametrize("note", ["", "free text", "{"])
def test_a_note_that_is_none_stands_for_not_connected(note):
    assert ChainState.parse(note).state == "not connected"


@pytest.mark.parametrize(("stored", "overtaken"), [(1, False), (2, False), (3, True)])
def test_only_a_set_that_is_neither_ours_nor_the_one_before_was_given_later(stored, overtaken):
    ours = Unsaved(a_set(2), consumed=a_set(1))

    assert ours.overtaken_by(a_set(stored)) is overtaken


def test_accepted_tokens_leave_nothing_of_an_earlier_trouble():
    troubled = ChainState(
        state=ConnectionState.RECONNECT_NEEDED,
        reason="FreshBooks refused them",
        since=NOW,
        tried_at=NOW,
        refused=3,
        spent=4,
        expires_at=NOW,
        scope="old",
    )
    tokens = a_set(5)

    state = troubled.model_copy(update=connected(tokens, since=NOW + MARGIN))

    assert state == ChainState(
        state=ConnectionState.CONNECTED,
        since=NOW + MARGIN,
        tried_at=NOW,
        expires_at=tokens.expires_at,
        scope="user:profile:read",
    )


def test_a_refresh_that_names_no_scopes_changes_none():
    before = a_set(1)
    silent, other = (a_set(2).model_copy(update={"scope": scope}) for scope in ("", "user:all"))

    assert silent.following(before).scope == before.scope
    assert silent.following(before).access_token == silent.access_token
    assert other.following(before) == other
