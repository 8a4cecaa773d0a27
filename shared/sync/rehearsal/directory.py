"""What a rehearsal asks of Dataverse beyond the port the use cases have.

Never changes anything.
"""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from shared.core.homes import Opportunity
from shared.core.rows import Reference
from shared.core.views import RecordRow


class Directory(Protocol):
    """Rows by their ids. Every method may raise any `ConnectorError`."""

    def find_on(
        self, account: UUID, *, reference: str, number: str, source_key: str
    ) -> tuple[tuple[Opportunity, ...], tuple[RecordRow, ...]]:
        """Return what of an account an invoice may belong to, as `InvoiceView` has it.

        Its client belongs to that account in the rehearsal only, so that no view would show it.

        Args:
            account: its id.
            reference: the name of an opportunity, "" for none beside the open ones.
            number: see `Crm.get_invoice_view`.
            source_key: likewise.

        Returns:
            Its opportunities, and its invoices that may be this one.
        """

    def find_names(self, rows: Collection[Reference]) -> dict[UUID, str]:
        """Return what rows are called, of those that are there."""
