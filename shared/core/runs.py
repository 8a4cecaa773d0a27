"""A backfill: what it carries, in which steps, how far it is, and what that says of the rest.

Never carries anything, and never holds what a record holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from shared.core.identity import Kind
from shared.core.pages import Listed, Listing
from shared.core.records import EASTERN
from shared.core.spans import Span, newest_first

LANES: Final = 8  # pages of a run that are carried at the same time, over all instances
# Clients first, for their accounts are there then; payments after the invoices they are of.
KINDS: Final = (Kind.CLIENT, Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT, Kind.EXPENSE)
_DATED: Final = frozenset({Kind.INVOICE, Kind.PAYMENT, Kind.EXPENSE})


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come of it."""
        return self in {RunState.CANCELLED, RunState.DONE}


class Work(StrEnum):
    """What is done in a step."""

    CARRY = "carry"  # pages of a list, in bulk
    FOLLOW = "follow"  # what those changed for others: sums, payments' invoices
    PROVE = "prove"  # walk the lists again, and ask for what is not on record


@dataclass(frozen=True)
class Step:
    """One part of a run; its pages may be carried side by side.

    Attributes:
        kind: of the records; None where it is about several kinds.
        span: of their dates; a kind that is not listed by date has all days.
        deleted: those that are deleted in FreshBooks, instead of those that are not.
    """

    work: Work
    kind: Kind | None = None
    span: Span = field(default_factory=Span)
    deleted: bool = False

    @property
    def listing(self) -> Listing:
        """Which records its pages have."""
        which = Listed.DELETED if self.deleted else Listed.LIVING
        return Listing(which, dated=self.span, whole=True, newest_first=True)

    def __str__(self) -> str:
        match self.work:
            case Work.CARRY:
                days = "" if self.span.whole else f", {self.span}"
                return f"{'deleted ' if self.deleted else ''}{self.kind}s{days}"
            case Work.FOLLOW:
                return "sums that the above changes"
            case Work.PROVE:
                return f"proof that no {self.kind} is missing"


