"""What Dataverse holds about a record: its rows, with a reading of each column that is used.

Never says how they were read, and never holds a column that nobody asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from shared.core.identity import RecordId, read_client_key, read_key
from shared.core.records import SourceVersion
from shared.core.rows import Current


@dataclass(frozen=True)
class Account(Current):
    """An account of Dynamics: all our own columns, `name`, its currency, whether it is active.

    Attributes:
        opportunities: its open opportunities, id -> name; empty unless they were asked for.
        match_value: its value in the configured matching column, "" when empty or not configured.
    """

    opportunities: Mapping[UUID, str] = field(default_factory=dict)
    match_value: str = ""

    @property
    def name(self) -> str:
        """Its name, "" if it has none."""
        return self.text("name")

    @property
    def client_key(self) -> str:
        """The key of the FreshBooks client it is, "" when it is not linked."""
        return self.text("fbx_clientkey")

    @property
    def active(self) -> bool:
        """Whether it is active."""
        return self.state is None or self.state.state == 0

    @property
    def currency(self) -> UUID | None:
        """Its currency, None when it has none yet."""
        return self.lookups.get("transactioncurrencyid")

    def client(self, business: str) -> RecordId | None:
        """Return the client of a business it is linked to, None when it is not."""
        return read_client_key(self.client_key, business)


@dataclass(frozen=True)
class RecordRow(Current):
    """A row that stands for a record: the header of an invoice, or a timeline entry."""

    @property
    def customer(self) -> UUID | None:
        """The account it is on; of an entry on an opportunity, that opportunity's."""
        return self.lookups.get("customerid")

    @property
    def opportunity(self) -> UUID | None:
        """The opportunity it is on, None for the account alone."""
        return self.lookups.get("opportunityid")

    @property
    def invoice(self) -> UUID | None:
        """The invoice a payment's entry belongs to."""
        return self.lookups.get("fbx_invoiceid")

    @property
    def number(self) -> str:
        """The invoice's number in FreshBooks, "" if it has none."""
        return self.text("fbx_number")

    @property
    def version(self) -> SourceVersion:
        """The version of the record it was written from."""
        return SourceVersion(self.text("fbx_sourceversion"))

    def record(self, business: str) -> RecordId | None:
        """Return the record of a business it was made from, None when it is none of it."""
        return read_key(self.text("fbx_sourcekey"), business)


@dataclass(frozen=True)
class InvoiceView:
    """What Dataverse holds about one invoice, read in one request.

    Attributes:
        invoice: the header: all of our columns, where it is, state.
        lines: every line of the invoice, ours and others'.
        entry: its timeline entry: our columns, `regardingobjectid` and `fbx_invoiceid` lookups,
            state.
        account: the account that carries the client's key, with its open opportunities.
    """

    invoice: RecordRow | None
    lines: tuple[Current, ...]
    entry: RecordRow | None
    account: Account | None


@dataclass(frozen=True)
class EntryView:
    """What Dataverse holds about one payment or expense, read in one request.

    Attributes:
        entry: the timeline entry, as in `InvoiceView`, and where it is.
        invoice: the header of the invoice it belongs to: as in `InvoiceView`, without lines.
        account: the account that carries the client's key, with its open opportunities.
    """

    entry: RecordRow | None
    invoice: RecordRow | None
    account: Account | None


@dataclass(frozen=True)
class AccountView:
    """The accounts a client may belong to, read in one request.

    Attributes:
        linked: the account that carries the client's key, active or not.
        candidates: active accounts that Dataverse finds equal by name or by the configured field;
            Dataverse compares case- and often accent-blind, so they are compared again here.
        similar: up to 50 active accounts whose name shares a word with the client's; empty unless
            they were asked for.
    """

    linked: Account | None
    candidates: tuple[Account, ...]
    similar: tuple[Account, ...] = ()


@dataclass(frozen=True)
class AccountName:
    """What could end a client's wait: an account that is new, or called or keyed anew.

    Attributes:
        client_key: the key of the FreshBooks client it is, "" when it is not linked.
        match_value: its value in the configured matching column, "" when empty or not configured.
        active: whether it is active.
    """

    id: UUID
    name: str
    client_key: str = ""
    match_value: str = ""
    active: bool = True


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
