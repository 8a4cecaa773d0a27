"""Which login's access token reads an account: one token chain for each connection.

Never lets one connection's trouble reach the accounts of another.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.http.authorize import Authorize
from shared.errors import NotSyncedError, ReconnectNeededError
from shared.sync.ports import Businesses, Clock

_REMEMBERED: Final = timedelta(minutes=1)


class BusinessTokens:
    """Gives an account the access token of its connection.

    Args:
        businesses: say which connection reads an account.
        build: makes the token chain of a connection.
        clock: the time.
    """

    def __init__(
        self, businesses: Businesses, build: Callable[[str], TokenChain], *, clock: Clock
    ) -> None:
        self._businesses = businesses
        self._build = build
        self._clock = clock
        self._lock = threading.Lock()
        self._chains: dict[str, TokenChain] = {}
        self._known: dict[str, tuple[datetime, str]] = {}

    def __call__(self, business: str) -> Authorize:
        """Return what authorizes requests on an account."""

        def authorize(rejected: str | None, /) -> str:
            connection = self._connection(business)
            try:
                return self.chain(connection)(rejected)
            except ReconnectNeededError:
                # Somebody may have connected again a moment ago, and by a new connection.
                newer = self._connection(business, again=True)
                if newer == connection:
                    raise
                return self.chain(newer)(None)

        return authorize

    def chain(self, connection: str) -> TokenChain:
        """Return the token chain of a connection, one for all threads."""
        with self._lock:
            if connection not in self._chains:
                self._chains[connection] = self._build(connection)
            return self._chains[connection]

    def _connection(self, business: str, *, again: bool = False) -> str:
        """Return the connection of an account.

        Raises:
            NotSyncedError: there is none.
        """
        now = self._clock()
        known = self._known.get(business)
        if known is not None and now - known[0] < _REMEMBERED and not again:
            return known[1]
        found = self._businesses.get(business)
        if found is None:
            self._known.pop(business, None)
            raise NotSyncedError(
                f"The FreshBooks account {business} is not synced; `python -m shared connect` "
                "connects it."
            )
        self._known[business] = (now, found.connection)
        return found.connection
