"""A FreshBooks client and its account: find or create it, then keep the balances.

Never renames an account, and never guesses between two.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.core.accounts import render_account, render_balances, render_update
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
from shared.core.planning import Plan, plan_account
from shared.core.records import Client, LastActivity
from shared.core.shown import shown_of
from shared.core.views import Account, Currency
from shared.core.waiting import Shown, Wait
from shared.errors import (
    ConflictError,
    ConnectorError,
    NotSyncedError,
    ReconnectNeededError,
    RetryLaterError,
)
from shared.sync.match import Match
from shared.sync.naming import Naming, TakenError
from shared.sync.places import missing_currency
from shared.sync.ports import Claims, Holds, Journal
from shared.sync.protocol import Sides, carry

_LOOKS: Final = 3  # while an account for a client alike is being made


@dataclass(frozen=True)
class ClientSync:
    """Brings a client's account up to date."""

    sides: Sides
    match: Match
    holds: Holds
    journal: Journal
    claims: Claims
    new_id: Callable[[], str]

    def sync(self, request: SyncRequest) -> Result:
        """Sync one client.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        return self._carry(request.record)

    def create(self, client: RecordId) -> Result:
        """Sync one client that an operator wants an account made for."""
        return self._carry(client, create=True)

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
        view = self.sides.crm.get_account_view(
            client_key=client.client_key, name="", field_value=None
        )
        if view.linked is None:
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

    def _carry(self, client: RecordId, *, create: bool = False) -> Result:
        key = f"{client.client_key}.{self.new_id()}"
        naming = Naming(self.claims, self.sides.clock, client, key)
        carried = _CarriedClient(self.sides, self.match, self.holds, client, naming, create)
        try:
            result = self._carry_in_turn(carried)
            naming.made()
        finally:
            naming.give_up()
        if isinstance(result.outcome, Written | Unchanged):
            self.sides.release.end(client.business, Awaited.client(client.number))
        return result

    def _carry_in_turn(self, carried: "_CarriedClient") -> Result:
        """Carry a client; while one alike gets its account, look again a few times."""
        for _ in range(_LOOKS - 1):
            with contextlib.suppress(TakenError):
                return carry(carried, self.sides)
        return carry(carried, self.sides)


@dataclass(frozen=True)
class ClientTarget:
    """The account a client's balances go to.

    Attributes:
        account: None when the connector creates it.
        currency: the account's, or the one it will have.
        activity: the client's newest invoice and payment in FreshBooks; not a row, but balances
            are rendered from it.
        reason: how the account was found, "" when it was linked before.
    """

    account: Account | None
    currency: Currency
    activity: LastActivity
    reason: str

    @property
    def exists(self) -> bool:
        """Whether the account is there."""
        return self.account is not None

    @property
    def stands(self) -> bool:
        """Whether there is anything that stands for the client: always, once it is matched."""
        return True


@dataclass(frozen=True)
class _CarriedClient:
    sides: Sides
    match: Match
    holds: Holds
    record: RecordId
    naming: Naming
    create: bool
    # Balances have no version: who wrote them looks at the client once more afterwards.
    versioned: bool = False

    def read_source(self) -> Client | None:
        return self.sides.freshbooks.get_client(self.record.business, self.record.number)

    def read_target(self, source: Client | None) -> ClientTarget | Outcome:
        if source is None:
            return Skipped("FreshBooks has no such client")
        found = self.match.find(self.record, source, create=self.create, naming=self.naming)
        if isinstance(found, Held | Skipped):
            return found
        currency = self._currency(source, found.account)
        if currency is None:
            now = self.sides.clock()
            hold = missing_currency(self.record.business, source.currency_code, now)
            self.holds.upsert(hold)
            return Held(hold)
        activity = self.sides.freshbooks.get_last_activity(self.record.business, source.id)
        return ClientTarget(found.account, currency, activity, found.reason)

    def plan(self, source: Client | None, target: ClientTarget) -> Plan:
        assert source is not None  # noqa: S101  # without a client there is no target
        now, currency = self.sides.clock(), target.currency
        balances = render_balances(
            source, record=self.record, currency=currency, activity=target.activity
        )
        if target.account is None:
            row = render_account(
                source, record=self.record, currency=currency, balances=balances, now=now
            )
            return plan_account(row, current=None)
        row = render_update(target.account, currency=currency, balances=balances, now=now)
        return plan_account(row, current=target.account)

    def request_follow_ups(self, _source: Client | None, target: ClientTarget) -> None:
        """Nothing follows from balances; an account that is made is noted as under way."""
        if target.account is None:
            self.naming.make()

    def explain_conflict(self, source: Client | None, target: ClientTarget) -> Outcome | None:
        """Return the hold for a client whose account was made already and then unlinked."""
        if target.account is not None or source is None:
            return None
        self.naming.made()
        return self.match.find_unlinked(self.record, source)

    def absence(self, _source: Client | None) -> str:
        return ""

    def left_out(self, _source: Client | None) -> Awaited | None:
        return None

    def shown(self, source: Client | None) -> Shown:
        return shown_of(source) if source else Shown(str(self.record.number))

    def rows(self, target: ClientTarget | None) -> tuple[UUID, ...]:
        if target is None:
            return ()
        return (target.account.id if target.account is not None else self.record.row,)

    def _currency(self, source: Client, account: Account | None) -> Currency | None:
        own = account.currency if account is not None else None
        if own is not None:
            return self.sides.crm.get_currency_by_id(own)
        return self.sides.crm.get_currency(source.currency_code)


def _is_in_trouble(entry: JournalEntry) -> bool:
    """Say whether a client is refused itself, so that trying it for a record changes nothing."""
    refused = entry.awaited.startswith(f"{AwaitedKind.PROBLEM}-")
    return refused and entry.outcome in {OutcomeName.WAITING, OutcomeName.DEAD_LETTERED}
