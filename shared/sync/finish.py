"""How the handling of a message ends for good: kept, noted, buried or sent on.

Nothing that was acknowledged vanishes: a message completes only after its outcome is on record, or
after it is on the queue again.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.events import Cause, SyncRequest
from shared.core.fingerprints import GONE
from shared.core.identity import Awaited, AwaitedKind, Kind
from shared.core.journal import DeadLetter, JournalEntry, succeeding
from shared.core.later import nameless_key, postpone
from shared.core.lines import Trouble, need_of
from shared.core.outcomes import (
    DeadLettered,
    Deferred,
    Held,
    Outcome,
    OutcomeName,
    Result,
    Skipped,
    Unchanged,
    Waits,
    awaited_by,
    name_of,
    reason_of,
)
from shared.core.retries import LONGEST_PERSON_DELAY, patience
from shared.core.trace import trace_id_of
from shared.core.waiting import CIRCUITS, NOTHING_SHOWN, Shown, Wait
from shared.errors import ConflictError, NeedsPersonError, RetryLaterError
from shared.sync.beside import Beside
from shared.sync.ports import DeadLetters, Holds, Journal, SyncQueue, Telemetry
from shared.sync.release import Release

_TRIES = 5
_LONGEST_BODY = 32_000  # characters of a message that a dead letter keeps


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Makes outcomes last."""

    queue: SyncQueue
    journal: Journal
    holds: Holds
    dead_letters: DeadLetters
    release: Release
    beside: Beside
    telemetry: Telemetry
    clock: Callable[[], datetime]
    draw: Callable[[], float]

    def finish(
        self, request: SyncRequest, result: Result, before: JournalEntry | None = None
    ) -> Outcome:
        """Put an outcome on record; what has to follow is sent before the message completes.

        Args:
            request: the message.
            result: how its handling ended.
            before: what was noted of the record when it began.

        Returns:
            The outcome; another one where it could not be put on record, and the message is on the
            queue again.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        outcome = result.outcome
        if isinstance(outcome, Deferred):
            self.queue.send(request, delay=outcome.delay)
            with contextlib.suppress(RetryLaterError, NeedsPersonError):
                self._note(request, result, before, before)  # else the message sent is noted
            return outcome
        try:
            marked = self._keep(request, result, before)
            self._note(request, result, before, marked)
        except (RetryLaterError, NeedsPersonError) as error:
            # Left to the host, five deliveries within minutes would take it for poisoned.
            text = f"What became of a message is not on record: {error}"
            self.telemetry.count(Trouble(what=need_of(error), text=text))
            return self.put_back(request, str(error))
        return outcome

    def put_back(self, request: SyncRequest, reason: str) -> Deferred:
        """Put a message on the queue again whose outcome cannot be noted now.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        now, draw = self.clock(), self.draw()
        wait = patience(request, longest=LONGEST_PERSON_DELAY, now=now, draw=draw)
        self.queue.send(request, delay=wait)
        return Deferred(reason, wait)

    def bury(
        self, request: SyncRequest, outcome: DeadLettered, before: JournalEntry | None = None
    ) -> None:
        """Make a message a dead letter under its record's name, and note it.

        The letter goes when the record is handled after all.
        """
        shown = _shown(NOTHING_SHOWN, before)
        marked = self._bury(request, outcome, shown)
        self._note(request, Result(outcome, shown), before, marked)

    def bury_unreadable(self, body: bytes, outcome: DeadLettered) -> None:
        """Make a message a dead letter that names no record."""
        text = body.decode("utf-8", "replace")[:_LONGEST_BODY]
        self._add_letter(nameless_key(body), text, outcome, NOTHING_SHOWN)

    def postpone(self, body: bytes, reason: str) -> Deferred | DeadLettered:
        """Let a message wait that a later release reads; after days it becomes a dead letter.

        Raises:
            RetryLaterError: the queue cannot be reached; the host delivers the message again.
        """
        waits = postpone(body, now=self.clock(), draw=self.draw())
        if waits is None:
            outcome = DeadLettered(f"{reason} None came for days.")
            self.bury_unreadable(body, outcome)
            return outcome
        self.queue.send_as_it_is(waits.body, delay=waits.delay)
        return Deferred(reason, waits.delay)

    def _keep(
        self, request: SyncRequest, result: Result, before: JournalEntry | None
    ) -> JournalEntry | None:
        """Keep what an outcome needs, and return what is noted of the record then."""
        outcome, awaited = result.outcome, _waiting_row(request, result.outcome)
        marked = before
        if awaited is not None:
            self._wait(request, result, awaited, before)
        if isinstance(outcome, DeadLettered):
            marked = self._bury(request, outcome, _shown(result.shown, before))
        # What it waited for before it waits for no more.
        if before is not None and before.awaited and before.awaited != str(awaited or ""):
            with contextlib.suppress(ValueError):  # of a later release's kind
                self.holds.delete_waiting(Awaited.parse(before.awaited), request)
        if isinstance(outcome, Waits) and outcome.probe is not None:
            self.queue.send(request, delay=outcome.probe)
        return marked

    def _wait(
        self,
        request: SyncRequest,
        result: Result,
        awaited: Awaited,
        before: JournalEntry | None,
    ) -> None:
        outcome = result.outcome
        if isinstance(outcome, Held) and self.holds.get(request.business, awaited) is None:
            self.holds.upsert(outcome.hold)
        same = before is not None and before.awaited == str(awaited)
        if isinstance(outcome, Waits) and outcome.attempt is not None:
            request = request.model_copy(update={"attempt": outcome.attempt})
        wait = Wait(
            awaited,
            request,
            since=before.at if before is not None and same else self.clock(),
            reason=reason_of(outcome),
            shown=_shown(result.shown, before),
        )
        # Whoever let it wait for anything else has looked once more already; that has no hold.
        if isinstance(outcome, Held) or awaited.kind in CIRCUITS:
            self.release.add(wait)
        else:
            self.release.wait(wait)

    def _note(
        self,
        request: SyncRequest,
        result: Result,
        before: JournalEntry | None,
        noted: JournalEntry | None,
    ) -> None:
        """Note an outcome, whatever is noted meanwhile; what that says is honoured.

        Args:
            request: the message.
            result: how its handling ended.
            before: what was noted of the record when that began.
            noted: what is noted of it now, as far as is known.
        """
        if result.fingerprint == GONE and request.cause is not Cause.POLL:
            # a poll looks again: its list still knows whose the record was
            result = replace(result, fingerprint="")
        awaited, shown = awaited_by(result.outcome), _shown(result.shown, before)
        at, waits_for = self.clock(), str(awaited or "")
        if isinstance(result.outcome, Deferred) and before is not None and before.awaited:
            waits_for = before.awaited  # its row stays, and goes when it is handled after all
            at = before.at if waits_for.startswith(AwaitedKind.PROBLEM) else at
        entry = JournalEntry(
            record=request.record,
            outcome=name_of(result.outcome),
            at=at,
            cause=request.cause,
            reason=reason_of(result.outcome),
            label=shown.label,
            fingerprint=result.fingerprint,
            read_at=result.read_at,
            # Where nothing was read the rows it had are the rows it has.
            rows=result.rows or (before.rows if before is not None else ()),
            trace=trace_id_of(self.telemetry.traceparent()),
            awaited=waits_for,
            name=shown.name,
            amount=shown.amount,
            currency=shown.currency,
            same=_times_unchanged(request, result, before),
        )
        history = before is None or not _is_repeated(entry, before)
        if before is not None and not history:
            if entry.read_at is None:
                return
            # The moment of the reading tells a poll what it need not ask for.
            entry = replace(entry, at=before.at)
        self._write(entry, result.outcome, noted, history=history)

    def _write(
        self,
        entry: JournalEntry,
        outcome: Outcome,
        noted: JournalEntry | None,
        *,
        history: bool,
    ) -> None:
        for _ in range(_TRIES):
            wanted = self.beside.look(entry, outcome, noted)
            wanted, past = succeeding(wanted, noted, history=history)
            try:
                self.journal.replace(wanted, past=past)
            except ConflictError:
                noted = self.journal.get_latest(entry.record)
                if noted is not None:  # a message that was sent meanwhile reads it after this
                    pending, since = noted.pending, noted.pending_since
                    entry = replace(entry, pending=pending, pending_since=since)
            else:
                return
        raise RetryLaterError(f"What is noted of {entry.record} changes all the time.")

    def _bury(self, request: SyncRequest, outcome: DeadLettered, shown: Shown) -> JournalEntry:
        marked = self.beside.mark(request.record)
        # Plain, so that whichever release retries it can read it.
        body = request.plain().model_dump_json()
        key, traceparent = request.record.key, request.traceparent
        self._add_letter(key, body, outcome, shown, traceparent=traceparent)
        return marked

    def _add_letter(
        self, key: str, body: str, outcome: DeadLettered, shown: Shown, *, traceparent: str = ""
    ) -> None:
        self.dead_letters.add(
            DeadLetter(
                key=key,
                body=body,
                reason=outcome.reason,
                at=self.clock(),
                code=outcome.code,
                request_id=outcome.request_id,
                traceparent=traceparent,
                label=shown.label,
                name=shown.name,
                amount=shown.amount,
                currency=shown.currency,
            )
        )


