"""What a change of one record makes due for another.

Never syncs anything itself: it puts messages on the queue, before the change is written.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from shared.core.events import Cause, SyncRequest
from shared.core.identity import RecordId, balances_checkpoint
from shared.sync.ports import Checkpoints, Crm, SyncQueue

CROWD = 4
_STRIPES = 32
_MARGIN = timedelta(seconds=1)
_LONGEST_AHEAD = timedelta(minutes=1)  # for clocks that differ


class FollowUps:
    """Asks for an invoice after its payment, and for a client's balances after either.

    Messages are sent before the change that makes them due is written: a crash in between costs
    one more read, never a balance that stays wrong.
    """

    def __init__(
        self,
        *,
        queue: SyncQueue,
        crm: Crm,
        checkpoints: Checkpoints,
        clock: Callable[[], datetime],
        delay: float,
    ) -> None:
        self._queue = queue
        self._crm = crm
        self._checkpoints = checkpoints
        self._clock = clock
        self._delay = delay
        self._sent: dict[RecordId, datetime] = {}  # what this process sent, to spare the look-up
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    def request_invoice(self, invoice: RecordId) -> None:
        """Ask for an invoice: FreshBooks does not say that a payment reports its invoice too."""
        self._queue.send(self._request(invoice))

    def request_balances(self, client: RecordId, *, cause: Cause) -> None:
        """Ask for a client's balances, once for all changes of the next few seconds.

        A message that is still to become visible will read everything that happened until now.
        What a poll found comes in crowds, and nobody watches for it: those wait longer.
        """
        delay = self._delay * (CROWD if cause is Cause.POLL else 1)
        name = balances_checkpoint(client)
        # One thread at a time for a client: the others rely on its message, so it must be sent.
        with self._locks[client.number % len(self._locks)]:
            now = self._clock()
            longest = timedelta(seconds=self._delay * CROWD) + _LONGEST_AHEAD
            if _ahead(self._sent.get(client), now, longest) or _ahead(
                self._checkpoints.get(name), now, longest
            ):
                return
            self._queue.send(self._request(client), delay=delay)
            self._sent[client] = now + timedelta(seconds=delay)
            self._checkpoints.set(name, self._sent[client])

    def request_balances_on(self, account: UUID | None, business: str, *, cause: Cause) -> None:
        """Ask for the balances of the client of a business an account is linked to, if any."""
        found = self._crm.get_account(account) if account is not None else None
        client = found.client(business) if found is not None else None
        if client is not None:
            self.request_balances(client, cause=cause)

    def _request(self, record: RecordId) -> SyncRequest:
        return SyncRequest.of(record, cause=Cause.FOLLOW_UP, seen=self._clock())


def _ahead(moment: datetime | None, now: datetime, longest: timedelta) -> bool:
    """Say whether a message is still to become visible; none is sent for longer ahead."""
    return moment is not None and now + _MARGIN < moment <= now + longest
