"""A payment or an expense: one entry on the timeline of its account or opportunity.

Never shows an expense that names no client.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard
from uuid import UUID

from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.listed import NO_CLIENT
from shared.core.mapping import render_expense, render_payment
from shared.core.outcomes import Deferred, Held, Outcome, Result, Waits
from shared.core.place import Place
from shared.core.planning import Plan, plan_entry, plan_gone
from shared.core.records import Expense, Payment, SourceVersion
from shared.core.rows import Row
from shared.core.shown import shown_of
from shared.core.views import EntryView
from shared.core.waiting import Shown, Wait
from shared.errors import (
    ConflictError,
    ConnectorError,
    NotSyncedError,
    ReconnectNeededError,
    RetryLaterError,
)
from shared.sync.clients import ClientSync
from shared.sync.invoices import InvoiceSync
from shared.sync.places import find_place
from shared.sync.protocol import Carried, Sides, carry

Item = Payment | Expense


@dataclass(frozen=True)
class EntrySync:
    """Brings the timeline entry of a payment or expense up to date."""

    sides: Sides
    clients: ClientSync
    invoices: InvoiceSync

    def sync(self, request: SyncRequest) -> Result:
        """Sync one payment or expense.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        carried: Carried[Item, EntryTarget] = _CarriedEntry(
            self.sides, self.clients, self.invoices, request, request.record
        )
        return carry(carried, self.sides)


@dataclass(frozen=True)
class EntryTarget:
    """What Dataverse holds about a payment or expense.

    Attributes:
        place: where it belongs, None when nothing is to be shown of it.
    """

    view: EntryView
    place: Place | None
    reason: str = ""

    @property
    def exists(self) -> bool:
        """Whether its entry is there."""
        return self.view.entry is not None

    @property
    def stands(self) -> bool:
        """Whether its entry is there."""
        return self.exists


