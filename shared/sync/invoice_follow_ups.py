"""What a change of an invoice makes due: its clients' balances, and payments that go along with it.

Never carries any of it; it is asked for before the change is written.
"""

from dataclasses import dataclass

from shared.core.events import Cause
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.mapping import called
from shared.core.records import Invoice
from shared.sync.editions import WAS_SHOWN
from shared.sync.invoice_targets import InvoiceTarget, plan_replacements
from shared.sync.protocol import Sides


@dataclass(frozen=True)
class InvoiceFollowUps:
    """Asks for what follows from an invoice.

    Attributes:
        noted: what is noted of it so far.
    """

    sides: Sides
    noted: JournalEntry | None
    record: RecordId
    cause: Cause

    def request(self, source: Invoice | None, target: InvoiceTarget) -> None:
        """Ask for the balances of its client, and of the one whose account it is on so far."""
        follow_ups, cause = self.sides.follow_ups, self.cause
        business, view = self.record.business, target.view
        if source is not None:
            client = RecordId(business, Kind.CLIENT, source.customerid)
            follow_ups.request_balances(client, cause=cause)
        # Whatever else changed before it went is seen in its payments only.
        goes = target.place is None and target.stands
        if goes or (source is not None and self._leaves(source, target)):
            payments = self.sides.freshbooks.list_payments_of(business, self.record.number)
            follow_ups.request_all(payments)
        owner = view.invoice.customer if view.invoice else None
        if view.home is None or view.home.id != owner:
            follow_ups.request_balances_on(owner, business, cause=cause)

    def _leaves(self, source: Invoice, target: InvoiceTarget) -> bool:
        """Say whether its payments show something that is another one now.

        They are where it is, and say its number; where its row was deleted they lost their link,
        also one that was given back whole.
        """
        row, place = target.view.invoice, target.place
        if target.given_back is not None:
            return True
        if place is None:
            return False
        if plan_replacements(source, target, shape=self.sides.shape, now=self.sides.clock()):
            return True
        if row is None:
            return self._was_elsewhere(source, target)
        moves = (row.customer, row.opportunity) != (place.account, place.opportunity)
        # A person may have moved the invoice by hand: then its own entry lags as its payments do.
        entry = target.view.entry
        lags = entry is not None and entry.regarding != (place.opportunity or place.account)
        return moves or lags or row.number != called(source)

    def _was_elsewhere(self, source: Invoice, target: InvoiceTarget) -> bool:
        """Say whether it was shown before, or waited for another client with its payments."""
        if target.view.entry is not None:
            return True
        noted = self.noted
        if noted is None:
            return False
        awaited = noted.awaited
        waited = awaited.startswith(f"{AwaitedKind.CLIENT}-")
        return noted.outcome in WAS_SHOWN or (
            waited and awaited != str(Awaited.client(source.customerid))
        )
