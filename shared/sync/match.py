"""How a client stands to an account: linked, to be linked or made, gone, ignored, or for a person.

Never guesses between two, undoes no decision of a person, and moves nothing to an inactive account.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.core.clients import Link
from shared.core.homes import Account, ClientRow, ClientView
from shared.core.identity import Awaited, RecordId
from shared.core.matching import Ambiguous, Matched, Unmatched, match_client, suggest
from shared.core.options import ClientState
from shared.core.outcomes import Skipped
from shared.core.policies import UnmatchedPolicy
from shared.core.records import Client
from shared.core.waiting import Candidate, Hold, HoldState, noted
from shared.errors import ConflictError
from shared.sync.naming import Naming
from shared.sync.ports import Crm, Holds

_LONGEST_CHAIN: Final = 10  # of accounts that were merged one into the next
TAKEN_AWAY: Final = "a person took its account away from it; it is linked again by a decision only"


@dataclass(frozen=True)
class Wish:
    """What an operator wants of a client.

    Attributes:
        account: it is to be linked to this one; None for one that is made for it.
    """

    account: UUID | None = None


@dataclass(frozen=True)
class Found:
    """How a client stands to an account.

    Attributes:
        row: the client's own row as it is.
        account: the one it belongs to, active and with all of its clients; None for nobody's, or
            where the connector makes it.
        makes: the connector makes it.
        hold: what a person is asked, None where nobody is.
    """

    link: Link
    row: ClientRow | None
    account: Account | None = None
    makes: bool = False
    hold: Hold | None = None


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
    clock: Callable[[], datetime]
    unmatched: UnmatchedPolicy
    match_field: tuple[str, str] | None

    def find(
        self, record: RecordId, client: Client, *, wish: Wish | None, naming: Naming
    ) -> Found | Skipped:
        """Find how a client stands to an account.

        Args:
            record: the client's identity.
            client: the client.
            wish: what an operator decided, None for nothing.
            naming: keeps two clients alike from getting an account each.

        Raises:
            ConflictError: an account for a client alike is just being made; start again.
        """
        if not naming.covers(client.name):
            view = self._look(record, client, similar=False)
            found = self._standing(record, client, view, wish)
            if found is None and wish is None:
                found = self._linked_before(record, client, view)
                found = found or self._fitting(record, client, view)
            if found is not None:
                return found
            if wish is not None or self._may_create(client):
                naming.take(client.name, decided=wish is not None)
        # Looked at after the claim: whoever made an account alike had claimed it, or is done.
        view = self._look(record, client, similar=True)
        found = self._standing(record, client, view, wish)
        found = found or self._made_before(record, client, view, naming)
        if found is not None:
            return found
        if wish is not None:
            return _made(record, view, "an operator decided to make an account for it")
        return self._fitting(record, client, view) or self._unfitting(record, client, view)

    def _look(self, record: RecordId, client: Client, *, similar: bool) -> ClientView:
        return self.crm.get_client_view(
            client_key=record.client_key,
            name=client.name,
            field_value=self._value(client) or None,
            similar=similar,
        )

    def _standing(
        self, record: RecordId, client: Client, view: ClientView, wish: Wish | None
    ) -> Found | Skipped | None:
        """Return what is decided about a client already, None when nothing is."""
        row = view.row
        if wish is not None and wish.account is not None:
            return self._chosen(row, wish.account)
        if row is None:
            return None if wish is not None else self._of_before(record, client)
        if wish is None and row.link_state is ClientState.IGNORED:
            reason = row.reason if row.settled else "somebody decided in Dynamics to leave it out"
            return Found(Link(ClientState.IGNORED, row.account, _last(row), reason), row)
        if wish is None and client.deleted:
            home = view.home if view.home is not None and view.home.active else None
            return Found(Link(ClientState.GONE, row.account, _last(row), row.reason), row, home)
        if row.account is not None and (wish is None or row.belongs):
            return self._at_home(record, client, row, row.account, view)
        former = self._former(row) if wish is None else None
        # An account that is not there any more is no decision about another one.
        return self._unlinked(record, client, row, former) if former is not None else None

    def _chosen(self, row: ClientRow | None, account: UUID) -> Found:
        chosen = self.crm.get_account(account)
        if chosen is None or not chosen.active:
            raise ConflictError(f"The account {account} is not there, or not active.")
        return _linked(row, chosen, "an operator decided so")

    def _former(self, row: ClientRow) -> Account | None:
        """Return the account that a client has no more, None where that is gone as well."""
        return self.crm.get_account(row.linked_to) if row.linked_to is not None else None

    def _of_before(self, record: RecordId, client: Client) -> Found | Skipped | None:
        """Return what the release before kept of a client that has no row yet."""
        decision = self.holds.get(record.business, Awaited.ignored(record.number))
        if decision is not None and decision.state is HoldState.UNLINKED:
            former = next((each.account for each in decision.candidates), None)
            hold = self._hold(record, client, decision.reason, decision.candidates)
            link = Link(
                ClientState.NEEDS_A_PERSON,
                None,
                former,
                decision.reason,
                decision.candidates,
            )
            return Found(link, None, hold=hold)
        if decision is not None:
            return Found(Link(ClientState.IGNORED, reason=decision.reason), None)
        if client.deleted:
            return Skipped("the client is deleted in FreshBooks and has no account")
        return None

    def _linked_before(self, record: RecordId, client: Client, view: ClientView) -> Found | None:
        """Return the account that an earlier release linked a client to that has no row yet."""
        if view.row is not None:
            return None
        key = record.client_key
        linked = next((each for each in view.candidates if each.key_of_before == key), None)
        if linked is None:
            return None
        if not linked.active:
            return self._inactive(record, client, None, linked)
        return _linked(None, linked, "an earlier release linked it")

    def _at_home(
        self, record: RecordId, client: Client, row: ClientRow, named: UUID, view: ClientView
    ) -> Found | None:
        """Return what follows from the account that a client's row names."""
        taken = row.link_state is ClientState.NEEDS_A_PERSON and (
            row.carried_out is ClientState.LINKED and named == row.linked_to
        )
        home = view.home or self.crm.get_account(named)
        if home is None:
            return None
        if taken:
            return self._unlinked(record, client, row, home)
        if home.active:
            known = row.settled or row.carried_out is ClientState.GONE
            return _linked(row, home, row.reason if known else "it was linked in Dynamics")
        return self._inactive(record, client, row, home)

    def _inactive(
        self, record: RecordId, client: Client, row: ClientRow | None, home: Account
    ) -> Found:
        """Return what becomes of a client whose account is inactive."""
        master = self._follow(home)
        if master is not None:
            return _linked(row, master, f"its account {home.name} was merged into this one")
        candidates = _candidates((home,))
        reason = f"its account {home.name} is inactive"
        hold = self._hold(record, client, reason, candidates)
        link = Link(ClientState.NEEDS_A_PERSON, home.id, home.id, reason, candidates)
        return Found(link, row, hold=hold)

    def _follow(self, account: Account) -> Account | None:
        """Return the active account that an inactive one was merged into, over any number."""
        seen = {account.id}
        for _ in range(_LONGEST_CHAIN):
            if account.master is None or account.master in seen:
                return None
            seen.add(account.master)
            found = self.crm.get_account(account.master)
            if found is None or found.active:
                return found
            account = found
        return None

    def _unlinked(self, record: RecordId, client: Client, row: ClientRow, former: Account) -> Found:
        """Return that a person took a client's account away."""
        candidates = _candidates((former,))
        hold = self._hold(record, client, TAKEN_AWAY, candidates)
        link = Link(ClientState.NEEDS_A_PERSON, None, former.id, TAKEN_AWAY, candidates)
        return Found(link, row, hold=hold)

    def _made_before(
        self, record: RecordId, client: Client, view: ClientView, naming: Naming
    ) -> Found | None:
        """Return the account that was made for a client before, if it is there."""
        made = next(
            (each for each in (*view.candidates, *view.similar) if each.id == record.row), None
        )
        if made is None and naming.exists:
            found = self.crm.get_account(record.row)
            made = found if found is None or found.active else self._follow(found)
        if made is None:
            return None
        if view.row is not None and view.row.linked_to == made.id:
            return self._unlinked(record, client, view.row, made)
        return _linked(view.row, made, "it was made for it before")

    def _fitting(self, record: RecordId, client: Client, view: ClientView) -> Found | None:
        """Return the account that fits, the hold where several do, None where none does."""
        match self._match(client, view):
            case Matched(account=account, reason=reason):
                return _linked(view.row, account, f"linked by {reason}")
            case Ambiguous(candidates=candidates, reason=reason):
                return self._held(record, client, view, reason, candidates)
            case Unmatched():
                return None

    def _unfitting(self, record: RecordId, client: Client, view: ClientView) -> Found:
        reason = self._match(client, view).reason
        similar = suggest(client.name, (*view.candidates, *view.similar)) if client.name else ()
        if self._may_create(client) and not similar:
            return _made(record, view, f"created, {reason}")
        if similar:
            reason += "; similar ones exist"
        return self._held(record, client, view, reason, similar)

    def _match(self, client: Client, view: ClientView) -> Matched | Unmatched | Ambiguous:
        field, _ = self.match_field or ("", "")
        return match_client(
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

    def _held(
        self,
        record: RecordId,
        client: Client,
        view: ClientView,
        reason: str,
        accounts: tuple[Account, ...],
    ) -> Found:
        candidates = _candidates(accounts)
        hold = self._hold(record, client, reason, candidates)
        # Whoever links it has the records follow that were on an account which is gone.
        last = view.row.linked_to if view.row is not None else None
        link = Link(ClientState.NEEDS_A_PERSON, None, last, reason, candidates)
        return Found(link, view.row, hold=hold)

    def _hold(
        self, record: RecordId, client: Client, reason: str, candidates: tuple[Candidate, ...]
    ) -> Hold:
        return Hold(
            business=record.business,
            awaited=Awaited.client(record.number),
            name=client.name,
            reason=f"Client {record.number}: {reason}",
            since=self.clock(),
            candidates=candidates,
            value=self._value(client),
        )


def _last(row: ClientRow) -> UUID | None:
    """Return the account a client belongs to, or belonged to last."""
    return row.account or row.linked_to


def _linked(row: ClientRow | None, account: Account, reason: str) -> Found:
    return Found(Link(ClientState.LINKED, account.id, account.id, reason), row, account)


def _made(record: RecordId, view: ClientView, reason: str) -> Found:
    link = Link(ClientState.LINKED, record.row, record.row, reason)
    return Found(link, view.row, makes=True)


def _candidates(accounts: tuple[Account, ...]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(each.id, each.name, noted(each.where, active=each.active)) for each in accounts
    )
