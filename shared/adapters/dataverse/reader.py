"""What is read of records, and of an account for their sake: alike with the Sales app and without.

Never says how; which of the two it is, is chosen once.
"""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from shared.adapters.dataverse.answers import Answer
from shared.adapters.dataverse.odata import Query
from shared.core.homes import Deal
from shared.core.views import EntryView, InvoiceView, RecordRow


class Reader(Protocol):
    """The part of the port `Crm` that differs; safe for many threads."""

    @property
    def summed(self) -> Mapping[str, Query]:
        """What is read of an account beside its clients, to sum it up."""

    def list_deals(self, account: Answer) -> list[Deal]:
        """Return the opportunities that were read with an account."""

    def get_invoice_view(
        self,
        *,
        invoice: UUID,
        entry: UUID,
        client_key: str | None,
        reference: str,
        number: str,
        source_key: str,
    ) -> InvoiceView:
        """Return what is there about an invoice, see `Crm`."""

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None,
    ) -> EntryView:
        """Return what is there about a payment or expense, see `Crm`."""

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id, with its native number and total."""

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices on it."""

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency."""
