"""A FreshBooks client and its account: find or create it, then keep the balances.

Never renames an account, and never guesses between two.
"""

from dataclasses import dataclass
from uuid import UUID

from shared.core.accounts import render_account, render_balances, render_update
from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.outcomes import Held, Outcome, Result, Skipped, Unchanged, Written
from shared.core.planning import Plan, plan_account
from shared.core.records import Client, LastActivity
from shared.core.views import Account, Currency
from shared.sync.match import Match
from shared.sync.places import missing_currency
from shared.sync.ports import Holds
from shared.sync.protocol import Sides, carry


@dataclass(frozen=True)
class ClientSync:
    """Brings a client's account up to date."""

    sides: Sides
    match: Match
    holds: Holds

    def sync(self, request: SyncRequest) -> Result:
        """Sync one client.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        return self._carry(request.record)

    def create(self, client: RecordId) -> Result:
        """Sync one client that an operator wants an account made for."""
        return self._carry(client, create=True)

    def bring(self, request: SyncRequest, number: int) -> Held | Skipped | None:
        """Bring the account of a record's client there; None when it is, else why it is not.

        Whatever keeps the client away, the record waits for it: for a decision with the hold, else
        here. It waits before it looks once more: an account that appears in between is seen by one
        or the other.
        """
        client = RecordId(request.business, Kind.CLIENT, number)
        outcome = self._carry(client).outcome
        if not isinstance(outcome, Held | Skipped):
            return None
        awaited = Awaited.client(number)
        if isinstance(outcome, Held) and outcome.hold.awaited == awaited:
            return outcome
        self.sides.release.wait(awaited, request)
        view = self.sides.crm.get_account_view(
            client_key=client.client_key, name="", field_value=None
        )
        if view.linked is None:
            return outcome
        self.sides.release.forget(awaited, request)
        return None

    def _carry(self, client: RecordId, *, create: bool = False) -> Result:
        carried = _CarriedClient(self.sides, self.match, self.holds, client, create)
        result = carry(carried, self.sides)
        if isinstance(result.outcome, Written | Unchanged):
            self.sides.release.end(client.business, Awaited.client(client.number))
        return result


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
    create: bool
    # Balances have no version: who wrote them looks at the client once more afterwards.
    versioned: bool = False

    def read_source(self) -> Client | None:
        return self.sides.freshbooks.get_client(self.record.business, self.record.number)

    def read_target(self, source: Client | None) -> ClientTarget | Outcome:
        if source is None:
            return Skipped("FreshBooks has no such client")
        found = self.match.find(self.record, source, create=self.create)
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

    def request_follow_ups(self, source: Client | None, target: ClientTarget) -> None:
        """Nothing follows from balances."""

    def explain_conflict(self, source: Client | None, target: ClientTarget) -> Outcome | None:
        """Return the hold for a client whose account was made already and then unlinked."""
        if target.account is not None or source is None:
            return None
        return self.match.find_unlinked(self.record, source)

    def absence(self, _source: Client | None) -> str:
        return ""

    def label(self, _source: Client | None) -> str:
        return str(self.record.number)

    def rows(self, target: ClientTarget | None) -> tuple[UUID, ...]:
        if target is None:
            return ()
        return (target.account.id if target.account is not None else self.record.row,)

    def _currency(self, source: Client, account: Account | None) -> Currency | None:
        own = account.currency if account is not None else None
        if own is not None:
            return self.sides.crm.get_currency_by_id(own)
        return self.sides.crm.get_currency(source.currency_code)
