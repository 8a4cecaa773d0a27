"""Invoices, payments and expenses as the rows Dataverse should hold.

Never reads a row and never decides what to do: it says how the rows should look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from shared.core.fitting import fit
from shared.core.identity import RecordId
from shared.core.options import EntryKind, Status
from shared.core.place import Place
from shared.core.records import Expense, Invoice, Line, Payment
from shared.core.rows import Reference, Row, Scalar, State
from shared.core.schema import ACTIVITY_TABLE

INVOICE_OPEN: Final = State(0, 4)  # Active / Billed
INVOICE_PAID: Final = State(2, 100001)  # Paid / Complete; read-only until reopened
INVOICE_CANCELLED: Final = State(3, 100003)
ENTRY_OPEN: Final = State(0, 1)
ENTRY_DONE: Final = State(1, 2)
ENTRY_CANCELLED: Final = State(2, 3)

_PAID: Final = {"paid", "autopaid", "auto_paid"}
_QUANTITY: Final = Decimal("0.00001")
_BILLING: Final = {
    "billto_name": "organization",
    "billto_line1": "street",
    "billto_line2": "street2",
    "billto_city": "city",
    "billto_stateorprovince": "province",
    "billto_postalcode": "code",
    "billto_country": "country",
}


@dataclass(frozen=True)
class InvoiceRows:
    """An invoice in Dataverse: its header, its lines in order, its timeline entry."""

    header: Row
    lines: tuple[Row, ...]
    entry: Row


def rounded(amount: Decimal, precision: int) -> Decimal:
    """Round as Dataverse stores money: half away from zero, to the currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-precision), rounding=ROUND_HALF_UP)


def render_invoice(
    invoice: Invoice, *, record: RecordId, place: Place, now: datetime
) -> InvoiceRows:
    """Return the rows of an invoice that was sent.

    Args:
        invoice: the record, with its lines.
        record: its identity.
        place: where it belongs.
        now: written to `fbx_syncedon`, UTC.
    """
    header_id, status = record.row, invoice.status
    total, paid, outstanding = (
        rounded(money.amount, place.precision)
        for money in (invoice.amount, invoice.paid, invoice.outstanding)
    )
    number = invoice.invoice_number or str(invoice.id)
    settled = status in _PAID
    opportunity = _optional("opportunity", place.opportunity)
    header = Row(
        table="invoice",
        id=header_id,
        columns=fit(
            "invoice",
            {
                "name": f"{number} {invoice.organization}",
                "duedate": invoice.due_date,
                "discountpercentage": rounded(invoice.discount_value, 2),
                **{column: getattr(invoice, field) for column, field in _BILLING.items()},
                "fbx_number": number,
                "fbx_invoicedate": invoice.create_date,
                "fbx_status": int(Status.of(status)),
                "fbx_total": total,
                "fbx_paid": paid,
                "fbx_outstanding": outstanding,
                "fbx_complete": True,
                "fbx_sourcekey": record.key,
                # kept even where nothing else differs: it tells a stale reading from a new one
                "fbx_sourceversion": invoice.version.text,
            },
        ),
        never_blank=frozenset({"duedate", "fbx_sourceversion", *_BILLING}),
        lookups={"customerid": Reference("account", place.account)}
        | ({"opportunityid": opportunity} if place.moved else {}),
        filled_lookups={"opportunityid": opportunity},
        initial_lookups={
            "transactioncurrencyid": Reference("transactioncurrency", place.currency),
            "pricelevelid": _optional("pricelevel", place.price_list),
        },
        stamps={"fbx_syncedon": now},
        open_state=INVOICE_OPEN,
        state=INVOICE_PAID if settled else INVOICE_OPEN,
    )
    lines = tuple(
        _render_line(line, position, invoice, record=record, header=header_id, place=place)
        for position, line in enumerate(invoice.lines or (), start=1)
    )
    code = invoice.amount.code
    entry = _render_entry(
        record,
        place=place,
        now=now,
        columns={
            "subject": f"Invoice {number}: {_spell(total, code)}"
            + (f", {_spell(outstanding, code)} open" if outstanding else ", settled"),
            "fbx_sourceversion": invoice.version.text,
            "fbx_kind": int(EntryKind.INVOICE),
            "fbx_amount": total,
            "fbx_outstanding": outstanding,
            "fbx_date": invoice.create_date,
            "fbx_duedate": invoice.due_date,
            "fbx_status": int(Status.of(status)),
            "fbx_reference": invoice.po_number or number,
        },
        invoice=header_id,
        state=ENTRY_DONE if settled else ENTRY_OPEN,
    )
    return InvoiceRows(header=header, lines=lines, entry=entry)


