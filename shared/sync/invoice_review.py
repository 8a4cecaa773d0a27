"""An operator decides about invoices of which Sales may have a row already.

Never undone by the next sync: the decision is kept before the invoice follows it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.outcomes import Deferred, Held, Skipped, Waits, reason_of
from shared.core.waiting import Hold, HoldState
from shared.errors import ConflictError, NotPossibleError
from shared.sync.existing import LEFT_OUT, Ruling
from shared.sync.invoices import InvoiceSync
from shared.sync.ports import Holds, SyncQueue
from shared.sync.release import Release


@dataclass(frozen=True, kw_only=True)
class InvoiceReview:
    """The operator's decisions about single invoices.

    Where entries are all there is of them, none can be adopted, and none be made beside another.
    """

    invoices: InvoiceSync
    holds: Holds
    queue: SyncQueue
    release: Release
    clock: Callable[[], datetime]

    def link(self, business: str, invoice: int, row: UUID) -> None:
        """Adopt a row of Dataverse for an invoice that has none, whatever its total is.

        Raises:
            NotPossibleError: the invoice has a row, or this one cannot be it; the text says why.
        """
        self._require_rows()
        record = _invoice(business, invoice)
        there = self._row(record)
        if there is not None and there != row:
            raise NotPossibleError(
                f"Invoice {invoice} has the row {there} in Dataverse. If that is one too many, "
                "delete it in Dynamics and repeat; if it was adopted, run `python -m shared held "
                "unlink invoice-NUMBER` first."
            )
        self._decide(record, Ruling(row))
        self.holds.delete(business, Awaited.chosen(invoice))

    def create(self, business: str, invoice: int) -> None:
        """Make a row for an invoice beside what Sales has, and keep that this was decided.

        Raises:
            NotPossibleError: nothing can be made of it; the text says why.
        """
        self._require_rows()
        record = _invoice(business, invoice)
        if self._adopted(record) is not None:
            raise NotPossibleError(
                f"Invoice {invoice} is adopted; to make a row of its own beside the adopted one, "
                "run `python -m shared held unlink invoice-NUMBER`."
            )
        self._keep(record, HoldState.OWN, "an operator decided to make a row of its own for it")
        self._decide(record, Ruling())

    def unlink(self, business: str, invoice: int) -> UUID:
        """Give an adopted row back, make one for the invoice beside it, and return the former.

        Raises:
            NotPossibleError: none is adopted, or something changes at the same time.
        """
        self._require_rows()
        record = _invoice(business, invoice)
        adopted = self._adopted(record)
        if adopted is None:
            raise NotPossibleError(f"Invoice {invoice} has no row that was adopted.")
        self._keep(record, HoldState.OWN, "an operator took the adopted row from it")
        self._decide(record, Ruling())
        return adopted

    def ignore(self, business: str, invoice: int) -> int:
        """Leave an invoice out of Dataverse and return how many records waited with it.

        Raises:
            NotPossibleError: it is in Sales.
        """
        record = _invoice(business, invoice)
        if (there := self._row(record)) is not None:
            raise NotPossibleError(f"Invoice {invoice} is in Sales already: the row {there}.")
        self._keep(record, HoldState.IGNORED, LEFT_OUT)
        return self.release.end(business, Awaited.existing(invoice))

    def unignore(self, business: str, invoice: int) -> None:
        """Take back that an invoice is left out, and ask for it.

        Raises:
            NotPossibleError: it is not.
        """
        awaited = Awaited.chosen(invoice)
        decision = self.holds.get(business, awaited)
        if decision is None or not decision.leaves_invoice_out:
            raise NotPossibleError(
                f"Invoice {invoice} is not ignored; `python -m shared held ignored` lists those "
                "that are."
            )
        self.holds.delete(business, awaited)
        record = _invoice(business, invoice)
        self.queue.send(SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock()))
        self.release.send_waiting(business, awaited)

    def _require_rows(self) -> None:
        """Refuse what only concerns rows of the table invoice.

        Raises:
            NotPossibleError: there are none.
        """
        if not self.invoices.sides.shape.has_invoices:
            raise NotPossibleError(
                "With TARGET=activity an invoice is its timeline entry: there is no row in Sales "
                "that could be adopted, given back or made beside another."
            )

    def _keep(self, record: RecordId, state: HoldState, reason: str) -> None:
        held = self.holds.get(record.business, Awaited.existing(record.number))
        self.invoices.beside.mark(record)
        self.holds.upsert(
            Hold(
                business=record.business,
                awaited=Awaited.chosen(record.number),
                name=held.name if held is not None else "",
                reason=reason,
                since=self.clock(),
                state=state,
                noted=True,
            )
        )

    def _decide(self, record: RecordId, ruling: Ruling) -> None:
        request = SyncRequest.of(record, cause=Cause.OPERATOR, seen=self.clock())
        try:
            outcome = self.invoices.decide(request, ruling).outcome
        except ConflictError as error:
            raise NotPossibleError(
                f"Something changes at the same time. Look again and repeat. ({error})"
            ) from error
        if isinstance(outcome, Held | Skipped | Waits | Deferred):
            raise NotPossibleError(f"Nothing was written: {reason_of(outcome)}.")
        # What the journal knows of it is brought up to date by its own message.
        self.queue.send(request)

    def _row(self, record: RecordId) -> UUID | None:
        row = self.invoices.look(record).invoice
        return row.id if row is not None else None

    def _adopted(self, record: RecordId) -> UUID | None:
        row = self.invoices.look(record).invoice
        return row.id if row is not None and row.adopted else None


def _invoice(business: str, number: int) -> RecordId:
    return RecordId(business, Kind.INVOICE, number)
