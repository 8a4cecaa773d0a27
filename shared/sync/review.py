"""An operator decides about held clients and dead letters.

Never undone by the next sync: the decision is kept before the waiting records follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.core.events import Cause, Kind, SyncRequest
from shared.core.rows import Change, client_key
from shared.errors import ConfigurationError, ConflictError
from shared.sync.clients import ClientSync, client_subject, ignored_subject
from shared.sync.outcomes import Held, Skipped, reason_of
from shared.sync.ports import Crm, DeadLetters, FreshBooks, Hold, Holds, SyncQueue
from shared.sync.release import Release


@dataclass(frozen=True)
class Waiting:
    """A hold and the records that wait with it."""

    hold: Hold
    records: tuple[SyncRequest, ...]


class Review:
    """The operator's decisions."""

    def __init__(
        self,
        *,
        freshbooks: FreshBooks,
        crm: Crm,
        clients: ClientSync,
        holds: Holds,
        dead_letters: DeadLetters,
        queue: SyncQueue,
        release: Release,
        clock: Callable[[], datetime],
    ) -> None:
        self._freshbooks = freshbooks
        self._crm = crm
        self._clients = clients
        self._holds = holds
        self._dead_letters = dead_letters
        self._queue = queue
        self._release = release
        self._clock = clock

    def list_held(self) -> list[Waiting]:
        """Return everything that waits for a decision, oldest first."""
        holds = [hold for hold in self._holds.list_all() if not hold.subject.startswith("ignored-")]
        return [
            Waiting(hold, tuple(self._holds.list_waiting(hold.account, hold.subject)))
            for hold in sorted(holds, key=lambda hold: hold.since)
        ]

    def link(self, account: str, client: int, row: UUID) -> int:
        """Link a client to an account in Dataverse and return how many records follow.

        All of the client's records do: some may be on an account it was linked to before.

        Raises:
            ConfigurationError: there is no such account, or it is another client's.
        """
        target = self._crm.get_account(row)
        if target is None:
            raise ConfigurationError(f"Dataverse has no account {row}.")
        key = client_key(account, client)
        carried = str(target.row.columns.get("fbx_clientkey") or "")
        if carried not in {"", key}:
            raise ConfigurationError(
                f"The account {target.name} is already the FreshBooks client {carried}. "
                "An account can be one client; choose another account."
            )
        records = list(self._freshbooks.list_of_client(account, client))
        try:
            change = Change(
                "account", target.id, columns={"fbx_clientkey": key}, etag=target.row.etag
            )
            self._crm.write([change])
        except ConflictError as error:
            raise ConfigurationError(
                f"The account {target.name} was just changed, or the client is linked to another "
                f"account already. Look again and repeat. ({error})"
            ) from error
        waited = self._follow(account, client)
        for kind, record in records:
            self._ask(account, kind, record)
        return max(waited, len(records))

    def create(self, account: str, client: int) -> int:
        """Create an account for a client and return how many records follow.

        Raises:
            ConfigurationError: the client cannot become an account; the text says why.
        """
        outcome = self._clients.sync(account, client, create=True).outcome
        if isinstance(outcome, Held | Skipped):
            raise ConfigurationError(f"No account was created: {reason_of(outcome)}.")
        return self._follow(account, client)

    def ignore(self, account: str, client: int, *, name: str = "") -> int:
        """Leave a client and its records out of Dataverse; linking it later ends that."""
        self._holds.upsert(
            Hold(
                account=account,
                subject=ignored_subject(client),
                name=name,
                reason="an operator decided to ignore this client",
                since=self._clock(),
                state="ignored",
            )
        )
        return self._release(account, client_subject(client))

    def retry(self, key: str) -> None:
        """Put a dead letter's message back on the queue.

        Raises:
            ConfigurationError: there is no such dead letter.
            InvalidMessageError: its message was no `SyncRequest` to begin with.
        """
        letter = self._dead_letters.get(key)
        if letter is None:
            raise ConfigurationError(f"There is no dead letter {key}.")
        request = SyncRequest.parse(letter.body.encode())
        self._queue.send(
            request.model_copy(
                update={"attempt": 0, "cause": Cause.OPERATOR, "seen": self._clock()}
            )
        )
        self._dead_letters.delete(key)

    def _follow(self, account: str, client: int) -> int:
        self._holds.delete(account, ignored_subject(client))
        self._ask(account, Kind.CLIENT, client)
        return self._release(account, client_subject(client))

    def _ask(self, account: str, kind: Kind, record: int) -> None:
        self._queue.send(
            SyncRequest(
                account=account,
                kind=kind,
                record=record,
                cause=Cause.OPERATOR,
                seen=self._clock(),
            )
        )
