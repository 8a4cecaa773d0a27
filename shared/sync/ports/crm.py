"""Dataverse as the use cases see it: what is there about a record, in one request.

Never says what a row looks like on the wire.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from shared.core.rows import Current, Operation


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
        entry: the timeline entry, as in `InvoiceView`; `opportunityid` and `customerid` lookups say
            where it is.
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
