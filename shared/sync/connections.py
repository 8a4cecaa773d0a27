"""How the connections to FreshBooks stand: their tokens and their webhooks.

Never says more of a login that cannot be asked now than that.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

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
from shared.sync.sightings import Sightings
from shared.sync.webhooks import Webhooks


@dataclass(frozen=True, kw_only=True)
class Connections:
    """Every login to FreshBooks that reads a business.

    Attributes:
        sightings: for whoever only looks.
    """

    businesses: Businesses
    tokens: Tokens
    webhooks: Webhooks
    sightings: Sightings

    def keep_warm(self) -> list[ConnectionStatus]:
        """Refresh all tokens ahead of their end, and return whether each login can be used.

        Raises:
            ConnectorError: it is not known which businesses are synced.
        """
        return self._statuses(self.tokens.keep_warm)

    def look(self) -> list[ConnectionStatus]:
        """Return how every login stands, with its webhooks as FreshBooks has them now.

        Nothing is changed by it: no token is renewed and nothing is written. Where FreshBooks
        cannot be asked, the webhooks are as they were last seen.

        Raises:
            ConnectorError: the tables cannot be read.
        """
        until = self.sightings.ends()
        return [
            self._with_sight(self._with_dates(status), until)
            for status in self._statuses(self.tokens.look)
        ]

    def list_statuses(self) -> list[ConnectionStatus]:
        """Return how every login stands, with its webhooks as they are kept.

        FreshBooks is asked no more than the tokens need.

        Raises:
            ConnectorError: the tables cannot be read.
        """
        statuses = self.keep_warm()
        kept = self.sightings.list_kept(
            each.id for status in statuses for each in status.businesses
        )
        return [
            replace(
                self._with_dates(status),
                registrations=tuple(
                    registration for each in status.businesses for registration in kept[each.id]
                ),
            )
            for status in statuses
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

    def _statuses(self, try_tokens: Callable[[str], None]) -> list[ConnectionStatus]:
        logins = by_connection(self.businesses.list_all())
        return [
            self._status(connection, businesses, try_tokens)
            for connection, businesses in logins.items()
        ]

    def _status(
        self,
        connection: str,
        businesses: tuple[SyncedBusiness, ...],
        try_tokens: Callable[[str], None],
    ) -> ConnectionStatus:
        state, problem = ConnectionState.CONNECTED, ""
        try:
            try_tokens(connection)
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

    def _with_sight(self, status: ConnectionStatus, until: datetime) -> ConnectionStatus:
        businesses = [business.id for business in status.businesses]
        if not status.works:
            found = self.sightings.recall(businesses)
            return replace(status, registrations=found, unseen=status.problem)
        sight = self.sightings.look(businesses, until=until)
        return replace(status, registrations=sight.registrations, unseen=sight.problem)
