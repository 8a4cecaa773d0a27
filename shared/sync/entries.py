"""A payment, a credit or an expense: one entry on the timeline of its account or opportunity.

Never shows an expense that names no client unless it is told to, nor a credit twice.
"""

from dataclasses import dataclass, replace
from typing import TypeGuard
from uuid import UUID

from shared.core.editions import FIRST, others, wanted
from shared.core.events import SyncRequest
from shared.core.homes import ClientRow
from shared.core.identity import Awaited, Edition, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.listed import NO_CLIENT, OFF
from shared.core.outcomes import Deferred, Held, Outcome, Result, Skipped, Waits
from shared.core.place import Place
from shared.core.planning import Plan
from shared.core.policies import ExpensePolicy
from shared.core.records import Credit, Expense, Payment
from shared.core.shown import shown_of
from shared.core.views import EntryView, RecordRow
from shared.core.waiting import Shown, Wait
from shared.errors import (
    ConflictError,
    ConnectorError,
    NotSyncedError,
    ReconnectNeededError,
    RetryLaterError,
)
from shared.sync.beside import asks
from shared.sync.client_rows import at_home
from shared.sync.clients import ClientSync
from shared.sync.credits import NOTED, is_noted
from shared.sync.entry_rows import RowsOfEntry, client_named
from shared.sync.entry_targets import EntryTarget, Item, invoice_of, is_shown, plan_target
from shared.sync.invoices import InvoiceSync
from shared.sync.places import find_place, place_nowhere, with_owner
from shared.sync.protocol import Carried, Sides, carry


