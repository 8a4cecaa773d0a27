"""The timer's look after the connections: tokens kept fresh, webhooks kept alive, trouble told.

Never carries a record; polling does that whatever is found here.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared.core.connections import SyncedBusiness, explain
from shared.core.identity import webhooks_checkpoint
from shared.errors import ConnectorError, ReconnectNeededError
from shared.sync.connections import Connections
from shared.sync.ports import Checkpoints, Clock
from shared.sync.webhooks import Webhooks

logger = logging.getLogger(__name__)

REPAIR_WEBHOOKS_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """Keeps every connection connected, or says that a person is needed."""

    connections: Connections
    checkpoints: Checkpoints
    webhooks: Webhooks
    clock: Clock

    def run(self) -> list[str]:
        """Look after everything once and return what is wrong, in words for an operator."""
        statuses = self.connections.keep_warm()
        of_tokens = [
            _told(status.problem, reconnect=status.needs_login)
            for status in statuses
            if not status.works
        ]
        of_webhooks = [
            self._look_after(business)
            for status in statuses
            if status.works
            for business in status.businesses
        ]
        return [problem for problem in (*of_tokens, *of_webhooks) if problem]

    def _look_after(self, business: SyncedBusiness) -> str:
        """Look after a business's webhooks; return what is wrong, "" when nothing is."""
        name, now = webhooks_checkpoint(business.id), self.clock()
        try:
            last = self.checkpoints.get(name)
            try:
                if last is None or now - last >= REPAIR_WEBHOOKS_EVERY:
                    self.webhooks.repair(business.id)
                    self.checkpoints.set(name, now)
            finally:  # what FreshBooks does not let us register keeps no other webhook away
                self.webhooks.settle(business.id)
        except ConnectorError as error:
            return _told(
                explain(f"The webhooks of {business.id}", error),
                reconnect=isinstance(error, ReconnectNeededError),
            )
        return ""


def _told(problem: str, *, reconnect: bool) -> str:
    """Log a problem and return it."""
    # A needed login once a minute while it lasts: an alert reads this line.
    logger.log(logging.ERROR if reconnect else logging.WARNING, "%s", problem)
    return problem
