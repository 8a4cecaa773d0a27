"""The timer's look after the connections: tokens kept fresh, webhooks kept alive, trouble told.

Never carries a record; polling does that whatever is found here.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import ConnectorError, ReconnectNeededError
from shared.sync.ports import Accounts, Checkpoints, Registration, SyncedAccount
from shared.sync.webhooks import Webhooks

logger = logging.getLogger(__name__)

CHECK_WEBHOOKS_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Standing:
    """How a login to FreshBooks stands.

    Attributes:
        accounts: the businesses it reads.
        problem: why it cannot be used now, "" when it can.
        registrations: the webhooks of its accounts.
    """

    accounts: tuple[SyncedAccount, ...]
    problem: str
    registrations: tuple[Registration, ...]


class Upkeep:
    """Keeps every connection connected, or says that a person is needed."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        checkpoints: Checkpoints,
        webhooks: Webhooks,
        keep_warm: Callable[[str], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._checkpoints = checkpoints
        self._webhooks = webhooks
        self._keep_warm = keep_warm
        self._clock = clock

    def __call__(self) -> list[str]:
        """Look after everything once and return what is wrong, in words for an operator."""
        problems: list[str] = []
        accounts = self._accounts.list_all()
        fine = {
            connection: self._warm(connection, problems)
            for connection in dict.fromkeys(account.connection for account in accounts)
        }
        for account in accounts:
            if fine[account.connection]:
                self._look_after(account, problems)
        return problems

    def look(self) -> list[Standing]:
        """Return how every login stands, without asking FreshBooks more than its tokens need."""
        accounts = self._accounts.list_all()
        found = []
        for connection in dict.fromkeys(account.connection for account in accounts):
            problems: list[str] = []
            self._warm(connection, problems)
            read = tuple(each for each in accounts if each.connection == connection)
            kept = (each for account in read for each in self._webhooks.expected(account.id))
            found.append(Standing(read, "".join(problems), tuple(kept)))
        return found

    def _warm(self, connection: str, problems: list[str]) -> bool:
        """Refresh the tokens ahead of their end; say whether they can be used."""
        try:
            self._keep_warm(connection)
        except ConnectorError as error:
            problems.append(_told("FreshBooks' tokens", error))
            return False
        return True

    def _look_after(self, account: SyncedAccount, problems: list[str]) -> None:
        name, now = f"webhooks.{account.id}", self._clock()
        try:
            last = self._checkpoints.get(name)
            try:
                if last is None or now - last >= CHECK_WEBHOOKS_EVERY:
                    self._webhooks.check(account.id)
                    self._checkpoints.set(name, now)
            finally:  # what FreshBooks does not let us register keeps no other webhook away
                self._webhooks.settle(account.id)
        except ConnectorError as error:
            problems.append(_told(f"The webhooks of {account.id}", error))


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
