"""Desired rows and current rows in, the least that has to be written out.

Never writes; a plan made again after it was applied is a Skip.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.core.deals import NO_MORE, render_deals
from shared.core.differences import closed, plan_row
from shared.core.homes import Deal
from shared.core.identity import Edition
from shared.core.mapping import InvoiceRows
from shared.core.records import SourceVersion
from shared.core.rows import Change, Current, Operation, Remove, Row, Scalar

# One write carries at most this many operations, and about this many bytes, to stay well under
# what a change set may hold and run; a longer invoice is written in parts.
MAX_OPERATIONS: Final = 200
MAX_BYTES: Final = 200 * 1024
_OVERHEAD: Final = 450  # bytes around the JSON of one operation in a multipart change set


@dataclass(frozen=True)
class Create:
    """Nothing is there yet."""

    operations: tuple[Operation, ...]
    complete: bool = True


@dataclass(frozen=True)
class Update:
    """Something differs; `complete` is False when another part has to follow."""

    operations: tuple[Operation, ...]
    complete: bool = True


@dataclass(frozen=True)
class Cancel:
    """The record is gone: its rows are cancelled or deleted; `complete` as of an update."""

    operations: tuple[Operation, ...]
    complete: bool = True


@dataclass(frozen=True)
class Skip:
    """Nothing differs."""


@dataclass(frozen=True)
class Stale:
    """What was read is older than what is written."""

    read: str
    written: str


Plan = Create | Update | Cancel | Skip | Stale


def plan_invoice(
    desired: InvoiceRows,
    *,
    version: SourceVersion,
    header: Current | None,
    lines: Sequence[Current],
    entry: Current | None,
    edition: Edition,
) -> Plan:
    """Plan an invoice that should be there.

    Args:
        desired: how its rows should look.
        version: the version of the record they were rendered from.
        header: the header row that is there.
        lines: all lines of that row; those the connector did not write are left alone.
        entry: its timeline entry.
        edition: which of the record's rows are meant.
    """
    if (stale := _stale(version, header)) is not None:
        return stale
    line_operations = _plan_lines(desired.lines, lines, edition=edition)
    entry_operations = plan_row(desired.entry, entry)
    header_operations = plan_row(desired.header, header, touch=bool(line_operations))
    if not (header_operations or entry_operations):
        return Skip()
    if not header_operations:
        header_operations = plan_row(desired.header, header, touch=True)
    guard, *closing = _split(header_operations)
    whole = (*guard, *line_operations, *_flatten(closing), *entry_operations)
    if _fits(whole):
        return _written(whole, exists=header is not None)
    partial_header = replace(
        desired.header,
        columns={**desired.header.columns, "fbx_complete": False},
        state=desired.header.open_state,
    )
    part: list[Operation] = list(plan_row(partial_header, header, touch=True))
    room = MAX_BYTES - sum(map(_size, part))
    for operation in line_operations[: MAX_OPERATIONS - len(part)]:
        room -= _size(operation)
        if room < 0:
            break
        part.append(operation)
    return _written(tuple(part), exists=header is not None, complete=False)


def plan_entry(desired: Row, *, version: SourceVersion, entry: Current | None) -> Plan:
    """Plan a payment or expense that should be on the timeline."""
    if (stale := _stale(version, entry)) is not None:
        return stale
    operations = tuple(plan_row(desired, entry))
    return _written(operations, exists=entry is not None) if operations else Skip()


def plan_client(
    desired: Row,
    current: Current | None,
    accounts: Sequence[tuple[Row, Current | None]],
    beside: Sequence[Operation] = (),
) -> Create | Update | Skip:
    """Plan a client's own row and the accounts that show what it owes.

    An account is a sum over rows that others write at the same time. Whoever changes one of them
    writes the account along with it in the version that was read, so that of two one starts again.

    Args:
        desired: how the client's row should look.
        current: how it is.
        accounts: those that show it, or showed it so far, likewise.
        beside: what is written along.
    """
    row_operations = plan_row(desired, current)
    operations = [
        operation
        for row, there in accounts
        for operation in plan_row(row, there, touch=bool(row_operations))
    ]
    # An account that is made comes first: the client's row points at it.
    operations += [*row_operations, *beside]
    exists = current is not None or any(there is not None for _, there in accounts)
    return _written(tuple(operations), exists=exists) if operations else Skip()


def plan_deals(
    deals: Iterable[Deal], *, without: UUID | None = None, beside: Mapping[str, Scalar] = NO_MORE
) -> list[Operation]:
    """Plan what opportunities show; those with sums first, and not more of the others than fit.

    Args:
        deals: opportunities with the invoices on them.
        without: an invoice that leaves them.
        beside: what each of them shows beside its sums.
    """
    there = {deal.id: deal for deal in deals}
    summed: list[Operation] = []
    others: list[Operation] = []
    for row in render_deals(there.values(), without=without, beside=beside):
        into = summed if row.columns.keys() - beside.keys() else others
        into += plan_row(row, there[row.id])
    return summed + others[:MAX_OPERATIONS]


def along_with(plan: Plan, operations: Sequence[Operation]) -> Plan:
    """Return a plan that writes further operations along, in the same change set."""
    if not operations or isinstance(plan, Stale):
        return plan
    match plan:
        case Skip():
            return Update(tuple(operations))
        case Create() | Update() | Cancel():
            return replace(plan, operations=(*operations, *plan.operations))


def followed_by(plan: Plan, operations: Sequence[Operation]) -> Plan:
    """Return a plan with further operations after its own; nothing follows where none is made."""
    match plan:
        case Create() | Update() | Cancel():
            return replace(plan, operations=(*plan.operations, *operations))
        case Skip() | Stale():
            return plan


def _written(
    operations: tuple[Operation, ...], *, exists: bool, complete: bool = True
) -> Create | Update:
    return Update(operations, complete) if exists else Create(operations, complete)


def overtaken(version: SourceVersion, *rows: Current | None) -> Stale | None:
    """Return that what was read is older than what any of these rows was written from, if so."""
    return next(filter(None, (_stale(version, row) for row in rows)), None)


def _stale(version: SourceVersion, current: Current | None) -> Stale | None:
    if current is None:
        return None
    written = SourceVersion(current.text("fbx_sourceversion"))
    return Stale(version.text, written.text) if version.surely_older_than(written) else None


def _split(operations: Sequence[Operation]) -> tuple[tuple[Operation, ...], ...]:
    """Part a row's operations into those before its lines and the one that closes it."""
    last = operations[-1]
    if isinstance(last, Change) and last.state is not None and closed(last.state):
        return tuple(operations[:-1]), (last,)
    return (tuple(operations),)


