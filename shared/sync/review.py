"""An operator decides about held clients and dead letters.

Never undone by the next sync: the decision is kept before the waiting records follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.core.accounts import link_to
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.outcomes import Held, Skipped, reason_of
from shared.core.waiting import Hold, HoldState
from shared.errors import ConflictError, NotPossibleError
from shared.sync.clients import ClientSync
from shared.sync.ports import Crm, DeadLetters, FreshBooks, Holds, SyncQueue
from shared.sync.release import Release


@dataclass(frozen=True)
class Waiting:
    """A hold and the records that wait with it."""

    hold: Hold
    records: tuple[SyncRequest, ...]


@dataclass(frozen=True, kw_only=True)
class Review:
    """The operator's decisions."""

    freshbooks: FreshBooks
    crm: Crm
    clients: ClientSync
    holds: Holds
    dead_letters: DeadLetters
    queue: SyncQueue
    release: Release
    clock: Callable[[], datetime]

    def list_held(self) -> list[Waiting]:
        """Return everything that waits for a decision, oldest first."""
        holds = [
            hold for hold in self.holds.list_all() if hold.awaited.kind is not AwaitedKind.IGNORED
        ]
        return [
            Waiting(hold, tuple(self.holds.list_waiting(hold.business, hold.awaited)))
            for hold in sorted(holds, key=lambda hold: hold.since)
        ]

    def link(self, business: str, client: int, row: UUID) -> int:
        """Link a client to an account in Dataverse and return how many records follow.

        All of the client's records do: some may be on an account it was linked to before.

        Raises:
            NotPossibleError: there is no such account, or it is another client's.
        """
        target = self.crm.get_account(row)
        if target is None:
            raise NotPossibleError(f"Dataverse has no account {row}.")
        identity = RecordId(business, Kind.CLIENT, client)
        if target.client_key not in {"", identity.client_key}:
            raise NotPossibleError(
                f"The account {target.name} is already the FreshBooks client {target.client_key}. "
                "An account can be one client; choose another account."
            )
        records = list(self.freshbooks.list_of_client(business, client))
        try:
            self.crm.write([link_to(target, identity)])
        except ConflictError as error:
            raise NotPossibleError(
                f"The account {target.name} was just changed, or the client is linked to another "
                f"account already. Look again and repeat. ({error})"
            ) from error
        waited = self._follow(business, client)
        for record in records:
            self._ask(record)
        return max(waited, len(records))

    def create(self, business: str, client: int) -> int:
        """Create an account for a client and return how many records follow.

        Raises:
            NotPossibleError: the client cannot become an account; the text says why.
        """
        outcome = self.clients.create(RecordId(business, Kind.CLIENT, client)).outcome
        if isinstance(outcome, Held | Skipped):
            raise NotPossibleError(f"No account was created: {reason_of(outcome)}.")
        return self._follow(business, client)

    def ignore(self, business: str, client: int, *, name: str = "") -> int:
        """Leave a client and its records out of Dataverse; linking it later ends that."""
        self.holds.upsert(
            Hold(
                business=business,
                awaited=Awaited.ignored(client),
                name=name,
                reason="an operator decided to ignore this client",
                since=self.clock(),
                state=HoldState.IGNORED,
            )
        )
        return self.release.end(business, Awaited.client(client))

    def retry(self, key: str) -> None:
        """Put a dead letter's message back on the queue.

        Raises:
            NotPossibleError: there is no such dead letter.
            InvalidMessageError: its message was no `SyncRequest` to begin with.
        """
        letter = self.dead_letters.get(key)
        if letter is None:
            raise NotPossibleError(f"There is no dead letter {key}.")
        request = SyncRequest.parse(letter.body.encode())
        self.queue.send(
            request.model_copy(
                update={
                    "attempt": 0,
                    "cause": Cause.OPERATOR,
                    "seen": self.clock(),
                    "traceparent": letter.traceparent,
                }
            )
        )
        self.dead_letters.delete(key)

    def _follow(self, business: str, client: int) -> int:
        self.holds.delete(business, Awaited.ignored(client))
        self._ask(RecordId(business, Kind.CLIENT, client))
        return self.release.end(business, Awaited.client(client))

    def _ask(self, record: RecordId) -> None:
        self.queue.send(SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock()))
