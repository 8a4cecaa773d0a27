"""What would become of a record: the rows that would be written, or why none would.

Never writes, and never says it in words: `core/wording.py` does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.core.afterwards import STATE, Difference
from shared.core.entries import ENTRY_CANCELLED
from shared.core.identity import Kind, RecordId
from shared.core.mapping import INVOICE_CANCELLED
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE
from shared.core.waiting import Shown


class Action(StrEnum):
    """What would be done to a row, or to what stands for a record."""

    CREATE = "create"
    UPDATE = "update"
    CANCEL = "cancel"  # of records
    DELETE = "delete"  # of rows


class Fate(StrEnum):
    """How the handling of a record would end."""

    CARRIED = "carried"  # its rows would be as they should be
    HELD = "held"
    SKIPPED = "skipped"
    WAITING = "waiting"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # it cannot be found out now


@dataclass(frozen=True)
class RowChange:
    """A row that would be created, changed or deleted.

    Attributes:
        table: logical name.
        name: what people call the row, "" for nothing.
        currency: ISO code of its amounts, "" where it is not known.
        differences: the columns that would differ; none of a row that is deleted.
    """

    table: str
    id: UUID
    action: Action
    name: str
    currency: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Foreseen:
    """What would become of a record.

    Attributes:
        shown: what people call it and what it is worth.
        reason: why it would end so, "" where that is plain.
        first: what would be written before it, in words.
        warning: what is known of it that could make it end otherwise, "" for nothing.
        rows: in the order they would be written.
        names: of the rows that lookups lead to, those that are known.
        missing: nobody knows it: neither FreshBooks nor Dynamics, and it was never heard of.
    """

    record: RecordId
    shown: Shown
    fate: Fate
    reason: str = ""
    first: tuple[str, ...] = ()
    warning: str = ""
    rows: tuple[RowChange, ...] = ()
    names: Mapping[UUID, str] = field(default_factory=dict)
    missing: bool = False

    @property
    def action(self) -> Action | None:
        """What would be done to what stands for it, None where nothing would be written."""
        if not self.rows:
            return None
        kind = self.record.kind
        main = CLIENT_TABLE if kind is Kind.CLIENT else ACTIVITY_TABLE
        if any(row.table == "invoice" for row in self.rows):
            main = "invoice"  # with the Sales app its row is written along with its entry
        if any(row.table == main and row.action is Action.CREATE for row in self.rows):
            return Action.CREATE
        if kind is not Kind.CLIENT and any(map(_is_cancelled, self.rows)):
            return Action.CANCEL
        return Action.UPDATE


_CANCELLED: Final = {"invoice": INVOICE_CANCELLED, ACTIVITY_TABLE: ENTRY_CANCELLED}


def _is_cancelled(row: RowChange) -> bool:
    wanted = _CANCELLED.get(row.table)
    if wanted is None:
        return False
    ends = any(each.column == STATE and each.after == wanted for each in row.differences)
    return ends or row.action is Action.DELETE


def tally(foreseen: Iterable[Foreseen]) -> dict[str, int]:
    """Return how many records there are of each action and fate, each record once.

    A record that is told twice counts by what would be done to it first, and by how it ends.
    """
    actions: dict[RecordId, Action] = {}
    fates: dict[RecordId, Fate] = {}
    for each in foreseen:
        if each.action is not None:
            actions.setdefault(each.record, each.action)
        fates[each.record] = each.fate
    counts = dict.fromkeys(TOTALS, 0)
    for action in actions.values():
        counts[action] += 1
    for record, fate in fates.items():
        if fate is not Fate.CARRIED:
            counts[fate] += 1
        elif record not in actions:
            counts[UNCHANGED] += 1
    return counts


UNCHANGED: Final = "unchanged"
TOTALS: Final[tuple[str, ...]] = (
    Action.CREATE,
    Action.UPDATE,
    Action.CANCEL,
    Fate.HELD,
    Fate.SKIPPED,
    Fate.WAITING,
    Fate.REFUSED,
    Fate.UNKNOWN,
    UNCHANGED,
)
