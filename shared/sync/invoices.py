"""An invoice: header, lines and timeline entry, in one change set wherever they fit.

Never shows a draft: the customer has not got it yet.
"""

from dataclasses import dataclass, replace
from typing import Final, TypeGuard
from uuid import UUID

from shared.core.besides import may_stand
from shared.core.editions import FIRST, others, standing, wanted
from shared.core.events import SyncRequest
from shared.core.existing import ADOPTED
from shared.core.homes import Account, ClientRow, Deal
from shared.core.identity import Awaited, Edition, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.listed import DRAFT
from shared.core.mapping import INVOICE_CANCELLED
from shared.core.notices import USERS, Notice, event_of
from shared.core.outcomes import (
    Held,
    Outcome,
    OutcomeName,
    Result,
    Skipped,
)
from shared.core.place import Place
from shared.core.planning import Plan
from shared.core.policies import DraftPolicy
from shared.core.records import Invoice
from shared.core.shown import shown_of
from shared.core.views import InvoiceView, RecordRow
from shared.core.waiting import NOTHING_SHOWN, Shown
from shared.core.webpages import page_of
from shared.errors import ConflictError, RecordRefusedError
from shared.sync.beside import Beside, asks
from shared.sync.client_rows import at_home
from shared.sync.clients import ClientSync
from shared.sync.existing import Existing, Ruling
from shared.sync.invoice_follow_ups import InvoiceFollowUps
from shared.sync.invoice_rows import RowsOfInvoice
from shared.sync.invoice_targets import InvoiceTarget, plan_target
from shared.sync.places import find_place, with_owner
from shared.sync.protocol import Carried, Sides, carry

_NEVER_COUNTED: Final = frozenset({OutcomeName.SKIPPED, OutcomeName.NAMED})


