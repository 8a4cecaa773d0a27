"""What stands beside a record: a dead letter, a question, a decision, records that wait for it.

Never asks for any of it where the record's own entry says that there is nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.core.besides import cleared, kept, marked, may_stand
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import (
    DeadLettered,
    Deferred,
    Held,
    Outcome,
    OutcomeName,
    Skipped,
    Unchanged,
    Written,
)
from shared.core.waiting import Hold, Wait
from shared.errors import ConflictError, RetryLaterError
from shared.sync.ports import DeadLetters, Holds, Journal
from shared.sync.release import Release

_TRIES: Final = 5
# Whatever else a record waits for stands in its own entry.
_WAITED_FOR: Final = frozenset({AwaitedKind.INVOICE})
_HELD: Final = frozenset({AwaitedKind.EXISTING, AwaitedKind.CHOSEN})


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Notes in a record's entry that something stands beside it, and looks after it there.

    1. Whoever puts something beside a record marks its entry first. 2. Whoever handles the record
    writes its entry only in the version he read, so that a mark which is made meanwhile is seen.
    3. A mark is taken back when it was looked and nothing was left, and not while whoever made it
    may be about to put something there.
    """

    journal: Journal
    holds: Holds
    dead_letters: DeadLetters
    release: Release
    clock: Callable[[], datetime]

    def mark(self, record: RecordId) -> JournalEntry:
        """Note that something may stand beside a record, anew if that is noted already.

        Returns:
            The record's entry as it is now.

        Raises:
            RetryLaterError: what is noted of the record changes all the time.
            ConnectorError: the journal cannot be reached.
        """
        for _ in range(_TRIES):
            noted = self.journal.get_latest(record)
            entry = noted or JournalEntry(record, OutcomeName.NAMED, self.clock())
            try:
                return self.journal.replace(marked(entry, self.clock()))
            except ConflictError:
                continue
        raise RetryLaterError(f"What is noted of {record} changes all the time.")

    def look(
        self, entry: JournalEntry, outcome: Outcome, before: JournalEntry | None
    ) -> JournalEntry:
        """End what an outcome ends that stands beside a record; return what is to be noted of it.

        Args:
            entry: what is to be noted.
            outcome: how the handling ended.
            before: what is noted of the record so far.

        Raises:
            ConnectorError: the tables or the queue cannot be reached.
        """
        if isinstance(outcome, DeadLettered) or asks(outcome):
            return marked(entry, self.clock())
        if before is None or not may_stand(before):
            return replace(entry, beside=False)
        if isinstance(outcome, Deferred):
            return kept(entry, before)
        self.dead_letters.delete(entry.record.key)
        left = self._is_left(entry.record, outcome)
        return kept(entry, before) if left else cleared(entry, before, self.clock())

    def follow(self, record: RecordId, outcome: Outcome) -> None:
        """End what an outcome ends of a record that was carried along with another one.

        Raises:
            ConnectorError: the tables or the queue cannot be reached.
        """
        if may_stand(self.journal.get_latest(record)):
            self._is_left(record, outcome)

    def is_untold(self, each: Wait | Hold) -> bool:
        """Say whether it stands beside an invoice whose entry does not say so, as far as known.

        An earlier release puts something there without a word.
        """
        kinds = _WAITED_FOR if isinstance(each, Wait) else _HELD
        return each.awaited.kind in kinds and not each.noted

    def take_up(self, each: Wait | Hold, *, synced: Collection[str], delay: float) -> None:
        """Mark the invoice that something untold stands beside.

        It may have been carried over meanwhile without a look, so it is asked for.

        Args:
            each: a record that waits, or a hold.
            synced: the businesses whose records can be handled.
            delay: seconds until the invoice is read.

        Raises:
            ConnectorError: the tables or the queue cannot be reached.
        """
        awaited, request = each.awaited, each.request if isinstance(each, Wait) else None
        business = each.request.business if isinstance(each, Wait) else each.business
        invoice = RecordId(business, Kind.INVOICE, int(awaited.name))
        self.mark(invoice)
        if business in synced and awaited.kind is not AwaitedKind.CHOSEN:
            again = SyncRequest.of(invoice, cause=Cause.FOLLOW_UP, seen=self.clock())
            self.release.queue.send(again, delay=delay)
        self.holds.confirm(business, awaited, request)

    def _is_left(self, record: RecordId, outcome: Outcome) -> bool:
        """End what an outcome ends, and say whether anything may stand there still."""
        if record.kind is not Kind.INVOICE:
            return False
        business, number = record.business, record.number
        over = isinstance(outcome, Written | Unchanged)
        if over:
            # payments that were carried over while the invoice was not there
            self.release.send_waiting(business, Awaited.invoice(number))
        if over or isinstance(outcome, Skipped):
            existing = Awaited.existing(number)
            if self.holds.get(business, existing) is not None:
                self.release.end(business, existing)
        return not over or self.holds.get(business, Awaited.chosen(number)) is not None


def asks(outcome: Outcome) -> bool:
    """Say whether a person is asked about an invoice itself; the question stands beside it."""
    return isinstance(outcome, Held) and outcome.hold.awaited.kind is AwaitedKind.EXISTING
