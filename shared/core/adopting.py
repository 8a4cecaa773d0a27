"""Rows that were somebody's in Dynamics before they stood for an invoice: what is ours on them.

Never touches their lines, name, address and native totals, and never removes, cancels or closes
one because a record is gone.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.core.definitions import PREFIX, ColumnType
from shared.core.departing import NO_CLAIM, plan_gone, plan_replaced
from shared.core.differences import plan_row
from shared.core.mapping import INVOICE_OPEN, InvoiceRows
from shared.core.options import Status
from shared.core.planning import Cancel, Plan, Skip, overtaken
from shared.core.policies import DeletedPolicy
from shared.core.records import SourceVersion
from shared.core.rows import Operation, Reference, Row, Scalar
from shared.core.schema import INVOICE_CLIENT_LOOKUP
from shared.core.schema_columns import INVOICE_COLUMNS
from shared.core.views import RecordRow


def adopt(rows: InvoiceRows, row: RecordRow) -> InvoiceRows:
    """Return an invoice's rows with an adopted header in place of one of our own."""
    header = rows.header
    own = {name: value for name, value in header.columns.items() if name.startswith(f"{PREFIX}_")}
    return replace(
        rows,
        header=replace(
            header,
            id=row.id,
            columns={**own, "fbx_adopted": True},
            together=frozenset(),
            filled_lookups={},
        ),
        lines=(),
        entry=replace(
            rows.entry,
            lookups={**rows.entry.lookups, "fbx_invoiceid": Reference("invoice", row.id)},
        ),
    )


def plan_adopted_gone(
    policy: DeletedPolicy,
    *,
    version: SourceVersion,
    header: RecordRow,
    entry: RecordRow | None,
    now: datetime,
    status: Status,
    retitles: bool = True,
) -> Plan:
    """Plan an adopted row whose record is gone or not shown: only our columns say so.

    Args:
        policy: what becomes of the entry; `keep` leaves all as it is.
        version: the version that says so; an empty one when FreshBooks has nothing left to show.
        header: the adopted row.
        entry: the timeline entry.
        now: written to `fbx_syncedon`, UTC.
        status: what they say instead.
        retitles: whether the entry's subject says it too.
    """
    if (stale := overtaken(version, header)) is not None:
        return stale
    if policy is DeletedPolicy.KEEP:
        return Skip()
    marks: dict[str, Scalar] = {"fbx_status": int(status)}
    if version.text:
        marks["fbx_sourceversion"] = version.text
    gone = plan_gone(
        policy,
        version=version,
        header=None,
        entry=entry,
        now=now,
        status=status,
        alone=False,
        retitles=retitles,
    )
    operations = _mark(header, marks, now=now)
    if isinstance(gone, Cancel):
        operations += gone.operations
    return Cancel(tuple(operations)) if operations else Skip()


def plan_adopted_replaced(
    header: RecordRow, entry: RecordRow | None, *, by: str, now: datetime, retitles: bool = True
) -> list[Operation]:
    """Plan an adopted row that another one stands for since the currency changed.

    Args:
        header: the adopted row.
        entry: its timeline entry.
        by: ISO code of the currency that the record is in now.
        now: written to `fbx_syncedon`, UTC.
        retitles: whether the entry's subject says it too.
    """
    marks: dict[str, Scalar] = {"fbx_status": int(Status.REPLACED), "fbx_replacedby": by}
    replaced = plan_replaced(None, entry, by=by, now=now, retitles=retitles)
    return [*_mark(header, marks, now=now), *replaced]


def plan_given_back(row: RecordRow) -> list[Operation]:
    """Plan that an adopted row is only what it was: all of our columns are emptied."""
    emptied: dict[str, Scalar] = {
        column.name: False if column.kind is ColumnType.YES_NO else None
        for column in INVOICE_COLUMNS
    }
    return _change(row, emptied, lookups={INVOICE_CLIENT_LOOKUP.name: None})


def _mark(header: RecordRow, marks: Mapping[str, Scalar], *, now: datetime) -> list[Operation]:
    columns = {**marks, **NO_CLAIM}
    return _change(header, columns, stamps={"fbx_syncedon": now})


def _change(
    row: RecordRow,
    columns: Mapping[str, Scalar],
    *,
    lookups: Mapping[str, Reference | None] | None = None,
    stamps: Mapping[str, Scalar] | None = None,
) -> list[Operation]:
    """Change our columns of a row; a closed one is opened for it and closed again."""
    desired = Row(
        table="invoice",
        id=row.id,
        columns=columns,
        lookups=lookups or {},
        stamps=stamps or {},
        open_state=INVOICE_OPEN,
        state=row.state,
    )
    return plan_row(desired, row)
