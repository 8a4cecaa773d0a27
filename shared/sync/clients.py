"""A FreshBooks client and its account: match, link or create, then keep the balances.

Gather, decide, apply. Never renames an account and never guesses between two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.core.accounts import Standing, account_id, render_account, render_balances
from shared.core.events import SyncRequest
from shared.core.matching import (
    AccountCandidate,
    Ambiguous,
    Matched,
    Unmatched,
    match_client,
    suggest,
)
from shared.core.planning import Create, Skip, Update, plan_account
from shared.core.policies import UnmatchedPolicy
from shared.core.records import Client, fingerprint
from shared.core.rows import Reference, Row, client_key
from shared.errors import ConflictError
from shared.sync.outcomes import Held, Outcome, Result, Skipped, Unchanged, Written
from shared.sync.ports import (
    AccountRow,
    AccountView,
    Candidate,
    Crm,
    Currency,
    FreshBooks,
    Hold,
    Holds,
)
from shared.sync.release import Release


def client_subject(client: int) -> str:
    """Return the name of a client's hold."""
    return f"client-{client}"


def ignored_subject(client: int) -> str:
    """Return the name under which an operator's decision to ignore a client is kept.

    Apart from the hold, so that a sync under way cannot overwrite the decision.
    """
    return f"ignored-{client}"


@dataclass(frozen=True)
class Target:
    """The account a client's balances go to; None means the connector creates it."""

    account: AccountRow | None
    reason: str


