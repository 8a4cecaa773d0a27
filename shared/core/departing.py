"""What becomes of rows whose record is gone, is not shown any more, or has other rows now.

Never decides that it is so, and never takes a row that was somebody's before.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.core.differences import plan_row
from shared.core.entries import ENTRY_CANCELLED, ENTRY_OPEN, crossed_out
from shared.core.fitting import fit
from shared.core.mapping import INVOICE_CANCELLED, INVOICE_OPEN
from shared.core.options import Status
from shared.core.planning import Cancel, Plan, Skip, overtaken
from shared.core.policies import DeletedPolicy
from shared.core.records import SourceVersion
from shared.core.rows import Current, Operation, Remove, Row, Scalar
from shared.core.schema import ACTIVITY_TABLE

_INVOICE: Final = "invoice"
_STATES: Final = {
    _INVOICE: (INVOICE_OPEN, INVOICE_CANCELLED),
    ACTIVITY_TABLE: (ENTRY_OPEN, ENTRY_CANCELLED),
}
# What is no claim any more is neither open nor overdue, and is not paid a second time.
NO_CLAIM: Final[Mapping[str, Scalar]] = {
    "fbx_outstanding": Decimal(0),
    "fbx_paidon": None,
    "fbx_overduesince": None,
}


def plan_gone(
    policy: DeletedPolicy,
    *,
    version: SourceVersion,
    header: Current | None,
    entry: Current | None,
    now: datetime,
    status: Status = Status.DELETED,
    alone: bool = True,
    retitles: bool = True,
) -> Plan:
    """Plan the rows of a record that FreshBooks does not have any more, or that is not shown.

    An entry that stands alone does not say every version of its record, so whoever read that it was
    restored may have left it as it is. Before it is removed it is canceled, which nobody overlooks.

    Args:
        policy: cancel, delete or keep.
        version: the version that says so; an empty one when FreshBooks has nothing left to show.
        header: the invoice row; None for a payment or expense.
        entry: the timeline entry.
        now: written to `fbx_syncedon`, UTC.
        status: what they say instead.
        alone: no other row is written along that says every version of the record.
        retitles: whether the entry's subject says it too.
    """
    if (stale := overtaken(version, header or entry)) is not None:
        return stale
    if policy is DeletedPolicy.KEEP:
        return Skip()
    removes, guarded = policy is DeletedPolicy.DELETE, header is not None or not alone
    if removes and (guarded or entry is None or _is_marked(entry, status)):
        rows = ((ACTIVITY_TABLE, entry), (_INVOICE, header))
        removals = [Remove(table, row.id, row.etag) for table, row in rows if row is not None]
        return Cancel(tuple(removals)) if removals else Skip()
    marks: dict[str, Scalar] = {"fbx_status": int(status)}
    if version.text:
        marks["fbx_sourceversion"] = version.text
    operations: list[Operation] = []
    if header is not None:
        operations += _cancel(_INVOICE, header, {**marks, **NO_CLAIM}, now=now)
    if entry is not None:
        # Only invoices and credits have an open amount, whether or not its header is there still.
        had = entry.columns.get("fbx_outstanding") is not None
        columns = {**marks, **(NO_CLAIM if had else {})}
        word = status.name.lower() if retitles else ""
        operations += _cancel_entry(entry, columns, word=word, now=now)
    return Cancel(tuple(operations), complete=not removes) if operations else Skip()


def plan_replaced(
    header: Current | None,
    entry: Current | None,
    *,
    by: str,
    now: datetime,
    retitles: bool = True,
) -> list[Operation]:
    """Plan the rows of an edition that another one replaces; nothing is open of them any more.

    Args:
        header: the invoice row, None for a payment or expense.
        entry: the timeline entry.
        by: ISO code of the currency that the record is in now.
        now: written to `fbx_syncedon`, UTC.
        retitles: whether the entry's subject says it too.
    """
    marks: dict[str, Scalar] = {
        "fbx_status": int(Status.REPLACED),
        "fbx_replacedby": by,
        **NO_CLAIM,
    }
    operations: list[Operation] = []
    if header is not None:
        operations += _cancel(_INVOICE, header, marks, now=now)
    if entry is not None:
        word = f"now in {by}" if retitles else ""
        operations += _cancel_entry(entry, marks, word=word, now=now)
    return operations


def _is_marked(entry: Current, status: Status) -> bool:
    return entry.state == ENTRY_CANCELLED and entry.columns.get("fbx_status") == int(status)


def _cancel_entry(
    entry: Current, columns: Mapping[str, Scalar], *, word: str, now: datetime
) -> list[Operation]:
    """Plan that an entry says so, in its subject too where there is a word for it."""
    crossed = {"subject": crossed_out(entry.text("subject"), word)} if word else {}
    return _cancel(ACTIVITY_TABLE, entry, {**columns, **fit(ACTIVITY_TABLE, crossed)}, now=now)


def _cancel(
    table: str, row: Current, columns: Mapping[str, Scalar], *, now: datetime
) -> list[Operation]:
    """Plan that a row says so and is canceled; one that is and says it already is left alone."""
    open_state, cancelled = _STATES[table]
    desired = Row(
        table=table,
        id=row.id,
        columns=columns,
        stamps={"fbx_syncedon": now},
        open_state=open_state,
        state=cancelled,
    )
    return plan_row(desired, row)
