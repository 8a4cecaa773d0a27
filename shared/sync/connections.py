"""How the connections to FreshBooks stand: their tokens and their webhooks.

Never says more of a login that cannot be asked now than that.
"""

from dataclasses import dataclass, replace

from shared.core.connections import (
    ConnectionState,
    ConnectionStatus,
    Registration,
    SyncedBusiness,
    by_connection,
    explain,
)
from shared.errors import ConnectorError, ReconnectNeededError
from shared.sync.ports import Businesses, Tokens
from shared.sync.webhooks import Webhooks


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Every login to FreshBooks that reads a business."""

    businesses: Businesses
    tokens: Tokens
    webhooks: Webhooks

    def keep_warm(self) -> list[ConnectionStatus]:
        """Refresh all tokens ahead of their end, and return how each login stands now.

        Raises:
            ConnectorError: it is not known which businesses are synced.
        """
        logins = by_connection(self.businesses.list_all())
        return [
            self._keep_warm(connection, businesses) for connection, businesses in logins.items()
        ]

    def list_statuses(self) -> list[ConnectionStatus]:
        """Return how every login stands, with its webhooks as they are kept.

        FreshBooks is asked no more than the tokens need.

        Raises:
            ConnectorError: the tables cannot be read.
        """
        return [
            replace(
                status,
                registrations=tuple(
                    registration
                    for business in status.businesses
                    for registration in self.webhooks.list_registrations(business.id)
                ),
            )
            for status in self.keep_warm()
        ]

    def inspect_webhooks(self) -> list[Registration]:
        """Return every business's webhooks as FreshBooks has them now.

        Raises:
            ConnectorError: FreshBooks, Key Vault or the tables cannot be read.
        """
        return [
            registration
            for business in self.businesses.list_all()
            for registration in self.webhooks.inspect(business.id)
        ]

    def _keep_warm(
        self, connection: str, businesses: tuple[SyncedBusiness, ...]
    ) -> ConnectionStatus:
        problem = ""
        try:
            problem = self._refresh(connection)
            kept = self.tokens.get_state(connection)
        except ConnectorError as error:
            # That a login is needed is known whatever cannot be read besides; an alert waits.
            state = ConnectionState.RECONNECT_NEEDED if problem else ConnectionState.UNKNOWN
            problem = problem or explain("FreshBooks' tokens", error)
            return ConnectionStatus(connection, businesses, state, problem)
        state = ConnectionState.CONNECTED
        if problem:
            # What is kept knows nothing of tokens that are gone from the vault.
            lost = kept.state is ConnectionState.CONNECTED
            state = ConnectionState.RECONNECT_NEEDED if lost else kept.state
        return ConnectionStatus(
            connection,
            businesses,
            state,
            problem,
            expires_at=kept.expires_at,
            scope=kept.scope,
        )

    def _refresh(self, connection: str) -> str:
        """Refresh tokens ahead of their end; return why a new login is needed, "" if none is."""
        try:
            self.tokens.keep_warm(connection)
        except ReconnectNeededError as error:
            return explain("FreshBooks' tokens", error)
        return ""
