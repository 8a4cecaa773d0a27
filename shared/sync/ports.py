"""What the use cases need from the world, as protocols.

Adapters implement them; tests implement the small ones in memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from shared.core.events import Kind, SyncRequest
from shared.core.records import Client, Expense, Invoice, Payment, Record
from shared.core.rows import Current, Operation


class FreshBooks(Protocol):
    """FreshBooks' accounting API.

    Every method may raise `RetryLaterError`, `ReconnectNeededError` and `ConfigurationError`
    (a wrong account id or a missing scope is one, never "gone").
    """

    def get_client(self, account: str, record: int) -> Client | None:
        """Return a client with its balances, deleted ones too; None when FreshBooks has none."""

    def get_invoice(self, account: str, record: int) -> Invoice | None:
        """Return an invoice with its lines, deleted ones too; None when FreshBooks has none."""

    def get_payment(self, account: str, record: int) -> Payment | None:
        """Return a payment, deleted ones too; None when FreshBooks has none."""

    def get_expense(self, account: str, record: int) -> Expense | None:
        """Return an expense with its category's name; None when FreshBooks has none."""

    def list_records(
        self, account: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Yield the records of a kind as a list shows them (invoices without lines).

        Args:
            account: the FreshBooks account id.
            kind: which records.
            updated_since: an Eastern day, inclusive; None for all.
            deleted: only deleted ones; else active and archived ones.
        """

    def list_overdue_invoices(self, account: str) -> Iterator[Invoice]:
        """Yield the invoices that are overdue now; time alone makes them so."""

    def get_last_activity(self, account: str, client: int) -> tuple[date | None, date | None]:
        """Return the days of a client's last invoice and last payment, None where there is none.

        Drafts and deleted records do not count.
        """


@dataclass(frozen=True)
class AccountRow:
    """An account in Dataverse, as far as the connector looks at it.

    Attributes:
        row: id, version, our own columns (all of `schema.ACCOUNT_COLUMNS`), `name`, the configured
            matching field, `_transactioncurrencyid_value` under `transactioncurrencyid`.
        active: whether it is an active account.
        opportunities: its open opportunities, id -> name; empty unless they were asked for.
    """

    row: Current
    active: bool = True
    opportunities: dict[UUID, str] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The account's primary key."""
        return self.row.id

    @property
    def name(self) -> str:
        """The account's name, "" if it has none."""
        return str(self.row.columns.get("name") or "")


@dataclass(frozen=True)
class InvoiceView:
    """What Dataverse holds about one invoice, read in one request.

    Attributes:
        invoice: the header: all of our columns, `opportunityid` and `customerid` lookups, state.
        lines: every line of the invoice, ours and others'.
        entry: its timeline entry: our columns, `regardingobjectid` and `fbx_invoiceid` lookups,
            state.
        account: the account that carries the client's key, with its open opportunities.
    """

    invoice: Current | None
    lines: tuple[Current, ...]
    entry: Current | None
    account: AccountRow | None


@dataclass(frozen=True)
class EntryView:
    """What Dataverse holds about one payment or expense, read in one request.

    Attributes:
        entry: the timeline entry, as in `InvoiceView`.
        invoice: the header of the invoice it belongs to: as in `InvoiceView`, without lines.
        account: the account that carries the client's key, with its open opportunities.
    """

    entry: Current | None
    invoice: Current | None
    account: AccountRow | None


@dataclass(frozen=True)
class AccountView:
    """The accounts a client may belong to, read in one request.

    Attributes:
        linked: the account that carries the client's key, active or not.
        candidates: active accounts that Dataverse finds equal by name or by the configured field;
            Dataverse compares case- and often accent-blind, so they are compared again here.
    """

    linked: AccountRow | None
    candidates: tuple[AccountRow, ...]


@dataclass(frozen=True)
class Currency:
    """A currency of the environment.

    Attributes:
        precision: decimals of amounts in this currency.
        price_precision: decimals of prices per unit, the same for the whole environment
            (`organization.pricingdecimalprecision`).
    """

    id: UUID
    code: str
    precision: int = 2
    price_precision: int = 2


class Crm(Protocol):
    """Dataverse as the use cases see it. Every method is one request, unless it says cached.

    Every method may raise `RetryLaterError` and `ConfigurationError`.
    """

    def get_invoice_view(
        self, *, invoice: UUID, entry: UUID, client_key: str | None
    ) -> InvoiceView:
        """Return what is there about an invoice; without `client_key` no account is looked for."""

    def get_entry_view(
        self, *, entry: UUID, invoice: UUID | None, client_key: str | None
    ) -> EntryView:
        """Return what is there about a payment or expense."""

    def get_account_view(
        self, *, client_key: str, name: str, field_value: str | None
    ) -> AccountView:
        """Return the accounts a client may belong to.

        Args:
            client_key: value of the alternate key.
            name: exact name to look for; "" looks for none.
            field_value: value of the configured matching column; None looks for none.
        """

    def get_account(self, account: UUID) -> AccountRow | None:
        """Return one account by its id, None when there is none."""

    def list_similar_accounts(self, name: str) -> list[AccountRow]:
        """Return up to 50 active accounts whose name shares a word with `name`."""

    def get_currency(self, code: str) -> Currency | None:
        """Return a currency by its ISO code (cached), None when the environment has none."""

    def get_currency_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id (cached)."""

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency (cached).

        The configured one, else the only active one in that currency, else None: never guessed.
        """

    def write(self, operations: Sequence[Operation]) -> None:
        """Apply all operations in one change set, or none.

        Raises:
            ConflictError: a row changed, appeared or vanished since it was read.
            RecordRefusedError: Dataverse refuses the rows as they are.
        """


class SyncQueue(Protocol):
    """The queue `sync-requests`."""

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        """Put a request on the queue, to be seen after `delay` seconds; it never expires."""

    def depth(self) -> int:
        """Return roughly how many messages wait, delayed ones included."""


@dataclass(frozen=True)
class JournalEntry:
    """What happened to a record, newest state.

    Attributes:
        outcome: created | updated | cancelled | unchanged | skipped | held | deferred |
            dead-lettered.
        reason: why, in words for an operator; "" where the outcome says it all.
        number: what people call the record, such as the invoice's number; "" if it has none.
        fingerprint: `records.fingerprint` of the state that was handled, "" if none was read.
        read_at: when the record was read from FreshBooks, UTC.
        cause: why it was asked for.
        rows: ids of the rows in Dataverse that stand for it.
    """

    account: str
    kind: Kind
    record: int
    outcome: str
    at: datetime
    cause: str = ""
    reason: str = ""
    number: str = ""
    fingerprint: str = ""
    read_at: datetime | None = None
    rows: tuple[UUID, ...] = ()


class Journal(Protocol):
    """What happened to every record; answers law 3's question "where is invoice 4711?"."""

    def write(self, entry: JournalEntry) -> None:
        """Note an outcome: the record's newest state always, its history unless `unchanged`."""

    def list_latest(self, account: str, kind: Kind) -> Iterator[JournalEntry]:
        """Yield the newest entry of every record of a kind."""

    def get_latest(self, account: str, kind: Kind, record: int) -> JournalEntry | None:
        """Return the newest entry of a record, None if it was never handled."""

    def list_history(self, account: str, kind: Kind, record: int) -> Iterator[JournalEntry]:
        """Yield a record's entries, newest first."""

    def find_by_number(self, account: str, kind: Kind, number: str) -> Iterator[JournalEntry]:
        """Yield the newest entries of the records people call `number`."""


@dataclass(frozen=True)
class Candidate:
    """An account that might be the client's, to be shown to the operator."""

    account: UUID
    name: str
    note: str


@dataclass(frozen=True)
class Hold:
    """A client that waits for a decision, or a currency the environment lacks.

    Attributes:
        subject: `client-<id>` or `currency-<code>`.
        name: the client's name, or the currency's code.
        state: waiting | released (its records are being sent on) | ignored.
    """

    account: str
    subject: str
    name: str
    reason: str
    since: datetime
    candidates: tuple[Candidate, ...] = ()
    state: str = "waiting"


class Holds(Protocol):
    """What waits for a person, and the records that wait with it."""

    def get(self, account: str, subject: str) -> Hold | None:
        """Return a hold, None when there is none."""

    def list_all(self, account: str | None = None) -> Iterator[Hold]:
        """Yield all holds, waiting and ignored."""

    def upsert(self, hold: Hold) -> None:
        """Open a hold or bring it up to date; `since` of an open one is kept."""

    def delete(self, account: str, subject: str) -> None:
        """Close a hold; one that is gone is fine."""

    def add_waiting(self, subject: str, request: SyncRequest) -> None:
        """Note a record that waits for the hold; noting it again changes nothing."""

    def list_waiting(self, account: str, subject: str) -> Iterator[SyncRequest]:
        """Yield the records that wait."""

    def delete_waiting(self, subject: str, request: SyncRequest) -> None:
        """Forget a record that waited; one that is gone is fine."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that nothing more is done for until an operator decides.

    Attributes:
        key: its name for the operator.
        body: the message as it was on the queue (it carries no record data), cut to 4,000
            characters.
    """

    key: str
    body: str
    reason: str
    at: datetime
    code: str = ""
    request_id: str = ""


class DeadLetters(Protocol):
    """Messages that cannot be handled as they are."""

    def add(self, letter: DeadLetter) -> None:
        """Keep a dead letter; the same key again replaces it."""

    def list_all(self) -> Iterator[DeadLetter]:
        """Yield all dead letters, oldest first."""

    def get(self, key: str) -> DeadLetter | None:
        """Return one, None when there is none."""

    def delete(self, key: str) -> None:
        """Forget one; one that is gone is fine."""


class Checkpoints(Protocol):
    """How far a poll has come, and what is planned already."""

    def get(self, name: str) -> datetime | None:
        """Return a point in time (UTC), None when there is none yet."""

    def set(self, name: str, moment: datetime) -> None:
        """Keep a point in time."""


@dataclass(frozen=True)
class Registration:
    """A webhook callback of ours.

    Attributes:
        noun: what it reports: client | invoice | payment | expense.
        callback: its number in FreshBooks, None until FreshBooks told us.
        uri: the address FreshBooks calls.
        state: pending | live.
    """

    account: str
    noun: str
    uri: str
    state: str
    callback: int | None = None
    since: datetime | None = None


class Registrations(Protocol):
    """Our webhook callbacks, and the accounts we are connected to."""

    def get(self, account: str, noun: str) -> Registration | None:
        """Return one, None when nothing is registered there."""

    def list_all(self) -> Iterator[Registration]:
        """Yield all."""

    def upsert(self, registration: Registration) -> None:
        """Keep one."""

    def list_accounts(self) -> list[str]:
        """Return the FreshBooks accounts that are synced."""

    def add_account(self, account: str, name: str) -> None:
        """Start to sync an account."""


class Secrets(Protocol):
    """Key Vault."""

    def get(self, name: str) -> str | None:
        """Return the newest value, None when there is none."""

    def set(self, name: str, value: str) -> None:
        """Store a value; returns only when it is stored."""


@dataclass(frozen=True)
class Callback:
    """A callback as FreshBooks lists it."""

    id: int
    event: str
    uri: str
    verified: bool


class Callbacks(Protocol):
    """FreshBooks' webhook management."""

    def list_callbacks(self, account: str) -> Iterable[Callback]:
        """Yield the account's callbacks."""

    def create_callback(self, account: str, *, event: str, uri: str) -> Callback:
        """Register an address for a noun; FreshBooks then calls it with `callback.verify`."""

    def verify_callback(self, account: str, callback: int, *, verifier: str) -> bool:
        """Send a verifier back; True when FreshBooks accepted it."""

    def resend_verifier(self, account: str, callback: int) -> None:
        """Ask FreshBooks to call with `callback.verify` again."""

    def delete_callback(self, account: str, callback: int) -> None:
        """Delete a callback; one that is gone is fine."""


@dataclass(frozen=True)
class Business:
    """A business the connected person belongs to.

    Attributes:
        account: the accounting account id, None when the business has none.
        role: the person's role, such as `owner`; with `client` reads are filtered.
    """

    account: str | None
    name: str
    role: str


class Login(Protocol):
    """FreshBooks' authorization, once per connection."""

    def authorize_url(self, *, state: str) -> str:
        """Return the address of the consent page."""

    def exchange(self, code: str) -> None:
        """Turn a consent's code into tokens and keep them."""

    def list_businesses(self) -> list[Business]:
        """Return the businesses of the person who consented."""


class Clock(Protocol):
    """The time."""

    def __call__(self) -> datetime:
        """Return now, aware, UTC."""
