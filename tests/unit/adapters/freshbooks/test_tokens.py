"""Tokens as values: what a grant says, and how long it is good."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.freshbooks.token_set import ChainState, TokenSet, Unsaved, read_grant

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MARGIN = timedelta(minutes=15)


def grant(**changes):
    return {
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "token_type": "Bearer",
        "expires_in": 43_200,
        "created_at": int(NOW.timestamp()),
        "scope": "user:profile:read",
        **changes,
    }


def test_the_end_is_counted_from_the_grant_and_not_from_now():
    tokens = read_grant(grant(created_at=int(NOW.timestamp()) - 3600), now=NOW)

    assert tokens.expires_at == NOW + timedelta(hours=11)
    assert tokens.obtained_at == NOW


def test_an_end_that_has_passed_at_birth_is_not_believed():
    old = int((NOW - timedelta(hours=12)).timestamp())

    tokens = read_grant(grant(created_at=old, expires_in=43_199), now=NOW)

    assert tokens.expires_at is None
    assert not tokens.stale(NOW + timedelta(days=3), margin=MARGIN)
    assert not tokens.expired(NOW + timedelta(days=3))


@pytest.mark.parametrize("dates", [{"created_at": None}, {"expires_in": "soon"}])
def test_odd_dates_do_not_lose_tokens_that_come_only_once(dates):
    tokens = read_grant(grant(**dates), now=NOW)

    assert tokens.refresh_token == "refresh-1"
    assert tokens.expires_at is None


@pytest.mark.parametrize(
    "changes", [{"access_token": ""}, {"refresh_token": None}, {"access_token": 7}]
)
def test_an_answer_without_both_tokens_is_none(changes):
    assert read_grant(grant(**changes), now=NOW) is None


def test_a_token_is_stale_a_margin_before_its_end():
    tokens = read_grant(grant(), now=NOW)
    end = NOW + timedelta(hours=12)

    assert not tokens.stale(end - timedelta(minutes=16), margin=MARGIN)
    assert tokens.stale(end - timedelta(minutes=15), margin=MARGIN)
    assert not tokens.expired(end - timedelta(seconds=1))
    assert tokens.expired(end)


def test_a_short_life_has_a_short_margin():
    tokens = read_grant(grant(expires_in=100), now=NOW)

    assert not tokens.stale(NOW + timedelta(seconds=89), margin=MARGIN)
    assert tokens.stale(NOW + timedelta(seconds=90), margin=MARGIN)


def test_a_saved_set_is_read_back_whole():
    tokens = read_grant(grant(), now=NOW).model_copy(update={"generation": 4})

    assert TokenSet.parse(tokens.model_dump_json()) == tokens


@pytest.mark.parametrize("secret", ["", "{}", "refresh-1", '{"access_token": "a"}'])
def test_a_secret_that_is_no_token_set_is_none(secret):
    assert TokenSet.parse(secret) is None


def test_no_token_shows_in_a_representation():
    tokens = read_grant(grant(), now=NOW)

    shown = repr(tokens) + str(tokens) + repr(Unsaved(tokens, consumed=tokens))

    assert "access-1" not in shown
    assert "refresh-" not in shown


@pytest.mark.parametrize("note", ["", "free text", "{"])
def test_a_note_that_is_none_stands_for_not_connected(note):
    assert ChainState.parse(note).state == "not connected"
