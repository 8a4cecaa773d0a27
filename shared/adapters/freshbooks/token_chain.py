"""FreshBooks' token chain: refreshed by one at a time, saved before it is used.

Never sends a refresh token again whose answer arrived, and keeps tokens nowhere but in Key Vault.

A refresh token works once, and issuing any new one kills the older ones. So the order is: take the
lease, read the vault again, note the try, POST, renew the lease, save, then use. Whoever dies on
the way leaves the vault with the old pair; the next one tries it once and learns from FreshBooks
whether it still lives.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.adapters.freshbooks.token_endpoint import REFUSED, TokenEndpoint
from shared.adapters.freshbooks.token_lease import PATIENCE, Held, TokenLease
from shared.adapters.freshbooks.token_set import ChainState, TokenSet, Unsaved, connected
from shared.adapters.http.transport import Transport
from shared.core.identity import token_secret
from shared.errors import ReconnectNeededError, RetryLaterError
from shared.sync.ports import Clock, Leases, Secrets

_log = logging.getLogger(__name__)

_MARGIN: Final = timedelta(minutes=15)
_BETWEEN_REFRESHES: Final = timedelta(minutes=1)
_TIME_TO_SAVE: Final = timedelta(minutes=10)  # for the one instance that holds the new tokens
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_COOL_DOWN: Final = timedelta(seconds=5)
_SAVES: Final = 5
_FIRST_PAUSE: Final = 0.5
_CONNECT: Final = "Connect again: run `python -m shared connect`."


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
        self._name = token_secret(connection)
        self._secrets = secrets
        self._lease = TokenLease(leases, name=self._name, clock=clock, sleep=sleep, random=random)
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._margin = _MARGIN * (0.7 + 0.6 * random())
        self._busy = threading.Lock()
        self._cached: TokenSet | None = None
        self._unsaved: Unsaved | None = None
        self._failed_until: datetime | None = None

    def __call__(self, rejected: str | None, /) -> str:
        """Return an access token that is saved and, as far as known, accepted.

        Args:
            rejected: the access token that FreshBooks just refused, None at first.

        Raises:
            ReconnectNeededError: nobody connected FreshBooks yet, or it refused the refresh token.
            RetryLaterError: another refresher is slow, or FreshBooks or a store of ours is down.
            ConfigurationError: FreshBooks does not know the app, or a store denies access.
        """
        tokens = self._cached
        if tokens is None or not self._usable(tokens, rejected):
            with self._alone():
                tokens = self._find(rejected)
                self._cached = tokens
        return tokens.access_token

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
        with self._alone(), self._lease.held(self._lease.take()) as held:
            held.begin()
            tokens = self._endpoint.exchange(code, verifier=verifier)
            if tokens is None:
                raise ReconnectNeededError(
                    "FreshBooks did not take the consent's code: one works once, and for five "
                    "minutes."
                )
            self._unsaved = Unsaved(tokens, consumed=None)
            self._cached = self._save(self._unsaved, held)

    def keep_warm(self) -> None:
        """Refresh ahead of the end, whether or not anybody needs a token now.

        Raises:
            ReconnectNeededError: FreshBooks refused the refresh token, here or elsewhere, though
                the access token may still be good.
            RetryLaterError: FreshBooks or a store of ours is down.
            ConfigurationError: FreshBooks does not know the app, or a store denies access.
        """
        state = self.get_state()
        if state.state == "reconnect needed" and self._unsaved is None:
            _raise_if_refused(self._read(), state)
            # The vault holds other tokens than the refused ones: the state is to say so.
            with self._alone(), self._lease.held(self._lease.take()) as held:
                self._cached = self._find_alone(None, held)
        self(None)

    def get_state(self) -> ChainState:
        """Return how the chain stands, for the operator; one request.

        Raises:
            RetryLaterError: storage is down.
            ConfigurationError: storage denies access.
        """
        return self._lease.read_state()

    def _find(self, rejected: str | None) -> TokenSet:
        """Return a set to use: from this process, the vault, another refresher, or a refresh."""
        if self._cached is not None and self._usable(self._cached, rejected):
            return self._cached
        if self._unsaved is None:
            stored = self._read()
            if self._usable(stored, rejected):
                return stored
            _raise_if_refused(stored, self.get_state())
            if (rest := self._cooling_down()) is not None:
                return self._make_do(stored, rejected, RetryLaterError(_FAILED, retry_after=rest))
        for lease in self._lease.tries():
            if lease is not None:
                with self._lease.held(lease) as held:
                    return self._find_alone(rejected, held)
            if self._unsaved is None and self._good(stored := self._read(), rejected):
                return stored
        raise AssertionError  # pragma: no cover  # `tries` ends by raising

    def _find_alone(self, rejected: str | None, held: Held) -> TokenSet:
        if self._unsaved is not None:
            self._save(self._unsaved, held)
        stored, now = self._read(), self._clock()
        if held.state.refused not in {None, stored.generation}:
            # Saved after the call for a person: by somebody slow, or without tables to note it in.
            held.note(**connected(stored, since=stored.obtained_at))
        if self._usable(stored, rejected):
            return stored
        _raise_if_refused(stored, held.state)
        ago = now - (held.state.tried_at or _NEVER)
        if held.state.spent == stored.generation and ago < _TIME_TO_SAVE:
            return self._make_do(stored, rejected, RetryLaterError(_UNSAVED))
        rest = (_BETWEEN_REFRESHES - ago).total_seconds()
        if rest > 0 and not (stored.expired(now) and stored.access_token != rejected):
            # FreshBooks' dates may be wrong: they must not make us refresh again and again.
            return self._make_do(stored, rejected, RetryLaterError(_TOO_SOON, retry_after=rest))
        held.begin()
        try:
            tokens = self._endpoint.refresh(stored.refresh_token)
        except RetryLaterError as error:
            self._failed_until = self._clock() + _COOL_DOWN
            return self._make_do(stored, rejected, error)
        if tokens is None:
            return self._refused(stored, rejected, held)
        self._unsaved = Unsaved(tokens, consumed=stored)
        return self._save(self._unsaved, held)

    def _make_do(
        self, stored: TokenSet, rejected: str | None, otherwise: RetryLaterError
    ) -> TokenSet:
        """Return a set that is due for a refresh but still good, else raise."""
        if self._good(stored, rejected):
            return stored
        raise otherwise

    def _refused(self, tried: TokenSet, rejected: str | None, held: Held) -> TokenSet:
        """Look whether another refresher won; else note that a person is needed."""
        stored = self._read()
        if stored.refresh_token != tried.refresh_token:
            if self._usable(stored, rejected):
                return stored
            raise RetryLaterError("FreshBooks' tokens were renewed by another instance meanwhile.")
        held.note(
            state="reconnect needed",
            reason=f"FreshBooks refused the refresh token ({REFUSED}).",
            since=self._clock(),
            refused=tried.generation,
        )
        _log.warning("FreshBooks refused the refresh token: reconnect needed.")
        raise _reconnect(held.state)

    def _save(self, unsaved: Unsaved, held: Held) -> TokenSet:
        """Save a set that only this process knows, unless it was overtaken.

        It stays in memory until it is saved: the next call goes on here.
        """
        tokens = unsaved.tokens.model_copy(update={"generation": held.lease.generation})
        consumed = unsaved.consumed
        since = held.state.since if held.state.state == "connected" else tokens.obtained_at
        failure: RetryLaterError | None = None
        for number in range(_SAVES):
            try:
                stored = self._peek() if consumed is not None else None
                known = {each.refresh_token for each in (consumed, tokens) if each is not None}
                if stored and stored.refresh_token not in known:
                    # That set was given later than ours: had it been given earlier, the refresh
                    # token we used would have been dead.
                    self._unsaved = None
                    return stored
                held.fence(**connected(tokens, since=since))
                self._secrets.set(self._name, tokens.model_dump_json())
            except RetryLaterError as error:
                failure = error
                self._sleep(_FIRST_PAUSE * 2**number * (0.5 + self._random()))
            else:
                self._unsaved = self._failed_until = None
                _log.info("FreshBooks' tokens were renewed, generation %s.", tokens.generation)
                return tokens
        if consumed is not None:
            with contextlib.suppress(RetryLaterError):
                held.note(spent=consumed.generation)
        raise RetryLaterError(
            "FreshBooks' new tokens could not be saved; this instance goes on trying."
        ) from failure

    def _peek(self) -> TokenSet | None:
        secret = self._secrets.get(self._name)
        return TokenSet.parse(secret) if secret is not None else None

    def _read(self) -> TokenSet:
        tokens = self._peek()
        if tokens is None:
            raise ReconnectNeededError(f"The vault holds no tokens of FreshBooks. {_CONNECT}")
        return tokens

    def _usable(self, tokens: TokenSet, rejected: str | None) -> bool:
        stale = tokens.stale(self._clock(), margin=self._margin)
        return tokens.access_token != rejected and not stale

    def _good(self, tokens: TokenSet, rejected: str | None) -> bool:
        return tokens.access_token != rejected and not tokens.expired(self._clock())

    def _cooling_down(self) -> float | None:
        if self._failed_until is None:
            return None
        rest = (self._failed_until - self._clock()).total_seconds()
        return rest if rest > 0 else None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one thread of this process through; the others find its result in the cache."""
        if not self._busy.acquire(timeout=PATIENCE):
            raise RetryLaterError("FreshBooks' tokens are being renewed by another thread.")
        try:
            yield
        finally:
            self._busy.release()


_FAILED: Final = "FreshBooks' token endpoint failed a moment ago."
_UNSAVED: Final = "Another instance still has to save FreshBooks' new tokens."
_TOO_SOON: Final = "FreshBooks rejects a token that was renewed less than a minute ago."


def _raise_if_refused(stored: TokenSet, state: ChainState) -> None:
    if state.refused is not None and state.refused == stored.generation:
        raise _reconnect(state)


def _reconnect(state: ChainState) -> ReconnectNeededError:
    return ReconnectNeededError(f"{state.reason} {_CONNECT}")
