"""How one record is carried over: the order of reading and writing that keeps it right.

Knows no kind of record; invoices, payments and expenses bring their own reading and rendering.

    read the record        to learn which rows concern it
    read the rows          with their versions
    decide                 nothing to write: done, the record was read after its message was sent
    read the record again  if rows are there and differ
    write                  each row only in the version that was read, or only if there is none

What is written over a row was read after that row, so a writer that holds older data holds an older
version of the row too, and loses. A row that is not there yet cannot be overwritten, it can only be
created first by somebody else, and then the whole starts again. No lock is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from shared.core.planning import Cancel, Create, Plan, Skip, Stale, Update
from shared.core.policies import DeletedPolicy
from shared.core.records import GONE, Expense, Invoice, Payment, fingerprint
from shared.errors import ConflictError
from shared.sync.clients import ClientSync
from shared.sync.follow_ups import FollowUps
from shared.sync.outcomes import (
    DeadLettered,
    Deferred,
    Held,
    Outcome,
    Result,
    Skipped,
    Unchanged,
    Written,
)
from shared.sync.ports import Crm, FreshBooks
from shared.sync.release import Release

# A long invoice is written in parts, one round each; records that change all the time end here too.
MAX_ROUNDS = 60
STALE_DELAY = 20.0

RecordT = TypeVar("RecordT", bound=Invoice | Payment | Expense)
ViewT = TypeVar("ViewT")


@dataclass(frozen=True)
class Sides:
    """Both sides and what lies between them: all that carrying a record needs."""

    freshbooks: FreshBooks
    crm: Crm
    clients: ClientSync
    follow_ups: FollowUps
    release: Release
    clock: Callable[[], datetime]
    deleted: DeletedPolicy


class Carried(Protocol, Generic[RecordT, ViewT]):
    """One record on its way: what `carry` needs to know of its kind."""

    @property
    def rows(self) -> tuple[UUID, ...]:
        """The rows that stand for it."""

    def read(self) -> RecordT | None:
        """Read the record as FreshBooks has it now, None when it has none."""

    def look(self, record: RecordT | None, /) -> ViewT | Outcome:
        """Read its rows, or say why they cannot be written yet."""

    def exists(self, view: ViewT, /) -> bool:
        """Say whether any of its rows is there."""

    def stands(self, view: ViewT, /) -> bool:
        """Say whether the row is there that others point at."""

    def decide(self, record: RecordT | None, view: ViewT, /) -> Plan | Held:
        """Plan what has to be written."""

    def announce(self, record: RecordT | None, view: ViewT, /) -> None:
        """Ask for what else the change makes due."""

    def absence(self, record: RecordT | None, /) -> str:
        """Say why nothing is to be shown of it, "" when it is to be shown."""

    def number(self, record: RecordT | None, /) -> str:
        """Return what people call it."""


def carry(carried: Carried[RecordT, ViewT], sides: Sides) -> Result:
    """Bring the rows of one record up to date.

    Raises:
        ConflictError: somebody wrote in between; start again.
    """
    clock = sides.clock
    read_at = clock()
    record = carried.read()
    for _ in range(MAX_ROUNDS):
        view = carried.look(record)
        if isinstance(view, Held | Skipped | Deferred | Written | Unchanged | DeadLettered):
            return _ended(carried, view, record, read_at)
        decision = carried.decide(record, view)
        if not isinstance(decision, Create | Update | Cancel):
            return _ended(carried, _not_written(carried, decision, record, view), record, read_at)
        if carried.exists(view):
            read_at = clock()
            again = carried.read()
            if again != record:
                record = again
                continue
        carried.announce(record, view)
        sides.crm.write(decision.operations)
        if isinstance(decision, Cancel) or decision.complete:
            outcome = _written(decision, carried.absence(record))
            return _ended(carried, outcome, record, read_at)
        read_at = clock()
        record = carried.read()
    raise ConflictError(f"The record changed {MAX_ROUNDS} times while it was written.")


def _ended(
    carried: Carried[RecordT, ViewT], outcome: Outcome, record: RecordT | None, read_at: datetime
) -> Result:
    return Result(
        outcome,
        number=carried.number(record),
        fingerprint=fingerprint(record) if record is not None else GONE,
        read_at=read_at,
        rows=carried.rows,
    )


def _not_written(
    carried: Carried[RecordT, ViewT],
    decision: Skip | Stale | Held,
    record: RecordT | None,
    view: ViewT,
) -> Outcome:
    match decision:
        case Skip():
            absence = "" if carried.stands(view) else carried.absence(record)
            if absence and record is not None and record.deleted:
                # never written, yet balances may have been read while it was there
                carried.announce(record, view)
            return Skipped(absence) if absence else Unchanged()
        case Stale():
            return Deferred(
                f"FreshBooks answers the version {decision.read}, but {decision.written} is "
                "written already",
                STALE_DELAY,
                fault=True,
            )
        case Held():
            return decision


def _written(plan: Create | Update | Cancel, absence: str) -> Written:
    match plan:
        case Create():
            return Written("created")
        case Update():
            return Written("updated")
        case Cancel():
            return Written("cancelled", absence)
