"""Which account is a client's: the one it is linked to, one that fits, a new one, or a hold.

Never guesses between two, and undoes no decision of a person.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from shared.core.identity import Awaited, RecordId
from shared.core.matching import Ambiguous, Matched, Unmatched, match_client, suggest
from shared.core.outcomes import Held, Skipped
from shared.core.policies import UnmatchedPolicy
from shared.core.records import Client
from shared.core.views import Account, AccountView
from shared.core.waiting import Candidate, Hold, HoldState
from shared.sync.naming import Naming
from shared.sync.ports import Crm, Holds, Journal

_LOOKED_BACK: Final = 20  # entries of a client's history, for an account it had


@dataclass(frozen=True)
class Found:
    """A client's account; None means that the connector creates it."""

    account: Account | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """Finds the accounts of clients.

    Attributes:
        unmatched: what becomes of a client that fits no account.
        match_field: the client's field that is compared, and the account's column; None for the
            name alone.
    """

    crm: Crm
    holds: Holds
    journal: Journal
    clock: Callable[[], datetime]
    unmatched: UnmatchedPolicy
    match_field: tuple[str, str] | None

    def find(
        self, record: RecordId, client: Client, *, create: bool, naming: Naming
    ) -> Found | Held | Skipped:
        """Find a client's account; a hold is kept before it is returned.

        Args:
            record: the client's identity.
            client: the client.
            create: an operator wants an account made if it is linked to none.
            naming: keeps two clients alike from getting an account each.

        Raises:
            ConflictError: an account for a client alike is just being made; start again.
        """
        if not naming.covers(client.name):
            view = self._look(record, client, similar=False)
            found = self._known(record, client, view, create=create)
            if found is None and not create:
                found = self._fitting(record, client, view)
            if found is not None:
                return found
            if create or self._may_create(client):
                naming.take(client.name, decided=create)
        # Looked at after the claim: whoever made an account alike had claimed it, or is done.
        view = self._look(record, client, similar=True)
        found = self._known(record, client, view, create=create)
        if found is not None:
            return found
        if create:
            return Found(None, "an operator decided to create it")
        return self._fitting(record, client, view) or self._unfitting(record, client, view)

    def find_unlinked(self, record: RecordId, client: Client) -> Held | None:
        """Return the hold for a client whose account was made already and then unlinked."""
        made = self.crm.get_account(record.row)
        if made is None or made.client_key == record.client_key:
            return None
        return self._unlinked(record, client, made)

    def _look(self, record: RecordId, client: Client, *, similar: bool) -> AccountView:
        """Read the accounts the client may belong to.

        The parts of an answer are read one after the other: the account that was made for the
        client in between is among the others, and it is its own all the same.
        """
        view = self.crm.get_account_view(
            client_key=record.client_key,
            name=client.name,
            field_value=self._value(client) or None,
            similar=similar,
        )
        its_own = (
            account
            for account in (*view.candidates, *view.similar)
            if account.client_key == record.client_key
        )
        return replace(view, linked=view.linked or next(its_own, None))

    def _known(
        self, record: RecordId, client: Client, view: AccountView, *, create: bool
    ) -> Found | Held | Skipped | None:
        """Return what is decided about a client already, None when nothing is."""
        if view.linked is not None:
            return Found(view.linked, "")
        if create:
            return None
        decision = self.holds.get(record.business, Awaited.ignored(record.number))
        if decision is not None and decision.state is HoldState.UNLINKED:
            return self._hold(record, client, decision.reason, decision.candidates)
        if decision is not None:
            return Skipped("an operator decided to ignore this client")
        if client.deleted:
            return Skipped("the client is deleted in FreshBooks and has no account")
        return self._taken_away(record, client, view)

    def _taken_away(
        self, record: RecordId, client: Client, view: AccountView
    ) -> Found | Held | None:
        """Return the hold of a client that had an account until a person took its key away.

        An account that is not there any more is no decision about another one.
        """
        made = (each for each in (*view.candidates, *view.similar) if each.id == record.row)
        if (account := next(made, None)) is not None:
            return self._unlinked(record, client, account)
        before = self._account_before(record)
        if before is None or before.client_key == record.client_key:
            return None if before is None else Found(before, "")
        return self._unlinked(record, client, before)

    def _account_before(self, record: RecordId) -> Account | None:
        """Return the account that a client had when it was handled last, None if it had none."""
        entry = self.journal.get_latest(record)
        if entry is None:
            return None
        before = islice(self.journal.list_history(record), _LOOKED_BACK) if not entry.rows else ()
        rows = next((each.rows for each in (entry, *before) if each.rows), ())
        return self.crm.get_account(rows[0]) if rows else None

    def _fitting(self, record: RecordId, client: Client, view: AccountView) -> Found | Held | None:
        """Return the account that fits, the hold where several do, None where none does."""
        match self._match(record, client, view):
            case Matched(account=account, reason=reason):
                return Found(account, f"linked by {reason}")
            case Ambiguous(candidates=candidates, reason=reason):
                return self._hold(record, client, reason, _candidates(candidates))
            case Unmatched():
                return None

    def _unfitting(self, record: RecordId, client: Client, view: AccountView) -> Found | Held:
        found = self._match(record, client, view)
        reason = found.reason
        similar = suggest(client.name, (*view.candidates, *view.similar)) if client.name else ()
        if self._may_create(client) and not similar:
            return Found(None, f"created, {reason}")
        if similar:
            reason += "; similar ones exist"
        return self._hold(record, client, reason, _candidates(similar))

    def _match(
        self, record: RecordId, client: Client, view: AccountView
    ) -> Matched | Unmatched | Ambiguous:
        field, _ = self.match_field or ("", "")
        return match_client(
            key=record.client_key,
            name=client.name,
            field_name=field,
            field_value=self._value(client),
            candidates=view.candidates,
        )

    def _may_create(self, client: Client) -> bool:
        return self.unmatched is UnmatchedPolicy.CREATE and bool(client.name)

    def _value(self, client: Client) -> str:
        field, _ = self.match_field or ("", "")
        return str(getattr(client, field)) if field else ""

    def _unlinked(self, record: RecordId, client: Client, account: Account) -> Held:
        """Remember that a person took a client's account away, and hold the client."""
        decision = unlinked(record, client.name, account, self.clock())
        self.holds.upsert(decision)
        return self._hold(record, client, decision.reason, decision.candidates)

    def _hold(
        self, record: RecordId, client: Client, reason: str, candidates: tuple[Candidate, ...]
    ) -> Held:
        hold = Hold(
            business=record.business,
            awaited=Awaited.client(record.number),
            name=client.name,
            reason=f"Client {record.number}: {reason}",
            since=self.clock(),
            candidates=candidates,
        )
        self.holds.upsert(hold)
        return Held(hold)


def unlinked(record: RecordId, name: str, account: Account, now: datetime) -> Hold:
    """Return the decision that a client's account is not the client's any more.

    It stands beside the hold, where a sync under way cannot overwrite it.
    """
    return Hold(
        business=record.business,
        awaited=Awaited.ignored(record.number),
        name=name,
        reason="a person took its account away from it; it is linked again by a decision only",
        since=now,
        candidates=_candidates((account,)),
        state=HoldState.UNLINKED,
    )


def _candidates(accounts: tuple[Account, ...]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            account.id,
            account.name,
            f"linked to {account.client_key}" if account.client_key else "",
        )
        for account in accounts
    )
