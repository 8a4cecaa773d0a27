"""A row as it would be after operations, and the columns in which that differs from what it was.

Never says what any of it means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final, TypeVar
from uuid import UUID

from shared.core.blueprint import ALL_LOOKUPS
from shared.core.differences import closed, same
from shared.core.rows import Change, Current, Insert, Operation, Reference, Remove, Scalar, State

STATE: Final = "statecode"  # stands for the state and its reason
_NEW: Final = State(0, 1)  # of a row that nobody closed; which reason it has is people's business
_VERSION: Final = "as planned"

# Where a lookup leads whose row says no table; others lead to one of several.
_TARGETS: Final = {
    "customerid": "account",
    "opportunityid": "opportunity",
    "pricelevelid": "pricelevel",
    "transactioncurrencyid": "transactioncurrency",
    **{lookup.name: lookup.target for lookup in ALL_LOOKUPS},
}

Told = Scalar | Reference | State
CurrentT = TypeVar("CurrentT", bound=Current)


@dataclass(frozen=True)
class Edit:
    """What operations, one after the other, make of one row.

    Attributes:
        made: they create it.
        gone: they delete it.
        columns: the values it gets.
        lookups: the targets it gets, None for emptied ones.
        state: the one it ends in, None where they leave that.
    """

    table: str
    id: UUID
    made: bool = False
    gone: bool = False
    columns: Mapping[str, Scalar] = field(default_factory=dict)
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    state: State | None = None


@dataclass(frozen=True)
class Difference:
    """A column that would be another one.

    Attributes:
        before: its value, None where it is empty or the row is not there.
    """

    column: str
    before: Told
    after: Told


def edited(before: Edit | None, operation: Operation) -> Edit:
    """Return what an operation makes of a row that others were planned for already."""
    edit = before if before is not None else Edit(operation.table, operation.id)
    match operation:
        case Remove():
            return replace(edit, gone=True)
        case Insert():
            made = Edit(operation.table, operation.id, made=True)
            return replace(made, columns=operation.columns, lookups=operation.lookups)
        case Change():
            return replace(
                edit,
                columns={**edit.columns, **operation.columns},
                lookups={**edit.lookups, **operation.lookups},
                state=operation.state if operation.state is not None else edit.state,
            )


def overlaid(current: CurrentT, edit: Edit) -> CurrentT | None:
    """Return a row that is there as it would be, None where it would be gone."""
    if edit.gone:
        return None
    return replace(
        current,
        etag=_VERSION,
        columns={**current.columns, **_as_read(edit.columns)},
        lookups={**current.lookups, **_ids(edit.lookups)},
        state=edit.state if edit.state is not None else current.state,
    )


def made(edit: Edit | None) -> Current | None:
    """Return a row that is not there yet as it would be, None where nothing makes it."""
    if edit is None or edit.gone or not edit.made:
        return None
    state = edit.state if edit.state is not None else _NEW
    return Current(edit.id, _VERSION, _as_read(edit.columns), _ids(edit.lookups), state)


def differences(before: Current | None, edit: Edit) -> Iterator[Difference]:
    """Yield the columns in which a row would differ, in the order they are written.

    Args:
        before: the row as it was, None where it was not there.
        edit: what becomes of it; a row that is deleted differs in no column.
    """
    if edit.gone:
        return
    columns = before.columns if before is not None else {}
    for name, value in edit.columns.items():
        wanted = _whole(value)
        if not same(wanted, columns.get(name)):
            yield Difference(name, columns.get(name), wanted)
    lookups = before.lookups if before is not None else {}
    for name, target in edit.lookups.items():
        was = lookups.get(name)
        if was != (target.id if target is not None else None):
            yield Difference(name, _reference(name, was), target)
    was_in = before.state if before is not None else None
    if edit.state is not None and edit.state != was_in and (was_in or closed(edit.state)):
        yield Difference(STATE, was_in, edit.state)


def as_read(value: Scalar) -> Scalar:
    """Return a value that is written as Dataverse's JSON has it afterwards."""
    match value:
        case datetime():
            return _whole(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return value.isoformat()
        case _:
            return value


ScalarT = TypeVar("ScalarT", bound=Scalar)


def _whole(value: ScalarT) -> ScalarT:
    # Dataverse keeps seconds.
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def _as_read(columns: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: as_read(value) for name, value in columns.items()}


def _ids(lookups: Mapping[str, Reference | None]) -> dict[str, UUID | None]:
    return {name: target.id if target else None for name, target in lookups.items()}


def _reference(column: str, target: UUID | None) -> Reference | None:
    return Reference(_TARGETS.get(column, ""), target) if target is not None else None