class ClientSync:
    """Brings a client's account up to date."""

    def __init__(
        self,
        *,
        freshbooks: FreshBooks,
        crm: Crm,
        holds: Holds,
        release: Release,
        clock: Callable[[], datetime],
        unmatched: UnmatchedPolicy,
        match_field: tuple[str, str] | None,
    ) -> None:
        self._freshbooks = freshbooks
        self._crm = crm
        self._holds = holds
        self._release = release
        self._clock = clock
        self._unmatched = unmatched
        self._match_field = match_field

    def __call__(self, request: SyncRequest) -> Result:
        """Sync one client."""
        return self.sync(request.account, request.record)

    def sync(self, account: str, record: int, *, create: bool = False) -> Result:
        """Sync one client; with `create` an operator wants an account made for it."""
        read_at = self._clock()
        client = self._freshbooks.get_client(account, record)
        if client is None:
            return Result(Skipped("FreshBooks has no such client"), read_at=read_at)
        outcome, target = self._match(account, client, create=create)
        if outcome is None and target is not None:
            outcome = self._write(account, client, target)
        if outcome is None:
            outcome = Unchanged()
        if isinstance(outcome, Written | Unchanged):
            self._release(account, client_subject(client.id))
        row = target.account.id if target and target.account else account_id(account, client.id)
        return Result(
            outcome,
            number=str(client.id),
            fingerprint=fingerprint(client),
            read_at=read_at,
            rows=(row,) if target else (),
        )

    def bring(self, request: SyncRequest, client: int) -> Held | Skipped | None:
        """Bring the account of a record's client there; None when it is, else why it is not.

        Whatever keeps the client away, the record waits for it: for a decision with the hold, else
        here. It waits before it looks once more: an account that appears in between is seen by one
        or the other.
        """
        outcome = self.sync(request.account, client).outcome
        if not isinstance(outcome, Held | Skipped):
            return None
        subject = client_subject(client)
        if isinstance(outcome, Held) and outcome.hold.subject == subject:
            return outcome
        self._release.wait(subject, request)
        view = self._crm.get_account_view(
            client_key=client_key(request.account, client), name="", field_value=None
        )
        if view.linked is None:
            return outcome
        self._release.forget(subject, request)
        return None

    def _match(
        self, account: str, client: Client, *, create: bool
    ) -> tuple[Outcome | None, Target | None]:
        field, _ = self._match_field or ("", "")
        value = str(getattr(client, field)) if field else ""
        view = self._crm.get_account_view(
            client_key=client_key(account, client.id),
            name=client.name,
            field_value=value or None,
        )
        if view.linked is not None:
            return None, Target(view.linked, "")
        if create:
            return None, Target(None, "an operator decided to create it")
        if self._holds.get(account, ignored_subject(client.id)) is not None:
            return Skipped("an operator decided to ignore this client"), None
        if client.deleted:
            return Skipped("the client is deleted in FreshBooks and has no account"), None
        return self._judge(account, client, view, value)

    def _judge(
        self, account: str, client: Client, view: AccountView, field_value: str
    ) -> tuple[Outcome | None, Target | None]:
        field, column = self._match_field or ("", "")
        match match_client(
            key=client_key(account, client.id),
            name=client.name,
            field_name=field,
            field_value=field_value,
            candidates=[_candidate(row, column) for row in view.candidates],
        ):
            case Matched(account=found, reason=reason):
                row = next(row for row in view.candidates if row.id == found)
                return None, Target(row, f"linked by {reason}")
            case Ambiguous(candidates=candidates, reason=reason):
                return self._hold(account, client, reason, candidates), None
            case Unmatched(reason=reason):
                return self._unmatched_client(account, client, reason, column)

    def _unmatched_client(
        self, account: str, client: Client, reason: str, column: str
    ) -> tuple[Outcome | None, Target | None]:
        rows = self._crm.list_similar_accounts(client.name) if client.name else []
        similar = suggest(client.name, [_candidate(row, column) for row in rows])
        if self._unmatched is UnmatchedPolicy.CREATE and not similar and client.name:
            return None, Target(None, f"created, {reason}")
        if similar:
            reason += "; similar ones exist"
        return self._hold(account, client, reason, similar), None

    def _hold(
        self, account: str, client: Client, reason: str, candidates: tuple[AccountCandidate, ...]
    ) -> Held:
        hold = Hold(
            account=account,
            subject=client_subject(client.id),
            name=client.name,
            reason=f"Client {client.id}: {reason}",
            since=self._clock(),
            candidates=tuple(
                Candidate(c.id, c.name, f"linked to {c.key}" if c.key else "") for c in candidates
            ),
        )
        self._holds.upsert(hold)
        return Held(hold)

    def _write(self, account: str, client: Client, target: Target) -> Outcome | None:
        currency = self._currency(client, target.account)
        if currency is None:
            hold = missing_currency(account, client.currency_code, self._clock())
            self._holds.upsert(hold)
            return Held(hold)
        plan = self._plan(account, client, target, currency)
        if isinstance(plan, Skip):
            return None
        if target.account is not None:
            # What is written over a row was read after it; see `shared.sync.protocol`.
            again = self._freshbooks.get_client(account, client.id)
            if again is None:
                raise ConflictError(f"Client {client.id} vanished while it was carried over.")
            if again != client:
                plan = self._plan(account, again, target, currency)
                if isinstance(plan, Skip):
                    return None
            client = again
        try:
            self._crm.write(plan.operations)
        except ConflictError:
            if target.account is None and (held := self._unlinked(account, client)) is not None:
                return held
            raise
        if target.account is not None and self._freshbooks.get_client(account, client.id) != client:
            # An account carries no version of its source: who read the newer balances in between
            # may have found them there, and left no trace for this write to fail on.
            raise ConflictError(f"Client {client.id} changed while it was written.")
        return Written("created" if target.account is None else "updated", target.reason)

    def _unlinked(self, account: str, client: Client) -> Held | None:
        """Return the hold for a client whose account was made already and then unlinked."""
        made = self._crm.get_account(account_id(account, client.id))
        if made is None or _candidate(made, "").key == client_key(account, client.id):
            return None
        reason = "the account that was made for it is not linked to it any more"
        return self._hold(account, client, reason, (_candidate(made, ""),))

    def _plan(
        self, account: str, client: Client, target: Target, currency: Currency
    ) -> Create | Update | Skip:
        last_invoice, last_payment = self._freshbooks.get_last_activity(account, client.id)
        balances = render_balances(
            client,
            account=account,
            standing=Standing(currency.code, currency.precision, last_invoice, last_payment),
        )
        now = self._clock()
        if target.account is None:
            row = render_account(
                client, account=account, currency=currency.id, balances=balances, now=now
            )
            return plan_account(row, current=None)
        row = Row(
            table="account",
            id=target.account.id,
            columns=balances,
            filled_lookups={"transactioncurrencyid": Reference("transactioncurrency", currency.id)},
            stamps={"fbx_syncedon": now},
        )
        return plan_account(row, current=target.account.row)

    def _currency(self, client: Client, account: AccountRow | None) -> Currency | None:
        own = account.row.lookups.get("transactioncurrencyid") if account else None
        if own is not None:
            return self._crm.get_currency_by_id(own)
        return self._crm.get_currency(client.currency_code)


def missing_currency(account: str, code: str, now: datetime) -> Hold:
    """Return the hold for a currency the environment does not have."""
    return Hold(
        account=account,
        subject=f"currency-{code or 'none'}",
        name=code,
        reason=f"Dataverse has no currency {code or '(the record names none)'}: add it under "
        "Settings, Business Management, Currencies; the waiting records follow by themselves.",
        since=now,
    )


def _candidate(row: AccountRow, column: str) -> AccountCandidate:
    return AccountCandidate(
        id=row.id,
        name=row.name,
        key=str(row.row.columns.get("fbx_clientkey") or ""),
        field=str(row.row.columns.get(column) or "") if column else "",
        active=row.active,
    )
