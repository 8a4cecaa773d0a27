"""Asks for what differs: each record once, whatever a poll takes for known.

Never sends more at a time than can be handled: the rest is seen later.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.identity import RecordId
from shared.core.reconcile.differences import Difference
from shared.sync.ports import Journal
from shared.sync.tickets import Tickets

AT_ONCE: Final = 100  # messages that are seen at once


@dataclass
class Asks:
    """Puts messages on the queue for what differs.

    Attributes:
        rate: records in a second that can be handled.
        most: records that are asked for.
        asked: those that were.
    """

    tickets: Tickets
    journal: Journal
    clock: Callable[[], datetime]
    rate: float
    most: int
    asked: set[RecordId]

    def ask(self, differences: Iterable[Difference]) -> int:
        """Ask for the records of some differences, and return how many these are.

        Raises:
            ConnectorError: the queue or the journal cannot be reached now.
        """
        return self.ask_for(each.ask for each in differences if each.ask is not None)

    def ask_for(self, records: Iterable[RecordId]) -> int:
        """Ask for records, and return how many these are.

        Raises:
            ConnectorError: the queue or the journal cannot be reached now.
        """
        before = len(self.asked)
        for record in records:
            if record in self.asked or len(self.asked) >= self.most:
                continue
            entry = self.journal.get_latest(record)
            request = SyncRequest.of(record, cause=Cause.RECONCILE, seen=self.clock())
            delay = max(0, len(self.asked) - AT_ONCE) / self.rate
            self.tickets.note(request, entry, self.tickets.send(request, delay=delay))
            self.asked.add(record)
        return len(self.asked) - before
