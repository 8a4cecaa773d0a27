"""What people decided about clients in Dynamics: one question a minute, whatever there is of them.

Never carries a decision out; it asks for the client, and the matching says what follows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.homes import ClientRow
from shared.core.identity import DECISIONS_CHECKPOINT, RecordId
from shared.core.known import CLOCKS_APART
from shared.sync.ports import Businesses, Checkpoints, Crm
from shared.sync.tickets import Tickets

ALL_EVERY: Final = timedelta(days=1)
ALL_CHECKPOINT: Final = f"{DECISIONS_CHECKPOINT}-all"
# Who is asked for and was not read meanwhile is asked for again: the message may be lost.
ASKED_AGAIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Notices clients' rows that somebody changed and the connector has not acted on.

    What is written on a row by the connector itself changes it too, and is settled.

    Attributes:
        is_open: says why nothing may be asked of Dataverse now, "" when it may.
    """

    crm: Crm
    tickets: Tickets
    businesses: Businesses
    checkpoints: Checkpoints
    clock: Callable[[], datetime]
    is_open: Callable[[], str] = lambda: ""

    def run(self) -> int:
        """Look once, and return how many clients were asked for.

        Raises:
            ConnectorError: Dataverse, the queue or the tables cannot be asked now.
        """
        if self.is_open():
            return 0  # from where it looked last, once Dataverse answers again
        now = self.clock()
        since = self._last(DECISIONS_CHECKPOINT, now)
        whole = since is None or self._is_old(self._last(ALL_CHECKPOINT, now), now)
        changed = None if whole or since is None else since - CLOCKS_APART
        synced = [business.id for business in self.businesses.list_all()]
        asked = sum(
            self._ask(client, now)
            for row in self.crm.list_client_rows(changed_since=changed)
            if not row.settled and (client := _client_of(row, synced)) is not None
        )
        self.checkpoints.set(DECISIONS_CHECKPOINT, now)
        if whole:
            self.checkpoints.set(ALL_CHECKPOINT, now)
        return asked

    def _ask(self, client: RecordId, now: datetime) -> bool:
        request = SyncRequest.of(client, cause=Cause.OPERATOR, seen=now)
        return self.tickets.send_once(request, at_most_every=ASKED_AGAIN)

    def _last(self, checkpoint: str, now: datetime) -> datetime | None:
        """Return when it was looked last; a moment yet to come is a row somebody changed."""
        last = self.checkpoints.get(checkpoint)
        return last if last is not None and last - now < CLOCKS_APART else None

    @staticmethod
    def _is_old(last: datetime | None, now: datetime) -> bool:
        return last is None or now - last >= ALL_EVERY


def _client_of(row: ClientRow, businesses: Iterable[str]) -> RecordId | None:
    """Return the client a row stands for, None when it is of no business that is synced."""
    found = (row.client(business) for business in businesses)
    return next(filter(None, found), None)