def _flatten(groups: Sequence[tuple[Operation, ...]]) -> list[Operation]:
    return [operation for group in groups for operation in group]


def _plan_lines(
    desired: Sequence[Row], current: Sequence[Current], *, edition: Edition
) -> list[Operation]:
    there = {line.id: line for line in current}
    wanted = {row.id for row in desired}
    operations: list[Operation] = []
    for row in desired:
        # the header's version guards its lines: a price recalculation may move theirs
        operations += [
            replace(operation, etag=None) if isinstance(operation, Change) else operation
            for operation in plan_row(row, there.get(row.id))
        ]
    surplus = [line for line in current if line.id not in wanted]
    if surplus:
        # a person may have numbered our lines anew, or deleted some of them
        positions = {*range(1, len(current) + len(desired) + 1), *_numbers(surplus)}
        ours = {edition.line(position) for position in positions}
        operations += [Remove("invoicedetail", line.id) for line in surplus if line.id in ours]
    return operations


def _numbers(lines: Sequence[Current]) -> set[int]:
    numbers = (line.columns.get("lineitemnumber") for line in lines)
    return {int(number) for number in numbers if isinstance(number, int | Decimal)}


def _fits(operations: Sequence[Operation]) -> bool:
    return (
        len(operations) <= MAX_OPERATIONS
        and sum(_size(operation) for operation in operations) <= MAX_BYTES
    )


def _size(operation: Operation) -> int:
    if isinstance(operation, Remove):
        return _OVERHEAD
    texts = sum(
        len(name) + (len(json.dumps(value)) if isinstance(value, str) else 40)
        for name, value in operation.columns.items()
    )
    return _OVERHEAD + texts + 120 * len(operation.lookups)
