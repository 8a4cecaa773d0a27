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
        """Refresh all tokens ahead of their end, and return whether each login can be used.

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
                self._with_dates(status),
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
        state, problem = ConnectionState.CONNECTED, ""
        try:
            self.tokens.keep_warm(connection)
        except ConnectorError as error:
            lost = isinstance(error, ReconnectNeededError)
            state = ConnectionState.RECONNECT_NEEDED if lost else ConnectionState.UNKNOWN
            problem = explain("FreshBooks' tokens", error)
        return ConnectionStatus(connection, businesses, state, problem)

    def _with_dates(self, status: ConnectionStatus) -> ConnectionStatus:
        """Add what is kept of a login's tokens; that it cannot be read changes nothing else."""
        if status.state is ConnectionState.UNKNOWN:
            return status
        try:
            kept = self.tokens.get_state(status.id)
        except ConnectorError:
            return status
        never = status.needs_login and kept.state is ConnectionState.NOT_CONNECTED
        return replace(
            status,
            state=kept.state if never else status.state,
            expires_at=kept.expires_at,
            scope=kept.scope,
        )