@dataclass(frozen=True)
class EntrySync:
    """Brings the timeline entry of a payment, credit or expense up to date."""

    sides: Sides
    clients: ClientSync
    invoices: InvoiceSync

    def sync(self, request: SyncRequest, before: JournalEntry | None) -> Result:
        """Sync one payment, credit or expense.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        return carry(self.carried(request, before), self.sides)

    def carried(
        self, request: SyncRequest, before: JournalEntry | None
    ) -> Carried[Item, EntryTarget]:
        """Return a payment, credit or expense on its way, for whoever carries many at once."""
        return _CarriedEntry(
            self.sides, self.clients, self.invoices, request, request.record, before
        )


@dataclass(frozen=True)
class _CarriedEntry:
    sides: Sides
    clients: ClientSync
    invoices: InvoiceSync
    request: SyncRequest
    record: RecordId
    before: JournalEntry | None
    # A version that shows nothing new is not written: the timeline may go by what was changed.
    versioned: bool = False

    @property
    def standing(self) -> RowsOfEntry:
        """What stands for it."""
        return RowsOfEntry(self.sides, self.record, self.before)

    def read_source(self) -> Item | None:
        record, freshbooks = self.record, self.sides.freshbooks
        if record.kind is Kind.PAYMENT:
            return freshbooks.get_payment(record.business, record.number)
        if record.kind is Kind.CREDIT:
            return freshbooks.get_credit(record.business, record.number)
        return freshbooks.get_expense(record.business, record.number)

    def read_target(self, source: Item | None) -> EntryTarget | Outcome:
        """Read the rows, or say why nothing can be written yet."""
        if isinstance(source, Expense) and self.sides.policies.expenses is ExpensePolicy.OFF:
            return Skipped("expenses are left out, by the setting EXPENSES", Awaited.policy(OFF))
        view = self.standing.look(source)
        if self._is_own(source):
            return self._of_nobody(source, view)
        if not is_shown(source) or self._is_noted(source):
            current, here = self.standing.current(view)
            return EntryTarget(replace(view, entry=here), None, Edition(self.record, current))
        there = self.standing.beside_invoice(source, view) or self._brought(source, view)
        return there if isinstance(there, Outcome) else self._placed(source, *there)

    def _brought(self, source: Item, view: EntryView) -> tuple[EntryView, ClientRow] | Outcome:
        """Bring the client's account there, and a payment's invoice; return the rows and whose."""
        if at_home(view.home, client_named(self.record, source)) is None:
            kept_out = self.clients.bring(self.request, source.clientid or 0)
            if kept_out is not None:
                return kept_out
            view = self.standing.look(source)
        if (invoice := invoice_of(source)) is not None and view.invoice is None:
            brought = self._bring_invoice(source, invoice)
            if isinstance(brought, Outcome):
                return brought
            view = brought
        row = at_home(view.home, client_named(self.record, source))
        if row is None:
            raise ConflictError(f"The account of client {source.clientid} was just unlinked.")
        return view, row

    def _bring_invoice(self, source: Item, invoice: int) -> EntryView | Outcome:
        """Carry the payment's invoice first; one that is not shown or is refused is waited for.

        The payment is shown without it meanwhile. It says so in the invoice's entry, and waits,
        before it looks once more: an invoice that appears in between is seen by one or the other.
        """
        ahead = self.request.model_copy(update={"kind": Kind.INVOICE, "number": invoice})
        stands: UUID | None = None
        try:
            result = self.invoices.bring(ahead)
        except (NotSyncedError, ConflictError, ReconnectNeededError):
            raise
        except RetryLaterError as error:
            if error.throttled or not error.service:
                raise  # everybody is to wait
        except ConnectorError:
            pass  # the invoice waits by itself; this is money received all the same
        else:
            outcome = result.outcome
            # What a person is asked about was paid all the same.
            if isinstance(outcome, Held | Waits | Deferred) and not asks(outcome):
                return outcome
            # Where its first row was deleted, nothing in Dataverse says which one came after it.
            stands = next(iter(result.rows), None)
        view = self.standing.look(source, stands)
        if view.invoice is None:
            awaited = Awaited.invoice(invoice)
            self.invoices.beside.mark(ahead.record)
            self.sides.release.wait(
                Wait(
                    awaited,
                    self.request,
                    since=self.sides.clock(),
                    reason="its invoice is not in Sales",
                    shown=shown_of(source),
                    partly=True,
                    noted=True,
                )
            )
            view = self.standing.look(source, stands)
            if view.invoice is not None:
                self.sides.release.forget(awaited, self.request)
        return view

    def _placed(self, source: Item, view: EntryView, row: ClientRow) -> EntryTarget | Outcome:
        assert view.home is not None  # noqa: S101  # the client's row is one of its own
        current, here = self.standing.current(view)
        place = find_place(
            self.sides.crm,
            view.home,
            row,
            # without an invoice that says where it belongs, it stays where a person put it
            view.invoice or here,
            code=source.amount.code,
            follows=view.invoice is not None,
            business=self.record.business,
            now=self.sides.clock(),
        )
        if isinstance(place, Held):
            return place
        alone = isinstance(source, Payment) and view.invoice is None
        followed = here is not None and bool(here.number)  # an invoice that is gone
        if isinstance(source, Credit) or (alone and (here is None or place.moved or followed)):
            place = replace(place, opportunity=None)  # it is the client's, and no deal's
        place = with_owner(place, self.sides.policies)
        return self._standing(source, view, current, here, place)

    def _of_nobody(self, source: Expense, view: EntryView) -> EntryTarget | Outcome:
        business, code = self.record.business, source.amount.code
        now = self.sides.clock()
        place = place_nowhere(self.sides.crm, code=code, business=business, now=now)
        if isinstance(place, Held):
            return place
        current, here = self.standing.current(view)
        return self._standing(source, view, current, here, place)

    def _standing(
        self,
        source: Item,
        view: EntryView,
        current: str,
        here: RecordRow | None,
        place: Place,
    ) -> EntryTarget:
        """Return the entry in the record's currency, and those that stood for it in others."""
        entries, code = {FIRST: view.entry, current: here}, source.amount.code
        chosen = wanted(place.currency, code, view.entry, current=current)
        edition = Edition(self.record, chosen)
        if edition.name not in entries:
            entries[edition.name] = self.standing.of(edition, view)
        return EntryTarget(
            replace(view, entry=entries[edition.name]),
            place,
            edition,
            tuple(filter(None, (entries[name] for name in others(entries, edition.name)))),
            self.sides.policies.columns.note(source),
        )

    def _is_own(self, source: Item | None) -> TypeGuard[Expense]:
        """Say whether it is an expense of the firm's own that is to be shown."""
        carried = self.sides.policies.expenses is ExpensePolicy.ALL
        own = isinstance(source, Expense) and source.clientid is None and not source.deleted
        return own and carried

    def _is_noted(self, source: Item) -> bool:
        freshbooks, crm, business = self.sides.freshbooks, self.sides.crm, self.record.business
        return isinstance(source, Payment) and is_noted(freshbooks, crm, business, source)

    def plan(self, source: Item | None, target: EntryTarget) -> Plan:
        return plan_target(
            source,
            target,
            shape=self.sides.shape,
            deleted=self.sides.policies.deleted,
            web=self.sides.web,
            now=self.sides.clock(),
            columns=self.sides.policies.columns,
        )

    def request_follow_ups(self, source: Item | None, target: EntryTarget) -> None:
        """Ask for a payment's invoice and for the client's balances."""
        if self.record.kind is Kind.EXPENSE:
            return
        business, cause, view = self.record.business, self.request.cause, target.view
        follow_ups = self.sides.follow_ups
        if source is not None:
            invoice = invoice_of(source)
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
        elif self.record.kind is Kind.CREDIT and view.entry is not None:
            follow_ups.request_balances_on(view.entry.customer, business, cause=cause)

    def explain_conflict(self, _source: Item | None, _target: EntryTarget) -> Outcome | None:
        return None

    def conclude(self, _source: Item | None, _target: EntryTarget, outcome: Outcome) -> Outcome:
        return outcome

    def absence(self, source: Item | None) -> str:
        kind = self.record.kind
        if source is None:
            return f"FreshBooks has no such {kind} any more"
        if source.deleted:
            return "it is deleted in FreshBooks"
        if source.clientid is None and not self._is_own(source):
            return "it names no client"
        return NOTED if isinstance(source, Payment) and source.credit_note is not None else ""

    def left_out(self, source: Item | None) -> Awaited | None:
        nobodys = source is not None and source.clientid is None and not source.deleted
        return Awaited.policy(NO_CLIENT) if nobodys and not self._is_own(source) else None

    def shown(self, source: Item | None) -> Shown:
        return shown_of(source) if source else Shown(str(self.record.number))

    def rows(self, _target: EntryTarget | None) -> tuple[UUID, ...]:
        return (self.record.row,)
