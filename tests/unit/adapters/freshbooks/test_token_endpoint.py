"""What a grant says: the tokens, and until when the access token is good."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.freshbooks.token_endpoint import read_grant

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


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
