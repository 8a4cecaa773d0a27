"""FreshBooks' token chain: refreshed by one at a time, saved before it is used.

Never sends a refresh token again whose answer arrived, and keeps tokens nowhere but in Key Vault.

A refresh token works once, and issuing any new one kills the older ones. So the order is: take the
lease, read the vault again, note the try, POST, renew the lease, save, then use. Whoever dies on
the way leaves the vault with the old pair; the next one tries it once and learns from FreshBooks
whether it still lives.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.freshbooks.token_endpoint import TokenEndpoint
from shared.adapters.freshbooks.token_lease import HeldLease, TokenLease
from shared.adapters.freshbooks.token_vault import TokenVault
from shared.adapters.http.transport import Transport
from shared.core.connections import ConnectionState
from shared.core.identity import token_secret
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
    look,
    review,
    under_lease,
)
from shared.core.tokens import ChainState, TokenSet, Unsaved, connected
from shared.errors import ReconnectNeededError, RetryLaterError
from shared.sync.ports import Clock, Leases, Secrets

_log = logging.getLogger(__name__)

_MARGIN: Final = timedelta(minutes=15)


class TokenChain:
    """The access token, whoever asks: the transport's `Authorize`.

    Args:
        connection: names the login the tokens are of.
        transport: to `https://api.freshbooks.com`.
        secrets: Key Vault.
        leases: make one refresher of many; their note carries the chain's state.
        client_id: the FreshBooks app's.
        client_secret: the FreshBooks app's.
        redirect_uri: as registered with the app, to the letter.
        clock: the time.
        sleep: waits for another refresher, and between tries to save.
        random: a number in [0, 1); instances do not reach their margins all at once.
    """

    def __init__(
        self,
        connection: str,
        transport: Transport,
        *,
        secrets: Secrets,
        leases: Leases,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        clock: Clock,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._endpoint = TokenEndpoint(
            transport,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=redirect_uri,
            clock=clock,
        )
        self.connection = connection
        name = token_secret(connection)
        self._vault = TokenVault(secrets, name=name, sleep=sleep, random=random)
        self._lease = TokenLease(leases, name=name, clock=clock, sleep=sleep, random=random)
        self._clock = clock
        self._margin = _MARGIN * (0.7 + 0.6 * random())
        self._cached: TokenSet | None = None
        self._failed_at: datetime | None = None

    def __call__(self, rejected: str | None, /) -> str:
        """Return an access token that is saved and, as far as known, accepted.

        Args:
            rejected: the access token that FreshBooks just refused, None at first.

        Raises:
            ReconnectNeededError: nobody connected FreshBooks yet, or it refused the refresh token.
            RetryLaterError: another refresher is slow, or FreshBooks or a store of ours is down.
            ConfigurationError: FreshBooks does not know the app, or a store denies access.
        """
        tokens = self._remembered(rejected)
        if tokens is None:
            with self._lease.alone():
                tokens = self._cached = self._remembered(rejected) or self._find(rejected)
        return tokens.access_token

    def look(self, rejected: str | None, /) -> str:
        """Return an access token that is good now, for somebody who only looks.

        Nothing is renewed for it, and nothing is written or taken.

        Args:
            rejected: the access token that FreshBooks just refused, None at first.

        Raises:
            ReconnectNeededError: nobody connected FreshBooks yet, or it refused the refresh token.
            RetryLaterError: the access token waits to be renewed, or a store of ours is down.
            ConfigurationError: a store denies access.
        """
        state = self.get_state()
        match look(self._vault.get(), state, self._need(rejected)):
            case Use(tokens):
                return tokens.access_token
            case Wait() | Reconnect() as end:
                raise _error(end)

    def exchange(self, code: str, *, verifier: str) -> None:
        """Turn a consent's code into the first tokens of a chain and save them.

        Args:
            code: from the redirect.
            verifier: PKCE's proof that we asked for it.

        Raises:
            ReconnectNeededError: FreshBooks does not take the code.
            RetryLaterError: FreshBooks or a store of ours is down; consent again.
            ConfigurationError: FreshBooks does not know the app, or a store denies access.
        """
        with self._lease.alone(), self._lease.held(self._lease.take()) as held:
            held.begin()
            tokens = self._endpoint.exchange(code, verifier=verifier)
            if tokens is None:
                raise ReconnectNeededError(
                    "FreshBooks did not take the consent's code: one works once, and for five "
                    "minutes."
                )
            self._cached = self._save(Unsaved(tokens, consumed=None), held)

    def keep_warm(self) -> None:
        """Refresh ahead of the end, whether or not anybody needs a token now.

        Raises:
            ReconnectNeededError: FreshBooks refused the refresh token, here or elsewhere, though
                the access token may still be good.
            RetryLaterError: FreshBooks or a store of ours is down.
            ConfigurationError: FreshBooks does not know the app, or a store denies access.
        """
        state = self.get_state()
        if state.state is ConnectionState.RECONNECT_NEEDED and self._vault.unsaved is None:
            match review(self._vault.get(), state):
                case Reconnect() as end:
                    raise _error(end)
                case TakeLease():
                    with self._lease.alone(), self._lease.held(self._lease.take()) as held:
                        self._cached = self._find_under_lease(None, held)
        self(None)

    def get_state(self) -> ChainState:
        """Return how the chain stands, for the operator; one request.

        Raises:
            RetryLaterError: storage is down.
            ConfigurationError: storage denies access.
        """
        return self._lease.read_state()

    def _find(self, rejected: str | None) -> TokenSet:
        """Return a set to use: from the vault, from another refresher, or under the lease."""
        state, busy = None, False
        stored = self._vault.get_if_saved()
        tries = self._lease.tries()
        while True:
            match before_lease(
                stored,
                state,
                self._need(rejected),
                unsaved=self._vault.unsaved,
                failed_at=self._failed_at,
                busy=busy,
            ):
                case Use(tokens):
                    return tokens
                case Wait() | Reconnect() as end:
                    raise _error(end)
                case ReadState():
                    state = self.get_state()
                case TakeLease():
                    lease = next(tries)
                    if lease is not None:
                        with self._lease.held(lease) as held:
                            return self._find_under_lease(rejected, held)
                    busy, stored = True, self._vault.get_if_saved()

    def _find_under_lease(self, rejected: str | None, held: HeldLease) -> TokenSet:
        """Return a set to use: what the vault holds now, or what follows it."""
        stored = self._vault.get_if_saved()
        while True:
            match under_lease(
                stored, held.state, self._need(rejected), unsaved=self._vault.unsaved
            ):
                case Use(tokens):
                    return tokens
                case Wait() | Reconnect() as end:
                    raise _error(end)
                case Save(unsaved):
                    self._save(unsaved, held)
                    stored = self._vault.get_if_saved()
                case CallOff(tokens):
                    held.note(**connected(tokens, since=tokens.obtained_at))
                case Refresh(tokens):
                    return self._refresh(tokens, rejected, held)

    def _refresh(self, old: TokenSet, rejected: str | None, held: HeldLease) -> TokenSet:
        """Ask for the tokens that follow a set, and save them before anybody uses them."""
        held.begin()
        try:
            tokens = self._endpoint.refresh(old.refresh_token)
        except RetryLaterError:
            self._failed_at = self._clock()
            if self._need(rejected).good(old):
                return old
            raise
        if tokens is None:
            return self._refused(old, rejected, held)
        return self._save(Unsaved(tokens.following(old), consumed=old), held)

    def _refused(self, tried: TokenSet, rejected: str | None, held: HeldLease) -> TokenSet:
        """Look whether another refresher won; else note that a person is needed."""
        match after_refusal(tried, self._vault.get(), self._need(rejected)):
            case Use(tokens):
                return tokens
            case Wait() as end:
                raise _error(end)
            case Reconnect(reason) as end:
                held.note(
                    state=ConnectionState.RECONNECT_NEEDED,
                    reason=reason,
                    since=self._clock(),
                    refused=tried.generation,
                )
                _log.warning("FreshBooks refused the refresh token: reconnect needed.")
                raise _error(end)

    def _save(self, unsaved: Unsaved, held: HeldLease) -> TokenSet:
        tokens = self._vault.save(unsaved, held)
        self._failed_at = None
        return tokens

    def _remembered(self, rejected: str | None) -> TokenSet | None:
        tokens = self._cached
        return tokens if tokens is not None and self._need(rejected).fresh(tokens) else None

    def _need(self, rejected: str | None) -> Need:
        return Need(rejected, now=self._clock(), margin=self._margin)


def _error(end: Wait | Reconnect) -> RetryLaterError | ReconnectNeededError:
    match end:
        case Wait(reason, retry_after):
            return RetryLaterError(reason, retry_after=retry_after)
        case Reconnect(reason):
            advice = "Connect again: run `python -m shared connect`."
            return ReconnectNeededError(f"{reason} {advice}")
