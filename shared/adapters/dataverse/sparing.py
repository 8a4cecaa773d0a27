"""What of a write can be left out where Dataverse refuses it: notices, owners, sums, mappings.

Never decides that it is left out.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from shared.core.rows import Change, Insert, Operation, Reference, Remove
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    RecordRefusedError,
    RetryLaterError,
)

_OWNER: Final = "ownerid"
_NOT_OWNED: Final = "it belongs to the connector: its account's owner cannot own it"
_NOT_MAPPED: Final = "not written: {columns}, for Dataverse refuses what is mapped there"
_MAPPED: Final = "mapped columns of "
NOT_TOLD: Final = "nobody is told in the app: Dataverse does not take the notice"
_NOT_SUMMED: Final = "the sums of {count} are not written: Dataverse refuses to change it"


def spare_parts(operations: Sequence[Operation]) -> list[set[Reference]]:
    """Return what could be left out, the least first.

    Mapped columns alone; then also owners of rows that are made, and optional rows.
    """
    mapped = {part for part in map(_mapped_of, operations) if part is not None}
    others = {part for part in map(_spare_of, operations) if part is not None}
    return [*([mapped] if mapped else []), *([mapped | others] if others else [])]


def is_notice(operation: Operation) -> bool:
    """Say whether a row is created only where that can be: a notice."""
    return isinstance(operation, Insert) and operation.optional


def may_be_notice(operations: Sequence[Operation], refused: ConnectorError) -> bool:
    """Say whether a notice may be why operations could not be applied.

    Of a change set that fails Dataverse answers for the change that failed, and does not say which
    it was. Where Dataverse is down, asks for fewer requests, or others lock the same rows, it was
    none.
    """
    if not any(map(is_notice, operations)):
        return False
    match refused:
        case RetryLaterError(of_a_change=True, throttled=False):
            return bool(refused.service)
        case RecordRefusedError() | ConfigurationError() | ConflictError():
            return True
        case _:
            return False


def without(operations: Sequence[Operation], spare: Collection[Reference]) -> list[Operation]:
    """Return operations without these rows and columns, in which none of these becomes an owner."""
    kept: list[Operation] = []
    for given in operations:
        operation = _unmapped(given) if _mapped_of(given) in spare else given
        if _spare_of(operation) not in spare:
            kept.append(operation)
        elif isinstance(operation, Insert):
            kept.append(replace(operation, lookups={**operation.lookups, _OWNER: None}))
    return kept


def left_out(operations: Sequence[Operation], spare: Collection[Reference]) -> str:
    """Say what is missing in operations without these, "" for nothing."""
    hit = [each for each in operations if _spare_of(each) in spare]
    rows = [each for each in hit if isinstance(each, Change)]
    told = [_NOT_OWNED] if len(rows) < len(hit) else []
    if rows:
        what = f"{rows[0].table} {rows[0].id}" if len(rows) == 1 else f"{len(rows)} rows"
        told.append(_NOT_SUMMED.format(count=what))
    columns = {
        f"{each.table}.{column}"
        for each in operations
        if not isinstance(each, Remove) and _mapped_of(each) in spare
        for column in each.spare
    }
    if columns:
        told.append(_NOT_MAPPED.format(columns=", ".join(sorted(columns))))
    return "; ".join(told)


def _mapped_of(operation: Operation) -> Reference | None:
    if isinstance(operation, Remove) or not operation.spare:
        return None
    return Reference(f"{_MAPPED}{operation.table}", operation.id)


def _unmapped(operation: Operation) -> Operation:
    """Return an operation without its mapped columns."""
    if isinstance(operation, Remove):
        return operation
    kept = {name: each for name, each in operation.columns.items() if name not in operation.spare}
    return replace(operation, columns=kept, spare=frozenset())


def _spare_of(operation: Operation) -> Reference | None:
    match operation:
        case Insert(lookups=lookups, optional=False):
            return lookups.get(_OWNER)
        case Change(optional=True):
            return Reference(operation.table, operation.id)
        case _:
            return None
