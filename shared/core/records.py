"""FreshBooks' records: clients, invoices, payments and the rest; the quirks of its JSON end here.

Never computes a figure: amounts are FreshBooks' own, to the digit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError

from shared.core.answered import (
    NO_XML,
    Answered,
    Balances,
    Flag,
    Money,
    Number,
    OptionalDate,
    OptionalId,
    OptionalMoney,
    Percent,
    Text,
    WholeNumber,
)
from shared.core.fields import FieldValues, pick
from shared.core.identity import Kind
from shared.errors import RecordRefusedError

EASTERN: Final = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class SourceVersion:
    """When FreshBooks last touched a record, as it says so: Eastern time without a zone.

    Attributes:
        text: `YYYY-MM-DD HH:MM:SS` with or without microseconds; "" when the record has none.
    """

    text: str

    def instants(self) -> tuple[datetime, datetime] | None:
        """Return the earliest and latest UTC instant the text can mean, None if it means none.

        They differ only in the hour that November repeats.
        """
        try:
            naive = datetime.fromisoformat(self.text)
        except ValueError:
            return None
        pair = sorted(naive.replace(tzinfo=EASTERN, fold=fold).astimezone(UTC) for fold in (0, 1))
        return pair[0], pair[1]

    def surely_before(self, moment: datetime) -> bool:
        """Say whether this version precedes a moment however the repeated hour is read."""
        instants = self.instants()
        return instants is not None and instants[1] < moment

    def surely_older_than(self, other: "SourceVersion") -> bool:
        """Say whether this version precedes `other` however the repeated hour is read."""
        mine, theirs = self.instants(), other.instants()
        return mine is not None and theirs is not None and mine[1] < theirs[0]


class VisState(IntEnum):
    """What FreshBooks calls `vis_state`; a deleted record can be restored."""

    ACTIVE = 0
    DELETED = 1
    ARCHIVED = 2


class _Versioned(Answered):
    id: int
    updated: Text = ""
    version_text: Text = Field(default="", validation_alias="version")
    vis_state: VisState = VisState.ACTIVE
    # what the administrator maps beside all that; no answer has a name with a blank
    mapped: FieldValues = Field(default=(), validation_alias="mapped fields")

    @property
    def version(self) -> SourceVersion:
        """`version` where the record has one (microseconds), else `updated` (seconds)."""
        return SourceVersion(self.version_text or self.updated)

    @property
    def deleted(self) -> bool:
        """Whether FreshBooks holds it as deleted."""
        return self.vis_state is VisState.DELETED


class Client(_Versioned):
    """A FreshBooks customer. Balances are None unless they were asked for by `include[]`."""

    organization: Text = ""
    fname: Text = ""
    lname: Text = ""
    email: Text = ""
    phone: Text = Field(default="", validation_alias="bus_phone")
    vat_number: Text = ""
    currency_code: Text = ""
    street: Text = Field(default="", validation_alias="p_street")
    street2: Text = Field(default="", validation_alias="p_street2")
    city: Text = Field(default="", validation_alias="p_city")
    province: Text = Field(default="", validation_alias="p_province")
    postal_code: Text = Field(default="", validation_alias="p_code")
    country: Text = Field(default="", validation_alias="p_country")
    outstanding_balance: Balances = None
    overdue_balance: Balances = None
    credit_balance: Balances = None

    @property
    def name(self) -> str:
        """The organization, or first and last name where it is empty."""
        return self.organization.strip() or f"{self.fname} {self.lname}".strip()


class Line(Answered):
    """A line of an invoice. Taxes are percentages; `amount` is without them.

    A line of text has neither quantity nor price nor amount.
    """

    name: Text = ""
    description: Text = ""
    qty: Number = None
    unit_cost: OptionalMoney = None
    amount: OptionalMoney = None
    tax1: Percent = Field(default=Decimal(0), validation_alias="taxAmount1")
    tax2: Percent = Field(default=Decimal(0), validation_alias="taxAmount2")
    compounded_tax: Annotated[bool, BeforeValidator(lambda value: value or False)] = False


class Invoice(_Versioned):
    """An invoice; `lines` is None unless they were asked for by `include[]`.

    `discount_value` is a percentage, `discount_total` what is taken off, as a negative amount.
    """

    invoice_number: Text = ""
    customerid: int
    amount: Money
    outstanding: Money
    paid: Money
    discount_value: Percent = Decimal(0)
    discount_total: OptionalMoney = None
    currency_code: Text = ""
    create_date: date
    due_date: OptionalDate = None
    date_paid: OptionalDate = None
    v3_status: Text = ""
    payment_state: Text = Field(default="", validation_alias="payment_status")
    po_number: Text = ""
    organization: Text = ""
    street: Text = ""
    street2: Text = ""
    city: Text = ""
    province: Text = ""
    code: Text = ""
    country: Text = ""
    lines: tuple[Line, ...] | None = None

    @property
    def status(self) -> str:
        """`v3_status` in one spelling; the only field that knows overdue."""
        return self.v3_status.lower().replace("-", "_")

    @property
    def payment_status(self) -> str:
        """What it says about its payments, in one spelling."""
        return self.payment_state.lower().replace("-", "_")

    @property
    def draft(self) -> bool:
        """Whether the customer has not got it yet."""
        return self.status in {"draft", "created"}


class Payment(_Versioned):
    """Money received, or a credit. FreshBooks' lists mix the two.

    `creditid` is the credit note that a row without an invoice stands for; whether a payment from
    credit has it as well is not known.
    """

    clientid: OptionalId = None
    invoiceid: OptionalId = None
    creditid: OptionalId = None
    amount: Money
    date: date
    type: Text = ""
    from_credit: Flag = False
    note: Text = ""

    @property
    def credit_note(self) -> int | None:
        """The credit note it stands for, None for one that stands for none."""
        return self.creditid if self.invoiceid is None else None

    @property
    def is_received(self) -> bool:
        """Whether it is money received: no credit, nor the use of one."""
        used = self.from_credit or self.type.strip().casefold() == "credit"
        return self.invoiceid is not None and not used


class Credit(_Versioned):
    """A credit note: goodwill, a prepayment, or what an overpayment left.

    FreshBooks gives it no version.
    """

    clientid: OptionalId = None
    credit_number: Text = ""
    credit_type: Text = ""
    amount: Money
    paid: OptionalMoney = None
    create_date: date
    notes: Text = ""

    @property
    def left(self) -> Decimal | None:
        """What is left of it, None where FreshBooks does not say.

        `paid` was seen to be the whole amount of notes of which nothing was used.
        """
        if self.paid is None or self.paid.amount >= self.amount.amount:
            return None
        return self.amount.amount - self.paid.amount


_BILLED: Final = {2, 4}


class Expense(_Versioned):
    """Money spent, for a client or the firm's own.

    `status` is 0 for the firm's own, 1 when it is to be billed, 2 when it is on an invoice, 4 when
    that is paid. Unlike those of an invoice's lines, its taxes are amounts.
    """

    clientid: OptionalId = None
    categoryid: OptionalId = None
    category_name: Text = ""
    amount: Money
    tax1: OptionalMoney = Field(default=None, validation_alias="taxAmount1")
    tax2: OptionalMoney = Field(default=None, validation_alias="taxAmount2")
    date: date
    vendor: Text = ""
    notes: Text = ""
    has_receipt: Flag = False
    billable: bool | None = None
    invoiceid: OptionalId = None
    status: WholeNumber = None

    @property
    def billed(self) -> bool:
        """Whether it is on an invoice."""
        return self.invoiceid is not None or self.status in _BILLED

    @property
    def tax(self) -> Decimal | None:
        """Its taxes together, None where it names none."""
        named = [tax.amount for tax in (self.tax1, self.tax2) if tax is not None]
        return sum(named, Decimal(0)) if named else None


class Category(_Versioned):
    """What expenses are for; its name is all that is shown of it, on those expenses.

    FreshBooks gives it no version.
    """

    name: Text = Field(default="", validation_alias="category")


Record = Client | Invoice | Payment | Expense | Credit | Category


@dataclass(frozen=True)
class OpenAmount:
    """What is open of one invoice that was sent; below zero of one that was overpaid.

    Attributes:
        due: the day it is due, None where it has none.
    """

    amount: Decimal
    code: str
    due: date | None


@dataclass(frozen=True)
class LastActivity:
    """The days of a client's newest invoice and newest payment, None where there is none.

    Attributes:
        invoice_known: whether that is the newest invoice; else the newest that was seen.
        payment_known: likewise.
        open: what is open of its invoices, None where that is not known.
        overpaid_known: whether `open` has what was paid too much; where FreshBooks was asked for
            open invoices, nobody says whether those are among them.
    """

    invoice: date | None
    payment: date | None
    invoice_known: bool = True
    payment_known: bool = True
    open: tuple[OpenAmount, ...] | None = ()
    overpaid_known: bool = True


_MODELS: Final[dict[Kind, type[Record]]] = {
    Kind.CLIENT: Client,
    Kind.INVOICE: Invoice,
    Kind.PAYMENT: Payment,
    Kind.EXPENSE: Expense,
    Kind.CREDIT: Credit,
    Kind.CATEGORY: Category,
}
_KINDS: Final = {model: kind for kind, model in _MODELS.items()}


def kind_of(record: Record) -> Kind:
    """Return the kind of a record."""
    return _KINDS[type(record)]


def parse_record(kind: Kind, raw: Mapping[str, Any], fields: Iterable[str] = ()) -> Record:
    """Read one record of FreshBooks' JSON.

    Args:
        kind: its kind.
        raw: what FreshBooks answers.
        fields: paths of what is kept as it is answered, beside what is read anyway.

    Raises:
        RecordRefusedError: a field we need is missing or no such type; the text names the fields.
    """
    if kind is Kind.EXPENSE and isinstance(raw.get("category"), Mapping):
        raw = {**raw, "category_name": raw["category"].get("category")}
    kept = tuple(
        (path, NO_XML.sub(" ", value) if isinstance(value, str) else value)
        for path, value in pick(raw, fields)
    )
    try:
        return _MODELS[kind].model_validate({**raw, "mapped fields": kept})
    except ValidationError as error:
        fields = ", ".join(
            f"{'.'.join(map(str, problem['loc']))} ({problem['type']})"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise RecordRefusedError(
            f"FreshBooks' {kind} {raw.get('id', '?')} cannot be read, wrong fields: {fields}"
        ) from None


def client_of(record: Record) -> int | None:
    """Return the client whose balances a record is part of, None where there is none."""
    match record:
        case Invoice():
            return record.customerid
        case Payment() | Credit():
            return record.clientid
        case Client() | Expense() | Category():
            return None
