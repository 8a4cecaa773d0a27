"""How one record is carried over: the order of reading and writing that keeps it right.

Knows no kind of record; clients, invoices, payments, credits and expenses bring their own reading
and planning.

    read the source        to learn which rows concern it
    read the target        the rows, with their versions
    plan                   nothing to write: done, the source was read after its message was sent
    read the source again  if rows are there, differ, and say every version of it
    request follow-ups     a crash after the write loses none
    write                  each row only in the version that was read, or only if there is none
    read the source again  if a row was inserted, or if its rows do not say every version of it:
                           who wrote older data starts again

Where every version of a record is written to its rows, what is written over a row was read after
that row, so a writer that holds older data holds an older version of the row too, and loses. Where
a version that shows nothing new leaves no trace, whoever writes looks at the record once more
afterwards instead. A row that is not there yet cannot be overwritten. It can be created first by
somebody else, and then the whole starts again; or it is not there because somebody who read a
deletion had nothing to do, which leaves no trace for an insert to fail on, and so what was inserted
is looked at once more. No lock is needed.

A write that is refused for a version or a key though no row changed in between is no race. Sending
it again changes nothing, so it is a refusal like any other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from shared.core.fingerprints import GONE, fingerprint
from shared.core.identity import Awaited, RecordId
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
from shared.core.policies import Policies
from shared.core.records import Client, Credit, Expense, Invoice, Payment
from shared.core.retries import STALE_DELAY
from shared.core.shape import Shape
from shared.core.waiting import Shown
from shared.errors import ConflictError, RecordRefusedError
from shared.sync.follow_ups import FollowUps
from shared.sync.ports import Crm, FreshBooks
from shared.sync.release import Release
from shared.sync.seen import note_reading

# A long invoice is written in parts, one round each; records that change all the time end here too.
MAX_ROUNDS = 60


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both sides and what lies between them: all that carrying a record needs.

    Attributes:
        policies: what the administrator chose.
        shape: what stands for a record in Dataverse.
        web: address of FreshBooks' web app.
    """

    freshbooks: FreshBooks
    crm: Crm
    follow_ups: FollowUps
    release: Release
    clock: Callable[[], datetime]
    policies: Policies
    shape: Shape
    web: str


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


SourceT = TypeVar("SourceT", bound=Client | Invoice | Payment | Expense | Credit)
TargetT = TypeVar("TargetT", bound=Target)


class Carried(Protocol, Generic[SourceT, TargetT]):
    """One record on its way: what `carry` needs to know of its kind."""

    @property
    def record(self) -> RecordId:
        """Which record it is."""

    @property
    def versioned(self) -> bool:
        """Whether every version of the record is written to its rows, whatever it shows."""

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

    def conclude(self, source: SourceT | None, target: TargetT, outcome: Outcome, /) -> Outcome:
        """Say what it means that the rows are as they should be."""

    def absence(self, source: SourceT | None, /) -> str:
        """Say why nothing is to be shown of it, "" when it is to be shown."""

    def left_out(self, source: SourceT | None, /) -> Awaited | None:
        """Return what would have it shown that is in FreshBooks and not to be shown as it is."""

    def shown(self, source: SourceT | None, /) -> Shown:
        """Return what people are shown of it while it is not in Sales."""

    def rows(self, target: TargetT | None, /) -> tuple[UUID, ...]:
        """Return the rows that stand for it."""


def carry(carried: Carried[SourceT, TargetT], sides: Sides) -> Result:
    """Bring the rows of one record up to date.

    Raises:
        ConflictError: somebody wrote in between; start again.
        RecordRefusedError: Dataverse refuses the rows as they are.
    """
    way = _Way(carried, sides)
    way.look()
    for _ in range(MAX_ROUNDS):
        result = way.go()
        if result is not None:
            return result
    raise ConflictError(f"{carried.record} changed {MAX_ROUNDS} times while it was written.")


