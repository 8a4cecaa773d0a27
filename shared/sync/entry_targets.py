"""What stands for a payment, credit or expense in Dynamics, and what has to be written of it.

Never reads anything: whoever carries the record says what is there.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeGuard

from shared.core.columns import DEFAULTS, Columns
from shared.core.departing import plan_gone, plan_replaced
from shared.core.entries import render_credit, render_expense, render_payment
from shared.core.identity import Edition
from shared.core.options import Status
from shared.core.place import Place
from shared.core.planning import Plan, along_with, overtaken, plan_entry
from shared.core.policies import DeletedPolicy
from shared.core.records import Credit, Expense, Payment, SourceVersion
from shared.core.rows import Row
from shared.core.shape import Shape
from shared.core.views import EntryView, RecordRow
from shared.core.webpages import page_of

Item = Payment | Expense | Credit


@dataclass(frozen=True)
class EntryTarget:
    """What Dataverse holds about a payment, credit or expense.

    Attributes:
        view: the entry that stands for it, its invoice, and the account of its client.
        place: where it belongs, None when nothing is to be shown of it.
        edition: which of the record's entries that is.
        replaced: entries that stood for it in another currency.
    """

    view: EntryView
    place: Place | None
    edition: Edition
    replaced: tuple[RecordRow, ...] = ()
    reason: str = ""

    @property
    def exists(self) -> bool:
        """Whether its entry is there."""
        return self.view.entry is not None or bool(self.replaced)

    @property
    def stands(self) -> bool:
        """Whether its entry is there."""
        return self.exists


def invoice_of(source: Item | None) -> int | None:
    """Return the number of a payment's invoice, None where there is none."""
    return source.invoiceid if isinstance(source, Payment) else None


def is_shown(source: Item | None) -> TypeGuard[Item]:
    """Say whether a record is shown, by itself or by another one that says the same."""
    return source is not None and not source.deleted and source.clientid is not None


def plan_target(
    source: Item | None,
    target: EntryTarget,
    *,
    shape: Shape,
    deleted: DeletedPolicy,
    web: str,
    now: datetime,
    columns: Columns = DEFAULTS,
) -> Plan:
    """Plan what has to be written of a payment, credit or expense.

    Args:
        source: the record, None where FreshBooks has none.
        target: what is there, and where the record belongs.
        shape: how an entry leads to its invoice.
        deleted: what becomes of an entry whose record is gone.
        web: address of FreshBooks' web app.
        now: written to `fbx_syncedon`, UTC.
        columns: what was chosen about columns.
    """
    entry = target.view.entry
    if source is None or target.place is None:
        # What is shown by another one must not stay, whatever is done with what was deleted.
        elsewhere = is_shown(source)
        return plan_gone(
            DeletedPolicy.CANCEL if elsewhere else deleted,
            version=source.version if source else SourceVersion(""),
            header=None,
            entry=entry,
            now=now,
            status=Status.REPLACED if elsewhere else Status.DELETED,
            retitles=columns.retitles,
        )
    if (stale := overtaken(source.version, *target.replaced)) is not None:
        return stale
    row = shape.entry(_render(source, target, target.place, web=web, now=now))
    row = columns.on(row, source)
    replaced = [
        operation
        for each in target.replaced
        for operation in plan_replaced(
            None, each, by=source.amount.code, now=now, retitles=columns.retitles
        )
    ]
    return along_with(plan_entry(row, version=source.version, entry=entry), replaced)


def _received(target: EntryTarget) -> Decimal | None:
    """Return the most that a payment is known to have been, whichever currency it was in.

    Where a currency is changed in FreshBooks the numbers stay.
    """
    rows = (target.view.entry, *target.replaced)
    known = [row.received for row in rows if row is not None and row.received is not None]
    return max(known, default=None)


def _render(source: Item, target: EntryTarget, place: Place, *, web: str, now: datetime) -> Row:
    edition, view, record = target.edition, target.view, target.edition.record
    if isinstance(source, Expense):
        url = page_of(web, record)
        return render_expense(source, edition=edition, place=place, url=url, now=now)
    if isinstance(source, Credit):
        url = page_of(web, record, client=source.clientid)
        return render_credit(source, edition=edition, place=place, url=url, now=now)
    return render_payment(
        source,
        edition=edition,
        place=place,
        invoice=view.invoice.id if view.invoice else None,
        number=view.invoice.number if view.invoice else "",
        received=_received(target),
        url=page_of(web, record, invoice=source.invoiceid, client=source.clientid),
        now=now,
    )
