"""What stands for a record in Dataverse: rows of the Sales app and entries, or entries alone.

Never reads a row; which of the two it is, is chosen once.
"""

from dataclasses import replace
from typing import Protocol
from uuid import UUID

from shared.core.identity import Edition
from shared.core.mapping import InvoiceRows, called
from shared.core.planning import Plan, plan_entry, plan_invoice
from shared.core.policies import Target
from shared.core.records import Invoice
from shared.core.rows import Reference, Row
from shared.core.schema import ACTIVITY_TABLE
from shared.core.views import InvoiceView, RecordRow


class Shape(Protocol):
    """How records stand in Dataverse.

    Attributes:
        has_invoices: an invoice has a row beside its entry, may have one already, and may be on an
            opportunity.
        versioned: what stands for an invoice says every version it was written from.
    """

    has_invoices: bool
    versioned: bool

    def row_of(self, invoice: Edition) -> UUID:
        """Return the id of what stands for an invoice and payments point at."""

    def header(self, view: InvoiceView) -> RecordRow | None:
        """Return the row that stands for an invoice beside its entry, None where there is none."""

    def entry(self, row: Row) -> Row:
        """Return the entry of a payment, credit or expense as it is here."""

    def plan(
        self, invoice: Invoice, rows: InvoiceRows, view: InvoiceView, *, edition: Edition
    ) -> Plan:
        """Plan an invoice that should be there.

        Args:
            invoice: the record.
            rows: how its rows should look.
            view: what is there.
            edition: which of the record's rows are meant.
        """


class WithInvoices(Shape):
    """An invoice is a row of the Sales app with its lines, and an entry."""

    has_invoices = True
    versioned = True

    def row_of(self, invoice: Edition) -> UUID:
        """Return the id of the header."""
        return invoice.row

    def header(self, view: InvoiceView) -> RecordRow | None:
        """Return the header."""
        return view.invoice

    def entry(self, row: Row) -> Row:
        """Return the entry as it is."""
        return row

    def plan(
        self, invoice: Invoice, rows: InvoiceRows, view: InvoiceView, *, edition: Edition
    ) -> Plan:
        """Plan header, lines and entry."""
        return plan_invoice(
            rows,
            version=invoice.version,
            header=view.invoice,
            lines=view.lines,
            entry=view.entry,
            edition=edition,
        )


class EntriesAlone(Shape):
    """An invoice is its entry, and the entries of its payments lead to that."""

    has_invoices = False
    versioned = False  # as of every entry, a version that shows the same is not written

    def row_of(self, invoice: Edition) -> UUID:
        """Return the id of the entry."""
        return invoice.entry

    def header(self, view: InvoiceView) -> RecordRow | None:  # noqa: ARG002  # the protocol's
        """Return None: there is nothing beside the entry."""
        return None

    def entry(self, row: Row) -> Row:
        """Return the entry with its invoice's entry in place of a row of the Sales app."""
        lookups = dict(row.lookups)
        billed = lookups.pop("fbx_invoiceid", None)
        lookups["fbx_invoiceentryid"] = (
            Reference(ACTIVITY_TABLE, billed.id) if billed is not None else None
        )
        return replace(row, lookups=lookups)

    def plan(
        self,
        invoice: Invoice,
        rows: InvoiceRows,
        view: InvoiceView,
        *,
        edition: Edition,  # noqa: ARG002  # the protocol's
    ) -> Plan:
        """Plan the entry, which says what the header says otherwise."""
        return plan_entry(_alone(rows.entry, invoice), version=invoice.version, entry=view.entry)


def shape_of(target: Target) -> Shape:
    """Return how records stand in an environment with this target."""
    return EntriesAlone() if target is Target.ACTIVITY else WithInvoices()


def _alone(row: Row, invoice: Invoice) -> Row:
    """Return the entry of an invoice that has no header.

    Its reference is the number by which payments call it; the purchase order has a column of its
    own. A version that is not known takes none away.
    """
    lookups = {name: to for name, to in row.lookups.items() if name != "fbx_invoiceid"}
    stamps = {name: value for name, value in row.stamps.items() if value != ""}
    columns = {**row.columns, "fbx_reference": called(invoice)}
    return replace(row, columns=columns, lookups=lookups, stamps=stamps)
