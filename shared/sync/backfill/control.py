"""Begins, pauses, resumes and cancels backfills, and says how they stand.

Never carries anything; two of one business never run at the same time.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.histories import Histories, history_of
from shared.core.identity import Kind, backfill_checkpoint, poll_checkpoint
from shared.core.runs import KINDS, Progress, Run, RunState, progress_of
from shared.core.scopes import OPTIONAL
from shared.core.spans import Span
from shared.errors import ConflictError, NotPossibleError, UnreadableRowError
from shared.sync.backfill.foreseeing import Foreseen, foresee
from shared.sync.backfill.lanes import Lanes
from shared.sync.ports import Businesses, Checkpoints, MayRead
from shared.sync.ports.runs import Runs

FIRST: Final = "first"
_LOST: Final = timedelta(minutes=30)  # without a page: the messages of the run are lost
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, kw_only=True)
class Backfills:
    """The backfills of all businesses.

    Attributes:
        automatic: whether a business that is new gets its history without being asked for.
        may_read: says which lists may be asked for.
    """

    runs: Runs
    lanes: Lanes
    businesses: Businesses
    checkpoints: Checkpoints
    may_read: MayRead
    clock: Callable[[], datetime]
    automatic: bool = True

    def start(
        self,
        business: str,
        *,
        kinds: Collection[Kind] = KINDS,
        span: Span | None = None,
        missing: bool = False,
        id_: str = "",
    ) -> Run:
        """Begin a run.

        Raises:
            NotPossibleError: one of this business is under way, or none of the kinds may be read;
                the text says what can be done.
        """
        latest = self.runs.get_latest(business)
        if latest is not None and not latest.state.ended:
            raise NotPossibleError(
                f"A backfill of {business} is {latest.state}: wait for it, or end it with "
                "`python -m shared backfill cancel`."
            )
        run = self.planned(business, kinds=kinds, span=span, missing=missing, id_=id_)
        try:
            run = self.runs.insert(run)
        except ConflictError:
            raise NotPossibleError(f"A backfill of {business} was just begun.") from None
        self.lanes.begin(run)
        return run

    def planned(
        self,
        business: str,
        *,
        kinds: Collection[Kind] = KINDS,
        span: Span | None = None,
        missing: bool = False,
        id_: str = "",
    ) -> Run:
        """Return a run as it would be begun, without those kinds that may not be read.

        Raises:
            NotPossibleError: none of the kinds may be read.
        """
        now = self.clock()
        wanted = [kind for kind in KINDS if kind in kinds]
        allowed = tuple(kind for kind in wanted if self._may_read(business, kind))
        if not allowed:
            raise NotPossibleError(
                f"The login of {business} may not read {', '.join(f'{kind}s' for kind in wanted)} "
                "in FreshBooks. Log in again with `python -m shared connect`, which asks for it."
            )
        return Run(
            business=business,
            id=id_ or now.strftime("%Y%m%dT%H%M%S%f"),
            kinds=allowed,
            started=now,
            span=span or Span(),
            missing=missing,
        )

    def foresee(self, run: Run) -> Iterator[Foreseen]:
        """Yield what each step of a run would do, and do nothing."""
        lanes = self.lanes
        return foresee(
            run, carrier=lanes.carrier, freshbooks=lanes.freshbooks, journal=lanes.journal
        )

    def _may_read(self, business: str, kind: Kind) -> bool:
        return kind not in OPTIONAL or self.may_read(business, kind)

    def begin_first(self, business: str) -> Run | None:
        """Begin the history of a business that never had one; None where there is none to begin."""
        if not self.automatic or self.runs.get_latest(business) is not None:
            return None
        if self.checkpoints.get(poll_checkpoint(business, Kind.INVOICE)) is not None:
            return None  # an earlier release has carried it already
        try:
            return self.start(business, id_=f"{self.clock():%Y%m%dT%H%M%S%f}-{FIRST}")
        except NotPossibleError:
            return None

    def look(self) -> None:
        """Begin histories that are due, and send messages again where those of a run are lost."""
        latest = self._list_latest()
        for business in self.businesses.list_all():
            run = latest.get(business.id)
            if run is None:
                self.begin_first(business.id)
            elif run.state is RunState.RUNNING and self._is_lost(run):
                self.lanes.begin(run)

    def _is_lost(self, run: Run) -> bool:
        """Say whether nothing came of a run for long, and note that it was looked at."""
        now, name = self.clock(), backfill_checkpoint(run.business)
        latest = max((part.at for part in self.runs.list_parts(run)), default=run.started)
        if now - latest < _LOST:
            return False
        looked = self.checkpoints.get(name)
        if self.lanes.is_stopped(run.business):
            # Its messages wait as everything does: more of them would only wait beside them.
            if looked is None or now - looked >= _LOST / 2:
                self.checkpoints.set(name, now)
            return False
        if looked is not None and now - looked < _LOST:
            return False
        self.checkpoints.set(name, now)
        return True

    def running(self, business: str) -> Run | None:
        """Return the run of a business that has not ended, None when there is none."""
        run = self.runs.get_latest(business)
        return run if run is not None and not run.state.ended else None

    def began(self, business: str, kind: Kind) -> datetime | None:
        """Return when the run began that carries a kind of a business now, None for none."""
        run = self.running(business)
        return run.started if run is not None and kind in run.kinds else None

    def pause(self, business: str) -> Run:
        """Pause a run: pages that are under way are ended, no other is begun.

        Raises:
            NotPossibleError: none is running.
        """
        return self._turn(business, {RunState.RUNNING}, RunState.PAUSED)

    def resume(self, business: str) -> Run:
        """Go on with a run that was paused.

        Raises:
            NotPossibleError: none is paused.
        """
        run = self._turn(business, {RunState.PAUSED}, RunState.RUNNING)
        self.lanes.begin(run)
        return run

    def cancel(self, business: str) -> Run:
        """End a run: what was carried stays, and polls carry the rest.

        Raises:
            NotPossibleError: none is under way.
        """
        return self._turn(business, {RunState.RUNNING, RunState.PAUSED}, RunState.CANCELLED)

    def _turn(self, business: str, states: set[RunState], into: RunState) -> Run:
        run = self.runs.get_latest(business)
        if run is None or run.state not in states:
            how = f"it is {run.state}" if run is not None else "there is none"
            named = " or ".join(sorted(states))
            raise NotPossibleError(f"No backfill of {business} is {named}: {how}.")
        ended = self.clock() if into.ended else None
        reason = "an operator cancelled it" if into is RunState.CANCELLED else ""
        try:
            return self.runs.replace(replace(run, state=into, ended=ended, reason=reason))
        except ConflictError:
            return self._turn(business, states, into)

    def progress(self, business: str) -> Progress | None:
        """Return how far the newest run of a business is, None when it never had any."""
        run = self.runs.get_latest(business)
        if run is None:
            return None
        return self._progress_of(run)

    def histories(
        self, businesses: Collection[str] | None = None, *, ended: bool = True
    ) -> Histories:
        """Return how the histories of businesses stand; of ended ones only some, the newest.

        Args:
            businesses: whose; None for everybody's.
            ended: whether those that have ended are wanted.
        """
        wanted = [
            run
            for run in self._list_latest().values()
            if (businesses is None or run.business in businesses) and (ended or not run.state.ended)
        ]
        newest = sorted(wanted, key=lambda run: run.started, reverse=True)
        ordered = sorted(newest, key=lambda run: run.state.ended)
        shown = tuple(
            history_of(self._progress_of(run), now=self.clock()) for run in ordered[:_MOST_SHOWN]
        )
        return Histories(shown, max(0, len(ordered) - _MOST_SHOWN))

    def _list_latest(self) -> dict[str, Run]:
        """Return the newest run of every business that ever had one."""
        latest: dict[str, Run] = {}
        for run in self.runs.list_all():
            latest[run.business] = max(latest.get(run.business, run), run, key=lambda each: each.id)
        return latest

    def prune(self, *, before: datetime, most: int) -> int:
        """Forget runs that ended before a moment, or that began then of businesses that are gone.

        Args:
            before: the moment, UTC.
            most: rows that are deleted at a time; as many of them mean that there may be more.

        Returns:
            How many rows were deleted.
        """
        deleted = 0
        for run in list(self.runs.list_all()):
            ended = run.ended is not None and run.ended < before
            if ended or (run.started < before and not self._is_synced(run.business)):
                deleted += self.runs.delete(run, most=most - deleted)
            if deleted >= most:
                break
        return deleted

    def _is_synced(self, business: str) -> bool:
        try:
            return self.businesses.get(business) is not None
        except UnreadableRowError:
            return True  # by a login that is not known

    def _progress_of(self, run: Run) -> Progress:
        return progress_of(run, self.runs.list_parts(run), now=self.clock())
