"""An operator decides about held clients.

Never undone by the next sync: the decision is kept before the waiting records follow it.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.core.clients import LEFT_OUT, decided, left_out, taken_back
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.options import ClientState
from shared.core.outcomes import Held, Skipped, reason_of
from shared.core.waiting import Hold, HoldState
from shared.errors import ConflictError, NotPossibleError
from shared.sync.clients import ClientSync
from shared.sync.match import Wish
from shared.sync.ports import Crm, FreshBooks, Holds, SyncQueue
from shared.sync.release import Release

_TRIES: Final = 5  # for a row that others change at the moment


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
    queue: SyncQueue
    release: Release
    clock: Callable[[], datetime]

    def list_held(self) -> list[Waiting]:
        """Return everything that waits for a decision, oldest first."""
        kept = {AwaitedKind.IGNORED, AwaitedKind.CHOSEN}
        holds = [hold for hold in self.holds.list_all() if hold.awaited.kind not in kept]
        return [
            Waiting(hold, tuple(self.holds.list_waiting(hold.business, hold.awaited)))
            for hold in sorted(holds, key=lambda hold: hold.since)
        ]

    def link(self, business: str, client: int, row: UUID) -> int:
        """Link a client to an account in Dataverse and return how many records follow.

        All of the client's records do: some may be on an account it was linked to before.

        Raises:
            NotPossibleError: there is no such account, it is inactive, or the client cannot be
                linked; the text says why.
        """
        target = self.crm.get_account(row)
        if target is None:
            raise NotPossibleError(f"Dataverse has no account {row}.")
        if not target.active:
            raise NotPossibleError(
                f"The account {target.name} is inactive; activate it, or choose another account."
            )
        records = sum(1 for _ in self.freshbooks.list_of_client(business, client))
        waited = self._decide(RecordId(business, Kind.CLIENT, client), Wish(row))
        return max(waited, records)

    def create(self, business: str, client: int) -> int:
        """Create an account for a client and return how many records follow.

        Raises:
            NotPossibleError: the client cannot become an account; the text says why.
        """
        return self._decide(RecordId(business, Kind.CLIENT, client), Wish())

    def unlink(self, business: str, client: int) -> str:
        """Take a client's account from it and return the account's name.

        The client waits for a decision then, and what comes of its records waits with it; what is
        in Sales stays where it is.

        Raises:
            NotPossibleError: it is linked to none, or its row changes all the time.
        """
        identity = RecordId(business, Kind.CLIENT, client)
        for _ in range(_TRIES):
            row = self.crm.get_client_row(identity.client_key)
            if row is None or row.account is None or not row.belongs:
                raise NotPossibleError(f"Client {client} is linked to no account.")
            account = self.crm.get_account(row.account)
            with contextlib.suppress(ConflictError):
                self.crm.write([decided(row, ClientState.NEEDS_A_PERSON, account=None)])
                self._ask(identity)
                return account.name if account is not None else str(row.account)
        raise NotPossibleError(_CHANGES.format(client=client))

    def ignore(self, business: str, client: int) -> int:
        """Leave a client and its records out of Dataverse; linking it later ends that.

        Raises:
            NotPossibleError: it has an account, or its row changes all the time.
        """
        identity = RecordId(business, Kind.CLIENT, client)
        awaited = Awaited.client(client)
        hold = self.holds.get(business, awaited)
        before = self.holds.get(business, Awaited.ignored(client))
        name = next((each.name for each in (hold, before) if each is not None), "")
        for _ in range(_TRIES):
            row = self.crm.get_client_row(identity.client_key)
            if row is not None and row.belongs:
                account = self.crm.get_account(row.account) if row.account else None
                raise NotPossibleError(
                    f"Client {client} is the account {account.name if account else row.account}; "
                    "to leave it out, run `python -m shared held unlink CLIENT` first."
                )
            with contextlib.suppress(ConflictError):
                self.crm.write([left_out(identity, row, name=name)])
                break
        else:
            raise NotPossibleError(_CHANGES.format(client=client))
        self.holds.upsert(
            Hold(
                business=business,
                awaited=Awaited.ignored(client),
                name=name,
                reason=LEFT_OUT,
                since=self.clock(),
                state=HoldState.IGNORED,
            )
        )
        return self.release.end(business, awaited)

    def list_ignored(self) -> list[Waiting]:
        """Return the clients and invoices that are left out, the first decision first."""
        ignored = [
            hold
            for hold in self.holds.list_all()
            if (hold.awaited.kind is AwaitedKind.IGNORED and hold.state is not HoldState.UNLINKED)
            or hold.leaves_invoice_out
        ]
        return [
            Waiting(hold, tuple(self.holds.list_waiting(hold.business, _waited_for(hold))))
            for hold in sorted(ignored, key=lambda hold: hold.since)
        ]

    def unignore(self, business: str, client: int) -> int:
        """Take back that a client is left out, and return how many records wait for it.

        The client is asked for, and its records follow as soon as it has an account.

        Raises:
            NotPossibleError: it is not ignored.
        """
        awaited, identity = Awaited.ignored(client), RecordId(business, Kind.CLIENT, client)
        decision = self.holds.get(business, awaited)
        if decision is None or decision.state is HoldState.UNLINKED:
            raise NotPossibleError(
                f"Client {client} is not ignored; `python -m shared held ignored` lists those that "
                "are."
            )
        for _ in range(_TRIES):
            row = self.crm.get_client_row(identity.client_key)
            if row is None or row.link_state is not ClientState.IGNORED:
                break
            with contextlib.suppress(ConflictError):
                self.crm.write([taken_back(row)])
                break
        else:
            raise NotPossibleError(_CHANGES.format(client=client))
        self.holds.delete(business, awaited)
        self._ask(identity)
        return sum(1 for _ in self.holds.list_waiting(business, Awaited.client(client)))

    def _decide(self, client: RecordId, wish: Wish) -> int:
        """Carry a decision out and return how many records waited for it.

        Raises:
            NotPossibleError: the client cannot be linked so; the text says why.
        """
        awaited = Awaited.client(client.number)
        waited = sum(1 for _ in self.holds.list_waiting(client.business, awaited))
        try:
            outcome = self.clients.decide(client, wish).outcome
        except ConflictError as error:
            raise NotPossibleError(
                f"Something changes at the same time. Look again and repeat. ({error})"
            ) from error
        if isinstance(outcome, Held | Skipped):
            raise NotPossibleError(f"It was not linked: {reason_of(outcome)}.")
        self.holds.delete(client.business, Awaited.ignored(client.number))
        self.release.end(client.business, awaited)
        return waited

    def _ask(self, record: RecordId) -> None:
        self.queue.send(SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock()))


_CHANGES: Final = "The row of client {client} changes all the time. Look again and repeat."


def _waited_for(hold: Hold) -> Awaited:
    """Return what the records wait for that a decision leaves out."""
    if hold.awaited.kind is AwaitedKind.CHOSEN:
        return hold.awaited
    return Awaited.client(int(hold.awaited.name))
