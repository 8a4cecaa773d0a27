"""What to do about the tokens, one rule after the other, and the laws that all rules keep."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.token_chain import (
    CallOff,
    Need,
    ReadState,
    Reconnect,
    Refresh,
    Save,
    TakeLease,
    Use,
    Wait,
    after_refusal,
    before_lease,
    review,
    under_lease,
)
from shared.core.tokens import ChainState, TokenSet, Unsaved, connected

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
NEED = Need(None, now=NOW, margin=timedelta(minutes=15))
A_MINUTE = timedelta(minutes=1)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def a_set(number=1, *, left=timedelta(hours=6)):
    """Return a set that lived six hours and has so much left; None for one without an end."""
    return TokenSet(
        access_token=f"access-{number}",
        refresh_token=f"refresh-{number}",
        expires_at=None if left is None else NOW + left,
        obtained_at=NOW - timedelta(hours=6),
        generation=number,
    )


FRESH = a_set()
DUE = a_set(left=timedelta(minutes=10))
ENDED = a_set(left=timedelta(seconds=-1))
REJECTED = replace(NEED, rejected=FRESH.access_token)
UNSAVED = Unsaved(a_set(2), consumed=FRESH)
WELL = ChainState(state="connected")
CALLED = ChainState(state="reconnect needed", reason="It was refused.", refused=1)


# before the lease


@pytest.mark.parametrize(
    ("stored", "state", "need", "more", "decided"),
    [
        (None, None, NEED, {"unsaved": UNSAVED}, TakeLease()),
        (FRESH, None, NEED, {"unsaved": UNSAVED}, TakeLease()),
        (None, None, NEED, {}, Reconnect("The vault holds no tokens of FreshBooks.")),
        (FRESH, None, NEED, {}, Use(FRESH)),
        (FRESH, CALLED, NEED, {}, Use(FRESH)),
        (DUE, None, NEED, {}, ReadState()),
        (ENDED, None, NEED, {}, ReadState()),
        (FRESH, None, REJECTED, {}, ReadState()),
        (DUE, CALLED, NEED, {}, Reconnect("It was refused.")),
        (a_set(2, left=timedelta(0)), CALLED, NEED, {}, TakeLease()),
        (DUE, WELL, NEED, {}, TakeLease()),
        (DUE, WELL, NEED, {"failed_at": ago(1)}, Use(DUE)),
        (DUE, WELL, NEED, {"failed_at": ago(5)}, TakeLease()),
        (
            ENDED,
            WELL,
            NEED,
            {"failed_at": ago(1)},
            Wait("FreshBooks' token endpoint failed a moment ago.", 4),
        ),
        (DUE, WELL, NEED, {"busy": True}, Use(DUE)),
        (DUE, CALLED, NEED, {"busy": True}, Use(DUE)),
        (ENDED, WELL, NEED, {"busy": True}, TakeLease()),
        (ENDED, CALLED, NEED, {"busy": True}, TakeLease()),
        (FRESH, WELL, REJECTED, {"busy": True}, TakeLease()),
    ],
)
def test_without_the_lease(stored, state, need, more, decided):
    assert before_lease(stored, state, need, **more) == decided


# under the lease


@pytest.mark.parametrize(
    ("stored", "state", "need", "decided"),
    [
        (None, WELL, NEED, Reconnect("The vault holds no tokens of FreshBooks.")),
        (FRESH, WELL, NEED, Use(FRESH)),
        (FRESH, CALLED, NEED, Use(FRESH)),
        (DUE, CALLED, NEED, Reconnect("It was refused.")),
        (a_set(2), CALLED, NEED, CallOff(a_set(2))),
        (DUE, WELL, NEED, Refresh(DUE)),
        (ENDED, WELL, NEED, Refresh(ENDED)),
        (FRESH, WELL, REJECTED, Refresh(FRESH)),
        (
            ENDED,
            ChainState(spent=1, tried_at=ago(599)),
            NEED,
            Wait("Another instance still has to save FreshBooks' new tokens."),
        ),
        (DUE, ChainState(spent=1, tried_at=ago(599)), NEED, Use(DUE)),
        (ENDED, ChainState(spent=1, tried_at=ago(600)), NEED, Refresh(ENDED)),
        (ENDED, ChainState(spent=0, tried_at=ago(60)), NEED, Refresh(ENDED)),
        (
            FRESH,
            ChainState(tried_at=ago(20)),
            REJECTED,
            Wait("FreshBooks rejects a token that was renewed less than a minute ago.", 40),
        ),
        (FRESH, ChainState(tried_at=ago(60)), REJECTED, Refresh(FRESH)),
        (DUE, ChainState(tried_at=ago(20)), NEED, Use(DUE)),
        (ENDED, ChainState(tried_at=ago(20)), NEED, Refresh(ENDED)),
    ],
)
def test_under_the_lease(stored, state, need, decided):
    assert under_lease(stored, state, need) == decided


def test_what_only_this_process_holds_is_saved_before_anything_else():
    assert under_lease(None, CALLED, NEED, unsaved=UNSAVED) == Save(UNSAVED)


# after a refusal, and for the timer


@pytest.mark.parametrize(
    ("stored", "need", "decided"),
    [
        (FRESH, NEED, Reconnect("FreshBooks refused the refresh token (invalid_grant).")),
        (None, NEED, Reconnect("FreshBooks refused the refresh token (invalid_grant).")),
        (a_set(2), NEED, Use(a_set(2))),
        (
            a_set(2),
            replace(NEED, rejected="access-2"),
            Wait("FreshBooks' tokens were renewed by another instance meanwhile."),
        ),
    ],
)
def test_after_a_refusal(stored, need, decided):
    assert after_refusal(FRESH, stored, need) == decided


@pytest.mark.parametrize(
    ("stored", "decided"),
    [
        (FRESH, Reconnect("It was refused.")),
        (a_set(2), TakeLease()),
        (None, Reconnect("The vault holds no tokens of FreshBooks.")),
    ],
)
def test_a_call_for_a_person_stands_while_the_vault_holds_what_was_refused(stored, decided):
    assert review(stored, CALLED) == decided


# laws

moments = st.integers(-90_000, 90_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
numbers = st.integers(1, 3)


@st.composite
def some_set(draw):
    """Draw a set whose end, if it has one, lies after its beginning, as every grant's does."""
    obtained, life = draw(moments), draw(st.none() | st.integers(1, 90_000))
    return TokenSet(
        access_token=f"access-{draw(numbers)}",
        refresh_token=f"refresh-{draw(numbers)}",
        expires_at=None if life is None else obtained + timedelta(seconds=life),
        obtained_at=obtained,
        generation=draw(numbers),
    )


