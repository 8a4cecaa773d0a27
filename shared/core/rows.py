"""Rows of Dataverse as values: what we want, what is there, and the operations between the two.

Never knows OData; the adapter turns operations into requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

Scalar = str | int | bool | Decimal | date | datetime | None


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
        filled: columns written only where the row that is there was read and has nothing.
        never_blank: columns in which a value that is there is not replaced by nothing.
        together: columns that are one value in parts, such as an address: where any part has a
            value the others are emptied, else none is.
        stamps: columns written along with every change but never a reason for one.
        unhurried: columns that rows of an earlier release do not have: one that is empty is filled
            along with the next change, and is no reason for one.
        open_state: the state in which the row can be written.
        state: the state it should end in.
        optional: what is beside the point of the write: where Dataverse refuses it, the rest is
            written without it.
        spare: columns that are likewise beside the point.
    """

    table: str
    id: UUID
    columns: Mapping[str, Scalar]
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    initial: Mapping[str, Scalar] = field(default_factory=dict)
    initial_lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    filled_lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    filled: Mapping[str, Scalar] = field(default_factory=dict)
    never_blank: frozenset[str] = frozenset()
    together: frozenset[str] = frozenset()
    stamps: Mapping[str, Scalar] = field(default_factory=dict)
    unhurried: frozenset[str] = frozenset()
    open_state: State | None = None
    state: State | None = None
    optional: bool = False
    spare: frozenset[str] = frozenset()


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

    def text(self, column: str) -> str:
        """Return a column's text, "" when it is empty or was not asked for."""
        return str(self.columns.get(column) or "")


@dataclass(frozen=True)
class Insert:
    """Create a row under this id; a row that is there already is a conflict.

    Columns that are `spare` are left out where Dataverse refuses them. One that is `optional` is
    left out where it cannot be created, for whatever reason, being there already among them.
    """

    table: str
    id: UUID
    columns: Mapping[str, Scalar]
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    spare: frozenset[str] = frozenset()
    optional: bool = False


@dataclass(frozen=True)
class Change:
    """Change a row; with `etag` only if it is still that version, else only if it exists.

    One that is `optional` is left out where Dataverse refuses it, and so are `spare` columns.
    """

    table: str
    id: UUID
    columns: Mapping[str, Scalar] = field(default_factory=dict)
    lookups: Mapping[str, Reference | None] = field(default_factory=dict)
    state: State | None = None
    etag: str | None = None
    optional: bool = False
    spare: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Remove:
    """Delete a row; one that is gone is fine, one that changed since `etag` is a conflict."""

    table: str
    id: UUID
    etag: str | None = None


Operation = Insert | Change | Remove
