"""The lanes of a backfill: pages of its steps carried side by side, one after the other in each.

Never carries a page that is on record as done, and never goes ahead of what happens now.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.lane import Lane, is_lane
from shared.core.lines import Backfilled, Trouble, need_of
from shared.core.outcomes import Outcome, OutcomeName, name_of
from shared.core.pages import PAGE_SIZE, ListPage
from shared.core.runs import Counts, Part, Run, RunState, Step, Work
from shared.errors import (
    ConflictError,
    ConnectorError,
    InvalidMessageError,
    LaterReleaseError,
    NeedsPersonError,
    NotSyncedError,
    RetryLaterError,
)
from shared.sync.backfill.carrying import CarriedPage, PageCarrier, Place
from shared.sync.backfill.proof import Proof
from shared.sync.backfill.sorting import is_settled
from shared.sync.ports import FreshBooks, Journal, SyncQueue, Telemetry, counting, history
from shared.sync.ports.runs import BackfillQueue, Runs

CLIENTS: Final = 10  # of a page
LONGEST: Final = 120.0  # seconds of one invocation
_LATER: Final = 3600.0  # seconds until a later release may be back
_WATCH: Final = 3.0  # seconds until the first lane looks whether the others are done
_SHORTEST_WAIT: Final = 15.0
_LONGEST_WAIT: Final = 300.0
_TRIES: Final = 5
_STALLED: Final = timedelta(minutes=3)  # without a page: the other lanes ended, or their host did


@dataclass(frozen=True, kw_only=True)
class Lanes:
    """Handles the messages of the queue `backfill`.

    Attributes:
        one: handles the message of one record.
        poison: handles one that the host gave up on.
        is_stopped: says why nothing may be carried for a business now, "" when it may.
        seconds: only grow.
    """

    runs: Runs
    queue: BackfillQueue
    alone: SyncQueue
    freshbooks: FreshBooks
    journal: Journal
    carrier: PageCarrier
    proof: Proof
    one: Callable[[bytes], Outcome]
    poison: Callable[..., Outcome]
    is_stopped: Callable[[str], str]
    telemetry: Telemetry
    clock: Callable[[], datetime]
    seconds: Callable[[], float]
    longest: float = LONGEST

    def handle(self, body: bytes, *, invocation: str = "") -> None:
        """Handle one message: a lane's, or that of a record that is carried alone.

        Raises:
            ConnectorError: our own storage cannot be reached; the host delivers it again.
        """
        with history():
            if not is_lane(body):
                self.one(body)
                return
            lane = self._read(body)
            if lane is not None:
                with self.telemetry.unit("backfill", invocation=invocation):
                    self._go(lane)

    def revive(self, body: bytes, *, invocation: str = "") -> None:
        """Let a message go on that the host gave up on: whoever killed it may be on its page.

        The page is carried record by record, each alone; a record is tried again, alone and later.

        Raises:
            ConnectorError: our own storage cannot be reached; the host delivers it again.
        """
        if not is_lane(body):
            self.poison(body, invocation=invocation)
            return
        lane = self._read(body)
        if lane is not None:
            again = {"singly": True, "attempt": lane.attempt + 1}
            self.queue.send_lane(lane.model_copy(update=again).encode(), delay=_SHORTEST_WAIT)

    def begin(self, run: Run) -> None:
        """Send the first message of a run, or of one that goes on."""
        self.queue.send_lane(Lane(business=run.business, run=run.id, step=run.step).encode())

    def _read(self, body: bytes) -> Lane | None:
        """Return a lane's message, None for one that waits for a later release or is none."""
        try:
            return Lane.parse(body)
        except LaterReleaseError:
            self.alone.send_as_it_is(body, delay=_LATER)
        except InvalidMessageError as error:
            text = f"A message of a backfill was left out: {error}"
            self.telemetry.count(Trouble(what=need_of(error), text=text))
        return None

    def _go(self, lane: Lane) -> None:
        until = self.seconds() + self.longest
        while (run := self._running(lane)) is not None:
            if lane.step < run.step:
                if lane.watch:
                    return
                # Whoever began this step was cut short, or it would not have been this lane's turn.
                lane = _first(run)
            if stopped := self.is_stopped(run.business):
                self._wait(lane, run, stopped, None)
                return
            try:
                following = self._step(run, lane, until)
            except NotSyncedError as error:
                self._replace(run, state=RunState.CANCELLED, reason=str(error), ended=self.clock())
                return
            except (RetryLaterError, NeedsPersonError) as error:
                self._wait(lane, run, str(error), error)
                return
            if following is None:
                return
            if self.seconds() >= until:
                self.queue.send_lane(following.encode())
                return
            lane = following

    def _running(self, lane: Lane) -> Run | None:
        run = self.runs.get(lane.business, lane.run)
        return run if run is not None and run.state is RunState.RUNNING else None

    def _step(self, run: Run, lane: Lane, until: float) -> Lane | None:
        """Do this lane's part of a step; return how it goes on, None when others do."""
        if run.step >= len(run.steps):
            self._replace(run, state=RunState.DONE, reason="", ended=self.clock())
            return None
        step = run.steps[run.step]
        match step.work:
            case Work.CARRY:
                done = self._carry(run, step, lane, until)
            case Work.FOLLOW:
                done = self._follow(run, lane, until)
            case Work.PROVE:
                done = lane.number > 1 or self._prove(run, step)
        if not done:
            return lane.model_copy(update={"attempt": 0, "watch": False})
        if self._is_complete(run, step):
            return self._advance(run)
        if lane.number == 1:
            self._watch(run, lane)
        return None

    def _carry(self, run: Run, step: Step, lane: Lane, until: float) -> bool:
        """Carry this lane's pages that are left; False when there was no time for all."""
        parts = {part.page: part for part in self.runs.list_parts(run, step=run.step)}
        singly = lane.singly
        if 1 not in parts:
            if lane.number > 1:
                return True
            parts[1] = self._page(run, step, 1, singly=singly)
            self._fan_out(run, _lanes_of(run, step, parts[1].pages))
            singly = False
        lanes = _lanes_of(run, step, parts[1].pages)
        if lane.number > lanes:
            return True
        for number in range(lane.number, parts[1].pages + 1, lanes):
            if number in parts:
                continue
            if self.seconds() >= until:
                return False
            self._page(run, step, number, singly=singly)
            singly = False
            if lane.number == 1 and lane.attempt:
                # What stood in the way is over; the other lanes ended for it.
                self._fan_out(run, lanes)
                lane = lane.model_copy(update={"attempt": 0})
        return True

    def _fan_out(self, run: Run, lanes: int) -> None:
        for number in range(2, lanes + 1):
            lane = Lane(business=run.business, run=run.id, number=number, step=run.step)
            self.queue.send_lane(lane.encode())

    def _page(self, run: Run, step: Step, number: int, *, singly: bool) -> Part:
        began = self.seconds()
        assert step.kind is not None  # noqa: S101  # pages are of one kind
        place = Place(step.kind, step.listing, number)
        with counting() as tally:
            if singly:
                carried = self._singly(run, place)
            elif step.kind is Kind.CLIENT:
                carried = self._clients(run, place)
            else:
                carried = self.carrier.carry(run, place)
        spent = Counts(
            freshbooks=tally.sent["FreshBooks"],
            dataverse=tally.sent["Dataverse"],
            throttled=tally.throttled,
            milliseconds=round((self.seconds() - began) * 1000),
        )
        part = Part(
            step=run.step,
            page=number,
            pages=max(1, carried.pages),
            rows=carried.rows,
            counts=carried.counts + spent,
            at=self.clock(),
        )
        self.runs.put_part(run, part)
        self._tell(run, str(step), part)
        if run.reason:
            self._replace(run, reason="")
        return part

    def _tell(self, run: Run, step: str, part: Part) -> None:
        counts = part.counts
        self.telemetry.write(
            Backfilled(
                business=run.business,
                run=run.id,
                step=step,
                page=part.page,
                pages=part.pages,
                records=counts.listed,
                written=counts.created + counts.updated,
                alone=counts.alone,
                ms=float(counts.milliseconds),
            )
        )

    def _list(self, run: Run, place: Place) -> ListPage:
        # Clients are carried one by one: smaller pages keep all lanes at work.
        size = CLIENTS if place.kind is Kind.CLIENT else PAGE_SIZE
        return self.freshbooks.list_page(
            run.business, place.kind, place.listing, number=place.number, size=size
        )

    def _singly(self, run: Run, place: Place) -> CarriedPage:
        """Send the records of a page one by one: one of them may have killed the host."""
        page = self._list(run, place)
        numbers = [each.id for each in page.records] + [each.number for each in page.unreadable]
        for number in numbers:
            self.alone.send(self._request(RecordId(run.business, place.kind, number)))
        counts = Counts(listed=len(numbers), alone=len(numbers))
        return CarriedPage(counts, page.pages, page.total)

    def _clients(self, run: Run, place: Place) -> CarriedPage:
        """Carry clients one after the other: each may have to find its account."""
        page = self._list(run, place)
        numbers = [each.id for each in page.records]
        noted = self.journal.get_many(run.business, Kind.CLIENT, numbers)
        counts = Counts(listed=len(numbers) + len(page.unreadable))
        todo = [each.number for each in page.unreadable]
        for client in page.records:
            entry = noted.get(client.id)
            there = run.missing and entry is not None and bool(entry.rows)
            if there or is_settled(client, entry, run):
                counts += Counts(known=1)
            else:
                todo.append(client.id)
        for number in todo:
            counts += self._one(RecordId(run.business, Kind.CLIENT, number))
        return CarriedPage(counts, page.pages, page.total)

    def _follow(self, run: Run, lane: Lane, until: float) -> bool:
        """Look at what the pages made due for others; False when there was no time for all."""
        due = self.runs.list_due(run)
        begun = bool(self.runs.list_parts(run, step=run.step))
        # A few are done before another lane has begun.
        lanes = run.lanes if begun or len(due) > run.lanes else 1
        if lane.number == 1 and lanes > 1 and not begun:
            self._fan_out(run, lanes)
            self.runs.put_part(run, Part(run.step, 1, 1, 0, Counts(), self.clock()))
        # Invoices before clients, whose opportunities show their sums.
        for record in sorted(due, key=lambda each: (each.kind is Kind.CLIENT, each.number)):
            if record.number % lanes != lane.number - 1:
                continue
            if self.seconds() >= until:
                return False
            self._one(record)
            self.runs.forget_due(run, record)
        return True

    def _prove(self, run: Run, step: Step) -> bool:
        with counting() as tally:
            began = self.seconds()
            proved = self.proof.go_on(run, step)
        if not proved.done:
            return False
        counts = Counts(
            alone=proved.missing,
            freshbooks=tally.sent["FreshBooks"],
            milliseconds=round((self.seconds() - began) * 1000),
        )
        part = Part(run.step, 1, 1, 0, counts, self.clock())
        self.runs.put_part(run, part)
        self._tell(run, str(step), part)
        return True

    def _one(self, record: RecordId) -> Counts:
        outcome = self.one(self._request(record).model_dump_json().encode())
        return _COUNTED.get(name_of(outcome), Counts(alone=1))

    def _request(self, record: RecordId) -> SyncRequest:
        return SyncRequest.of(record, cause=Cause.BACKFILL, seen=self.clock())

    def _is_complete(self, run: Run, step: Step) -> bool:
        if step.work is Work.FOLLOW:
            return not self.runs.list_due(run)
        parts = {part.page: part for part in self.runs.list_parts(run, step=run.step)}
        first = parts.get(1)
        return first is not None and parts.keys() >= set(range(1, first.pages + 1))

    def _advance(self, run: Run) -> Lane | None:
        """Begin the next step; None when another lane does, or when the run has ended.

        Raises:
            RetryLaterError: the run is changed all the time.
        """
        for _ in range(_TRIES):
            now = self.runs.get(run.business, run.id)
            if now is None or now.step != run.step or now.state.ended:
                return None
            following = self._replace(now, step=run.step + 1)
            if following is not None:
                return _first(following)
        raise RetryLaterError(f"The backfill of {run.business} is changed all the time.")

    def _watch(self, run: Run, lane: Lane) -> None:
        """Look again in a while; where the others seem to be lost, send them once more."""
        parts = self.runs.list_parts(run, step=run.step)
        latest = max((part.at for part in parts), default=run.started)
        if lane.watch and self.clock() - latest > _STALLED:
            self._fan_out(run, run.lanes)
        watch = lane.model_copy(update={"watch": True, "attempt": 0})
        self.queue.send_lane(watch.encode(), delay=_WATCH)

    def _wait(self, lane: Lane, run: Run, why: str, error: ConnectorError | None) -> None:
        """Postpone a lane: what stands in the way is not the run's.

        Only the first one comes again, so that an outage costs as little as one record that waits;
        it sends the others when it gets through.
        """
        if lane.number > 1:
            return
        asked = getattr(error, "retry_after", None) or 0.0
        wait = min(_LONGEST_WAIT, max(asked, _SHORTEST_WAIT * 2.0 ** min(lane.attempt, 10)))
        again = {"attempt": lane.attempt + 1}
        self.queue.send_lane(lane.model_copy(update=again).encode(), delay=wait)
        if run.reason != why:
            self._replace(run, reason=why)

    def _replace(self, run: Run, **changes: object) -> Run | None:
        """Change a run; None when somebody else changed it first."""
        try:
            return self.runs.replace(replace(run, **changes))  # type: ignore[arg-type]  # its fields
        except ConflictError:
            return None


def _lanes_of(run: Run, step: Step, pages: int) -> int:
    """Return how many lanes share the pages of a step, the same whoever asks.

    A page of clients takes as long as ten records do; of the others one lane has done a second page
    before another lane has begun.
    """
    together = 1 if step.kind is Kind.CLIENT else 2
    return max(1, min(run.lanes, -(-pages // together)))


def _first(run: Run) -> Lane:
    return Lane(business=run.business, run=run.id, step=run.step)


_COUNTED: Final = {
    OutcomeName.CREATED: Counts(created=1),
    OutcomeName.UPDATED: Counts(updated=1),
    OutcomeName.CANCELLED: Counts(updated=1),
    OutcomeName.UNCHANGED: Counts(unchanged=1),
    OutcomeName.SKIPPED: Counts(skipped=1),
    OutcomeName.JOINED: Counts(known=1),
}
