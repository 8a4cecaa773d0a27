"""Invoices that Sales has already: which of them is an invoice of FreshBooks, and when to ask.

Never reads a row, and never takes one whose money differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.core.mapping import INVOICE_CANCELLED, INVOICE_OPEN
from shared.core.policies import ExistingPolicy
from shared.core.views import RecordRow
from shared.core.waiting import Candidate

NUMBER_COLUMNS: Final = ("invoicenumber", "name")
TOTAL: Final = "totalamount"
ADOPTED: Final = "it was in Sales already and is adopted"


@dataclass(frozen=True)
class Wanted:
    """What a row of Sales has to agree with.

    Attributes:
        number: the invoice's in FreshBooks.
        total: FreshBooks', with the decimals of its currency.
        currency: the row of its currency.
        code: ISO code of it.
    """

    number: str
    total: Decimal
    currency: UUID
    code: str


@dataclass(frozen=True)
class Unsure:
    """A person has to say which of these it is, if any."""

    rows: tuple[RecordRow, ...]
    reason: str


def find_existing(
    rows: Iterable[RecordRow], wanted: Wanted, *, policy: ExistingPolicy, column: str | None
) -> RecordRow | Unsure | None:
    """Return the row that is an invoice of FreshBooks already, None where there is none.

    Args:
        rows: invoices of its account that belong to no record. Dataverse compares texts blind to
            case and accents, so they are compared again here.
        wanted: what they have to agree with.
        policy: what is done about one that does.
        column: beside Dynamics' own, a column in which its number may stand; None for no other.
    """
    alike = tuple(row for row in rows if _is_free(row) and wanted.number in _numbers(row, column))
    if policy is ExistingPolicy.IGNORE or not wanted.number or not alike:
        return None
    if len(alike) > 1:
        return Unsure(alike, f"Sales has {len(alike)} invoices of this number on its account")
    (row,) = alike
    if row.currency != wanted.currency:
        return Unsure(alike, f"Sales has an invoice of this number that is not in {wanted.code}")
    total = _total(row)
    if total != wanted.total:
        there = "no total" if total is None else f"a total of {_spelled(total)}"
        return Unsure(
            alike,
            f"Sales has an invoice of this number with {there}, FreshBooks' is "
            f"{_spelled(wanted.total)}",
        )
    if policy is ExistingPolicy.HOLD:
        return Unsure(alike, "Sales has an invoice of this number, currency and total already")
    return row


def refusal(row: RecordRow | None, *, account: UUID | None, wanted: Wanted) -> str:
    """Return why a row that a person chose cannot be an invoice of FreshBooks, "" if it can.

    Args:
        row: the chosen one, None where there is none.
        account: of the invoice's client.
        wanted: its total may differ, its currency not.
    """
    if row is None:
        return "Dataverse has no such invoice"
    if row.text("fbx_sourcekey"):
        return f"that row belongs to {row.text('fbx_sourcekey')} already"
    if not _is_free(row):
        return "that row is canceled in Dynamics"
    if row.customer != account:
        return "that row is on another account than the invoice's client"
    if row.currency != wanted.currency:
        return f"that row is not in {wanted.code}, and a currency cannot be changed"
    return ""


def candidates(rows: Sequence[RecordRow], codes: Mapping[UUID, str]) -> tuple[Candidate, ...]:
    """Return rows as a person is shown them.

    Args:
        rows: invoices in Dynamics.
        codes: ISO codes by the currencies' ids, as far as they are known.
    """
    return tuple(Candidate(row.id, row.text("name"), _note(row, codes)) for row in rows)


def _note(row: RecordRow, codes: Mapping[UUID, str]) -> str:
    number, total = row.text("invoicenumber"), _total(row)
    code = codes.get(row.currency, "") if row.currency is not None else ""
    amount = f"total {_spelled(total)} {code}".strip() if total is not None else "no total"
    state = "" if row.state is None or row.state.state == INVOICE_OPEN.state else "closed"
    return ", ".join(filter(None, (f"no. {number}" if number else "", amount, state)))


def _is_free(row: RecordRow) -> bool:
    """Say whether a row belongs to no record and counts; what was canceled counts nowhere."""
    canceled = row.state is not None and row.state.state == INVOICE_CANCELLED.state
    return not canceled and not row.text("fbx_sourcekey")


def _numbers(row: RecordRow, column: str | None) -> set[str]:
    return {row.text(each).strip() for each in (*NUMBER_COLUMNS, *([column] if column else []))}


def _spelled(amount: Decimal) -> str:
    """Return an amount with two decimals; where they do not do, with all it has."""
    usual = f"{amount:.2f}"
    return usual if Decimal(usual) == amount else f"{amount:f}"


def _total(row: RecordRow) -> Decimal | None:
    value = row.columns.get(TOTAL)
    return Decimal(value) if isinstance(value, Decimal | int) else None
