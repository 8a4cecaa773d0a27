"""Whether a record is handled now: not while another message will read it, nor too often in a row.

Never asks FreshBooks or Dataverse.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.core.events import SyncRequest
from shared.core.journal import JournalEntry
from shared.core.outcomes import Joined
from shared.core.repeats import rest, will_be_read
from shared.sync.ports import Journal
from shared.sync.tickets import Tickets


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Lets a message through, or says which other one stands for it."""

    journal: Journal
    tickets: Tickets
    clock: Callable[[], datetime]

    def admit(self, request: SyncRequest) -> Joined | JournalEntry | None:
        """Return what was noted last of the record, None for nothing, or why there is no need.

        Raises:
            ConnectorError: the journal or the queue cannot be reached; nothing was begun.
        """
        entry = self.journal.get_latest(request.record)
        if request.own_ticket:
            return self.tickets.take(request, entry)
        if entry is None:
            return None
        now = self.clock()
        if will_be_read(entry, cause=request.cause, now=now):
            return Joined("a message that is on its way reads it")
        if (pause := rest(entry, cause=request.cause, now=now)) > 0:
            ticket = self.tickets.send(request, delay=pause)
            self.tickets.note(request, entry, ticket)
            return Joined(f"it was unchanged {entry.same} times: it rests for {pause:.0f} s")
        return entry

    def noted(self, request: SyncRequest) -> JournalEntry | None:
        """Return what is noted of the record by now.

        Raises:
            ConnectorError: the journal cannot be reached.
        """
        return self.journal.get_latest(request.record)

    def read_again(self, request: SyncRequest) -> None:
        """Ask for the record once more, for all whose messages joined this one.

        Raises:
            ConnectorError: the queue cannot be reached.
        """
        entry = self.journal.get_latest(request.record)
        pause = rest(entry, cause=request.cause, now=self.clock()) if entry is not None else 0.0
        ticket = self.tickets.send(request, delay=pause)
        self.tickets.note(request, entry, ticket)
