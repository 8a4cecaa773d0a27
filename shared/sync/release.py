"""Lets records wait, and sends them on when what they wait for is there.

Never loses one: a record is sent before it is forgotten, and a release that was cut short is taken
up again by the next look.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind
from shared.core.waiting import CIRCUITS, Hold, HoldState, Wait
from shared.sync.ports import Holds, SyncQueue

MOST_AT_ONCE: Final = 500  # records that a circuit's end sends on in one go; the rest follow
_A_MOMENT: Final = 1.0  # seconds
_TAKE_TURNS: Final = 100  # records, of all that wait for one thing


def _always(_business: str, _awaited: Awaited) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Release:
    """Ends a hold. The order is what makes it safe.

    1. The hold is marked released: whoever adds a record from now on sees that nobody will look
       for it again and sends it on himself. 2. The records that wait are sent, then forgotten.
    3. The hold is deleted, and who joined meanwhile is sent too: a worker that read before the
    decision may have opened the hold again.

    Attributes:
        is_stopped: says whether a circuit still keeps records from going on, read anew.
        pace: seconds between two records that a circuit's end sends on, so that what comes in
            meanwhile goes ahead of them.
    """

    holds: Holds
    queue: SyncQueue
    clock: Callable[[], datetime]
    is_stopped: Callable[[str, Awaited], bool] = _always
    pace: float = 0.0

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
        return self.send_some(business, awaited, most=None)

    def send_some(
        self, business: str, awaited: Awaited, *, most: int | None = MOST_AT_ONCE, ahead: int = 0
    ) -> int:
        """Send waiting records on, paced where a circuit kept them, and return how many.

        Args:
            business: whose they are.
            awaited: what they wait for.
            most: of them; None for all.
            ahead: records that were sent on before in this release.
        """
        pace = self.pace if awaited.kind in CIRCUITS else 0.0
        sent = 0
        for request in self.holds.list_waiting(business, awaited, most=most):
            self.queue.send(self._again(request, awaited), delay=pace * (ahead + sent))
            self.holds.delete_waiting(awaited, request)
            sent += 1
        return sent

    def next_probe(self, business: str, awaited: Awaited, *, turn: int) -> SyncRequest | None:
        """Return a message that tries whether a wait is over; its record goes on waiting.

        Args:
            business: whose records.
            awaited: what they wait for.
            turn: which of them, so that they take turns.

        Returns:
            The message; None when nobody waits.
        """
        waiting = list(self.holds.list_waiting(business, awaited, most=_TAKE_TURNS))
        return self._again(waiting[turn % len(waiting)], awaited) if waiting else None

    def wait(self, wait: Wait) -> None:
        """Let a record wait for something that nobody opened or ends, such as its invoice."""
        self.holds.add_waiting(
            wait.awaited,
            wait.request,
            since=wait.since,
            reason=wait.reason,
            shown=wait.shown,
            partly=wait.partly,
            noted=wait.noted,
        )

    def forget(self, awaited: Awaited, request: SyncRequest) -> None:
        """Let a record wait no longer."""
        self.holds.delete_waiting(awaited, request)

    def add(self, wait: Wait) -> None:
        """Let a record wait for a hold or a circuit.

        One that ended between the decision to wait and the note of it sends nobody on any more, so
        the record goes back on the queue.
        """
        self.wait(wait)
        if not self._stands(wait.request.business, wait.awaited):
            # A moment later: whatever is amiss, it goes round once a second at most.
            self.queue.send(wait.request, delay=_A_MOMENT)
            self.holds.delete_waiting(wait.awaited, wait.request)

    def _stands(self, business: str, awaited: Awaited) -> bool:
        if awaited.kind in CIRCUITS:
            return self.is_stopped(business, awaited)
        hold: Hold | None = self.holds.get(business, awaited)
        return hold is not None and hold.is_open

    def _again(self, request: SyncRequest, awaited: Awaited) -> SyncRequest:
        # What is refused again and again counts how often; every other wait begins anew.
        attempt = request.attempt if awaited.kind is AwaitedKind.PROBLEM else 0
        again = {"cause": Cause.RELEASE, "attempt": attempt, "seen": self.clock(), "ticket": ""}
        return request.model_copy(update=again)