@dataclass(frozen=True)
class Run:
    """A backfill of one business.

    Attributes:
        id: its name within the business; later ones sort after earlier ones.
        kinds: what is carried.
        span: which dates.
        missing: only what Sales does not have; what it has is not compared.
        lanes: pages that are carried at the same time.
        step: index of the step that is under way.
        reason: why it does not go on at the moment, or who ended it; "" for nothing.
        started: UTC.
        ended: UTC, None while it is under way.
        version: of the row as it was read; "" for none.
    """

    business: str
    id: str
    kinds: tuple[Kind, ...]
    started: datetime
    span: Span = field(default_factory=Span)
    missing: bool = False
    lanes: int = LANES
    state: RunState = RunState.RUNNING
    step: int = 0
    reason: str = ""
    ended: datetime | None = None
    version: str = field(default="", repr=False, compare=False)

    @property
    def whole(self) -> bool:
        """Whether it carries everything there is."""
        return self.span.whole and set(self.kinds) >= set(KINDS)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of its steps in order, the same whoever asks and whenever."""
        return steps_of(self.kinds, self.span, today=self.started.astimezone(EASTERN).date())


def steps_of(kinds: Iterable[Kind], span: Span, *, today: date) -> tuple[Step, ...]:
    """Return the steps of a run.

    The payments of a span come after the invoices of the span before it: most payments are of an
    invoice that is a little older, and find it there.

    Args:
        kinds: what is carried.
        span: which dates.
        today: the Eastern day it is.
    """
    wanted = [kind for kind in KINDS if kind in set(kinds)]
    spans = newest_first(span, today=today)
    steps: list[Step] = []
    if Kind.CLIENT in wanted:
        steps.append(Step(Work.CARRY, Kind.CLIENT))
    for index in range(len(spans) + 1):
        if Kind.INVOICE in wanted and index < len(spans):
            steps.append(Step(Work.CARRY, Kind.INVOICE, spans[index]))
        if Kind.PAYMENT in wanted and index > 0:
            steps.append(Step(Work.CARRY, Kind.PAYMENT, spans[index - 1]))
    if Kind.CREDIT in wanted:
        steps.append(Step(Work.CARRY, Kind.CREDIT))
    if Kind.EXPENSE in wanted:
        steps.append(Step(Work.CARRY, Kind.EXPENSE, span))
    days = {kind: span if kind in _DATED else Span() for kind in wanted}
    # Most were never shown, and only have to be known.
    gone = [
        Step(Work.CARRY, kind, days[kind], deleted=True)
        for kind in wanted
        if kind is not Kind.CLIENT
    ]
    proofs = [Step(Work.PROVE, kind, days[kind]) for kind in wanted]
    return (*steps, *gone, Step(Work.FOLLOW), *proofs)


@dataclass(frozen=True)
class Counts:
    """What came of some records, and what it cost.

    Attributes:
        listed: records that FreshBooks showed.
        created: those that got rows.
        updated: those whose rows were changed.
        unchanged: those of which Sales has all already.
        skipped: those that are left out as they are, such as drafts.
        waiting: those that wait with their client, or for a currency.
        known: those that were on record already: done earlier in this run, waiting, or asked for.
        alone: those that go the ordinary way, one by one.
        freshbooks: requests to FreshBooks.
        dataverse: requests to Dataverse.
        throttled: answers that asked for fewer requests.
        milliseconds: that the work took.
    """

    listed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    waiting: int = 0
    known: int = 0
    alone: int = 0
    freshbooks: int = 0
    dataverse: int = 0
    throttled: int = 0
    milliseconds: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(Counts)
            }
        )


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    return sum(counts, Counts())


@dataclass(frozen=True)
class Part:
    """A page of a step that was carried.

    Attributes:
        pages: how many the step has, as this page said.
        rows: how many rows the step's list has, as this page said.
        at: when it was done, UTC.
    """

    step: int
    page: int
    pages: int
    rows: int
    counts: Counts
    at: datetime


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        doing: the step that is under way, "" when none is.
        records: how many were gone through.
        expected: how many there are to go through, as far as that is known; 0 for unknown.
        rate: records a second, lately; 0 for unknown.
        remaining: seconds until the end at this rate, None for unknown.
        latest: when a page was last done, UTC; None for never.
    """

    run: Run
    doing: str
    counts: Counts
    records: int
    expected: int
    rate: float
    remaining: float | None
    latest: datetime | None = None


_LATELY: Final = 120.0  # seconds that a rate is taken from
_LEAST: Final = 1.0


def progress_of(run: Run, parts: Sequence[Part], *, now: datetime) -> Progress:
    """Return how far a run is, by the pages that are done.

    What a span that was not begun yet holds is not known, so neither is the end of the run before
    its oldest invoices were listed: until then nothing is promised.
    """
    steps = run.steps
    counts = total(each.counts for each in parts)
    carried = {index for index, step in enumerate(steps) if step.work is Work.CARRY}
    rows = {each.step: each.rows for each in parts if each.step in carried}
    records = sum(each.counts.listed for each in parts if each.step in carried)
    ended = run.state.ended
    expected = sum(rows.values()) if rows.keys() == carried or ended else 0
    rate = _rate(parts, run, now)
    remaining = None
    if expected and rate and run.state is RunState.RUNNING:
        remaining = max(0.0, (expected - records) / rate)
    doing = "" if ended or run.step >= len(steps) else str(steps[run.step])
    latest = max((each.at for each in parts), default=None)
    return Progress(run, doing, counts, records, max(expected, 0), rate, remaining, latest)


def _rate(parts: Sequence[Part], run: Run, now: datetime) -> float:
    end = run.ended or now
    recent = [each for each in parts if (end - each.at).total_seconds() <= _LATELY]
    if not recent:
        return 0.0
    seconds = min(_LATELY, (end - run.started).total_seconds())
    return sum(each.counts.listed for each in recent) / max(seconds, _LEAST)
