"""Sends the records on that waited for a decision.

Never loses one: a record is sent before it is forgotten, and a release that was cut short is
taken up again by the next poll.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited
from shared.core.waiting import Hold, HoldState
from shared.sync.ports import Holds, SyncQueue


@dataclass(frozen=True, kw_only=True)
class Release:
    """Ends a hold. The order is what makes it safe.

    1. The hold is marked released: whoever adds a record from now on sees that nobody will look
       for it again and sends it on himself. 2. The records that wait are sent, then forgotten.
    3. The hold is deleted, and who joined meanwhile is sent too: a worker that read before the
    decision may have opened the hold again.
    """

    holds: Holds
    queue: SyncQueue
    clock: Callable[[], datetime]

    def end(self, business: str, awaited: Awaited) -> int:
        """End a hold if there is one and return how many waiting records were sent on."""
        hold = self.holds.get(business, awaited)
        if hold is None:
            return self.send_waiting(business, awaited)  # some wait without a decision to make
        self.holds.upsert(replace(hold, state=HoldState.RELEASED))
        sent = self.send_waiting(business, awaited)
        self.holds.delete(business, awaited)
        return sent + self.send_waiting(business, awaited)

    def send_waiting(self, business: str, awaited: Awaited) -> int:
        """Send the waiting records on and return how many there were."""
        sent = 0
        for request in self.holds.list_waiting(business, awaited):
            self.queue.send(
                request.model_copy(
                    update={"cause": Cause.RELEASE, "attempt": 0, "seen": self.clock()}
                )
            )
            self.holds.delete_waiting(awaited, request)
            sent += 1
        return sent

    def wait(self, awaited: Awaited, request: SyncRequest) -> None:
        """Let a record wait for something that is no decision, such as its invoice."""
        self.holds.add_waiting(awaited, request)

    def forget(self, awaited: Awaited, request: SyncRequest) -> None:
        """Let a record wait no longer."""
        self.holds.delete_waiting(awaited, request)

    def add(self, hold: Hold, request: SyncRequest) -> None:
        """Let a record wait for a hold.

        A hold that was ended between the decision to wait and the note of it sends nobody on any
        more, so the record goes back on the queue.
        """
        self.holds.add_waiting(hold.awaited, request)
        current = self.holds.get(hold.business, hold.awaited)
        if current is None or not current.is_open:
            self.queue.send(request)
            self.holds.delete_waiting(hold.awaited, request)