@dataclass
class _Way(Generic[SourceT, TargetT]):
    """How far the carrying of one record has come.

    Attributes:
        source: the record as it was read last.
        read_at: when that was, UTC.
        written: what was done to its rows so far, None for nothing.
        refused: both readings around a write that lost, None when none did.
        note: what is worth knowing about what was written.
    """

    carried: Carried[SourceT, TargetT]
    sides: Sides
    source: SourceT | None = None
    read_at: datetime | None = None
    written: OutcomeName | None = None
    refused: tuple[SourceT | None, TargetT] | None = None
    note: str = ""

    def look(self) -> bool:
        """Read the source; say whether it is as it was read before."""
        self.read_at = self.sides.clock()
        before, self.source = self.source, self.carried.read_source()
        note_reading(self.carried.record, self.carried.shown(self.source))
        return self.source == before

    def go(self) -> Result | None:
        """Go through reading, planning and writing once; None to go on from the newest reading."""
        carried, source = self.carried, self.source
        target = carried.read_target(source)
        if isinstance(target, Outcome):
            return self._end(target)
        plan = carried.plan(source, target)
        if not isinstance(plan, Create | Update | Cancel):
            outcome = not_written(carried, plan, source, target)
            if self.written is not None and isinstance(outcome, Unchanged):
                outcome = Written(self.written, target.reason)
            return self._end(carried.conclude(self.source, target, outcome), target)
        if target.exists and carried.versioned and not self.look():
            return None
        try:
            lost = self._write(plan, target)
        except ConflictError as conflict:
            self._take(conflict, target)
            return None
        if lost is not None:
            return self._end(lost)
        self.refused = None
        self.written = done_by(plan, self.written)
        guarded = plan.complete and carried.versioned and not isinstance(plan, Create)
        rests = guarded or self.look()
        return self._end_written(plan, target) if rests and plan.complete else None

    def _write(self, plan: Create | Update | Cancel, target: TargetT) -> Outcome | None:
        """Ask for what follows, then write; return what it means that the write lost, if known.

        Raises:
            ConflictError: it lost, and nobody knows why.
        """
        began = self.sides.clock()
        self.carried.request_follow_ups(self.source, target)
        try:
            self.note = self.sides.crm.write(plan.operations) or self.note
            if self.sides.clock() - began > self.sides.follow_ups.grace:
                # They may have been taken before the rows were there, and some look at the rows.
                self.carried.request_follow_ups(self.source, target)
        except ConflictError:
            lost = self.carried.explain_conflict(self.source, target)
            if lost is None:
                raise
            return lost
        return None

    def _take(self, conflict: ConflictError, target: TargetT) -> None:
        """Take note of a write that lost: the first time it is tried once more.

        Raises:
            ConflictError: others write all the time; start again.
            RecordRefusedError: no row changed around two tries, so it is no race.
        """
        before, self.refused = self.refused, (self.source, target)
        if before is None:
            self.look()
            return
        if before == self.refused and self.carried.read_target(self.source) == target:
            raise RecordRefusedError(
                f"{conflict}. It is no race: the rows did not change in between. An alternate key "
                "or a plug-in of yours refuses the row, or there is a row that the connector may "
                "not read",
                code=conflict.code,
                request_id=conflict.request_id,
                service=conflict.service,
            ) from conflict
        raise conflict

    def _end(self, outcome: Outcome, target: TargetT | None = None) -> Result:
        return Result(
            outcome,
            shown=self.carried.shown(self.source),
            fingerprint=fingerprint(self.source) if self.source is not None else GONE,
            read_at=self.read_at,
            rows=self.carried.rows(target),
        )

    def _end_written(self, plan: Create | Update | Cancel, target: TargetT) -> Result:
        cancelled = isinstance(plan, Cancel)
        why = self.carried.absence(self.source) if cancelled else target.reason
        reason = "; ".join(filter(None, (why, self.note)))
        outcome = Written(done_by(plan, self.written), reason)
        return self._end(self.carried.conclude(self.source, target, outcome), target)


def not_written(
    carried: Carried[SourceT, TargetT],
    plan: Skip | Stale,
    source: SourceT | None,
    target: TargetT,
) -> Outcome:
    """Say what it means that nothing is to be written of a record."""
    match plan:
        case Skip():
            absence = "" if target.stands else carried.absence(source)
            if absence and source is not None and source.deleted:
                # never written, yet balances may have been read while it was there
                carried.request_follow_ups(source, target)
            return Skipped(absence, carried.left_out(source)) if absence else Unchanged()
        case Stale():
            return Deferred(
                f"FreshBooks answers the version {plan.read}, but {plan.written} is written "
                "already",
                STALE_DELAY,
                fault=True,
            )


def done_by(plan: Create | Update | Cancel, before: OutcomeName | None = None) -> OutcomeName:
    """Return what was done in all: what was created a moment ago stays created."""
    match plan:
        case Cancel():
            return OutcomeName.CANCELLED
        case Create():
            return OutcomeName.CREATED
        case Update():
            created = before is OutcomeName.CREATED
            return OutcomeName.CREATED if created else OutcomeName.UPDATED
