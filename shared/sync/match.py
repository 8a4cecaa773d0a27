"""Which account is a client's: the one it is linked to, one that fits, a new one, or a hold.

Never guesses between two, and undoes no decision of a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.core.identity import Awaited, RecordId
from shared.core.matching import Ambiguous, Matched, Unmatched, match_client, suggest
from shared.core.outcomes import Held, Skipped
from shared.core.policies import UnmatchedPolicy
from shared.core.records import Client
from shared.core.views import Account, AccountView
from shared.core.waiting import Candidate, Hold
from shared.sync.ports import Crm, Holds


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
    clock: Callable[[], datetime]
    unmatched: UnmatchedPolicy
    match_field: tuple[str, str] | None

    def find(self, record: RecordId, client: Client, *, create: bool) -> Found | Held | Skipped:
        """Find a client's account; a hold is kept before it is returned.

        Args:
            record: the client's identity.
            client: the client.
            create: an operator wants an account made if it is linked to none.
        """
        field, _ = self.match_field or ("", "")
        value = str(getattr(client, field)) if field else ""
        view = self.crm.get_account_view(
            client_key=record.client_key, name=client.name, field_value=value or None
        )
        if view.linked is not None:
            return Found(view.linked, "")
        if create:
            return Found(None, "an operator decided to create it")
        if self.holds.get(record.business, Awaited.ignored(record.number)) is not None:
            return Skipped("an operator decided to ignore this client")
        if client.deleted:
            return Skipped("the client is deleted in FreshBooks and has no account")
        return self._choose(record, client, view, value)

    def find_unlinked(self, record: RecordId, client: Client) -> Held | None:
        """Return the hold for a client whose account was made already and then unlinked."""
        made = self.crm.get_account(record.row)
        if made is None or made.client_key == record.client_key:
            return None
        reason = "the account that was made for it is not linked to it any more"
        return self._hold(record, client, reason, (made,))

    def _choose(
        self, record: RecordId, client: Client, view: AccountView, field_value: str
    ) -> Found | Held:
        field, _ = self.match_field or ("", "")
        match match_client(
            key=record.client_key,
            name=client.name,
            field_name=field,
            field_value=field_value,
            candidates=view.candidates,
        ):
            case Matched(account=account, reason=reason):
                return Found(account, f"linked by {reason}")
            case Ambiguous(candidates=candidates, reason=reason):
                return self._hold(record, client, reason, candidates)
            case Unmatched(reason=reason):
                return self._without_account(record, client, reason)

    def _without_account(self, record: RecordId, client: Client, reason: str) -> Found | Held:
        accounts = self.crm.list_similar_accounts(client.name) if client.name else []
        similar = suggest(client.name, accounts)
        if self.unmatched is UnmatchedPolicy.CREATE and not similar and client.name:
            return Found(None, f"created, {reason}")
        if similar:
            reason += "; similar ones exist"
        return self._hold(record, client, reason, similar)

    def _hold(
        self, record: RecordId, client: Client, reason: str, candidates: tuple[Account, ...]
    ) -> Held:
        hold = Hold(
            business=record.business,
            awaited=Awaited.client(record.number),
            name=client.name,
            reason=f"Client {record.number}: {reason}",
            since=self.clock(),
            candidates=tuple(
                Candidate(
                    account.id,
                    account.name,
                    f"linked to {account.client_key}" if account.client_key else "",
                )
                for account in candidates
            ),
        )
        self.holds.upsert(hold)
        return Held(hold)
