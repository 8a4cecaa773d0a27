"""What has to be done with each record of a page, by the same use cases that carry it alone.

Never writes and never asks: what is not plain is said to go alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.core.besides import may_stand
from shared.core.events import SyncRequest
from shared.core.fingerprints import fingerprint
from shared.core.identity import AwaitedKind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import Held, Outcome, OutcomeName, Result, Skipped, Unchanged
from shared.core.planning import Cancel, Create, Update
from shared.core.records import Record
from shared.core.runs import Counts, Run
from shared.errors import RecordRefusedError
from shared.sync.backfill.page_ports import BeyondPageError, Due
from shared.sync.backfill.use_cases import PageCases
from shared.sync.protocol import Carried, not_written

# Looking at a record alone would say no more about these.
_WAITED_FOR: Final = frozenset({AwaitedKind.CLIENT, AwaitedKind.CURRENCY})
# Whoever handled these has said what becomes of them; nothing of it is undone here.
_PLAIN: Final = frozenset(
    {
        OutcomeName.CREATED,
        OutcomeName.UPDATED,
        OutcomeName.UNCHANGED,
        OutcomeName.CANCELLED,
        OutcomeName.SKIPPED,
        OutcomeName.NAMED,
    }
)


@dataclass(frozen=True)
class Planned:
    """A record of which something is to be written.

    Attributes:
        source: as the page shows it.
        target: what Dataverse holds about it.
        before: what was noted of it.
        due: what its change makes due for others.
        on_deal: whether it is, or was, on an opportunity, which shows its sums.
    """

    request: SyncRequest
    source: Record
    carried: Carried[Any, Any]
    target: Any
    plan: Create | Update | Cancel
    before: JournalEntry | None
    due: frozenset[RecordId]
    on_deal: bool

    @property
    def is_news(self) -> bool:
        """Whether anything of it is to be noted."""
        return True

    @property
    def read_twice(self) -> bool:
        """Whether it is read once more before it is written."""
        return self.target.exists and self.carried.versioned

    @property
    def guarded(self) -> bool:
        """Whether its rows say every version, so that who holds older data has lost already."""
        return self.carried.versioned and not isinstance(self.plan, Create)

    def result(self, outcome: Outcome, read_at: datetime) -> Result:
        """Return how it ended."""
        return result_of(self.carried, self.source, self.target, outcome, read_at)


@dataclass(frozen=True)
class Ended:
    """A record of which nothing is to be written."""

    request: SyncRequest
    source: Record
    result: Result
    before: JournalEntry | None
    due: frozenset[RecordId] = frozenset()

    @property
    def is_news(self) -> bool:
        """Whether anything of it is to be noted."""
        before, outcome = self.before, self.result.outcome
        if before is None or before.fingerprint != self.result.fingerprint:
            return True
        if isinstance(outcome, Skipped):
            return before.outcome is not OutcomeName.SKIPPED
        return isinstance(outcome, Held)


@dataclass
class Sorted:
    """The records of a page by what has to be done with them.

    Attributes:
        known: how many are left to themselves.
        alone: those that go the ordinary way.
    """

    known: int = 0
    alone: list[SyncRequest] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """What would be done."""
        made = sum(isinstance(each.plan, Create) for each in self.planned)
        same = sum(isinstance(each.result.outcome, Unchanged) for each in self.ended)
        held = sum(isinstance(each.result.outcome, Held) for each in self.ended)
        return Counts(
            created=made,
            updated=len(self.planned) - made,
            unchanged=same,
            skipped=len(self.ended) - same - held,
            waiting=held,
            known=self.known,
            alone=len(self.alone),
        )


def is_settled(record: Record, entry: JournalEntry | None, run: Run) -> bool:
    """Say whether a record is left to itself: it was done in this run, or others will do it.

    What waits follows when its wait is over, what was given up is a person's, and a message that
    is on its way reads the record after now.
    """
    if entry is None:
        return False
    waits = bool(entry.awaited) and entry.outcome is not OutcomeName.SKIPPED
    if entry.outcome not in _PLAIN or waits or entry.pending:
        return True
    in_this_run = entry.read_at is not None and entry.read_at >= run.started
    return in_this_run and entry.fingerprint == fingerprint(record)


@dataclass(frozen=True)
class Sorter:
    """Sorts the records of a page.

    Attributes:
        cases: the use cases over the page.
        due: where they note what follows from a change.
        run: what it is done for.
        read_at: when the page was read, UTC.
    """

    cases: PageCases
    due: Due
    run: Run
    read_at: datetime

    def sort(
        self,
        requests: Iterable[SyncRequest],
        records: Mapping[int, Record],
        noted: Mapping[int, JournalEntry],
    ) -> Sorted:
        """Sort records by what has to be done with each.

        Args:
            requests: the records.
            records: as the page shows them, by number.
            noted: what the journal has of them, by number.
        """
        found = Sorted()
        for request in requests:
            source, before = records[request.number], noted.get(request.number)
            self.due.records.clear()
            try:
                each = self._decide(request, source, before)
            except (BeyondPageError, RecordRefusedError):
                each = None
            match each:
                case None:
                    found.alone.append(request)
                case Planned() if source.deleted:
                    # It was shown: what goes with it is more than its rows.
                    found.alone.append(request)
                case Planned() if self.run.missing and each.target.exists:
                    found.known += 1
                case _ if may_stand(before) and each.is_news:
                    # What stands beside it has to be looked after as well.
                    found.alone.append(request)
                case Planned():
                    found.planned.append(each)
                case Ended():
                    found.ended.append(each)
        return found

    def _decide(
        self, request: SyncRequest, source: Record, before: JournalEntry | None
    ) -> Planned | Ended | None:
        """Return what has to be done with a record; None for one that goes alone."""
        carried = self.cases.carried(request, before)
        found = carried.read_target(source)
        target = None if isinstance(found, Outcome) else found
        if isinstance(found, Outcome):
            outcome = found
        else:
            plan = carried.plan(source, found)
            if isinstance(plan, Create | Update | Cancel):
                if not plan.complete:
                    return None
                carried.request_follow_ups(source, found)
                due, deal = frozenset(self.due.records), _is_on_deal(found)
                return Planned(request, source, carried, found, plan, before, due, deal)
            outcome = not_written(carried, plan, source, found)
            outcome = carried.conclude(source, found, outcome)
        waits = isinstance(outcome, Held) and outcome.hold.awaited.kind in _WAITED_FOR
        if not (waits or isinstance(outcome, Unchanged | Skipped)):
            return None
        result = result_of(carried, source, target, outcome, self.read_at)
        return Ended(request, source, result, before, frozenset(self.due.records))


def result_of(
    carried: Carried[Any, Any], source: Record, target: Any, outcome: Outcome, read_at: datetime
) -> Result:
    """Return an outcome with what the journal notes beside it."""
    return Result(
        outcome,
        shown=carried.shown(source),
        fingerprint=fingerprint(source),
        read_at=read_at,
        rows=carried.rows(target),
    )


def _is_on_deal(target: Any) -> bool:
    place, row = target.place, getattr(target.view, "invoice", None)
    placed = place is not None and place.opportunity is not None
    return placed or (row is not None and row.opportunity is not None)
