"""Whether a wait for a person has become needless: asks once what changed, not for each wait.

Never decides for a person; it asks for the client again, and the matching says what follows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from shared.core.events import Cause, SyncRequest
from shared.core.homes import AccountName
from shared.core.identity import RECHECK_CHECKPOINT, AwaitedKind, Kind, RecordId
from shared.core.known import CLOCKS_APART
from shared.core.matching import normal
from shared.core.waiting import Candidate, Hold, HoldState, was_active
from shared.errors import ConnectorError
from shared.sync.ports import Checkpoints, Crm, Holds, SyncQueue
from shared.sync.release import Release

EVERY: Final = timedelta(minutes=15)
# What no change tells: that an account was deleted.
ALL_EVERY: Final = timedelta(days=1)
ALL_CHECKPOINT: Final = "recheck-all"
EXISTING_CHECKPOINT: Final = "recheck-existing"
MOST_ACCOUNTS: Final = 100_000


def _ignored(_where: str, _error: ConnectorError) -> None:
    """Leave trouble to the next look."""


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """Looks whether what clients, invoices and currencies wait for is there.

    Only of businesses that are synced: nobody could handle what the others ask for.
    """

    crm: Crm
    queue: SyncQueue
    holds: Holds
    checkpoints: Checkpoints
    release: Release
    clock: Callable[[], datetime]

    def run(
        self, businesses: Iterable[str], trouble: Callable[[str, ConnectorError], None] = _ignored
    ) -> int:
        """Take up releases that were cut short and look what changed; return how many were asked.

        Args:
            businesses: that are synced: nobody could handle what the others ask for.
            trouble: is told what cannot be taken up of a business now; the next look does.

        Raises:
            ConnectorError: Dataverse, the queue or the tables cannot be asked now.
        """
        synced = set(businesses)
        holds = [hold for hold in self.holds.list_all() if hold.business in synced]
        for hold in holds:
            if hold.state is HoldState.RELEASED:
                try:
                    self.release.end(hold.business, hold.awaited)
                except ConnectorError as error:
                    trouble(hold.business, error)
        now = self.clock()
        since = self.checkpoints.get(RECHECK_CHECKPOINT)
        if since is not None and not _is_due(since, now, EVERY):
            return 0
        waiting = [hold for hold in holds if hold.is_open]
        try:
            self._currencies([h for h in waiting if h.awaited.kind is AwaitedKind.CURRENCY])
        except ConnectorError as error:
            trouble("currencies", error)
        clients = [hold for hold in waiting if hold.awaited.kind is AwaitedKind.CLIENT]
        asked = self._clients(clients, since, now) if clients else 0
        asked += self._invoices([h for h in waiting if h.awaited.kind is AwaitedKind.EXISTING], now)
        self.checkpoints.set(RECHECK_CHECKPOINT, now)
        return asked

    def _currencies(self, holds: list[Hold]) -> None:
        """End the wait for currencies that are there, and for those nothing waits for any more."""
        there = self.crm.list_currency_codes() if holds else frozenset()
        for hold in holds:
            if hold.awaited.name in there or not any(
                self.holds.list_waiting(hold.business, hold.awaited, most=1)
            ):
                self.release.end(hold.business, hold.awaited)

    def _invoices(self, holds: list[Hold], now: datetime) -> int:
        """Ask once a day for invoices that Sales has in another way; people may correct those."""
        last = self.checkpoints.get(EXISTING_CHECKPOINT)
        if not holds or (last is not None and not _is_due(last, now, ALL_EVERY)):
            return 0
        for hold in holds:
            invoice = RecordId(hold.business, Kind.INVOICE, int(hold.awaited.name))
            self.queue.send(SyncRequest.of(invoice, cause=Cause.RELEASE, seen=now))
        self.checkpoints.set(EXISTING_CHECKPOINT, now)
        return len(holds)

    def _clients(self, holds: list[Hold], since: datetime | None, now: datetime) -> int:
        """Ask for the clients whose matching may end differently now."""
        all_since = self.checkpoints.get(ALL_CHECKPOINT)
        whole = since is None or all_since is None or _is_due(all_since, now, ALL_EVERY)
        changed_since = None if whole or since is None else since - CLOCKS_APART
        found = self.crm.list_account_names(changed_since=changed_since)
        accounts = list(islice(found, MOST_ACCOUNTS + 1))
        complete = len(accounts) <= MOST_ACCOUNTS
        changes = _Changes(accounts, all_of_them=whole and complete)
        concerned = [hold for hold in holds if changes.concern(hold)]
        for hold in concerned:
            client = RecordId(hold.business, Kind.CLIENT, int(hold.awaited.name))
            self.queue.send(SyncRequest.of(client, cause=Cause.RELEASE, seen=now))
        if whole:
            self.checkpoints.set(ALL_CHECKPOINT, now)
        return len(concerned)


class _Changes:
    """Accounts that changed, or all of them, as clients that wait see them."""

    def __init__(self, accounts: Iterable[AccountName], *, all_of_them: bool) -> None:
        self._all = all_of_them
        self._by_id = {account.id: account for account in accounts}
        self._by_name: defaultdict[str, set[UUID]] = defaultdict(set)
        self._by_value: defaultdict[str, set[UUID]] = defaultdict(set)
        for account in self._by_id.values():
            if account.active:
                self._by_name[normal(account.name)].add(account.id)
                self._by_value[normal(account.match_value)].add(account.id)

    def concern(self, hold: Hold) -> bool:
        """Say whether the matching of a client may end differently now."""
        candidates = {candidate.account for candidate in hold.candidates}
        fitting: set[UUID] = set()
        for text, accounts in ((hold.name, self._by_name), (hold.value, self._by_value)):
            if normal(text):
                fitting |= accounts.get(normal(text), set())
        return bool(fitting - candidates) or any(map(self._changed, hold.candidates))

    def _changed(self, candidate: Candidate) -> bool:
        # Its balances change all the time; what it is called and whether it is active decides.
        account = self._by_id.get(candidate.account)
        if account is None:
            return self._all
        return account.name != candidate.name or account.active != was_active(candidate)


def _is_due(last: datetime, now: datetime, every: timedelta) -> bool:
    return not -CLOCKS_APART < now - last < every
