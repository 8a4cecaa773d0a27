"""FreshBooks' tokens as values: how long a set is good, how its chain stands, what is not saved.

Never asks anybody, and shows no token in its representation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.core.connections import ConnectionState
from shared.core.events import read_version

VERSION: Final = 1  # of a set as it is written
# A tenth of a short life; of the usual twelve hours, the margin.
_SHARE: Final = 0.1


class TokenSet(BaseModel):
    """An access token with the refresh token that follows it.

    Attributes:
        access_token: opens the API, for about twelve hours.
        refresh_token: good for one refresh, and only the newest one lives.
        expires_at: when the access token ends; None when FreshBooks' dates make no sense, then it
            is used until it is rejected.
        obtained_at: when we got it, UTC.
        scope: what was granted, as FreshBooks words it.
        generation: counts the sets of this chain; a later one is larger.
        v: the version it is written in; the first release wrote none, and leaves it out.
    """

    model_config = ConfigDict(frozen=True)

    access_token: str = Field(min_length=1, repr=False)
    refresh_token: str = Field(min_length=1, repr=False)
    expires_at: AwareDatetime | None
    obtained_at: AwareDatetime
    scope: str = ""
    generation: int = 0
    v: Literal[1] = 1

    @classmethod
    def parse(cls, secret: str) -> "TokenSet | None":
        """Read the secret's JSON; None when it is no token set."""
        try:
            return cls.model_validate_json(secret)
        except ValidationError:
            return None

    @classmethod
    def is_later(cls, secret: str) -> bool:
        """Say whether a secret is a token set that only a later release reads."""
        return read_version(secret.encode("utf-8", "replace")) > VERSION

    def following(self, old: "TokenSet") -> "TokenSet":
        """Return the set as it follows another one: a refresh that names no scopes changes none."""
        return self if self.scope else self.model_copy(update={"scope": old.scope})

    def expired(self, now: datetime) -> bool:
        """Whether the access token has ended, as far as its dates tell."""
        return self.expires_at is not None and now >= self.expires_at

    def stale(self, now: datetime, *, margin: timedelta) -> bool:
        """Whether it is time for a refresh: `margin` before the end, less for a short life."""
        if self.expires_at is None:
            return False
        return now >= self.expires_at - min(margin, (self.expires_at - self.obtained_at) * _SHARE)


class ChainState(BaseModel):
    """How the token chain stands; kept in Tables, so it holds no token.

    Attributes:
        state: whether its tokens can be used, as far as is known.
        reason: why a person is needed, "" otherwise.
        since: when the state began, UTC.
        tried_at: when the last exchange with the token endpoint began, UTC.
        refused: generation of the set whose refresh token FreshBooks refused.
        spent: generation of the set whose successor an instance holds and could not save.
        expires_at: when the newest access token ends, None when unknown.
        scope: what was granted.
    """

    model_config = ConfigDict(frozen=True)

    state: ConnectionState = ConnectionState.NOT_CONNECTED
    reason: str = ""
    since: AwareDatetime | None = None
    tried_at: AwareDatetime | None = None
    refused: int | None = None
    spent: int | None = None
    expires_at: AwareDatetime | None = None
    scope: str = ""

    @classmethod
    def parse(cls, note: str) -> "ChainState":
        """Read a lease's note; one that is none stands for nothing known."""
        try:
            return cls.model_validate_json(note)
        except ValidationError:
            return cls()

    def refuses(self, tokens: TokenSet) -> bool:
        """Whether FreshBooks refused the refresh token of this very set."""
        return self.refused == tokens.generation


def connected(tokens: TokenSet, *, since: datetime | None) -> dict[str, Any]:
    """Return what the state says of tokens that FreshBooks has not refused."""
    return {
        "state": ConnectionState.CONNECTED,
        "reason": "",
        "since": since,
        "refused": None,
        "spent": None,
        "expires_at": tokens.expires_at,
        "scope": tokens.scope,
    }


@dataclass(frozen=True)
class Unsaved:
    """A set that FreshBooks gave and Key Vault does not hold yet.

    Attributes:
        tokens: the set.
        consumed: the set whose refresh token it was given for; None after a consent.
    """

    tokens: TokenSet
    consumed: TokenSet | None

    def overtaken_by(self, stored: TokenSet) -> bool:
        """Whether the set in the vault was given later.

        Had it been given earlier, the refresh token we used would have been dead.
        """
        known = {each.refresh_token for each in (self.consumed, self.tokens) if each is not None}
        return stored.refresh_token not in known
