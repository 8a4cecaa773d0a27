"""An invoice: header, lines and timeline entry, in one change set wherever they fit.

Never shows a draft: the customer has not got it yet.
"""

from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.listed import DRAFT
from shared.core.mapping import render_invoice
from shared.core.outcomes import Held, Outcome, Result, Unchanged, Written
from shared.core.place import Place
from shared.core.planning import Plan, plan_gone, plan_invoice
from shared.core.records import Invoice, SourceVersion
from shared.core.shown import shown_of
from shared.core.views import InvoiceView
from shared.core.waiting import NOTHING_SHOWN, Shown
from shared.errors import ConflictError
from shared.sync.clients import ClientSync
from shared.sync.places import find_place
from shared.sync.protocol import Sides, carry


@dataclass(frozen=True)
class InvoiceSync:
    """Brings an invoice's rows up to date."""

    sides: Sides
    clients: ClientSync

    def sync(self, request: SyncRequest) -> Result:
        """Sync one invoice.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        carried = _CarriedInvoice(self.sides, self.clients, request, request.record)
        result = carry(carried, self.sides)
        if isinstance(result.outcome, Written | Unchanged):
            # payments that were carried over while the invoice was not there
            self.sides.release.send_waiting(request.business, Awaited.invoice(request.number))
        return result


@dataclass(frozen=True)
class InvoiceTarget:
    """What Dataverse holds about an invoice.

    Attributes:
        place: where it belongs, None when nothing is to be shown of it.
    """

    view: InvoiceView
    place: Place | None
    reason: str = ""

    @property
    def exists(self) -> bool:
        """Whether any of its rows is there."""
        return self.view.invoice is not None or self.view.entry is not None

    @property
    def stands(self) -> bool:
        """Whether the header is there, which payments point at."""
        return self.view.invoice is not None


@dataclass(frozen=True)
class _CarriedInvoice:
    sides: Sides
    clients: ClientSync
    request: SyncRequest
    record: RecordId
    versioned: bool = True

    def read_source(self) -> Invoice | None:
        return self.sides.freshbooks.get_invoice(self.record.business, self.record.number)

    def read_target(self, source: Invoice | None) -> InvoiceTarget | Outcome:
        if not _shown(source):
            return InvoiceTarget(self._view(None), None)
        view = self._view(source.customerid)
        if view.account is None:
            kept_out = self.clients.bring(self.request, source.customerid)
            if kept_out is not None:
                return kept_out
            view = self._view(source.customerid)
            if view.account is None:
                raise ConflictError(f"The account of client {source.customerid} was just unlinked.")
        place = find_place(
            self.sides.crm,
            view.account,
            view.invoice,
            code=source.amount.code,
            reference=source.po_number,
            business=self.record.business,
            now=self.sides.clock(),
        )
        return place if isinstance(place, Held) else InvoiceTarget(view, place)

    def plan(self, source: Invoice | None, target: InvoiceTarget) -> Plan:
        now, view = self.sides.clock(), target.view
        if source is None or target.place is None:
            return plan_gone(
                self.sides.deleted,
                version=source.version if source else SourceVersion(""),
                header=view.invoice,
                entry=view.entry,
                now=now,
            )
        return plan_invoice(
            render_invoice(source, record=self.record, place=target.place, now=now),
            version=source.version,
            header=view.invoice,
            lines=view.lines,
            entry=view.entry,
            record=self.record,
        )

    def request_follow_ups(self, source: Invoice | None, target: InvoiceTarget) -> None:
        """Ask for the balances of its client, and of the one whose account it is on so far."""
        follow_ups, cause = self.sides.follow_ups, self.request.cause
        business, view = self.record.business, target.view
        if source is not None:
            client = RecordId(business, Kind.CLIENT, source.customerid)
            follow_ups.request_balances(client, cause=cause)
        owner = view.invoice.customer if view.invoice else None
        if view.account is None or view.account.id != owner:
            follow_ups.request_balances_on(owner, business, cause=cause)

    def explain_conflict(self, _source: Invoice | None, _target: InvoiceTarget) -> Outcome | None:
        return None

    def absence(self, source: Invoice | None) -> str:
        if source is None:
            return "FreshBooks has no such invoice any more"
        if source.deleted:
            return "it is deleted in FreshBooks"
        return "it is a draft" if source.draft else ""

    def left_out(self, source: Invoice | None) -> Awaited | None:
        draft = source is not None and source.draft and not source.deleted
        return Awaited.policy(DRAFT) if draft else None

    def shown(self, source: Invoice | None) -> Shown:
        return shown_of(source) if source else NOTHING_SHOWN

    def rows(self, _target: InvoiceTarget | None) -> tuple[UUID, ...]:
        return (self.record.row,)

    def _view(self, client: int | None) -> InvoiceView:
        """Read the rows, with the account of a client if there is one to look for."""
        record, key = self.record, None
        if client is not None:
            key = RecordId(record.business, Kind.CLIENT, client).client_key
        return self.sides.crm.get_invoice_view(
            invoice=record.row, entry=record.entry, client_key=key
        )


def _shown(source: Invoice | None) -> TypeGuard[Invoice]:
    return source is not None and not source.deleted and not source.draft
