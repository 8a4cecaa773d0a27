"""What to do about FreshBooks' tokens, decided from what was seen: without the lease, and under it.

Never asks anybody, and decides for a refresh under the lease alone.

A refresh token works once, and issuing any new one kills the older ones. So what FreshBooks refused
is never tried again, and a set is used before its end rather than refreshed twice in a row.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.core.tokens import ChainState, TokenSet, Unsaved

_BETWEEN_REFRESHES: Final = timedelta(minutes=1)
_COOL_DOWN: Final = timedelta(seconds=5)  # after the token endpoint failed
_TIME_TO_SAVE: Final = timedelta(minutes=10)  # for the one instance that holds the new tokens
_NEVER: Final = datetime.min.replace(tzinfo=UTC)

_NO_TOKENS: Final = "The vault holds no tokens of FreshBooks."
_REFUSED: Final = "FreshBooks refused the refresh token (invalid_grant)."
_FAILED: Final = "FreshBooks' token endpoint failed a moment ago."
_UNSAVED: Final = "Another instance still has to save FreshBooks' new tokens."
_TOO_SOON: Final = "FreshBooks rejects a token that was renewed less than a minute ago."
_ENDED: Final = (
    "FreshBooks' access token has ended, or is not taken; it is renewed within a minute."
)
_OVERTAKEN: Final = "FreshBooks' tokens were renewed by another instance meanwhile."


@dataclass(frozen=True)
class Need:
    """What a caller can use now.

    Attributes:
        rejected: the access token that FreshBooks just refused, None for none.
        now: the time, UTC.
        margin: how long before its end a set is due for a refresh.
    """

    rejected: str | None = field(repr=False)
    now: datetime
    margin: timedelta

    def fresh(self, tokens: TokenSet) -> bool:
        """Whether a set is good for long: not rejected and not due for a refresh."""
        return tokens.access_token != self.rejected and not tokens.stale(
            self.now, margin=self.margin
        )

    def good(self, tokens: TokenSet) -> bool:
        """Whether a set is good at all: not rejected and not at its end."""
        return tokens.access_token != self.rejected and not tokens.expired(self.now)


@dataclass(frozen=True)
class Use:
    """Use these tokens."""

    tokens: TokenSet


@dataclass(frozen=True)
class Wait:
    """There are no tokens now; try again, after so many seconds where that is known."""

    reason: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Reconnect:
    """A person has to connect again."""

    reason: str


@dataclass(frozen=True)
class ReadState:
    """See how the chain stands, and decide again."""


@dataclass(frozen=True)
class TakeLease:
    """Take the lease, or wait for it, and decide again."""


@dataclass(frozen=True)
class Save:
    """Save what only this process holds, and decide again."""

    unsaved: Unsaved


@dataclass(frozen=True)
class CallOff:
    """Note that no person is needed any more since these tokens came, and decide again."""

    tokens: TokenSet


@dataclass(frozen=True)
class Refresh:
    """Ask FreshBooks for the tokens that follow these."""

    tokens: TokenSet


def before_lease(  # noqa: PLR0911  # one for each rule, in the order in which they count
    stored: TokenSet | None,
    state: ChainState | None,
    need: Need,
    *,
    unsaved: Unsaved | None = None,
    failed_at: datetime | None = None,
    busy: bool = False,
) -> Use | ReadState | TakeLease | Wait | Reconnect:
    """Return what a process does that does not hold the lease.

    Args:
        stored: what the vault holds, None for nothing.
        state: how the chain stands, None when that was not looked at yet.
        need: what the caller can use.
        unsaved: what only this process holds; the vault need not be looked at then.
        failed_at: when this process last found the token endpoint down, UTC.
        busy: somebody else was found holding the lease.
    """
    if unsaved is not None:
        return TakeLease()
    if stored is None:
        return Reconnect(_NO_TOKENS)
    if need.fresh(stored):
        return Use(stored)
    if busy:
        # Whoever holds the lease is renewing the tokens: until then these will do.
        return Use(stored) if need.good(stored) else TakeLease()
    if state is None:
        return ReadState()
    if state.refuses(stored):
        return Reconnect(state.reason)
    rest = _rest(_COOL_DOWN, failed_at, need.now)
    if rest > 0:
        return _make_do(stored, need, Wait(_FAILED, retry_after=rest))
    return TakeLease()


def under_lease(
    stored: TokenSet | None, state: ChainState, need: Need, *, unsaved: Unsaved | None = None
) -> Use | Save | CallOff | Refresh | Wait | Reconnect:
    """Return what the process does that holds the lease.

    Args:
        stored: what the vault holds since the lease is held, None for nothing.
        state: how the chain stands.
        need: what the caller can use.
        unsaved: what only this process holds; the vault need not be looked at then.
    """
    if unsaved is not None:
        return Save(unsaved)
    if stored is None:
        return Reconnect(_NO_TOKENS)
    if state.refused is not None and not state.refuses(stored):
        # Saved after the call for a person: by somebody slow, or without tables to note it in.
        return CallOff(stored)
    if need.fresh(stored):
        return Use(stored)
    if state.refuses(stored):
        return Reconnect(state.reason)
    return _next(stored, state, need)


def _next(stored: TokenSet, state: ChainState, need: Need) -> Use | Refresh | Wait:
    """Refresh, unless somebody did or tried so a moment ago."""
    if state.spent == stored.generation and _rest(_TIME_TO_SAVE, state.tried_at, need.now) > 0:
        return _make_do(stored, need, Wait(_UNSAVED))
    rest = _rest(_BETWEEN_REFRESHES, state.tried_at, need.now)
    ended = stored.expired(need.now) and stored.access_token != need.rejected
    if rest > 0 and not ended:
        # FreshBooks' dates may be wrong: they must not make us refresh again and again.
        return _make_do(stored, need, Wait(_TOO_SOON, retry_after=rest))
    return Refresh(stored)


def after_refusal(tried: TokenSet, stored: TokenSet | None, need: Need) -> Use | Wait | Reconnect:
    """Return what the process does whose refresh token FreshBooks refused.

    Args:
        tried: the set that it is of.
        stored: what the vault holds since: another refresher may have won.
        need: what the caller can use.
    """
    if stored is None or stored.refresh_token == tried.refresh_token:
        return Reconnect(_REFUSED)
    return Use(stored) if need.fresh(stored) else Wait(_OVERTAKEN)


def review(stored: TokenSet | None, state: ChainState) -> TakeLease | Reconnect:
    """Return what the timer does about a call for a person: it stands, or is to be called off."""
    if stored is None:
        return Reconnect(_NO_TOKENS)
    return Reconnect(state.reason) if state.refuses(stored) else TakeLease()


def look(stored: TokenSet | None, state: ChainState, need: Need) -> Use | Wait | Reconnect:
    """Return what a process does that must not change anything: it renews no tokens.

    Args:
        stored: what the vault holds, None for nothing.
        state: how the chain stands.
        need: what the caller can use.
    """
    if stored is None:
        return Reconnect(_NO_TOKENS)
    if state.refuses(stored):
        return Reconnect(state.reason)
    return _make_do(stored, need, Wait(_ENDED))


def _make_do(stored: TokenSet, need: Need, otherwise: Wait) -> Use | Wait:
    """Use a set that is due for a refresh but still good."""
    return Use(stored) if need.good(stored) else otherwise


def _rest(span: timedelta, since: datetime | None, now: datetime) -> float:
    """Return how many seconds of a span are left, negative when it is over."""
    return (span - (now - (since or _NEVER))).total_seconds()
