"""Which login's access token reads an account: one token chain for each connection.

Never lets one connection's trouble reach the accounts of another.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.http.transport import Authorize
from shared.errors import NotSyncedError, ReconnectNeededError
from shared.sync.ports import Accounts, Clock

_REMEMBERED: Final = timedelta(minutes=1)


class AccountTokens:
    """Gives an account the access token of its connection.

    Args:
        accounts: say which connection reads an account.
        build: makes the token chain of a connection.
        clock: the time.
    """

    def __init__(
        self, accounts: Accounts, build: Callable[[str], TokenChain], *, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._build = build
        self._clock = clock
        self._lock = threading.Lock()
        self._chains: dict[str, TokenChain] = {}
        self._known: dict[str, tuple[datetime, str]] = {}

    def __call__(self, account: str) -> Authorize:
        """Return what authorizes requests on an account."""

        def authorize(renew: bool, /) -> str:  # noqa: FBT001  # the transport's `Authorize`
            connection = self._connection(account)
            try:
                return self.chain(connection)(renew)
            except ReconnectNeededError:
                # Somebody may have connected again a moment ago, and by a new connection.
                newer = self._connection(account, again=True)
                if newer == connection:
                    raise
                return self.chain(newer)(False)

        return authorize

    def chain(self, connection: str) -> TokenChain:
        """Return the token chain of a connection, one for all threads."""
        with self._lock:
            if connection not in self._chains:
                self._chains[connection] = self._build(connection)
            return self._chains[connection]

    def _connection(self, account: str, *, again: bool = False) -> str:
        """Return the connection of an account.

        Raises:
            NotSyncedError: there is none.
        """
        now = self._clock()
        known = self._known.get(account)
        if known is not None and now - known[0] < _REMEMBERED and not again:
            return known[1]
        found = self._accounts.get(account)
        if found is None:
            self._known.pop(account, None)
            raise NotSyncedError(
                f"The FreshBooks account {account} is not synced; `python -m shared connect` "
                "connects it."
            )
        self._known[account] = (now, found.connection)
        return found.connection
