"""What a change of one record makes due for another.

Never syncs anything itself: it puts messages on the queue, before the change is written.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from shared.core.events import Cause, Kind, SyncRequest
from shared.core.rows import record_in
from shared.sync.ports import Checkpoints, Crm, SyncQueue

CROWD = 4
_STRIPES = 32
_MARGIN = timedelta(seconds=1)


class FollowUps:
    """Asks for an invoice after its payment, and for a client's balances after either.

    Messages are sent before the change that makes them due is written: a crash in between costs
    one more read, never a balance that stays wrong.
    """

    def __init__(
        self,
        *,
        queue: SyncQueue,
        checkpoints: Checkpoints,
        clock: Callable[[], datetime],
        delay: float,
    ) -> None:
        self._queue = queue
        self._checkpoints = checkpoints
        self._clock = clock
        self._delay = delay
        self._sent: dict[str, datetime] = {}  # what this process sent, to spare the look-up
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    def invoice(self, account: str, invoice: int) -> None:
        """Ask for an invoice: FreshBooks does not say that a payment reports its invoice too."""
        self._queue.send(self._request(account, Kind.INVOICE, invoice))

    def balances(self, account: str, client: int, *, cause: Cause) -> None:
        """Ask for a client's balances, once for all changes of the next few seconds.

        A message that is still to become visible will read everything that happened until now.
        What a poll found comes in crowds, and nobody watches for it: those wait longer.
        """
        delay = self._delay * (CROWD if cause is Cause.POLL else 1)
        name = f"balances.{account}.{client}"
        # One thread at a time for a client: the others rely on its message, so it must be sent.
        with self._locks[client % len(self._locks)]:
            now = self._clock()
            if _ahead(self._sent.get(name), now) or _ahead(self._checkpoints.get(name), now):
                return
            self._queue.send(self._request(account, Kind.CLIENT, client), delay=delay)
            self._sent[name] = now + timedelta(seconds=delay)
            self._checkpoints.set(name, self._sent[name])

    def balances_of(self, crm: Crm, account: str, owner: UUID | None, *, cause: Cause) -> None:
        """Ask for the balances of the client behind an account row, if there is one."""
        row = crm.get_account(owner) if owner is not None else None
        key = str(row.row.columns.get("fbx_clientkey") or "") if row is not None else ""
        if (client := record_in(key, account)) is not None:
            self.balances(account, client, cause=cause)

    def _request(self, account: str, kind: Kind, record: int) -> SyncRequest:
        return SyncRequest(
            account=account, kind=kind, record=record, cause=Cause.FOLLOW_UP, seen=self._clock()
        )


def _ahead(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now + _MARGIN