# They come again and again while nothing changes.
_REPEATED = {
    OutcomeName.SKIPPED,
    OutcomeName.HELD,
    OutcomeName.WAITING,
    OutcomeName.DEFERRED,
    OutcomeName.DEAD_LETTERED,
}


def _waiting_row(request: SyncRequest, outcome: Outcome) -> Awaited | None:
    """Return what a row says that the record waits for, None where there is none."""
    awaited = None if isinstance(outcome, DeadLettered) else awaited_by(outcome)
    # the hold of a client stands for the client itself
    of_itself = (
        awaited is not None and request.kind is Kind.CLIENT and (awaited.kind is AwaitedKind.CLIENT)
    )
    return None if of_itself else awaited


def _is_repeated(entry: JournalEntry, before: JournalEntry) -> bool:
    """Say whether a handling ended as the one before, so that its history says it already."""
    if entry.outcome not in _REPEATED or entry.outcome is not before.outcome:
        return False
    if entry.outcome is OutcomeName.DEFERRED or entry.awaited:
        return entry.awaited == before.awaited  # reasons name requests
    return entry.reason == before.reason


def _times_unchanged(request: SyncRequest, result: Result, before: JournalEntry | None) -> int:
    if not isinstance(result.outcome, Unchanged | Skipped):
        return 0
    known = before is not None and before.fingerprint == result.fingerprint
    times = before.same if before is not None and known else 0
    # What follows from other records is asked for whenever those change, as often as they do.
    return times if request.cause is Cause.FOLLOW_UP else min(times + 1, 1000)


def _shown(shown: Shown, before: JournalEntry | None) -> Shown:
    """Return what was read of a record, or what was known of it where nothing was."""
    if shown != NOTHING_SHOWN or before is None:
        return shown
    return Shown(before.label, before.name, before.amount, before.currency)
