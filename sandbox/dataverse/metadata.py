"""Tables, columns, relationships and alternate keys as values: the description all else follows.

Never holds a row.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sandbox.dataverse.display_names import DISPLAY_NAMES


class Kind(StrEnum):
    """A column's type, spelled as the metadata API's AttributeType."""

    STRING = "String"
    MEMO = "Memo"
    INTEGER = "Integer"
    BIGINT = "BigInt"
    DECIMAL = "Decimal"
    DOUBLE = "Double"
    MONEY = "Money"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    PICKLIST = "Picklist"
    STATE = "State"
    STATUS = "Status"
    GUID = "Uniqueidentifier"
    LOOKUP = "Lookup"
    CUSTOMER = "Customer"
    OWNER = "Owner"
    ENTITY_NAME = "EntityName"
    MANAGED_PROPERTY = "ManagedProperty"


TEXT = frozenset({Kind.STRING, Kind.MEMO, Kind.ENTITY_NAME})
REFERENCES = frozenset({Kind.LOOKUP, Kind.CUSTOMER, Kind.OWNER})
CHOICES = frozenset({Kind.PICKLIST, Kind.STATE, Kind.STATUS})
NUMBERS = frozenset({Kind.DECIMAL, Kind.DOUBLE, Kind.MONEY})


def new_id() -> str:
    """Return a fresh GUID in the form the Web API prints."""
    return str(uuid.uuid4())


@dataclass(slots=True)
class Column:
    """One column.

    Attributes:
        name: logical name, always lower case.
        kind: its type.
        schema: SchemaName; custom lookups are bound under this spelling.
        length: characters, of texts.
        low: smallest value, of numbers.
        high: largest value, of numbers.
        precision: decimals, where `precision_source` is 0 or the column is no money.
        precision_source: of money: 0 its own precision, 1 the organization's for prices, 2 the
            currency's.
        options: value to label, of choices and booleans.
        state_of: status reason to state, of the status column.
        behavior: of dates: DateOnly, UserLocal or TimeZoneIndependent.
        format: DateOnly or DateAndTime, of dates; as given by the client otherwise.
        required: None, Recommended, ApplicationRequired or SystemRequired.
        needed: the platform itself refuses a row without it.
        create: may be given when a row is created.
        update: may be given when a row is updated.
        default: what a new row holds.
        base_of: the money column this one is the base currency twin of.
        label: what people read.
        definition: what the client sent when it created the column.
        texts: property -> language -> text, of labels that were sent.
        option_texts: option's value -> language -> text.
        colors: option's value -> its colour.
    """

    name: str
    kind: Kind
    schema: str = ""
    length: int = 0
    low: Decimal | None = None
    high: Decimal | None = None
    precision: int = 2
    precision_source: int = 2
    options: dict[int, str] = field(default_factory=dict)
    state_of: dict[int, int] = field(default_factory=dict)
    behavior: str = "UserLocal"
    format: str = ""
    required: str = "None"
    needed: bool = False
    create: bool = True
    update: bool = True
    default: Any = None
    base_of: str = ""
    label: str = ""
    custom: bool = False
    managed: bool = False
    definition: dict[str, Any] = field(default_factory=dict)
    texts: dict[Any, dict[int, str]] = field(default_factory=dict)
    option_texts: dict[Any, dict[int, str]] = field(default_factory=dict)
    colors: dict[int, str] = field(default_factory=dict)
    metadata_id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.schema = self.schema or self.name
        self.label = self.label or DISPLAY_NAMES.get(self.name, self.schema)

    @property
    def wire(self) -> str:
        """The property's name in a row's JSON: lookups appear as `_<name>_value`."""
        return f"_{self.name}_value" if self.kind in REFERENCES else self.name


@dataclass(frozen=True, slots=True)
class Cascade:
    """What becomes of the rows that point at one with which something is done.

    `Active` means those with the status reason Active, `UserOwned` those its owner owns too.
    Nothing follows from `reparent`, `share` and `unshare` here: they concern who may read a row.

    Attributes:
        assign: Active, Cascade, NoCascade or UserOwned, like `reparent`, `share` and `unshare`.
        delete: Cascade, RemoveLink, Restrict or NoCascade.
        merge: Cascade or NoCascade.
    """

    assign: str = "NoCascade"
    delete: str = "RemoveLink"
    merge: str = "NoCascade"
    reparent: str = "NoCascade"
    share: str = "NoCascade"
    unshare: str = "NoCascade"


LINK = Cascade()
RESTRICT = Cascade(delete="Restrict")
KEPT = Cascade(delete="NoCascade")
PARENTAL = Cascade(*("Cascade",) * 6)


@dataclass(slots=True)
class Relationship:
    """A one-to-many relationship, seen from both ends.

    Attributes:
        schema: SchemaName.
        parent: the table pointed at.
        child: the table that holds the lookup.
        column: the lookup's logical name on the child.
        single: navigation property on the child, exact case.
        collection: navigation property on the parent, exact case.
        cascade: what follows from deeds done to the parent.
        kinds: the tables whose rows it leads to, where the parent stands for several.
    """

    schema: str
    parent: str
    child: str
    column: str
    single: str
    collection: str
    cascade: Cascade = LINK
    kinds: tuple[str, ...] = ()
    custom: bool = False
    definition: dict[str, Any] = field(default_factory=dict)
    metadata_id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.kinds = self.kinds or (self.parent,)


@dataclass(slots=True)
class Key:
    """An alternate key; its unique index is built in the background."""

    schema: str
    columns: tuple[str, ...]
    created: datetime
    delay: float
    label: str = ""
    ready: bool = False
    failed: bool = False
    managed: bool = False
    metadata_id: str = field(default_factory=new_id)
    job_id: str = field(default_factory=new_id)

    @property
    def name(self) -> str:
        """Logical name."""
        return self.schema.lower()

    def status(self, now: datetime) -> str:
        """Return the EntityKeyIndexStatus at `now`; `ready` and `failed` are settled elsewhere."""
        if self.failed:
            return "Failed"
        if self.ready:
            return "Active"
        halfway = self.created + timedelta(seconds=self.delay / 2)
        return "Pending" if now < halfway else "InProgress"

    def due(self, now: datetime) -> bool:
        """Say whether the index ought to be built by now."""
        return now >= self.created + timedelta(seconds=self.delay)


@dataclass(slots=True)
class Table:
    """One table with its columns, relationships and keys.

    Attributes:
        name: logical name.
        schema: SchemaName.
        set_name: EntitySetName, the URL segment.
        id: primary key column.
        title: primary name column.
        closed: states in which a row is read-only until it is reopened.
        parents: single-valued navigation property -> relationship.
        children: collection-valued navigation property -> relationship.
        references: relationships that point here.
        bulk: whether CreateMultiple and its sisters are there for it.
        writable: False for tables that can only be queried.
        mergeable: whether two of its rows can be merged.
        texts: property -> language -> text, of labels that were sent.
    """

    name: str
    schema: str
    set_name: str
    id: str
    title: str
    label: str = ""
    plural: str = ""
    description: str = ""
    columns: dict[str, Column] = field(default_factory=dict)
    parents: dict[str, Relationship] = field(default_factory=dict)
    children: dict[str, Relationship] = field(default_factory=dict)
    references: list[Relationship] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    is_activity: bool = False
    has_activities: bool = False
    has_notes: bool = False
    ownership: str = "UserOwned"
    custom: bool = False
    managed: bool = False
    bulk: bool = False
    writable: bool = True
    mergeable: bool = False
    type_code: int = 0
    definition: dict[str, Any] = field(default_factory=dict)
    texts: dict[Any, dict[int, str]] = field(default_factory=dict)
    metadata_id: str = field(default_factory=new_id)

    def targets(self, column: str) -> list[Relationship]:
        """Return the relationships a lookup column can point along."""
        return [known for known in self.parents.values() if known.column == column]

    def by_wire(self, name: str) -> Column | None:
        """Return the column a row's JSON calls `name`, if there is one."""
        if name.startswith("_") and name.endswith("_value"):
            column = self.columns.get(name[1:-6])
            return column if column and column.kind in REFERENCES else None
        column = self.columns.get(name)
        return None if column and column.kind in REFERENCES else column
