"""What a change of one record makes due for another.

Never syncs anything itself: it puts messages on the queue, before the change is written.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from shared.core.events import Cause, SyncRequest
from shared.core.identity import RecordId
from shared.core.journal import JournalEntry
from shared.core.known import is_pending
from shared.core.outcomes import OutcomeName
from shared.sync.ports import Crm, Journal, SyncQueue
from shared.sync.tickets import Tickets

CROWD: Final = 4
AT_ONCE: Final = 100  # records that are asked for together
PER_SECOND: Final = 8.0  # of more, and of those that nobody waits for
AFTER_WRITE: Final = 5.0  # seconds until what looks at a row comes that is just being written
_STRIPES: Final = 32
_MARGIN: Final = timedelta(seconds=1)
# What a poll asked for in bulk may come much later than a person waits.
_URGENT: Final = frozenset({Cause.WEBHOOK, Cause.OPERATOR, Cause.RELEASE})


class FollowUps:
    """Asks for an invoice after its payment, and for a client's balances after either.

    Messages are sent before the change that makes them due is written: a crash in between costs
    one more read, never a balance that stays wrong.

    A message for balances carries a ticket: who finds it in the client's journal entry knows that
    the client is read after now, whatever the clocks of two instances say.
    """

    def __init__(
        self,
        *,
        queue: SyncQueue,
        crm: Crm,
        journal: Journal,
        tickets: Tickets,
        clock: Callable[[], datetime],
        delay: float,
    ) -> None:
        self._queue = queue
        self._crm = crm
        self._journal = journal
        self._clock = clock
        self._tickets = tickets
        self._delay = delay
        # Until when messages of this process cannot be taken yet, by its own clock.
        self._sent: dict[RecordId, datetime] = {}
        self._last_in_turn: datetime | None = None
        self._turns = threading.Lock()
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    @property
    def grace(self) -> timedelta:
        """How long a write may take before what follows from it has to be asked for again."""
        return timedelta(seconds=min(self._delay, AFTER_WRITE) / 2)

    def request_invoice(self, invoice: RecordId) -> None:
        """Ask for an invoice: FreshBooks does not say that a payment reports its invoice too."""
        self._queue.send(self._request(invoice))

    def request_balances(self, client: RecordId, *, cause: Cause) -> None:
        """Ask for a client's balances, once for all changes of the next few seconds.

        A message that is still to be taken will read everything that happened until now.
        What a poll found comes in crowds, and nobody watches for it: those wait longer.
        """
        delay = self._delay * (CROWD if cause is Cause.POLL else 1)
        # One thread at a time for a client: the others rely on its message, so it must be sent.
        with self._locks[client.number % len(self._locks)]:
            now = self._clock()
            if self._is_ahead(client, now):
                return
            entry = self._journal.get_latest(client)
            if entry is not None and self._will_be_read(entry, now, cause):
                return
            request = self._request(client)
            ticket = self._tickets.send(request, delay=delay)
            self._keep(client, now + timedelta(seconds=delay), now)
            self._tickets.note(request, entry, ticket)

    def request_balances_on(self, account: UUID | None, business: str, *, cause: Cause) -> None:
        """Ask for the balances of the clients of a business that belong to an account, if any."""
        found = self._crm.get_account(account) if account is not None else None
        for row in found.clients if found is not None else ():
            client = row.client(business)
            if client is not None and row.belongs:
                self.request_balances(client, cause=cause)

    def request_all(self, records: Iterable[RecordId]) -> None:
        """Ask for records that belong elsewhere now, or show what another one is called.

        They look at rows that are still to be written; many do not come all at once.
        """
        for index, record in enumerate(records):
            request = SyncRequest.of(record, cause=Cause.RELEASE, seen=self._clock())
            delay = AFTER_WRITE + max(0, index - AT_ONCE) / PER_SECOND
            self._queue.send(request, delay=delay)

    def request_in_turn(self, records: Sequence[RecordId]) -> int:
        """Ask for records of one kind of which there may be many and that nobody waits for.

        Whatever makes them due, all that this process asks for so is spread over time, and what is
        to be read anyhow is not asked for.

        Returns:
            How many were asked for.
        """
        asked = 0
        for start in range(0, len(records), AT_ONCE):
            part = records[start : start + AT_ONCE]
            numbers = [each.number for each in part]
            noted = self._journal.get_many(part[0].business, part[0].kind, numbers)
            for record in part:
                if is_pending(noted.get(record.number), self._clock(), idle=True):
                    continue
                self._queue.send(self._request(record), delay=self._turn())
                asked += 1
        return asked

    def _turn(self) -> float:
        """Return in how many seconds the next message of many may be seen."""
        with self._turns:
            now = self._clock()
            after = max(self._last_in_turn or now, now)
            self._last_in_turn = after + timedelta(seconds=1 / PER_SECOND)
            return (self._last_in_turn - now).total_seconds()

    def _request(self, record: RecordId) -> SyncRequest:
        return SyncRequest.of(record, cause=Cause.FOLLOW_UP, seen=self._clock())

    def _is_ahead(self, client: RecordId, now: datetime) -> bool:
        """Say whether a message of this process cannot have been taken yet."""
        visible = self._sent.get(client)
        longest = timedelta(seconds=self._delay * CROWD)
        return visible is not None and now + _MARGIN < visible <= now + longest

    def _keep(self, client: RecordId, visible: datetime, now: datetime) -> None:
        for other in [each for each, at in list(self._sent.items()) if at < now]:
            self._sent.pop(other, None)
        self._sent[client] = visible

    def _will_be_read(self, entry: JournalEntry, now: datetime, cause: Cause) -> bool:
        """Say whether a message that was not taken yet reads the client soon enough."""
        in_bulk = entry.outcome is OutcomeName.ASKED and entry.cause == Cause.POLL
        if in_bulk and cause in _URGENT:
            return False
        if is_pending(entry, now, idle=True):
            return True
        # An old one is lost where nothing is on the queue any more.
        return is_pending(entry, now, idle=False) and self._queue.depth() > 0
