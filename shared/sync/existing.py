"""Before an invoice gets a row: whether Sales has one already, and what a person decided about it.

Never writes to Dataverse; a row is taken over by whoever carries the invoice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.core.existing import Unsure, Wanted, candidates, find_existing, refusal
from shared.core.identity import Awaited, RecordId
from shared.core.mapping import called
from shared.core.outcomes import Held, Skipped
from shared.core.place import Place
from shared.core.policies import ExistingPolicy
from shared.core.price_engine import rounded
from shared.core.records import Invoice
from shared.core.views import InvoiceView, RecordRow
from shared.core.waiting import Hold
from shared.errors import NotPossibleError
from shared.sync.ports import Crm, Holds

LEFT_OUT: Final = "an operator decided to leave this invoice out"


@dataclass(frozen=True)
class Ruling:
    """What an operator wants of an invoice.

    Attributes:
        row: it is to be this one; None for one of its own, also where it has another so far.
    """

    row: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Finds invoices that Sales has already.

    Attributes:
        policy: what is done about them.
        column: beside Dynamics' own, a column in which FreshBooks' number may stand; None for no
            other.
    """

    crm: Crm
    holds: Holds
    clock: Callable[[], datetime]
    policy: ExistingPolicy
    column: str | None = None

    def number_of(self, source: Invoice) -> str:
        """Return the number that is looked for, "" where none is."""
        looks = self.policy is not ExistingPolicy.IGNORE
        return source.invoice_number.strip() if looks else ""

    def find(
        self,
        record: RecordId,
        source: Invoice,
        view: InvoiceView,
        place: Place,
        *,
        ruling: Ruling | None,
        decided: bool,
    ) -> RecordRow | Held | Skipped | None:
        """Return the row an invoice has already, why none is made yet, or None to make one.

        Args:
            record: the invoice's identity.
            source: the invoice.
            view: what Dataverse holds about it; it has no row there.
            place: where it belongs.
            ruling: what an operator wants, None where nobody says anything now.
            decided: whether anything may have been decided about it before.

        Raises:
            NotPossibleError: the row an operator chose cannot be it; the text says why.
        """
        wanted = Wanted(
            number=self.number_of(source),
            total=rounded(source.amount.amount, place.precision),
            currency=place.currency,
            code=source.amount.code,
        )
        if ruling is not None:
            return self._chosen(ruling.row, place, wanted) if ruling.row is not None else None
        awaited = Awaited.chosen(record.number)
        decision = self.holds.get(record.business, awaited) if decided else None
        if decision is not None and decision.leaves_invoice_out:
            return Skipped(LEFT_OUT, decision.awaited)
        if decision is not None:
            return None
        found = find_existing(view.existing, wanted, policy=self.policy, column=self.column)
        return self._held(record, source, found) if isinstance(found, Unsure) else found

    def _chosen(self, row: UUID, place: Place, wanted: Wanted) -> RecordRow | None:
        chosen = self.crm.get_invoice(row)
        why = refusal(chosen, account=place.account, wanted=wanted)
        if why:
            raise NotPossibleError(f"It was not linked: {why}.")
        return chosen

    def _held(self, record: RecordId, source: Invoice, found: Unsure) -> Held:
        number = called(source)
        return Held(
            Hold(
                business=record.business,
                awaited=Awaited.existing(record.number),
                name=number,
                reason=f"Invoice {number}: {found.reason}",
                since=self.clock(),
                candidates=candidates(found.rows, self._codes(found.rows)),
            )
        )

    def _codes(self, rows: Iterable[RecordRow]) -> dict[UUID, str]:
        ids = {row.currency for row in rows if row.currency is not None}
        known = ((each, self.crm.get_currency_by_id(each)) for each in ids)
        return {each: currency.code for each, currency in known if currency is not None}