@dataclass(frozen=True)
class InvoiceSync:
    """Brings an invoice's rows up to date."""

    sides: Sides
    clients: ClientSync
    existing: Existing
    beside: Beside

    def sync(self, request: SyncRequest, before: JournalEntry | None) -> Result:
        """Sync one invoice; who notes its outcome sees to what stands beside it.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        return self._carry(request, before, None)

    def bring(self, request: SyncRequest) -> Result:
        """Sync one invoice that another record needs; its own message notes what became of it.

        Raises:
            ConflictError: somebody wrote in between; start again.
        """
        return self._carry_along(request, None)

    def decide(self, request: SyncRequest, ruling: Ruling) -> Result:
        """Sync one invoice as an operator wants it.

        Raises:
            ConflictError: somebody wrote in between.
            NotPossibleError: the row that was chosen cannot be its; the text says why.
        """
        return self._carry_along(request, ruling)

    def carried(
        self, request: SyncRequest, before: JournalEntry | None
    ) -> Carried[Invoice, InvoiceTarget]:
        """Return an invoice on its way, for whoever carries many at once."""
        return _CarriedInvoice(
            self.sides, self.clients, self.existing, request, request.record, before
        )

    def look(self, record: RecordId) -> InvoiceView:
        """Return the rows that stand for an invoice, as they are; its first ones."""
        source = self.sides.freshbooks.get_invoice(record.business, record.number)
        noted = self.clients.journal.get_latest(record)
        return RowsOfInvoice(self.sides.crm, self.existing, record, noted).look(source)

    def _carry_along(self, request: SyncRequest, ruling: Ruling | None) -> Result:
        result = self._carry(request, self.clients.journal.get_latest(request.record), ruling)
        # Read anew, after the rows are there: who came meanwhile is seen, or sees them.
        self.beside.follow(request.record, result.outcome)
        return result

    def _carry(
        self, request: SyncRequest, before: JournalEntry | None, ruling: Ruling | None
    ) -> Result:
        carried = _CarriedInvoice(
            self.sides, self.clients, self.existing, request, request.record, before, ruling
        )
        try:
            result = carry(carried, self.sides)
        except RecordRefusedError:
            if not carried.stays_canceled():
                raise
            result = carry(replace(carried, anew=True), self.sides)
        if isinstance(result.outcome, Held) and asks(result.outcome):
            # What a person is asked is kept as it is now.
            self.beside.mark(request.record)
            self.existing.holds.upsert(replace(result.outcome.hold, noted=True))
        return result


@dataclass(frozen=True)
class _CarriedInvoice:
    sides: Sides
    clients: ClientSync
    existing: Existing
    request: SyncRequest
    record: RecordId
    before: JournalEntry | None
    ruling: Ruling | None = None
    anew: bool = False

    @property
    def versioned(self) -> bool:
        return self.sides.shape.versioned

    def read_source(self) -> Invoice | None:
        return self.sides.freshbooks.get_invoice(self.record.business, self.record.number)

    def read_target(self, source: Invoice | None) -> InvoiceTarget | Outcome:
        if not self._is_shown(source):
            first, given_back = self._parted(self.standing.look(source))
            current, there = self.standing.current(first)
            view = replace(there, home=first.home)
            edition = standing(Edition(self.record, current), view.invoice)
            home = self._home_of(source, view)
            left = self._left(view, home)
            return InvoiceTarget(view, None, edition, given_back=given_back, left=left)
        client = RecordId(self.record.business, Kind.CLIENT, source.customerid)
        view = self.standing.look(source)
        row = at_home(view.home, client)
        if row is None:
            kept_out = self.clients.bring(self.request, source.customerid)
            if kept_out is not None:
                return kept_out
            view = self.standing.look(source)
            row = at_home(view.home, client)
        if row is None or view.home is None:
            raise ConflictError(f"The account of client {source.customerid} was just unlinked.")
        view, given_back = self._parted(view)
        return self._placed(source, view, row, given_back)

    def stays_canceled(self) -> bool:
        """Say whether it is to be shown by a header that may not be opened again."""
        target = self.read_target(self.read_source())
        if not isinstance(target, InvoiceTarget) or target.place is None:
            return False
        return self.standing.stays_canceled(target.view.invoice)

    @property
    def standing(self) -> RowsOfInvoice:
        """What stands for it."""
        return RowsOfInvoice(self.sides.crm, self.existing, self.record, self.before)

    def _parted(self, view: InvoiceView) -> tuple[InvoiceView, RecordRow | None]:
        """Return the rows without an adopted one that an operator gives back, and that one."""
        gives_back = self.ruling is not None and self.ruling.row is None
        if view.invoice is None or not view.invoice.adopted or not gives_back:
            return view, None
        return replace(view, invoice=None, lines=()), view.invoice

    def _placed(
        self, source: Invoice, view: InvoiceView, client: ClientRow, given_back: RecordRow | None
    ) -> InvoiceTarget | Outcome:
        home = view.home
        assert home is not None  # noqa: S101  # the client's row is one of its own
        current, there = self.standing.current(view)
        views = {FIRST: view, current: there}
        here = there.invoice or given_back
        place = self._place(source, home, client, here)
        if isinstance(place, Held):
            return place
        rows, code = (view.invoice, view.entry), source.amount.code
        chosen = wanted(place.currency, code, *rows, current=current)
        edition = Edition(self.record, chosen)
        if chosen not in views:
            views[chosen] = self.standing.of(edition, view)
        edition = standing(edition, views[chosen].invoice)
        header = views[chosen].invoice
        if self.anew and header is not None and header.state == INVOICE_CANCELLED:
            edition, views[chosen] = self.standing.made_anew(edition, views[chosen])
        found = self._find_existing(source, view, place) if chosen == FIRST else None
        if isinstance(found, Held | Skipped):
            # FreshBooks' balances count it, whatever becomes of it here.
            owner = RecordId(self.record.business, Kind.CLIENT, source.customerid)
            self.sides.follow_ups.request_balances(owner, cause=self.request.cause)
            return found
        if found is not None:
            # It stays on its opportunity, as a row does that a person moved.
            placed = self._place(source, home, client, found)
            place = place if isinstance(placed, Held) else placed
            views[FIRST] = replace(view, invoice=found)
        cut = self.sides.policies.columns.note(source)
        return InvoiceTarget(
            replace(views[chosen], home=home),
            with_owner(place, self.sides.policies),
            edition,
            tuple(views[name] for name in others(views, chosen)),
            "; ".join(filter(None, (ADOPTED if found is not None else "", place.note, cut))),
            adopts=found is not None,
            given_back=given_back,
            left=self._left(views[chosen], place.account),
            notice=self._notice(source, views[chosen].invoice, home, place),
        )

    def _notice(
        self, source: Invoice, row: RecordRow | None, home: Account, place: Place
    ) -> Notice | None:
        """Return what its account's owner is told; teams and users who left are told nothing.

        Only where something is to be told it is asked who that is.
        """
        event = event_of(source, row, self.sides.policies.notices)
        owner = home.owner
        if event is None or owner is None or owner.table != USERS:
            return None
        if not self.sides.crm.takes_notices(owner.id):
            return None
        return Notice(event, owner.id, home.id, home.name, place.precision)

    def _left(self, view: InvoiceView, account: UUID | None) -> Deal | None:
        """Return the opportunity that the invoice leaves on an account that is not its client's.

        Its client's balances are looked at afterwards, but those who look know the client's own
        account only. It is written in the version that was read: of two that leave, one starts
        again.
        """
        row = view.invoice
        if row is None or row.opportunity is None or row.customer == account:
            return None
        return self.sides.crm.get_deal(row.opportunity)

    def _home_of(self, source: Invoice | None, view: InvoiceView) -> UUID | None:
        """Return the account that its client belongs to, None where nobody knows of one."""
        if source is None or view.home is None:
            return None
        client = RecordId(self.record.business, Kind.CLIENT, source.customerid)
        return view.home.id if at_home(view.home, client) is not None else None

    def _find_existing(
        self, source: Invoice, view: InvoiceView, place: Place
    ) -> RecordRow | Held | Skipped | None:
        """Return the row Sales has already, where none stands for the invoice yet."""
        if view.invoice is not None:
            return None
        decided = may_stand(self.before)
        return self.existing.find(
            self.record, source, view, place, ruling=self.ruling, decided=decided
        )

    def _place(
        self, source: Invoice, home: Account, client: ClientRow, row: RecordRow | None
    ) -> Place | Held:
        return find_place(
            self.sides.crm,
            home,
            client,
            row,
            code=source.amount.code,
            reference=source.po_number if self.sides.shape.has_invoices else "",
            business=self.record.business,
            now=self.sides.clock(),
        )

    def plan(self, source: Invoice | None, target: InvoiceTarget) -> Plan:
        now, sides = self.sides.clock(), self.sides
        url = page_of(sides.web, self.record)
        policies = sides.policies
        return plan_target(
            source,
            target,
            shape=sides.shape,
            deleted=policies.deleted,
            url=url,
            now=now,
            columns=policies.columns,
        )

    def request_follow_ups(self, source: Invoice | None, target: InvoiceTarget) -> None:
        follow = InvoiceFollowUps(self.sides, self.before, self.record, self.request.cause)
        follow.request(source, target)

    def explain_conflict(self, _source: Invoice | None, _target: InvoiceTarget) -> Outcome | None:
        return None

    def conclude(self, source: Invoice | None, _target: InvoiceTarget, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Skipped) and source is not None and not source.deleted:
            self._count_no_more(source)
        return outcome

    def _count_no_more(self, source: Invoice) -> None:
        """Ask for its client's balances where they may have counted what is a draft again.

        They count an invoice that was held or refused as well, of which no row ever said so.
        """
        noted = self.before
        if noted is not None and noted.outcome not in _NEVER_COUNTED:
            client = RecordId(self.record.business, Kind.CLIENT, source.customerid)
            self.sides.follow_ups.request_balances(client, cause=self.request.cause)

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

    def rows(self, target: InvoiceTarget | None) -> tuple[UUID, ...]:
        if target is None:
            return (self.sides.shape.row_of(Edition(self.record)),)
        own = self.sides.shape.row_of(target.edition)
        return (target.adopted.id if target.adopted is not None else own,)

    def _is_shown(self, source: Invoice | None) -> TypeGuard[Invoice]:
        if source is None or source.deleted:
            return False
        return not source.draft or self.sides.policies.drafts is DraftPolicy.SHOW
