"""What stands for an invoice in Dynamics and where it belongs, and what has to be written of it.

Never reads anything: whoever carries the invoice says what is there.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.core.adopting import (
    adopt,
    plan_adopted_gone,
    plan_adopted_replaced,
    plan_given_back,
)
from shared.core.columns import DEFAULTS, Columns
from shared.core.departing import plan_gone, plan_replaced
from shared.core.homes import Deal
from shared.core.identity import Edition
from shared.core.mapping import render_invoice
from shared.core.notices import Notice, render_notice
from shared.core.options import Status
from shared.core.place import Place
from shared.core.planning import (
    Cancel,
    Plan,
    Update,
    along_with,
    followed_by,
    overtaken,
    plan_deals,
)
from shared.core.policies import DeletedPolicy
from shared.core.records import Invoice, SourceVersion
from shared.core.rows import Operation
from shared.core.shape import Shape
from shared.core.views import InvoiceView, RecordRow


@dataclass(frozen=True)
class InvoiceTarget:
    """What Dataverse holds about an invoice.

    Attributes:
        view: the rows that stand for it, and the account of its client.
        place: where it belongs, None when nothing is to be shown of it.
        edition: which of the invoice's rows those are.
        replaced: rows that stood for it in another currency.
        reason: what is worth knowing about where it belongs.
        adopts: its header is a row that Sales had already and that is nobody's so far.
        given_back: the row that was adopted for it and is not to be its any more.
        left: the opportunity that it is on so far, on an account that is not its client's.
        notice: what the account's owner is told along with the write, None for nothing.
    """

    view: InvoiceView
    place: Place | None
    edition: Edition
    replaced: tuple[InvoiceView, ...] = ()
    reason: str = ""
    adopts: bool = False
    given_back: RecordRow | None = None
    left: Deal | None = None
    notice: Notice | None = None

    @property
    def exists(self) -> bool:
        """Whether any of its rows is there."""
        rows = (self.view.invoice, self.view.entry, self.given_back)
        return bool(self.replaced) or any(row is not None for row in rows)

    @property
    def stands(self) -> bool:
        """Whether the header is there, which payments point at."""
        return self.view.invoice is not None

    @property
    def adopted(self) -> RecordRow | None:
        """Its header where that was somebody's before, None where it is one of our own."""
        row = self.view.invoice
        return row if row is not None and (self.adopts or row.adopted) else None


def plan_target(
    source: Invoice | None,
    target: InvoiceTarget,
    *,
    shape: Shape,
    deleted: DeletedPolicy,
    url: str,
    now: datetime,
    columns: Columns = DEFAULTS,
) -> Plan:
    """Plan what has to be written of an invoice.

    Args:
        source: the record, None where FreshBooks has none.
        target: what is there, and where the record belongs.
        shape: what stands for an invoice.
        deleted: what becomes of rows whose record is gone.
        url: address of its page in FreshBooks.
        now: written to `fbx_syncedon`, UTC.
        columns: what was chosen about columns.
    """
    given_back = plan_given_back(target.given_back) if target.given_back is not None else []
    if source is None or target.place is None:
        gone = _plan_gone(source, target, shape, deleted, now, retitles=columns.retitles)
        leaves = isinstance(gone, Update | Cancel)
        return along_with(gone, [*given_back, *(_plan_left(target) if leaves else ())])
    view, edition = target.view, target.edition
    headers = [each.invoice for each in target.replaced]
    if (stale := overtaken(source.version, *headers)) is not None:
        return stale
    rows = render_invoice(source, edition=edition, place=target.place, url=url, now=now)
    adopted = target.adopted
    wanted = columns.on_invoice(
        adopt(rows, adopted) if adopted is not None else rows, source, adopted=adopted is not None
    )
    plan = shape.plan(source, wanted, view, edition=edition)
    replaced = plan_replacements(source, target, shape=shape, now=now, retitles=columns.retitles)
    plan = along_with(plan, [*given_back, *replaced, *_plan_left(target)])
    if target.notice is None:
        return plan
    return followed_by(plan, [render_notice(source, target.notice, record=edition.record)])


def _plan_left(target: InvoiceTarget) -> list[Operation]:
    """Plan the sums of the opportunity that the invoice leaves."""
    row = target.view.invoice
    leaving = [target.left] if target.left is not None else []
    return plan_deals(leaving, without=row.id if row is not None else None)


def _plan_gone(
    source: Invoice | None,
    target: InvoiceTarget,
    shape: Shape,
    deleted: DeletedPolicy,
    now: datetime,
    *,
    retitles: bool,
) -> Plan:
    view = target.view
    # A draft that was sent before is not deleted, whatever becomes of what is.
    draft = source is not None and source.draft and not source.deleted
    policy = DeletedPolicy.CANCEL if draft else deleted
    version = source.version if source is not None else SourceVersion("")
    status = Status.DRAFT if draft else Status.DELETED
    if target.adopted is not None:
        return plan_adopted_gone(
            policy,
            version=version,
            header=target.adopted,
            entry=view.entry,
            now=now,
            status=status,
            retitles=retitles,
        )
    return plan_gone(
        policy,
        version=version,
        header=shape.header(view),
        entry=view.entry,
        now=now,
        status=status,
        retitles=retitles,
    )


def plan_replacements(
    source: Invoice, target: InvoiceTarget, *, shape: Shape, now: datetime, retitles: bool = True
) -> list[Operation]:
    """Plan the rows that stood for an invoice in another currency."""
    code = source.amount.code
    operations: list[Operation] = []
    for view in target.replaced:
        row, entry = shape.header(view), view.entry
        if row is not None and row.adopted:
            operations += plan_adopted_replaced(row, entry, by=code, now=now, retitles=retitles)
        else:
            operations += plan_replaced(row, entry, by=code, now=now, retitles=retitles)
    return operations
