"""Which login's access token reads a business: one token chain for each connection.

Never lets one connection's trouble reach the businesses of another.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.http.authorize import Authorize
from shared.core.identity import Kind
from shared.core.scopes import OPTIONAL, may_read
from shared.core.tokens import ChainState
from shared.errors import NotSyncedError, ReconnectNeededError
from shared.sync.ports import Businesses, Clock
from shared.sync.remembered import Remembered

_KEPT: Final = timedelta(minutes=1)


class BusinessTokens:
    """Gives a business the access token of its connection; the port `Tokens` over all of them.

    Args:
        businesses: say which connection reads a business.
        build: makes the token chain of a connection.
        clock: the time.
    """

    def __init__(
        self, businesses: Businesses, build: Callable[[str], TokenChain], *, clock: Clock
    ) -> None:
        self._businesses = businesses
        self._build = build
        self._lock = threading.Lock()
        self._chains: dict[str, TokenChain] = {}
        self._connections = Remembered(self._find_connection, clock, keep=_KEPT)
        self._scopes = Remembered(self._find_scope, clock, keep=_KEPT, keep_missing=_KEPT)

    def __call__(self, business: str) -> Authorize:
        """Return what authorizes requests on a business."""
        return self._authorize(business, lambda chain, rejected: chain(rejected))

    def looking(self, business: str) -> Authorize:
        """Return what authorizes a look at a business: no token is renewed for it."""
        return self._authorize(business, lambda chain, rejected: chain.look(rejected))

    def _authorize(self, business: str, ask: Callable[[TokenChain, str | None], str]) -> Authorize:
        def authorize(rejected: str | None, /) -> str:
            connection = self._connection(business)
            try:
                return ask(self.chain(connection), rejected)
            except ReconnectNeededError:
                # Somebody may have connected again a moment ago, and by a new connection.
                newer = self._connection(business, again=True)
                if newer == connection:
                    raise
                return ask(self.chain(newer), None)

        return authorize

    def chain(self, connection: str) -> TokenChain:
        """Return the token chain of a connection, one for all threads."""
        with self._lock:
            if connection not in self._chains:
                self._chains[connection] = self._build(connection)
            return self._chains[connection]

    def keep_warm(self, connection: str) -> None:
        """Refresh a login's tokens ahead of their end; see `TokenChain.keep_warm`."""
        self.chain(connection).keep_warm()

    def look(self, connection: str) -> None:
        """See whether a login can be used now; see `TokenChain.look`."""
        self.chain(connection).look(None)

    def get_state(self, connection: str) -> ChainState:
        """Return how a login's tokens stand; see `TokenChain.get_state`."""
        return self.chain(connection).get_state()

    def may_read(self, business: str, kind: Kind) -> bool:
        """Say whether the login of a business may be asked for a kind of record; see `may_read`.

        Raises:
            ConnectorError: what is kept of the login cannot be read.
        """
        if kind not in OPTIONAL:
            return True
        connection = self.connection_of(business)
        return bool(connection) and may_read(self._scopes.get(connection), kind)

    def connection_of(self, business: str) -> str:
        """Return the connection that reads a business, "" when none does.

        Raises:
            ConnectorError: the table cannot be read.
        """
        return self._connections.get(business) or ""

    def _connection(self, business: str, *, again: bool = False) -> str:
        """Return the connection of a business.

        Raises:
            NotSyncedError: there is none.
        """
        connection = self._connections.get(business, again=again)
        if connection is None:
            raise NotSyncedError(
                f"The FreshBooks account {business} is not synced; `python -m shared connect` "
                "connects it."
            )
        return connection

    def _find_scope(self, connection: str) -> str:
        return self.get_state(connection).scope

    def _find_connection(self, business: str) -> str | None:
        found = self._businesses.get(business)
        return found.connection if found is not None else None
