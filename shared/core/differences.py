"""One desired row against the row that is there: the operations between the two.

Never writes; a row planned again after its operations were applied needs none.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from shared.core.rows import Change, Current, Insert, Operation, Reference, Row, Scalar, State

_Value = TypeVar("_Value")


def plan_row(row: Row, current: Current | None, *, touch: bool = False) -> list[Operation]:
    """Return the operations that turn `current` into `row`; none when it is so already.

    With `touch` the row is written even if nothing differs, so that its version moves on and
    guards what is written beside it.
    """
    if current is None:
        insert = Insert(
            row.table,
            row.id,
            columns=_set({**row.initial, **row.filled, **row.columns, **row.stamps}),
            lookups=_set({**row.initial_lookups, **row.filled_lookups, **row.lookups}),
            spare=row.spare,
        )
        return [insert, *_close(row, row.open_state)]
    blank = all(row.columns.get(column) is None for column in row.together)
    kept = row.never_blank | (row.together if blank else frozenset())
    columns = {
        column: value
        for column, value in row.columns.items()
        if not same(value, current.columns.get(column)) and not (value is None and column in kept)
    }
    columns |= {
        column: value
        for column, value in row.filled.items()
        if value is not None and current.columns.get(column, value) in {None, ""}
    }
    lookups = {
        column: target
        for column, target in row.lookups.items()
        if current.lookups.get(column) != _target(target)
    }
    lookups |= {
        column: target
        for column, target in row.filled_lookups.items()
        if target is not None and current.lookups.get(column) is None
    }
    unhurried = {name for name in row.unhurried if current.columns.get(name) is None}
    differs = bool(columns.keys() - unhurried or lookups or touch)
    if not differs and _is_in_state(row, current.state):
        return []
    operations: list[Operation] = []
    state, etag = current.state, current.etag
    if row.open_state is not None and closed(state):
        operations.append(Change(row.table, current.id, state=row.open_state, etag=etag))
        state, etag = row.open_state, ""
    operations.append(
        Change(
            row.table,
            current.id,
            columns={**columns, **row.stamps},
            lookups=lookups,
            etag=etag or None,
            optional=row.optional,
            spare=row.spare & columns.keys(),
        )
    )
    return [*operations, *_close(row, state)]


def _close(row: Row, state: State | None) -> list[Operation]:
    return [] if _is_in_state(row, state) else [Change(row.table, row.id, state=row.state)]


def _is_in_state(row: Row, current: State | None) -> bool:
    """Say whether a row is in the wanted state; which open status it has is people's business."""
    if row.state is None or current == row.state:
        return True
    return current is not None and not closed(row.state) and not closed(current)


def closed(state: State | None) -> bool:
    """Say whether a row in this state is read-only."""
    return state is not None and state.state != 0


def _set(values: Mapping[str, _Value | None]) -> dict[str, _Value | None]:
    return {name: value for name, value in values.items() if value is not None}


def _target(reference: Reference | None) -> UUID | None:
    return reference.id if reference is not None else None


def same(wanted: Scalar, current: Scalar) -> bool:
    """Say whether Dataverse's `current` is what was `wanted`.

    Dataverse answers days and instants as text, and numbers with four decimals.
    """
    match wanted:
        case bool() | None:
            return wanted == current
        case Decimal() | int():
            return isinstance(current, Decimal | int) and Decimal(current) == Decimal(wanted)
        case datetime():
            return isinstance(current, str) and _instant(current) == wanted
        case date():
            return isinstance(current, str) and current[:10] == wanted.isoformat()
        case str():
            return wanted == current


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
