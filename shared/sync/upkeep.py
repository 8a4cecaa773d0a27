"""The timer's look after the connections: tokens kept fresh, webhooks kept alive, trouble told.

Never carries a record; polling does that whatever is found here.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.connections import Registration, SyncedBusiness, by_connection
from shared.core.identity import webhooks_checkpoint
from shared.errors import ConnectorError, ReconnectNeededError
from shared.sync.ports import Businesses, Checkpoints
from shared.sync.webhooks import Webhooks

logger = logging.getLogger(__name__)

CHECK_WEBHOOKS_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Standing:
    """How a login to FreshBooks stands.

    Attributes:
        businesses: the businesses it reads.
        problem: why it cannot be used now, "" when it can.
        registrations: the webhooks of its accounts.
    """

    businesses: tuple[SyncedBusiness, ...]
    problem: str
    registrations: tuple[Registration, ...]


class Upkeep:
    """Keeps every connection connected, or says that a person is needed."""

    def __init__(
        self,
        *,
        businesses: Businesses,
        checkpoints: Checkpoints,
        webhooks: Webhooks,
        keep_warm: Callable[[str], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._businesses = businesses
        self._checkpoints = checkpoints
        self._webhooks = webhooks
        self._keep_warm = keep_warm
        self._clock = clock

    def __call__(self) -> list[str]:
        """Look after everything once and return what is wrong, in words for an operator."""
        logins = by_connection(self._businesses.list_all())
        of_tokens = {connection: self._warm(connection) for connection in logins}
        of_webhooks = [
            self._look_after(business)
            for connection, businesses in logins.items()
            if not of_tokens[connection]
            for business in businesses
        ]
        return [problem for problem in (*of_tokens.values(), *of_webhooks) if problem]

    def look(self) -> list[Standing]:
        """Return how every login stands, without asking FreshBooks more than its tokens need."""
        return [
            Standing(
                businesses,
                self._warm(connection),
                tuple(each for one in businesses for each in self._webhooks.expected(one.id)),
            )
            for connection, businesses in by_connection(self._businesses.list_all()).items()
        ]

    def _warm(self, connection: str) -> str:
        """Refresh the tokens ahead of their end; return why they cannot be used, "" if they can."""
        try:
            self._keep_warm(connection)
        except ConnectorError as error:
            return _told("FreshBooks' tokens", error)
        return ""

    def _look_after(self, business: SyncedBusiness) -> str:
        """Look after an account's webhooks; return what is wrong, "" when nothing is."""
        name, now = webhooks_checkpoint(business.id), self._clock()
        try:
            last = self._checkpoints.get(name)
            try:
                if last is None or now - last >= CHECK_WEBHOOKS_EVERY:
                    self._webhooks.check(business.id)
                    self._checkpoints.set(name, now)
            finally:  # what FreshBooks does not let us register keeps no other webhook away
                self._webhooks.settle(business.id)
        except ConnectorError as error:
            return _told(f"The webhooks of {business.id}", error)
        return ""


def _told(what: str, error: ConnectorError) -> str:
    """Log a problem, and return it in words for an operator."""
    if isinstance(error, ReconnectNeededError):
        # Once a minute while it lasts: an alert reads this line.
        text = f"Reconnect needed: {error}"
        logger.error(text)
    else:
        text = f"{what} cannot be looked after now: {error}"
        logger.warning(text)
    return text
