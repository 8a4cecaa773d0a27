"""The rows that stand for an invoice: its first ones, those in its currency, those made anew.

Never says where an invoice belongs, and writes nothing but a question whether a row can be opened.
"""

from dataclasses import dataclass, replace

from shared.core.editions import MOST_AGAIN, is_current, latest
from shared.core.identity import Edition, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.mapping import INVOICE_CANCELLED, INVOICE_OPEN
from shared.core.records import Invoice
from shared.core.rows import Change
from shared.core.views import InvoiceView, RecordRow
from shared.errors import RecordRefusedError
from shared.sync.editions import find_standing
from shared.sync.existing import Existing
from shared.sync.ports import Crm


@dataclass(frozen=True)
class RowsOfInvoice:
    """Reads the rows of one invoice.

    Attributes:
        noted: what is noted of it so far.
    """

    crm: Crm
    existing: Existing
    record: RecordId
    noted: JournalEntry | None

    def look(self, source: Invoice | None) -> InvoiceView:
        """Read its first rows, with the account of its client if there is one to look for.

        An adopted row is found by the entry, which points at it; where a person deleted that, among
        the invoices of the account.
        """
        record, key, reference, number = self.record, None, "", ""
        if source is not None:
            key = RecordId(record.business, Kind.CLIENT, source.customerid).client_key
            reference, number = source.po_number.strip(), self.existing.number_of(source)
        view = self.crm.get_invoice_view(
            invoice=record.row,
            entry=record.entry,
            client_key=key,
            reference=reference,
            number=number,
            source_key=record.key,
        )
        if view.invoice is not None:
            return view
        its_own = (
            row for row in view.existing if row.adopted and row.text("fbx_sourcekey") == record.key
        )
        return replace(view, invoice=next(its_own, None))

    def current(self, first: InvoiceView) -> tuple[str, InvoiceView]:
        """Return the edition that stands, and its rows, by the first ones."""
        if first.invoice is not None or first.entry is not None:
            name = latest(first.invoice, first.entry)
            return name, self.of(Edition(self.record, name), first)
        return find_standing(
            self.record,
            first,
            noted=self.noted,
            crm=self.crm,
            read=lambda edition: self.of(edition, first),
            stands=lambda view: is_current(view.invoice) or is_current(view.entry),
        )

    def of(self, edition: Edition, first: InvoiceView) -> InvoiceView:
        """Return the rows of an edition; the first are read already."""
        if edition == Edition(self.record):
            return first
        return self.crm.get_invoice_view(invoice=edition.row, entry=edition.entry, client_key=None)

    def stays_canceled(self, row: RecordRow | None) -> bool:
        """Say whether a header is canceled and may not be opened again, whatever is written.

        Dynamics lets canceled invoices be opened; an organization's own rules may not.
        """
        if row is None or row.adopted or row.state != INVOICE_CANCELLED:
            return False
        opened = Change("invoice", row.id, state=INVOICE_OPEN, etag=row.etag)
        try:
            self.crm.write([opened, Change("invoice", row.id, state=INVOICE_CANCELLED)])
        except RecordRefusedError:
            return True
        return False

    def made_anew(self, edition: Edition, view: InvoiceView) -> tuple[Edition, InvoiceView]:
        """Return the next header that is not canceled, whether or not it is there.

        Raises:
            RecordRefusedError: too many were left canceled.
        """
        for again in range(edition.again + 1, MOST_AGAIN + 1):
            following = replace(edition, again=again)
            row = self.crm.get_invoice(following.row)
            if row is None:
                return following, replace(view, invoice=None, lines=())
            if row.state != INVOICE_CANCELLED:
                return following, replace(self.of(following, view), home=view.home)
        raise RecordRefusedError(
            f"{MOST_AGAIN} rows of this invoice were canceled and may not be opened again: let "
            "canceled invoices be reopened in Dynamics (status reason transitions, plug-ins)"
        )
