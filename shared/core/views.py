"""What Dataverse holds about a record: its rows, with a reading of each column that is used.

Never says how they were read, and never holds a column that nobody asked for.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.core.homes import Account
from shared.core.identity import RecordId, read_key
from shared.core.records import SourceVersion
from shared.core.rows import Current


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
    def regarding(self) -> UUID | None:
        """What a timeline entry is on: an opportunity, else an account."""
        return self.lookups.get("regardingobjectid")

    @property
    def invoice(self) -> UUID | None:
        """What stands for the invoice of a payment's entry: its row, or its entry."""
        return self.lookups.get("fbx_invoiceid") or self.lookups.get("fbx_invoiceentryid")

    @property
    def client(self) -> UUID | None:
        """The row of the client it belongs to."""
        return self.lookups.get("fbx_clientid")

    @property
    def currency(self) -> UUID | None:
        """The currency of its amounts."""
        return self.lookups.get("transactioncurrencyid")

    @property
    def replaced_by(self) -> str:
        """The currency of the rows that came after it, "" where it was not replaced."""
        return self.text("fbx_replacedby")

    @property
    def reference(self) -> str | None:
        """The purchase order number it was written with, None where that is not known.

        Dataverse keeps no empty text: a row that names its client was written with none.
        """
        written = self.text("fbx_ponumber")
        return written if written or self.client is not None else None

    @property
    def received(self) -> Decimal | None:
        """The most that a payment is known to have been, None where nothing is known."""
        for column in ("fbx_received", "fbx_amount"):
            value = self.columns.get(column)
            if isinstance(value, Decimal | int):
                return Decimal(value)
        return None

    @property
    def number(self) -> str:
        """The invoice's number in FreshBooks, "" if it has none; an entry has it as reference."""
        return self.text("fbx_number" if "fbx_number" in self.columns else "fbx_reference")

    @property
    def adopted(self) -> bool:
        """Whether it was somebody's in Dynamics before it stood for the record."""
        return self.columns.get("fbx_adopted") is True

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
        invoice: what stands for it and payments point at. The header: all of our columns, where it
            is, state; an adopted one is found by the entry, which points at it. Without the Sales
            app it is the entry itself.
        lines: every line of the invoice, ours and others'.
        entry: its timeline entry: our columns, `regardingobjectid` and `fbx_invoiceid` lookups,
            state.
        home: the account of its client, active or not, with the client's row and the
            opportunities it may belong to; None when the client's row names none.
        existing: invoices of that account with the number that was asked for that belong to no
            record, and those that are adopted for this one; with their native number and total.
    """

    invoice: RecordRow | None
    lines: tuple[Current, ...]
    entry: RecordRow | None
    home: Account | None
    existing: tuple[RecordRow, ...] = ()


@dataclass(frozen=True)
class EntryView:
    """What Dataverse holds about one payment or expense, read in one request.

    Attributes:
        entry: the timeline entry, as in `InvoiceView`, and where it is.
        invoice: the header of the invoice it belongs to: as in `InvoiceView`, without lines.
        home: the account of its client, as in `InvoiceView`.
    """

    entry: RecordRow | None
    invoice: RecordRow | None
    home: Account | None


@dataclass(frozen=True)
class Currency:
    """A currency of the environment.

    Attributes:
        precision: decimals of amounts in this currency.
        price_precision: decimals of prices per unit, the same for the whole environment
            (`organization.pricingdecimalprecision`).
        rate: how much of it one unit of the environment's base currency is.
    """

    id: UUID
    code: str
    precision: int = 2
    price_precision: int = 2
    rate: Decimal = Decimal(1)
