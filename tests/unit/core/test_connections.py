"""Connections as values: for how long a callback waits for its handshake."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.connections import HANDSHAKE_PATIENCE, Registration, RegistrationState

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
PENDING = RegistrationState.PENDING
JUST_NOW = NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "callback", "since", "asked"),
    [
        (PENDING, 9, JUST_NOW, True),
        (PENDING, 9, NOW - HANDSHAKE_PATIENCE, False),
        (PENDING, 9, None, False),
        (PENDING, None, JUST_NOW, False),
        (RegistrationState.LIVE, 9, JUST_NOW, False),
        (RegistrationState.MISSING, None, JUST_NOW, False),
    ],
)
def test_a_callback_waits_for_its_handshake_for_a_while(state, callback, since, asked):
    registration = Registration("xazq5", "invoice", "https://a.example", state, callback, since)

    assert registration.is_asked(NOW) is asked
