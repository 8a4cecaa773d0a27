"""What of a write can be left out where Dataverse refuses it: owners, and optional changes.

Never decides that it is left out.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from shared.core.rows import Change, Insert, Operation, Reference

_OWNER: Final = "ownerid"
_NOT_OWNED: Final = "it belongs to the connector: its account's owner cannot own it"
_NOT_SUMMED: Final = "the sums of {count} are not written: Dataverse refuses to change it"


def spare_parts(operations: Iterable[Operation]) -> set[Reference]:
    """Return what could be left out: owners of rows that are made, and optional rows."""
    parts = {_spare_of(operation) for operation in operations}
    return {part for part in parts if part is not None}


def without(operations: Sequence[Operation], spare: Collection[Reference]) -> list[Operation]:
    """Return operations without these rows, and in which none of these becomes an owner."""
    kept: list[Operation] = []
    for operation in operations:
        if _spare_of(operation) not in spare:
            kept.append(operation)
        elif isinstance(operation, Insert):
            kept.append(replace(operation, lookups={**operation.lookups, _OWNER: None}))
    return kept


def left_out(operations: Iterable[Operation], spare: Collection[Reference]) -> str:
    """Say what is missing in operations without these, "" for nothing."""
    hit = [each for each in operations if _spare_of(each) in spare]
    rows = [each for each in hit if isinstance(each, Change)]
    told = [_NOT_OWNED] if len(rows) < len(hit) else []
    if rows:
        what = f"{rows[0].table} {rows[0].id}" if len(rows) == 1 else f"{len(rows)} rows"
        told.append(_NOT_SUMMED.format(count=what))
    return "; ".join(told)


def _spare_of(operation: Operation) -> Reference | None:
    match operation:
        case Insert(lookups=lookups):
            return lookups.get(_OWNER)
        case Change(optional=True):
            return Reference(operation.table, operation.id)
        case _:
            return None
