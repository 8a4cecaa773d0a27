"""The values that stand for Dataverse's rows.

Never reads them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

CLIENT, ENTRY = "fbx_client", "fbx_financialactivity"

# What follows the record's number tells rows of one record apart that stand one for another.
_RECORD = re.compile(r"(.+?)-(invoice|payment|expense|credit)(?:_?note)?-(\d+)(?:-.*)?")


@dataclass(frozen=True)
class Reference:
    """A row that another one points at.

    Attributes:
        active: it is no account that was deactivated.
    """

    table: str
    id: str
    name: str = field(default="", compare=False)
    active: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        name = self.name or self.id
        return f"the {self.table} {name}{'' if self.active else ', which is inactive'}"


@dataclass(frozen=True)
class FoundLine:
    """A line of an invoice, as it was written."""

    text: str
    detail: str
    quantity: Decimal
    price: Decimal

    def __str__(self) -> str:
        return f"{self.text} ({self.quantity:f} x {self.price:f})"


@dataclass(frozen=True)
class FoundRow:
    """A row.

    Attributes:
        key: of its FreshBooks record or client, "" where it belongs to none.
        id: the row's.
        fields: as expectations name them, and a few more for the report.
        rooms: how long the text of a field can be.
        digits: decimals that the row's currency has.
    """

    key: str
    id: str
    fields: Mapping[str, Any]
    rooms: Mapping[str, int] = field(default_factory=dict)
    digits: int | None = None

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    @property
    def record(self) -> str:
        """The key of the record: the row's own without what marks a row that was replaced."""
        found = _RECORD.fullmatch(self.key)
        return "-".join(found.groups()) if found else self.key


@dataclass(frozen=True)
class Currency:
    """A currency in Dynamics.

    Attributes:
        digits: its decimals.
        rate: how much of it one unit of the organization's own currency is.
        priced: there is an active price list in it.
    """

    digits: int
    rate: Decimal
    priced: bool = False


@dataclass(frozen=True)
class Organization:
    """Settings of Dynamics that decide what the totals of invoices are.

    Attributes:
        engine: Dynamics calculates prices itself.
        price_list_mandatory: it skips invoices without a price list.
        price_digits: decimals of a price per unit.
        discount_per_unit: a line's discount is multiplied by its quantity.
    """

    engine: bool = True
    price_list_mandatory: bool = True
    price_digits: int = 2
    discount_per_unit: bool = False


@dataclass(frozen=True)
class Crm:
    """Everything that is compared.

    Attributes:
        clients: rows of FreshBooks clients.
        accounts: all, also those that know no client; their key is their id.
        invoices: those that belong to a record.
        unclaimed: invoices that belong to none.
        entries: those that belong to a record.
        currencies: by code.
        disabled: users who can own nothing.
        strays: what is in tables that are not used, in words.
        notices: what people are told in the app; their key is their id.
    """

    clients: list[FoundRow]
    accounts: list[FoundRow]
    invoices: list[FoundRow]
    entries: list[FoundRow]
    opportunities: list[FoundRow] = field(default_factory=list)
    unclaimed: list[FoundRow] = field(default_factory=list)
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    organization: Organization = field(default_factory=Organization)
    disabled: frozenset[str] = frozenset()
    strays: list[str] = field(default_factory=list)
    notices: list[FoundRow] = field(default_factory=list)
