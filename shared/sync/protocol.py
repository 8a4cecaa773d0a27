"""How one record is carried over: the order of reading and writing that keeps it right.

Knows no kind of record; clients, invoices, payments and expenses bring their own reading and
planning.

    read the source        to learn which rows concern it
    read the target        the rows, with their versions
    plan                   nothing to write: done, the source was read after its message was sent
    read the source again  if rows are there and differ
    request follow-ups     a crash after the write loses none
    write                  each row only in the version that was read, or only if there is none
    read the source again  if its rows say no version of it: who wrote older data starts again

What is written over a row was read after that row, so a writer that holds older data holds an older
version of the row too, and loses. A row that is not there yet cannot be overwritten, it can only be
created first by somebody else, and then the whole starts again. No lock is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from shared.core.identity import RecordId
from shared.core.outcomes import (
    Deferred,
    Outcome,
    OutcomeName,
    Result,
    Skipped,
    Unchanged,
    Written,
)
from shared.core.planning import Cancel, Create, Plan, Skip, Stale, Update
from shared.core.policies import DeletedPolicy
from shared.core.records import GONE, Client, Expense, Invoice, Payment, fingerprint
from shared.core.retries import STALE_DELAY
from shared.errors import ConflictError
from shared.sync.follow_ups import FollowUps
from shared.sync.ports import Crm, FreshBooks
from shared.sync.release import Release

# A long invoice is written in parts, one round each; records that change all the time end here too.
MAX_ROUNDS = 60


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both sides and what lies between them: all that carrying a record needs."""

    freshbooks: FreshBooks
    crm: Crm
    follow_ups: FollowUps
    release: Release
    clock: Callable[[], datetime]
    deleted: DeletedPolicy


class Target(Protocol):
    """What Dataverse holds about a record, and where the record belongs there."""

    @property
    def exists(self) -> bool:
        """Whether any of its rows is there."""

    @property
    def stands(self) -> bool:
        """Whether the row is there that others point at."""

    @property
    def reason(self) -> str:
        """Why it belongs there, "" where that is plain."""


SourceT = TypeVar("SourceT", bound=Client | Invoice | Payment | Expense)
TargetT = TypeVar("TargetT", bound=Target)


class Carried(Protocol, Generic[SourceT, TargetT]):
    """One record on its way: what `carry` needs to know of its kind."""

    @property
    def record(self) -> RecordId:
        """Which record it is."""

    @property
    def versioned(self) -> bool:
        """Whether its rows say which version of the record they were written from."""

    def read_source(self) -> SourceT | None:
        """Read the record as FreshBooks has it now, None when it has none."""

    def read_target(self, source: SourceT | None, /) -> TargetT | Outcome:
        """Read what Dataverse holds, or say why nothing can be written yet."""

    def plan(self, source: SourceT | None, target: TargetT, /) -> Plan:
        """Plan what has to be written; asks nobody."""

    def request_follow_ups(self, source: SourceT | None, target: TargetT, /) -> None:
        """Ask for what else the change makes due."""

    def explain_conflict(self, source: SourceT | None, target: TargetT, /) -> Outcome | None:
        """Say what a write that lost means, None to start again."""

    def absence(self, source: SourceT | None, /) -> str:
        """Say why nothing is to be shown of it, "" when it is to be shown."""

    def label(self, source: SourceT | None, /) -> str:
        """Return what people call it."""

    def rows(self, target: TargetT | None, /) -> tuple[UUID, ...]:
        """Return the rows that stand for it."""


def carry(carried: Carried[SourceT, TargetT], sides: Sides) -> Result:
    """Bring the rows of one record up to date.

    Raises:
        ConflictError: somebody wrote in between; start again.
    """
    clock = sides.clock
    read_at = clock()
    source = carried.read_source()

    def ended(outcome: Outcome, target: TargetT | None = None) -> Result:
        return Result(
            outcome,
            label=carried.label(source),
            fingerprint=fingerprint(source) if source is not None else GONE,
            read_at=read_at,
            rows=carried.rows(target),
        )

    for _ in range(MAX_ROUNDS):
        target = carried.read_target(source)
        if isinstance(target, Outcome):
            return ended(target)
        plan = carried.plan(source, target)
        if not isinstance(plan, Create | Update | Cancel):
            return ended(_not_written(carried, plan, source, target), target)
        if target.exists:
            read_at = clock()
            again = carried.read_source()
            if again != source:
                source = again
                continue
        lost = _write(carried, plan, source, target, sides)
        if lost is not None:
            return ended(lost)
        if isinstance(plan, Cancel) or plan.complete:
            return ended(_written(plan, carried.absence(source), target.reason), target)
        read_at = clock()
        source = carried.read_source()
    raise ConflictError(f"{carried.record} changed {MAX_ROUNDS} times while it was written.")


def _write(
    carried: Carried[SourceT, TargetT],
    plan: Create | Update | Cancel,
    source: SourceT | None,
    target: TargetT,
    sides: Sides,
) -> Outcome | None:
    """Ask for what follows, then write; return what it means that the write lost, if that is known.

    Raises:
        ConflictError: somebody wrote in between; start again.
    """
    carried.request_follow_ups(source, target)
    try:
        sides.crm.write(plan.operations)
    except ConflictError:
        lost = carried.explain_conflict(source, target)
        if lost is None:
            raise
        return lost
    if target.exists and not carried.versioned and carried.read_source() != source:
        # Who read the newer record in between may have found it in the row as it was, and left no
        # trace for this write to fail on.
        raise ConflictError(f"{carried.record} changed while it was written.")
    return None


def _not_written(
    carried: Carried[SourceT, TargetT],
    plan: Skip | Stale,
    source: SourceT | None,
    target: TargetT,
) -> Outcome:
    match plan:
        case Skip():
            absence = "" if target.stands else carried.absence(source)
            if absence and source is not None and source.deleted:
                # never written, yet balances may have been read while it was there
                carried.request_follow_ups(source, target)
            return Skipped(absence) if absence else Unchanged()
        case Stale():
            return Deferred(
                f"FreshBooks answers the version {plan.read}, but {plan.written} is written "
                "already",
                STALE_DELAY,
                fault=True,
            )


def _written(plan: Create | Update | Cancel, absence: str, reason: str) -> Written:
    match plan:
        case Create():
            return Written(OutcomeName.CREATED, reason)
        case Update():
            return Written(OutcomeName.UPDATED, reason)
        case Cancel():
            return Written(OutcomeName.CANCELLED, absence)
