"""The entry that stands for a payment, credit or expense, and what there is of its invoice.

Never brings anything there, and writes nothing.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from shared.core.editions import FIRST, is_current, latest
from shared.core.homes import ClientRow
from shared.core.identity import Edition, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.views import EntryView, RecordRow
from shared.sync.client_rows import at_home
from shared.sync.editions import find_standing
from shared.sync.entry_targets import Item, invoice_of, is_shown
from shared.sync.protocol import Sides


@dataclass(frozen=True)
class RowsOfEntry:
    """Reads the rows of one payment, credit or expense.

    Attributes:
        noted: what is noted of it so far.
    """

    sides: Sides
    record: RecordId
    noted: JournalEntry | None

    def look(self, source: Item | None, stands: UUID | None = None) -> EntryView:
        """Read the rows; `stands` is what is known to stand for its invoice, None for nothing."""
        business, crm, entry = self.record.business, self.sides.crm, self.record.entry
        invoice = invoice_of(source)
        key = client_named(self.record, source).client_key if is_shown(source) else None
        billed = RecordId(business, Kind.INVOICE, invoice) if invoice is not None else None
        edition = Edition(billed) if billed is not None else None
        own = self.sides.shape.row_of(edition) if edition is not None else None
        view = self._look(edition, key)
        if billed is not None and view.invoice is not None and view.invoice.replaced_by:
            # In the currency that its invoice has now, so is what was paid.
            view = self._look(Edition(billed, view.invoice.replaced_by), key)
        if view.invoice is None and stands is not None and stands != own:
            view = crm.get_entry_view(entry=entry, invoice=stands, client_key=key)
        if source is None and view.entry and (row := view.entry.invoice):
            # FreshBooks cannot tell any more which invoice a payment was for; our row can
            view = crm.get_entry_view(entry=entry, invoice=row, client_key=None)
        return view

    def _look(self, invoice: Edition | None, client_key: str | None) -> EntryView:
        return self.sides.crm.get_entry_view(
            entry=self.record.entry,
            invoice=invoice.row if invoice is not None else None,
            client_key=client_key,
            invoice_entry=invoice.entry if invoice is not None else None,
        )

    def current(self, first: EntryView) -> tuple[str, RecordRow | None]:
        """Return the edition that stands, and its entry, by the first one."""
        if first.entry is not None:
            name = latest(first.entry)
            return name, self.of(Edition(self.record, name), first)
        return find_standing(
            self.record,
            None,
            noted=self.noted,
            crm=self.sides.crm,
            read=lambda edition: self.of(edition, first),
            stands=is_current,
        )

    def of(self, edition: Edition, first: EntryView) -> RecordRow | None:
        """Return the entry of an edition; the first is read already."""
        if edition.name == FIRST:
            return first.entry
        view = self.sides.crm.get_entry_view(entry=edition.entry, invoice=None, client_key=None)
        return view.entry

    def beside_invoice(self, source: Item, view: EntryView) -> tuple[EntryView, ClientRow] | None:
        """Return where a payment belongs that stayed another client's than its invoice's.

        FreshBooks lets an invoice go to another client, and nobody says whether its payments go
        along. Whatever becomes of the client they were of, they are where their invoice is.
        """
        invoice, client = view.invoice, client_named(self.record, source)
        if invoice is None or invoice.customer is None or at_home(view.home, client) is not None:
            return None
        home = self.sides.crm.get_account(invoice.customer)
        if home is None or not home.active:
            return None
        row = next((each for each in home.clients if each.id == invoice.client), None)
        if row is None or not row.belongs or row.key == client.client_key:
            return None
        return replace(view, home=home), row


def client_named(record: RecordId, source: Item) -> RecordId:
    """Return the client that a record names."""
    return RecordId(record.business, Kind.CLIENT, source.clientid or 0)