sets = some_set()
states = st.builds(
    ChainState,
    state=st.sampled_from(["connected", "reconnect needed", "not connected"]),
    reason=st.just("It was refused."),
    tried_at=st.none() | moments,
    refused=st.none() | numbers,
    spent=st.none() | numbers,
)
needs = st.builds(
    Need,
    st.none() | numbers.map("access-{}".format),
    now=st.just(NOW),
    margin=st.sampled_from([timedelta(minutes=11), timedelta(minutes=19)]),
)
unsaved = st.none() | st.builds(Unsaved, sets, consumed=st.none() | sets)
before = st.builds(
    before_lease,
    st.none() | sets,
    st.none() | states,
    needs,
    unsaved=unsaved,
    failed_at=st.none() | moments,
    busy=st.booleans(),
)


@given(before)
def test_nobody_refreshes_saves_or_notes_without_the_lease(decided):
    assert not isinstance(decided, Refresh | Save | CallOff)


@given(st.none() | sets, st.none() | states, needs, st.booleans())
def test_what_was_rejected_or_has_ended_is_not_used_without_the_lease(stored, state, need, busy):
    decided = before_lease(stored, state, need, busy=busy)

    assert not isinstance(decided, Use) or need.good(decided.tokens)


@given(sets, states, needs)
def test_what_was_rejected_or_has_ended_is_not_used_under_the_lease(stored, state, need):
    decided = under_lease(stored, state, need)

    assert not isinstance(decided, Use) or need.good(decided.tokens)


@given(sets, sets, needs)
def test_what_was_rejected_or_has_ended_is_not_used_after_a_refusal(tried, stored, need):
    decided = after_refusal(tried, stored, need)

    assert not isinstance(decided, Use) or need.good(decided.tokens)


@given(sets, states, needs)
def test_a_refresh_token_that_was_refused_is_not_tried_again(stored, state, need):
    refused = state.model_copy(update={"refused": stored.generation})

    assert not isinstance(under_lease(stored, refused, need), Refresh)


@given(sets, states, needs)
def test_within_a_minute_of_a_try_only_an_access_token_that_ended_by_itself_is_renewed(
    stored, state, need
):
    decided = under_lease(stored, state, need)

    tried_lately = state.tried_at is not None and need.now - state.tried_at < A_MINUTE
    ended = stored.expired(need.now) and stored.access_token != need.rejected
    assert not isinstance(decided, Refresh) or not tried_lately or ended


@given(sets, states, needs)
def test_a_set_whose_successor_somebody_holds_is_left_to_them_for_ten_minutes(stored, state, need):
    held = state.model_copy(update={"spent": stored.generation, "tried_at": ago(300)})

    assert not isinstance(under_lease(stored, held, need), Refresh)


@given(sets, states, needs)
def test_what_is_good_for_long_is_never_refreshed(stored, state, need):
    decided = under_lease(stored, state, need)

    assert not isinstance(decided, Refresh) or not need.fresh(stored)


@given(sets, states, needs)
def test_a_call_that_was_taken_back_is_not_taken_back_again(stored, state, need):
    after = state.model_copy(update=connected(stored, since=NOW))

    assert not isinstance(under_lease(stored, after, need), CallOff | Reconnect)


@given(sets, states, needs)
def test_what_is_refreshed_is_what_the_vault_holds(stored, state, need):
    decided = under_lease(stored, state, need)

    assert not isinstance(decided, Refresh) or decided.tokens == stored


@given(st.none() | sets, st.none() | states, needs)
def test_every_wait_that_says_how_long_ends_after_now(stored, state, need):
    for failed in (None, ago(1)):
        decided = before_lease(stored, state, need, failed_at=failed)
        assert not isinstance(decided, Wait) or decided.retry_after > 0


def test_no_token_shows_in_a_need():
    assert "access-1" not in repr(REJECTED)