def render_payment(
    payment: Payment,
    *,
    record: RecordId,
    place: Place,
    invoice: UUID | None,
    number: str,
    now: datetime,
) -> Row:
    """Return the timeline entry of a payment or credit.

    Args:
        payment: the record.
        record: its identity.
        place: where it belongs.
        invoice: the row of its invoice, None when there is none in Dataverse.
        number: the invoice's number, "" when there is none.
        now: written to `fbx_syncedon`, UTC.
    """
    amount = rounded(payment.amount.amount, place.precision)
    credit = payment.invoiceid is None
    spelled = _spell(amount, payment.amount.code)
    subject = f"Credit: {spelled}" if credit else f"Payment {spelled}"
    return _render_entry(
        record,
        place=place,
        now=now,
        columns={
            "subject": subject + (f" for invoice {number}" if number else ""),
            "fbx_sourceversion": payment.version.text,
            "fbx_kind": int(EntryKind.CREDIT if credit else EntryKind.PAYMENT),
            "fbx_amount": amount,
            "fbx_date": payment.date,
            "fbx_status": int(Status.RECORDED),
            "fbx_method": payment.type,
            "fbx_reference": number,
            "description": payment.note,
        },
        invoice=invoice,
        state=ENTRY_DONE,
    )


def render_expense(expense: Expense, *, record: RecordId, place: Place, now: datetime) -> Row:
    """Return the timeline entry of an expense that names a client."""
    amount = rounded(expense.amount.amount, place.precision)
    what = expense.category_name or expense.vendor
    return _render_entry(
        record,
        place=place,
        now=now,
        columns={
            "subject": f"Expense {_spell(amount, expense.amount.code)}"
            + (f": {what}" if what else ""),
            "fbx_sourceversion": expense.version.text,
            "fbx_kind": int(EntryKind.EXPENSE),
            "fbx_amount": amount,
            "fbx_date": expense.date,
            "fbx_status": int(Status.RECORDED),
            "fbx_method": expense.category_name,
            "fbx_reference": expense.vendor,
            "description": expense.notes,
        },
        invoice=None,
        state=ENTRY_DONE,
    )


def _render_line(
    line: Line, position: int, invoice: Invoice, *, record: RecordId, header: UUID, place: Place
) -> Row:
    net = line.amount.amount * (100 - invoice.discount_value) / 100
    first = net * line.tax1 / 100
    second = (net + first if line.compounded_tax else net) * line.tax2 / 100
    title = line.name.strip() or line.description.strip() or f"Line {position}"
    return Row(
        table="invoicedetail",
        id=record.line(position),
        columns=fit(
            "invoicedetail",
            {
                "lineitemnumber": position,
                "productdescription": title,
                "description": line.description,
                "quantity": line.qty.quantize(_QUANTITY, rounding=ROUND_HALF_UP),
                "priceperunit": rounded(line.unit_cost.amount, place.price_precision),
                "tax": rounded(first + second, place.precision),
            },
        ),
        initial={"isproductoverridden": True},
        initial_lookups={"invoiceid": Reference("invoice", header)},
    )


def _render_entry(
    record: RecordId,
    *,
    place: Place,
    now: datetime,
    columns: Mapping[str, Scalar],
    invoice: UUID | None,
    state: State,
) -> Row:
    return Row(
        table=ACTIVITY_TABLE,
        id=record.entry,
        columns=fit(ACTIVITY_TABLE, {**columns, "fbx_sourcekey": record.key}),
        lookups={
            "regardingobjectid": place.regarding,
            "fbx_invoiceid": _optional("invoice", invoice),
        },
        never_blank=frozenset({"description"}),  # people write there too
        initial_lookups={"transactioncurrencyid": Reference("transactioncurrency", place.currency)},
        stamps={"fbx_syncedon": now},
        open_state=ENTRY_OPEN,
        state=state,
    )


def _optional(table: str, target: UUID | None) -> Reference | None:
    return Reference(table, target) if target is not None else None


def _spell(amount: Decimal, code: str) -> str:
    return f"{amount:,} {code}"
