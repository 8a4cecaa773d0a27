"""A payment or an expense: one entry on the timeline of its account or opportunity.

Never shows an expense that names no client.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard
from uuid import UUID

from shared.core.events import Kind, SyncRequest
from shared.core.mapping import entry_id, invoice_id, render_expense, render_payment
from shared.core.place import Place
from shared.core.planning import Plan, plan_entry, plan_gone
from shared.core.records import Expense, Payment, SourceVersion
from shared.core.rows import Row, client_key, record_in
from shared.errors import ConflictError, RecordRefusedError
from shared.sync.invoices import InvoiceSync, invoice_subject
from shared.sync.outcomes import Deferred, Held, Outcome, Result
from shared.sync.places import Surroundings, find_place
from shared.sync.ports import EntryView
from shared.sync.protocol import Carried, Sides, carry

Item = Payment | Expense


class EntrySync:
    """Brings the timeline entry of a payment or expense up to date."""

    def __init__(self, sides: Sides, invoices: InvoiceSync) -> None:
        self._sides = sides
        self._invoices = invoices

    def __call__(self, request: SyncRequest) -> Result:
        """Sync one payment or expense.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        carried: Carried[Item, EntryView] = _CarriedEntry(self._sides, self._invoices, request)
        return carry(carried, self._sides)


@dataclass(frozen=True)
class _CarriedEntry:
    sides: Sides
    invoices: InvoiceSync
    request: SyncRequest

    @property
    def rows(self) -> tuple[UUID, ...]:
        return (entry_id(self.request.account, self.request.kind, self.request.record),)

    def read(self) -> Item | None:
        request, freshbooks = self.request, self.sides.freshbooks
        if request.kind is Kind.PAYMENT:
            return freshbooks.get_payment(request.account, request.record)
        return freshbooks.get_expense(request.account, request.record)

    def look(self, record: Item | None) -> EntryView | Outcome:
        """Read the rows; the account, and a payment's invoice, are brought there first."""
        view = self._view(record)
        if not _shown(record):
            return view
        if view.account is None:
            kept_out = self.sides.clients.bring(self.request, record.clientid or 0)
            if kept_out is not None:
                return kept_out
            view = self._view(record)
        if (invoice := _invoice_of(record)) is not None and view.invoice is None:
            return self._bring_invoice(record, invoice)
        return view

    def _bring_invoice(self, record: Item, invoice: int) -> EntryView | Outcome:
        """Carry the payment's invoice first; one that is not shown or is refused is waited for.

        The payment is shown without it meanwhile. It waits before it looks once more: an invoice
        that appears in between is seen by one or the other.
        """
        ahead = self.request.model_copy(update={"kind": Kind.INVOICE, "record": invoice})
        try:
            outcome = self.invoices(ahead).outcome
        except RecordRefusedError:
            pass  # the dead letter of the invoice tells; this is money received all the same
        else:
            if isinstance(outcome, Held | Deferred):
                return outcome
        view = self._view(record)
        if view.invoice is None:
            subject = invoice_subject(invoice)
            self.sides.release.wait(subject, self.request)
            view = self._view(record)
            if view.invoice is not None:
                self.sides.release.forget(subject, self.request)
        return view

    def exists(self, view: EntryView) -> bool:
        return view.entry is not None

    def stands(self, view: EntryView) -> bool:
        return self.exists(view)

    def decide(self, record: Item | None, view: EntryView) -> Plan | Held:
        now = self.sides.clock()
        if not _shown(record):
            return plan_gone(
                self.sides.deleted,
                version=record.version if record else SourceVersion(""),
                header=None,
                entry=view.entry,
                now=now,
            )
        if view.account is None:
            raise ConflictError(f"The account of client {record.clientid} was just unlinked.")
        place = find_place(
            self.sides.crm,
            # without an invoice that says where it belongs, it stays where it is
            Surroundings(view.account, view.invoice or view.entry),
            code=record.amount.code,
            account=self.request.account,
            now=now,
        )
        if isinstance(place, Held):
            return place
        row = self._render(record, place, view, now)
        return plan_entry(row, version=record.version, entry=view.entry)

    def announce(self, record: Item | None, view: EntryView) -> None:
        """Ask for a payment's invoice and for the client's balances."""
        if self.request.kind is not Kind.PAYMENT:
            return
        account, cause = self.request.account, self.request.cause
        follow_ups = self.sides.follow_ups
        if record is not None:
            invoice = _invoice_of(record)
            if invoice is not None:
                follow_ups.invoice(account, invoice)
            if record.clientid is not None:
                follow_ups.balances(account, record.clientid, cause=cause)
            return
        if view.invoice is not None:
            key = str(view.invoice.columns.get("fbx_sourcekey") or "")
            if (number := record_in(key, account)) is not None:
                follow_ups.invoice(account, number)
            owner = view.invoice.lookups.get("customerid")
            follow_ups.balances_of(self.sides.crm, account, owner, cause=cause)

    def absence(self, record: Item | None) -> str:
        kind = self.request.kind
        if record is None:
            return f"FreshBooks has no such {kind} any more"
        if record.deleted:
            return "it is deleted in FreshBooks"
        return "" if record.clientid is not None else "it names no client"

    def number(self, _record: Item | None) -> str:
        return str(self.request.record)

    def _view(self, record: Item | None) -> EntryView:
        account, crm, entry = self.request.account, self.sides.crm, self.rows[0]
        invoice = _invoice_of(record)
        key = client_key(account, record.clientid or 0) if _shown(record) else None
        row = invoice_id(account, invoice) if invoice is not None else None
        view = crm.get_entry_view(entry=entry, invoice=row, client_key=key)
        if record is None and view.entry and (row := view.entry.lookups.get("fbx_invoiceid")):
            # FreshBooks cannot tell any more which invoice a payment was for; our row can
            view = crm.get_entry_view(entry=entry, invoice=row, client_key=None)
        return view

    def _render(self, record: Item, place: Place, view: EntryView, now: datetime) -> Row:
        account = self.request.account
        if isinstance(record, Expense):
            return render_expense(record, account=account, place=place, now=now)
        return render_payment(
            record,
            account=account,
            place=place,
            invoice=view.invoice.id if view.invoice else None,
            number=str(view.invoice.columns.get("fbx_number") or "") if view.invoice else "",
            now=now,
        )


def _invoice_of(record: Item | None) -> int | None:
    return record.invoiceid if isinstance(record, Payment) else None


def _shown(record: Item | None) -> TypeGuard[Item]:
    return record is not None and not record.deleted and record.clientid is not None
