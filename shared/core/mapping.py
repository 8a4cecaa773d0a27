"""An invoice as the rows Dataverse should hold: header, lines and timeline entry.

Never reads a row and never decides what to do: it says how the rows should look.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.core.entries import ENTRY_DONE, ENTRY_OPEN, noon, optional, render_entry, spell_money
from shared.core.fitting import fit
from shared.core.identity import Edition
from shared.core.options import EntryKind, Status
from shared.core.place import Place
from shared.core.price_engine import rounded
from shared.core.pricing import PricedLine, price_invoice
from shared.core.records import Invoice
from shared.core.rows import Reference, Row, State
from shared.core.schema import CLIENT_TABLE

INVOICE_OPEN: Final = State(0, 4)  # Active / Billed
INVOICE_PAID: Final = State(2, 100001)  # Paid / Complete; read-only until reopened
INVOICE_CANCELLED: Final = State(3, 100003)

_PAID: Final = {"paid", "autopaid", "auto_paid"}
# Of these only the other status says whether everything is paid.
_UNCERTAIN: Final = {Status.SUCCESS, Status.UNKNOWN}
_ZERO: Final = Decimal(0)
_DAY: Final = timedelta(days=1)
# They came later than other columns: rows of earlier releases get them with their next change.
_LATER_COLUMNS: Final = frozenset({"fbx_paidon", "fbx_overduesince"})
_BILLING: Final = {
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


def settled(invoice: Invoice) -> bool:
    """Say whether an invoice is paid whole."""
    if invoice.status in _PAID:
        return True
    return Status.of(invoice.status) in _UNCERTAIN and invoice.payment_status in _PAID


def overdue_since(invoice: Invoice) -> date | None:
    """Return the first day an invoice is overdue, None while FreshBooks does not call it so.

    What is due at no day is due on its own.
    """
    due = invoice.due_date or invoice.create_date
    late = Status.of(invoice.status) is Status.OVERDUE and not invoice.draft
    return due + _DAY if late and due < date.max else None


def called(invoice: Invoice) -> str:
    """Return the number by which an invoice is called in Dataverse, as long as its column."""
    number = invoice.invoice_number or str(invoice.id)
    return str(fit("invoice", {"fbx_number": number})["fbx_number"] or invoice.id)


def render_invoice(
    invoice: Invoice, *, edition: Edition, place: Place, url: str, now: datetime
) -> InvoiceRows:
    """Return the rows of an invoice that is shown; nothing is outstanding of a draft.

    Args:
        invoice: the record, with its lines.
        edition: its identity, and which of its rows are meant.
        place: where it belongs.
        url: address of its page in FreshBooks.
        now: written to `fbx_syncedon`, UTC.

    Raises:
        RecordRefusedError: an amount is beyond what any column of Dataverse holds.
    """
    priced = price_invoice(
        invoice, precision=place.precision, price_precision=place.price_precision
    )
    header_id, status = edition.row, Status.of(invoice.status)
    total, paid, outstanding = (
        rounded(money.amount, place.precision)
        for money in (invoice.amount, invoice.paid, invoice.outstanding)
    )
    if invoice.draft:
        status, outstanding = Status.DRAFT, rounded(_ZERO, place.precision)
    number = called(invoice)
    done = settled(invoice) and not invoice.draft
    opportunity = optional("opportunity", place.opportunity)
    turns = {
        "fbx_paidon": invoice.date_paid if done else None,
        "fbx_overduesince": overdue_since(invoice),
    }
    header = Row(
        table="invoice",
        id=header_id,
        columns=fit(
            "invoice",
            {
                "name": f"{number} {invoice.organization}",
                "duedate": invoice.due_date,
                "billto_name": invoice.organization,
                "discountamount": priced.discount,
                # a percentage would be taken off as well
                "discountpercentage": Decimal(0),
                **{column: getattr(invoice, field) for column, field in _BILLING.items()},
                "fbx_number": number,
                "fbx_invoicedate": invoice.create_date,
                "fbx_status": int(status),
                "fbx_total": total,
                "fbx_paid": paid,
                "fbx_outstanding": outstanding,
                **turns,
                "fbx_complete": True,
                "fbx_ponumber": invoice.po_number,
                "fbx_placedby": place.placed_by,
                "fbx_url": url,
                "fbx_replacedby": None,
                "fbx_sourcekey": edition.record.key,
                # kept even where nothing else differs: it tells a stale reading from a new one
                "fbx_sourceversion": invoice.version.text,
            },
        ),
        never_blank=frozenset({"duedate", "fbx_sourceversion", "billto_name"}),
        together=frozenset(_BILLING),
        lookups={
            "customerid": optional("account", place.account),
            "opportunityid": opportunity,
            "fbx_clientid": optional(CLIENT_TABLE, place.client),
        },
        filled_lookups={"pricelevelid": optional("pricelevel", place.price_list)},
        initial_lookups={
            "transactioncurrencyid": Reference("transactioncurrency", place.currency),
            "ownerid": place.owner,
        },
        stamps={"fbx_syncedon": now},
        unhurried=_LATER_COLUMNS,
        open_state=INVOICE_OPEN,
        state=INVOICE_PAID if done else INVOICE_OPEN,
    )
    lines = tuple(
        _render_line(line, position, edition=edition, header=header_id)
        for position, line in enumerate(priced.lines, start=1)
    )
    code = invoice.amount.code
    entry = render_entry(
        edition,
        place=place,
        now=now,
        columns={
            "subject": f"Invoice {number}: {spell_money(total, code)}"
            + _standing(outstanding, code, draft=invoice.draft),
            "fbx_kind": int(EntryKind.INVOICE),
            "fbx_amount": total,
            "fbx_outstanding": outstanding,
            "fbx_date": invoice.create_date,
            "fbx_duedate": invoice.due_date,
            **turns,
            "fbx_status": int(status),
            "fbx_reference": invoice.po_number or number,
            "fbx_ponumber": invoice.po_number,
            "fbx_placedby": place.placed_by,
            "fbx_url": url,
            "sortdate": noon(invoice.create_date),
            "scheduledend": noon(invoice.create_date if done else invoice.due_date),
        },
        # its header says which version that is, and is on no timeline
        stamps={"fbx_sourceversion": invoice.version.text},
        day=invoice.create_date,
        invoice=header_id,
        state=ENTRY_DONE if done else ENTRY_OPEN,
    )
    entry = replace(entry, unhurried=_LATER_COLUMNS)
    return InvoiceRows(header=header, lines=lines, entry=entry)


def _render_line(line: PricedLine, position: int, *, edition: Edition, header: UUID) -> Row:
    return Row(
        table="invoicedetail",
        id=edition.line(position),
        columns=fit(
            "invoicedetail",
            {
                "lineitemnumber": position,
                "productdescription": line.name,
                "description": line.text,
                "quantity": line.quantity,
                "priceperunit": line.price,
                "manualdiscountamount": Decimal(0),
                "tax": line.tax,
            },
        ),
        initial={"isproductoverridden": True},
        initial_lookups={"invoiceid": Reference("invoice", header)},
    )


def _standing(outstanding: Decimal, code: str, *, draft: bool) -> str:
    if draft:
        return ", draft"
    if outstanding < 0:
        return f", {spell_money(-outstanding, code)} too much"
    return f", {spell_money(outstanding, code)} open" if outstanding else ", settled"
