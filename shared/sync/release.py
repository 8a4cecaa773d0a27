"""Sends the records on that waited for a decision.

Never loses one: a record is sent before it is forgotten, and a release that was cut short is
taken up again by the next poll.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.core.events import Cause, SyncRequest
from shared.sync.ports import Hold, Holds, SyncQueue


class Release:
    """Ends a hold. The order is what makes it safe.

    1. The hold is marked released: whoever adds a record from now on sees that nobody will look
       for it again and sends it on himself. 2. The records that wait are sent, then forgotten.
    3. The hold is deleted, and who joined meanwhile is sent too: a worker that read before the
    decision may have opened the hold again.
    """

    def __init__(self, *, holds: Holds, queue: SyncQueue, clock: Callable[[], datetime]) -> None:
        self._holds = holds
        self._queue = queue
        self._clock = clock

    def __call__(self, account: str, subject: str) -> int:
        """End a hold if there is one and return how many waiting records were sent on."""
        hold = self._holds.get(account, subject)
        if hold is None:
            return self.send_waiting(account, subject)  # some wait without a decision to make
        self._holds.upsert(replace(hold, state="released"))
        sent = self.send_waiting(account, subject)
        self._holds.delete(account, subject)
        return sent + self.send_waiting(account, subject)

    def send_waiting(self, account: str, subject: str) -> int:
        """Send the waiting records on and return how many there were."""
        sent = 0
        for request in self._holds.list_waiting(account, subject):
            self._queue.send(
                request.model_copy(
                    update={"cause": Cause.RELEASE, "attempt": 0, "seen": self._clock()}
                )
            )
            self._holds.delete_waiting(subject, request)
            sent += 1
        return sent

    def wait(self, subject: str, request: SyncRequest) -> None:
        """Let a record wait for something that is no decision, such as its invoice."""
        self._holds.add_waiting(subject, request)

    def forget(self, subject: str, request: SyncRequest) -> None:
        """Let a record wait no longer."""
        self._holds.delete_waiting(subject, request)

    def add(self, hold: Hold, request: SyncRequest) -> None:
        """Let a record wait for a hold.

        A hold that was ended between the decision to wait and the note of it sends nobody on any
        more, so the record goes back on the queue.
        """
        self._holds.add_waiting(hold.subject, request)
        current = self._holds.get(hold.account, hold.subject)
        if current is None or current.state != "waiting":
            self._queue.send(request)
            self._holds.delete_waiting(hold.subject, request)
