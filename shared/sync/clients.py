"""A FreshBooks client: its own row, the account it belongs to, and what it owes.

Never renames an account unless the administrator gives FreshBooks its name, and never guesses
between two.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import (
    Held,
    Outcome,
    OutcomeName,
    Result,
    Skipped,
    Unchanged,
    Waits,
    Written,
    reason_of,
)
from shared.core.records import Client
from shared.core.waiting import Wait
from shared.errors import (
    ConflictError,
    ConnectorError,
    NotSyncedError,
    ReconnectNeededError,
    RetryLaterError,
)
from shared.sync.client_rows import at_home, carried_client
from shared.sync.client_targets import ClientTarget
from shared.sync.match import Match, Wish
from shared.sync.naming import Naming, TakenError
from shared.sync.ports import Claims, Holds, Journal
from shared.sync.protocol import Carried, Sides, carry

_LOOKS: Final = 3  # while an account for a client alike is being made


@dataclass(frozen=True)
class ClientSync:
    """Brings a client's row and its account up to date.

    Attributes:
        page_of: returns the address of a record's page in FreshBooks.
    """

    sides: Sides
    match: Match
    holds: Holds
    journal: Journal
    claims: Claims
    new_id: Callable[[], str]
    page_of: Callable[[RecordId], str]

    def sync(self, request: SyncRequest, _before: JournalEntry | None) -> Result:
        """Sync one client.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        return self._carry(request.record)

    def decide(self, client: RecordId, wish: Wish) -> Result:
        """Sync one client as an operator wants it."""
        return self._carry(client, wish=wish)

    def bring(self, request: SyncRequest, number: int) -> Held | Skipped | Waits | None:
        """Bring the account of a record's client there; None when it is, else why it is not.

        Whatever keeps the client away, the record waits for it: for a decision with the hold, else
        here. It waits before it looks once more: an account that appears in between is seen by one
        or the other.

        Raises:
            RetryLaterError: a service wants everybody to wait.
            ReconnectNeededError: FreshBooks wants a new login.
            ConflictError: somebody wrote in between; start again.
        """
        client = RecordId(request.business, Kind.CLIENT, number)
        outcome = self._brought(client, request)
        if not isinstance(outcome, Held | Skipped | Waits):
            return None
        awaited = Awaited.client(number)
        if isinstance(outcome, Held) and outcome.hold.awaited == awaited:
            return outcome
        self.sides.release.wait(
            Wait(awaited, request, since=self.sides.clock(), reason=reason_of(outcome))
        )
        view = self.sides.crm.get_client_view(
            client_key=client.client_key, name="", field_value=None
        )
        if at_home(view.home, client) is None:
            if isinstance(outcome, Skipped):
                return Skipped(outcome.reason, awaited)
            return outcome
        self.sides.release.forget(awaited, request)
        return None

    def _brought(self, client: RecordId, request: SyncRequest) -> Outcome:
        """Carry a client for one of its records; trouble of the client's own is left to itself.

        Its records would each meet the same refusal again; they follow when the client does.
        """
        noted = self.journal.get_latest(client)
        if noted is not None and _is_in_trouble(noted):
            return Waits(Awaited.client(client.number), f"its client waits: {noted.reason}")
        try:
            return self._carry(client).outcome
        except (NotSyncedError, ConflictError, ReconnectNeededError):
            raise
        except RetryLaterError as error:
            if error.throttled or not error.service:
                raise
            reason = str(error)
        except ConnectorError as error:
            reason = str(error)
        self.sides.follow_ups.request_balances(client, cause=request.cause)
        return Waits(Awaited.client(client.number), f"its client cannot be carried over: {reason}")

    def _carry(self, client: RecordId, *, wish: Wish | None = None) -> Result:
        key = f"{client.client_key}.{self.new_id()}"
        naming = Naming(self.claims, self.sides.clock, client, key)
        carried = carried_client(
            client,
            sides=self.sides,
            match=self.match,
            holds=self.holds,
            naming=naming,
            wish=wish,
            page=self.page_of(client),
        )
        try:
            result = self._carry_in_turn(carried)
            naming.made()
        finally:
            naming.give_up()
        if isinstance(result.outcome, Written | Unchanged):
            self.sides.release.end(client.business, Awaited.client(client.number))
        elif isinstance(result.outcome, Skipped):
            self._let_go(client)
        return result

    def _let_go(self, client: RecordId) -> None:
        """Let records follow that waited for a decision about a client which is left out now.

        Once: they wait again, without a decision to make, until the client is taken in.
        """
        awaited = Awaited.client(client.number)
        if self.holds.get(client.business, awaited) is not None:
            self.sides.release.end(client.business, awaited)

    def _carry_in_turn(self, carried: Carried[Client, ClientTarget]) -> Result:
        """Carry a client; while one alike gets its account, look again a few times."""
        for _ in range(_LOOKS - 1):
            with contextlib.suppress(TakenError):
                return carry(carried, self.sides)
        return carry(carried, self.sides)


def _is_in_trouble(entry: JournalEntry) -> bool:
    """Say whether a client is refused itself, so that trying it for a record changes nothing."""
    refused = entry.awaited.startswith(f"{AwaitedKind.PROBLEM}-")
    return refused and entry.outcome in {OutcomeName.WAITING, OutcomeName.DEAD_LETTERED}
