"""A client on its way: its own row, and the accounts that show what it owes.

Never finds out which account is a client's, and never ends a wait.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.core.accounts import account_figures, render_account, render_update
from shared.core.clients import departed, render_client
from shared.core.deals import HEALTH
from shared.core.figures import Figures, total
from shared.core.homes import Account, ClientRow
from shared.core.identity import Awaited, RecordId
from shared.core.options import ClientState
from shared.core.outcomes import Held, Outcome, Skipped
from shared.core.planning import Plan, plan_client, plan_deals
from shared.core.policies import OwnerPolicy
from shared.core.records import Client
from shared.core.rows import Reference, Row, Scalar
from shared.core.shown import shown_of
from shared.core.views import Currency
from shared.core.waiting import Hold, HoldState, Shown
from shared.sync.client_targets import ClientTarget, figures_now, gather
from shared.sync.match import Match, Wish
from shared.sync.naming import Naming
from shared.sync.ports import Holds
from shared.sync.protocol import Carried, Sides

# While a client is one of these its account may be changed, and its records stay where they are.
_APART: Final = frozenset(ClientState) - {ClientState.LINKED}


def carried_client(
    record: RecordId,
    *,
    sides: Sides,
    match: Match,
    holds: Holds,
    naming: Naming,
    wish: Wish | None,
    page: str,
) -> Carried[Client, ClientTarget]:
    """Return a client as it is carried over.

    Args:
        record: its identity.
        sides: both sides.
        match: finds out how it stands to an account.
        holds: what a person is asked.
        naming: keeps two clients alike from getting an account each.
        wish: what an operator decided, None for nothing.
        page: address of its page in FreshBooks.
    """
    return _CarriedClient(sides, match, holds, record, naming, wish, page)


@dataclass(frozen=True)
class _CarriedClient:
    sides: Sides
    match: Match
    holds: Holds
    record: RecordId
    naming: Naming
    wish: Wish | None
    page: str
    # Balances have no version: who wrote them looks at the client once more afterwards.
    versioned: bool = False

    def read_source(self) -> Client | None:
        number = self.record.number
        found = self.sides.freshbooks.get_client(self.record.business, number)
        return found if found is not None else self._departed(number)

    def _departed(self, number: int) -> Client | None:
        """Return a deleted client as its row knows it: FreshBooks may answer that there is none."""
        crm = self.sides.crm
        row = crm.get_client_view(client_key=self.record.client_key, name="", field_value=None).row
        if row is None:
            return None
        currency = row.lookups.get("transactioncurrencyid")
        known = crm.get_currency_by_id(currency) if currency is not None else None
        return departed(row, number, known)

    def read_target(self, source: Client | None) -> ClientTarget | Outcome:
        if source is None:
            return Skipped("FreshBooks has no such client")
        found = self.match.find(self.record, source, wish=self.wish, naming=self.naming)
        if isinstance(found, Skipped):
            return found
        target = gather(self.sides, self.record, source, found)
        if isinstance(target, Held):
            self.holds.upsert(target.hold)
        return target

    def plan(self, source: Client | None, target: ClientTarget) -> Plan:
        assert source is not None  # noqa: S101  # without a client there is no target
        now, found = self.sides.clock(), target.found
        figures = figures_now(found, source, target.activity, now)
        row = render_client(
            source,
            record=self.record,
            row=found.row,
            link=found.link,
            figures=figures,
            currency=target.currency,
            url=self.page,
            now=now,
            owner=self._owner(found.account),
        )
        row = self.sides.policies.columns.on(row, source)
        accounts = [
            (self._sum(source, account, currency, figures, target), account)
            for account, currency in target.sums
        ]
        deals = [
            operation
            for shown, account in accounts
            if account is not None
            for operation in plan_deals(account.deals, beside=_health(shown, account))
        ]
        # An account that is made comes first: the client's row points at it.
        return plan_client(row, found.row, accounts, deals)

    def _owner(self, account: Account | None) -> Reference | None:
        by_account = self.sides.policies.owner is OwnerPolicy.ACCOUNT
        return account.owner if account is not None and by_account else None

    def _sum(
        self,
        source: Client,
        account: Account | None,
        currency: Currency,
        figures: Figures,
        target: ClientTarget,
    ) -> Row:
        """Return an account with the sum of its clients, this one as it is now."""
        now, found = self.sides.clock(), target.found
        others = [
            each
            for each in (account.clients if account is not None else ())
            if each.key != self.record.client_key and each.link_state is ClientState.LINKED
        ]
        parts = [each.figures for each in others if each.figures is not None]
        here = account.id if account is not None else self.record.row
        belongs = found.link.state is ClientState.LINKED and found.link.account == here
        if belongs:
            parts.append(figures)
        shown = account_figures(
            total(parts) if parts else None, currency=currency, others=target.currencies
        )
        columns = self.sides.policies.columns
        if account is None:
            made = render_account(
                source, record=self.record, currency=currency, figures=shown, now=now
            )
            return columns.on(made, source)
        gone = found.link.state is ClientState.GONE
        row = render_update(
            account,
            currency=currency,
            figures=shown,
            now=now,
            left_by="" if belongs or gone else self.record.client_key,
            client=source,
        )
        return columns.on_account(row, source, alone=not others) if belongs else row

    def request_follow_ups(self, _source: Client | None, target: ClientTarget) -> None:
        """Ask for all of its records where they belong to another account now.

        Where nothing was carried over for it meanwhile, the account may have been another one when
        they were written last.
        """
        if target.found.makes:
            self.naming.make()
        row, link = target.found.row, target.found.link
        if link.state is not ClientState.LINKED or row is None or row.linked_to is None:
            return
        comes_back = row.carried_out in _APART
        if link.account != row.linked_to or comes_back:
            self.sides.follow_ups.request_all(
                self.sides.freshbooks.list_of_client(self.record.business, self.record.number)
            )

    def explain_conflict(self, _source: Client | None, target: ClientTarget) -> Outcome | None:
        """Note that an account that is to be made was made before, so that it is looked for."""
        if target.found.makes:
            self.naming.made()
            self.naming.exists = True
        return None

    def conclude(self, source: Client | None, target: ClientTarget, outcome: Outcome) -> Outcome:
        """Say what it means that the rows are as they should be: a person may be asked."""
        if target.found.hold is not None:
            self.holds.upsert(target.found.hold)
            return Held(target.found.hold)
        link, row = target.found.link, target.found.row
        if link.state is ClientState.IGNORED:
            if row is None or not row.settled:
                self._note_ignored(source, link.reason)
            return Skipped(link.reason)
        if row is not None and row.carried_out is ClientState.IGNORED:
            self.holds.delete(self.record.business, Awaited.ignored(self.record.number))
        if link.state is ClientState.GONE and target.found.account is None:
            return Skipped("the client is deleted in FreshBooks and has no active account")
        return outcome

    def _note_ignored(self, source: Client | None, reason: str) -> None:
        """Note that the client is left out, for the lists that do not ask Dataverse."""
        self.holds.upsert(
            Hold(
                business=self.record.business,
                awaited=Awaited.ignored(self.record.number),
                name=source.name if source is not None else "",
                reason=reason,
                since=self.sides.clock(),
                state=HoldState.IGNORED,
            )
        )

    def absence(self, _source: Client | None) -> str:
        return ""

    def left_out(self, _source: Client | None) -> Awaited | None:
        return None

    def shown(self, source: Client | None) -> Shown:
        return shown_of(source) if source else Shown(str(self.record.number))

    def rows(self, target: ClientTarget | None) -> tuple[UUID, ...]:
        if target is None:
            return ()
        account = target.found.link.account
        row = target.found.row.id if target.found.row is not None else self.record.client_row
        return (account, row) if account is not None else (row,)


def _health(shown: Row, account: Account) -> dict[str, Scalar]:
    """Return how an account stands as its opportunities show it; as before where nobody knows."""
    return {HEALTH: shown.columns.get(HEALTH, account.columns.get(HEALTH))}


def at_home(home: Account | None, client: RecordId) -> ClientRow | None:
    """Return a client's row where its records may go to the account that was read for it."""
    row = home.client(client.client_key) if home is not None and home.active else None
    return row if row is not None and row.belongs else None
