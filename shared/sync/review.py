"""An operator decides about held clients.

Never undone by the next sync: the decision is kept before the waiting records follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.core.accounts import link_to, unlink
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.outcomes import Held, Skipped, reason_of
from shared.core.views import Account
from shared.core.waiting import Hold, HoldState
from shared.errors import ConflictError, NotPossibleError
from shared.sync.clients import ClientSync
from shared.sync.match import unlinked
from shared.sync.ports import Claims, Crm, FreshBooks, Holds, SyncQueue
from shared.sync.release import Release

_TRIES: Final = 5  # for an account that people change at the moment


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
    claims: Claims
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
                f"account already: then `python -m shared held unlink CLIENT` first. ({error})"
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

    def unlink(self, business: str, client: int) -> str:
        """Take a client's account from it and return the account's name.

        The decision is kept first: whatever is handled in between links it to no account again.
        The client waits for a decision then, and what comes of its records waits with it.

        Raises:
            NotPossibleError: it is linked to none, or the account changes all the time.
        """
        identity = RecordId(business, Kind.CLIENT, client)
        account = self._linked(identity)
        if account is None:
            raise NotPossibleError(f"Client {client} is linked to no account.")
        decision = unlinked(identity, account.name, account, self.clock())
        self.holds.upsert(decision)
        for _ in range(_TRIES):
            try:
                self.crm.write([unlink(account)])
                break
            except ConflictError:
                found = self._linked(identity)
                if found is None:
                    break
                account = found
        else:
            self.holds.delete(business, decision.awaited)
            raise NotPossibleError(
                f"The account {account.name} changes all the time. Look again and repeat."
            )
        self._ask(identity)
        return account.name

    def ignore(self, business: str, client: int) -> int:
        """Leave a client and its records out of Dataverse; linking it later ends that.

        Raises:
            NotPossibleError: it has an account, or is just getting one.
        """
        identity = RecordId(business, Kind.CLIENT, client)
        awaited = Awaited.client(client)
        hold = self.holds.get(business, awaited)
        before = self.holds.get(business, Awaited.ignored(client))
        self.holds.upsert(
            Hold(
                business=business,
                awaited=Awaited.ignored(client),
                name=next((each.name for each in (hold, before) if each is not None), ""),
                reason="an operator decided to ignore this client",
                since=self.clock(),
                state=HoldState.IGNORED,
            )
        )
        # Looked at afterwards: whoever makes an account claims it before it asks for a decision.
        making = any(
            claim.client == identity and claim.until > self.clock()
            for claim in self.claims.list_all()
        )
        account = self._linked(identity)
        if making or account is not None:
            if before is None:
                self.holds.delete(business, Awaited.ignored(client))
            else:
                self.holds.upsert(before)
            what = f"is the account {account.name}" if account else "is just getting an account"
            raise NotPossibleError(
                f"Client {client} {what}; to leave it out, run `python -m shared held unlink "
                "CLIENT` first."
            )
        return self.release.end(business, awaited)

    def list_ignored(self) -> list[Waiting]:
        """Return the clients that are left out, the first decision first."""
        ignored = [
            hold
            for hold in self.holds.list_all()
            if hold.awaited.kind is AwaitedKind.IGNORED and hold.state is not HoldState.UNLINKED
        ]
        return [
            Waiting(hold, tuple(self.holds.list_waiting(hold.business, _client_of(hold))))
            for hold in sorted(ignored, key=lambda hold: hold.since)
        ]

    def unignore(self, business: str, client: int) -> int:
        """Take back that a client is left out, and return how many records wait for it.

        The client is asked for, and its records follow as soon as it has an account.

        Raises:
            NotPossibleError: it is not ignored.
        """
        awaited = Awaited.ignored(client)
        decision = self.holds.get(business, awaited)
        if decision is None or decision.state is HoldState.UNLINKED:
            raise NotPossibleError(
                f"Client {client} is not ignored; `python -m shared held ignored` lists those that "
                "are."
            )
        self.holds.delete(business, awaited)
        self._ask(RecordId(business, Kind.CLIENT, client))
        return sum(1 for _ in self.holds.list_waiting(business, Awaited.client(client)))

    def _linked(self, client: RecordId) -> Account | None:
        """Return the account that carries a client's key, None when none does."""
        view = self.crm.get_account_view(client_key=client.client_key, name="", field_value=None)
        return view.linked

    def _follow(self, business: str, client: int) -> int:
        self.holds.delete(business, Awaited.ignored(client))
        self._ask(RecordId(business, Kind.CLIENT, client))
        return self.release.end(business, Awaited.client(client))

    def _ask(self, record: RecordId) -> None:
        self.queue.send(SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock()))


def _client_of(hold: Hold) -> Awaited:
    return Awaited.client(int(hold.awaited.name))
