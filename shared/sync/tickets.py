"""Tickets: a message on its way that will read a record leaves word of it in the record's entry.

Never lets a message be relied on that was taken already.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.events import SyncRequest
from shared.core.journal import JournalEntry
from shared.core.known import is_pending
from shared.core.outcomes import OutcomeName
from shared.errors import ConflictError, RetryLaterError
from shared.sync.ports import Journal, SyncQueue

_TRIES: Final = 5


@dataclass(frozen=True)
class Sent:
    """A message that was sent.

    Attributes:
        request: the message.
        entry: what was noted of its record before it was sent.
        ticket: to be noted now.
    """

    request: SyncRequest
    entry: JournalEntry | None
    ticket: str


@dataclass(frozen=True, kw_only=True)
class Tickets:
    """Sends messages with tickets, and takes the tickets of messages that arrive.

    1. The message is sent, then its ticket is noted: what is cut short in between costs one reading
    more. 2. Who takes the message changes the entry before the record is read, whether the ticket
    stands there or not: a ticket that is noted too late finds another version. So whoever finds a
    ticket knows that the record is read after that, whatever the clocks of two instances say.

    Attributes:
        new_ticket: returns a text nobody else has.
    """

    queue: SyncQueue
    journal: Journal
    clock: Callable[[], datetime]
    new_ticket: Callable[[], str]

    def send(self, request: SyncRequest, *, delay: float = 0.0) -> str:
        """Send a message and return its ticket, to be noted."""
        if not request.own_ticket:
            request = request.model_copy(update={"ticket": self.new_ticket()})
        self.queue.send(request, delay=delay)
        return request.own_ticket

    def send_once(self, request: SyncRequest, *, at_most_every: timedelta) -> bool:
        """Send a message unless one that will read its record is on its way, and say so.

        Args:
            request: the message.
            at_most_every: after which time the one that was sent before counts as lost.

        Raises:
            ConnectorError: the queue or the journal cannot be reached.
        """
        entry, now = self.journal.get_latest(request.record), self.clock()
        if entry is not None and entry.pending_since is not None:
            fresh = now - entry.pending_since < at_most_every
            if fresh and is_pending(entry, now, idle=self.queue.depth() == 0):
                return False
        self.note(request, entry, self.send(request))
        return True

    def note(self, request: SyncRequest, entry: JournalEntry | None, ticket: str) -> None:
        """Note a ticket in the entry that was read before its message was sent."""
        # When something newer is noted, or the message was taken: one more costs one reading.
        with contextlib.suppress(ConflictError):
            self.journal.replace(self._with(Sent(request, entry, ticket)))

    def note_all(self, sent: Sequence[Sent]) -> None:
        """Note tickets as `note` does, with few requests."""
        if sent:
            self.journal.replace_all([self._with(each) for each in sent])

    def _with(self, sent: Sent) -> JournalEntry:
        asked = sent.entry if sent.entry is not None else self._asked(sent.request)
        return replace(asked, pending=sent.ticket, pending_since=self.clock())

    def take(self, request: SyncRequest, entry: JournalEntry | None) -> JournalEntry:
        """Take the ticket of a message, and return what is noted of its record.

        Args:
            request: the message.
            entry: what was noted a moment ago.

        Raises:
            RetryLaterError: what is noted changes all the time.
            ConnectorError: the journal cannot be reached.
        """
        for _ in range(_TRIES):
            wanted = entry if entry is not None else self._asked(request)
            if wanted.pending == request.own_ticket:
                wanted = replace(wanted, pending="", pending_since=None)
            try:
                return self.journal.replace(wanted)
            except ConflictError:
                entry = self.journal.get_latest(request.record)
        raise RetryLaterError(f"What is noted of {request} changes all the time.")

    def _asked(self, request: SyncRequest) -> JournalEntry:
        return JournalEntry(
            record=request.record,
            outcome=OutcomeName.ASKED,
            at=self.clock(),
            cause=request.cause,
        )
