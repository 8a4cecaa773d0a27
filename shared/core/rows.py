"""Rows of Dataverse as values: what we want, what is there, and the operations between the two.

Never knows OData; the adapter turns operations into requests.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

Scalar = str | int | bool | Decimal | date | datetime | None

# Fixed for ever: every row the connector creates has an id derived from it.
NAMESPACE: Final = UUID("5f1f9c0e-7a1b-5e0c-9d5a-2f6b1c3d4e5f")


def row_id(account: str, kind: str, *parts: int) -> UUID:
    """Return the primary key of the row made from a FreshBooks record.

    It is known without a lookup, can be bound before the row exists, and cannot be duplicated.
    """
    return uuid.uuid5(NAMESPACE, ":".join([account, kind, *map(str, parts)]))


def source_key(account: str, kind: str, record: int) -> str:
    """Return the text that names a FreshBooks record in a row: `<account>-<kind>-<id>`."""
    return f"{account}-{kind}-{record}"


def record_in(key: str, account: str) -> int | None:
    """Return the record's number in a source or client key of `account`, None if it is neither."""
    head, _, number = key.rpartition("-")
    ours = head == account or head.startswith(f"{account}-")
    return int(number) if ours and number.isascii() and number.isdigit() else None


def client_key(account: str, client: int) -> str:
    r"""Return the alternate key under which an account carries its client: `<account>-<id>`.

    Only letters, digits and `-`: `/ < > * % & : \ ? +` make a key unreachable by URL.
    """
    return f"{account}-{client}"


@dataclass(frozen=True)
class State:
    """A row's `statecode` and `statuscode`."""

    state: int
    status: int


@dataclass(frozen=True)
class Reference:
    """A lookup's target: the logical name of its table and its id."""

    table: str
    id: UUID


@dataclass(frozen=True)
class Row:
    """A row as it should be.

    Attributes:
        table: logical name.
        id: primary key.
        columns: what we own: column -> value; compared with the row that is there.
        lookups: logical name of the lookup column -> target, or None to clear. The adapter knows
            the navigation property: a lookup with several target tables has one for each.
        initial: columns written only when the row is created; people may change them.
        initial_lookups: the same for lookups.
        filled_lookups: lookups written only where the row has none.
        never_blank: columns in which a value that is there is not replaced by nothing.
        stamps: columns written along with every change but never a reason for one.
        open_state: the state in which the row can be written.
        state: the state it should end in.
    """

    table: str
    id: UUID
    columns: Mapping[str, Scalar]
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    initial: Mapping[str, Scalar] = field(default_factory=dict)
    initial_lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    filled_lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    never_blank: frozenset[str] = frozenset()
    stamps: Mapping[str, Scalar] = field(default_factory=dict)
    open_state: State | None = None
    state: State | None = None


@dataclass(frozen=True)
class Current:
    """A row as it is.

    Attributes:
        id: primary key.
        etag: its version, opaque.
        columns: column -> value as Dataverse's JSON has it, numbers as Decimal or int.
        lookups: logical name of the lookup column -> target id, None when empty.
        state: `statecode` and `statuscode`, None for tables without or when not asked for.
    """

    id: UUID
    etag: str
    columns: Mapping[str, Scalar]
    lookups: Mapping[str, UUID | None] = field(default_factory=dict)
    state: State | None = None


@dataclass(frozen=True)
class Insert:
    """Create a row under this id; a row that is there already is a conflict."""

    table: str
    id: UUID
    columns: Mapping[str, Scalar]
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """Change a row; with `etag` only if it is still that version, else only if it exists."""

    table: str
    id: UUID
    columns: Mapping[str, Scalar] = field(default_factory=dict)
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    state: State | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Remove:
    """Delete a row; one that is gone is fine, one that changed since `etag` is a conflict."""

    table: str
    id: UUID
    etag: str | None = None


Operation = Insert | Change | Remove
