"""What is compared of a row in Dynamics, as small as it can be kept: a business has many.

Never holds a name or a text that people wrote.
"""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from shared.core.options import Status

_DECIMALS: Final = 4  # that Dataverse keeps of an amount
_CANCELLED_INVOICE: Final = 3  # its `statecode`
_CANCELLED_ENTRY: Final = 2
_GONE: Final = frozenset({int(Status.DELETED), int(Status.REPLACED)})


class Header(NamedTuple):
    """The row that stands for an invoice. Ids are numbers, amounts ten-thousandths.

    Attributes:
        number: of the record in FreshBooks.
        row: its id.
        version: of the record it was written from.
        called: the invoice's number, as people know it.
        reference: its purchase order.
        complete: all of its lines are written.
        touched: somebody else has changed it since the connector did.
    """

    number: int
    row: int
    version: str
    status: int | None
    state: int
    total: int | None
    paid: int | None
    outstanding: int | None
    currency: int | None
    account: int | None
    client: int | None
    opportunity: int | None
    day: date | None
    paid_on: date | None
    overdue_since: date | None
    called: str
    reference: str
    complete: bool
    adopted: bool
    replaced: bool
    touched: bool

    @property
    def is_cancelled(self) -> bool:
        """Whether it is cancelled in Dynamics."""
        return self.state == _CANCELLED_INVOICE


class Entry(NamedTuple):
    """A timeline entry, likewise.

    Attributes:
        invoice: what stands for its invoice.
        reference: invoice number, purchase order or vendor.
    """

    number: int
    row: int
    version: str
    status: int | None
    state: int
    kind: int | None
    amount: int | None
    outstanding: int | None
    currency: int | None
    account: int | None
    client: int | None
    regarding: int | None
    invoice: int | None
    day: date | None
    paid_on: date | None
    overdue_since: date | None
    reference: str
    replaced: bool
    touched: bool

    @property
    def is_cancelled(self) -> bool:
        """Whether it is cancelled in Dynamics."""
        return self.state == _CANCELLED_ENTRY


class ClientFacts(NamedTuple):
    """A client's own row, likewise.

    Attributes:
        key: of the client: `<business>-<number>`.
        linked_to: the account it was linked to when the connector acted on it last.
        figures: what accounts are summed up from, as text.
        balances: all balances in words.
        amounts: outstanding, overdue and credit in its own currency.
        ages: what is open, by age.
        synced: the instant at which it was written, as text.
    """

    key: str
    row: int
    state: int | None
    carried_out: int | None
    account: int | None
    linked_to: str
    currency: int | None
    figures: str
    balances: str
    amounts: tuple[int | None, ...]
    ages: tuple[int | None, ...]
    health: int | None
    last_invoice: str
    last_payment: str
    next_due: str
    synced: str
    touched: bool


def stands(row: Header | Entry, *, drafts: bool) -> bool:
    """Say whether a row counts in Sales: it is neither cancelled, replaced nor left behind.

    Args:
        row: the row.
        drafts: whether drafts are shown.
    """
    if row.replaced or row.is_cancelled or row.status in _GONE:
        return False
    return drafts or row.status != int(Status.DRAFT)


def to_units(amount: Decimal) -> int:
    """Return an amount in ten-thousandths.

    >>> to_units(Decimal("12.3"))
    123000
    """
    return int(amount.scaleb(_DECIMALS).to_integral_value())


def to_amount(units: int | None) -> Decimal:
    """Return an amount of ten-thousandths, 0 where there is none.

    >>> to_amount(123000)
    Decimal('12.3000')
    """
    return Decimal(units or 0).scaleb(-_DECIMALS)