@dataclass(frozen=True)
class _CarriedEntry:
    sides: Sides
    clients: ClientSync
    invoices: InvoiceSync
    request: SyncRequest
    record: RecordId
    versioned: bool = True

    def read_source(self) -> Item | None:
        record, freshbooks = self.record, self.sides.freshbooks
        if record.kind is Kind.PAYMENT:
            return freshbooks.get_payment(record.business, record.number)
        return freshbooks.get_expense(record.business, record.number)

    def read_target(self, source: Item | None) -> EntryTarget | Outcome:
        """Read the rows; the account, and a payment's invoice, are brought there first."""
        view = self._view(source)
        if not _shown(source):
            return EntryTarget(view, None)
        if view.account is None:
            kept_out = self.clients.bring(self.request, source.clientid or 0)
            if kept_out is not None:
                return kept_out
            view = self._view(source)
        if (invoice := _invoice_of(source)) is not None and view.invoice is None:
            brought = self._bring_invoice(source, invoice)
            if isinstance(brought, Outcome):
                return brought
            view = brought
        return self._placed(source, view)

    def _bring_invoice(self, source: Item, invoice: int) -> EntryView | Outcome:
        """Carry the payment's invoice first; one that is not shown or is refused is waited for.

        The payment is shown without it meanwhile. It waits before it looks once more: an invoice
        that appears in between is seen by one or the other.
        """
        ahead = self.request.model_copy(update={"kind": Kind.INVOICE, "number": invoice})
        try:
            outcome = self.invoices.sync(ahead).outcome
        except (NotSyncedError, ConflictError, ReconnectNeededError):
            raise
        except RetryLaterError as error:
            if error.throttled or not error.service:
                raise  # everybody is to wait
        except ConnectorError:
            pass  # the invoice waits by itself; this is money received all the same
        else:
            if isinstance(outcome, Held | Waits | Deferred):
                return outcome
        view = self._view(source)
        if view.invoice is None:
            awaited = Awaited.invoice(invoice)
            self.sides.release.wait(
                Wait(
                    awaited,
                    self.request,
                    since=self.sides.clock(),
                    reason="its invoice is not in Sales",
                    shown=shown_of(source),
                    partly=True,
                )
            )
            view = self._view(source)
            if view.invoice is not None:
                self.sides.release.forget(awaited, self.request)
        return view

    def _placed(self, source: Item, view: EntryView) -> EntryTarget | Outcome:
        if view.account is None:
            raise ConflictError(f"The account of client {source.clientid} was just unlinked.")
        place = find_place(
            self.sides.crm,
            view.account,
            # without an invoice that says where it belongs, it stays where it is
            view.invoice or view.entry,
            code=source.amount.code,
            business=self.record.business,
            now=self.sides.clock(),
        )
        return place if isinstance(place, Held) else EntryTarget(view, place)

    def plan(self, source: Item | None, target: EntryTarget) -> Plan:
        now, view = self.sides.clock(), target.view
        if source is None or target.place is None:
            return plan_gone(
                self.sides.deleted,
                version=source.version if source else SourceVersion(""),
                header=None,
                entry=view.entry,
                now=now,
            )
        row = self._render(source, target.place, view, now)
        return plan_entry(row, version=source.version, entry=view.entry)

    def request_follow_ups(self, source: Item | None, target: EntryTarget) -> None:
        """Ask for a payment's invoice and for the client's balances."""
        if self.record.kind is not Kind.PAYMENT:
            return
        business, cause, view = self.record.business, self.request.cause, target.view
        follow_ups = self.sides.follow_ups
        if source is not None:
            invoice = _invoice_of(source)
            if invoice is not None:
                follow_ups.request_invoice(RecordId(business, Kind.INVOICE, invoice))
            if source.clientid is not None:
                client = RecordId(business, Kind.CLIENT, source.clientid)
                follow_ups.request_balances(client, cause=cause)
            return
        if view.invoice is not None:
            if (record := view.invoice.record(business)) is not None:
                follow_ups.request_invoice(record)
            follow_ups.request_balances_on(view.invoice.customer, business, cause=cause)

    def explain_conflict(self, _source: Item | None, _target: EntryTarget) -> Outcome | None:
        return None

    def absence(self, source: Item | None) -> str:
        kind = self.record.kind
        if source is None:
            return f"FreshBooks has no such {kind} any more"
        if source.deleted:
            return "it is deleted in FreshBooks"
        return "" if source.clientid is not None else "it names no client"

    def left_out(self, source: Item | None) -> Awaited | None:
        nobodys = source is not None and source.clientid is None and not source.deleted
        return Awaited.policy(NO_CLIENT) if nobodys else None

    def shown(self, source: Item | None) -> Shown:
        return shown_of(source) if source else Shown(str(self.record.number))

    def rows(self, _target: EntryTarget | None) -> tuple[UUID, ...]:
        return (self.record.row,)

    def _view(self, source: Item | None) -> EntryView:
        business, crm, entry = self.record.business, self.sides.crm, self.record.entry
        invoice = _invoice_of(source)
        key, row = None, None
        if _shown(source):
            key = RecordId(business, Kind.CLIENT, source.clientid or 0).client_key
        if invoice is not None:
            row = RecordId(business, Kind.INVOICE, invoice).row
        view = crm.get_entry_view(entry=entry, invoice=row, client_key=key)
        if source is None and view.entry and (row := view.entry.invoice):
            # FreshBooks cannot tell any more which invoice a payment was for; our row can
            view = crm.get_entry_view(entry=entry, invoice=row, client_key=None)
        return view

    def _render(self, source: Item, place: Place, view: EntryView, now: datetime) -> Row:
        record = self.record
        if isinstance(source, Expense):
            return render_expense(source, record=record, place=place, now=now)
        return render_payment(
            source,
            record=record,
            place=place,
            invoice=view.invoice.id if view.invoice else None,
            number=view.invoice.number if view.invoice else "",
            now=now,
        )


def _invoice_of(source: Item | None) -> int | None:
    return source.invoiceid if isinstance(source, Payment) else None


def _shown(source: Item | None) -> TypeGuard[Item]:
    return source is not None and not source.deleted and source.clientid is not None
