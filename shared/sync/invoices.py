"""An invoice: header, lines and timeline entry, in one change set wherever they fit.

Never shows a draft: the customer has not got it yet.
"""

from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from shared.core.events import Kind, SyncRequest
from shared.core.mapping import entry_id, invoice_id, render_invoice
from shared.core.planning import Plan, plan_gone, plan_invoice
from shared.core.records import Invoice, SourceVersion
from shared.core.rows import client_key
from shared.errors import ConflictError
from shared.sync.outcomes import Held, Outcome, Result, Unchanged, Written
from shared.sync.places import Surroundings, find_place
from shared.sync.ports import InvoiceView
from shared.sync.protocol import Sides, carry


def invoice_subject(invoice: int) -> str:
    """Return the name under which payments wait for their invoice to be there."""
    return f"invoice-{invoice}"


class InvoiceSync:
    """Brings an invoice's rows up to date."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides

    def __call__(self, request: SyncRequest) -> Result:
        """Sync one invoice.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        sides = self._sides
        carried = _CarriedInvoice(sides, request)
        result = carry(carried, sides)
        if isinstance(result.outcome, Written | Unchanged):
            # payments that were carried over while the invoice was not there
            sides.release.send_waiting(request.account, invoice_subject(request.record))
        return result


@dataclass(frozen=True)
class _CarriedInvoice:
    sides: Sides
    request: SyncRequest

    @property
    def account(self) -> str:
        return self.request.account

    @property
    def invoice(self) -> int:
        return self.request.record

    @property
    def rows(self) -> tuple[UUID, ...]:
        return (invoice_id(self.account, self.invoice),)

    def read(self) -> Invoice | None:
        return self.sides.freshbooks.get_invoice(self.account, self.invoice)

    def look(self, record: Invoice | None) -> InvoiceView | Outcome:
        view = self._view(record)
        if not _shown(record) or view.account is not None:
            return view
        return self.sides.clients.bring(self.request, record.customerid) or self._view(record)

    def exists(self, view: InvoiceView) -> bool:
        return view.invoice is not None or view.entry is not None

    def stands(self, view: InvoiceView) -> bool:
        return view.invoice is not None

    def decide(self, record: Invoice | None, view: InvoiceView) -> Plan | Held:
        now = self.sides.clock()
        if not _shown(record):
            return plan_gone(
                self.sides.deleted,
                version=record.version if record else SourceVersion(""),
                header=view.invoice,
                entry=view.entry,
                now=now,
            )
        if view.account is None:
            raise ConflictError(f"The account of client {record.customerid} was just unlinked.")
        place = find_place(
            self.sides.crm,
            Surroundings(view.account, view.invoice, record.po_number),
            code=record.amount.code,
            account=self.account,
            now=now,
        )
        if isinstance(place, Held):
            return place
        return plan_invoice(
            render_invoice(record, account=self.account, place=place, now=now),
            version=record.version,
            header=view.invoice,
            lines=view.lines,
            entry=view.entry,
            account=self.account,
            invoice=self.invoice,
        )

    def announce(self, record: Invoice | None, view: InvoiceView) -> None:
        """Ask for the balances of its client, and of the one whose account it is on so far."""
        follow_ups, cause = self.sides.follow_ups, self.request.cause
        if record is not None:
            follow_ups.balances(self.account, record.customerid, cause=cause)
        owner = view.invoice.lookups.get("customerid") if view.invoice else None
        if view.account is None or view.account.id != owner:
            follow_ups.balances_of(self.sides.crm, self.account, owner, cause=cause)

    def absence(self, record: Invoice | None) -> str:
        if record is None:
            return "FreshBooks has no such invoice any more"
        if record.deleted:
            return "it is deleted in FreshBooks"
        return "it is a draft" if record.draft else ""

    def number(self, record: Invoice | None) -> str:
        return record.invoice_number if record else ""

    def _view(self, record: Invoice | None) -> InvoiceView:
        return self.sides.crm.get_invoice_view(
            invoice=invoice_id(self.account, self.invoice),
            entry=entry_id(self.account, Kind.INVOICE, self.invoice),
            client_key=client_key(self.account, record.customerid) if _shown(record) else None,
        )


def _shown(record: Invoice | None) -> TypeGuard[Invoice]:
    return record is not None and not record.deleted and not record.draft
