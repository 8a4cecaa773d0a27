"""An operator decides about dead letters: try again, forget, or take that back.

Never decides about a letter that is another one by now, and never removes one before its message
is on the queue.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from shared.core.events import Cause, SyncRequest
from shared.core.fingerprints import fingerprint
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.records import Category, Credit, Record
from shared.errors import ConflictError, ConnectorError, InvalidMessageError, NotPossibleError
from shared.sync.one import read_one
from shared.sync.ports import DeadLetters, FreshBooks, Journal, SyncQueue

SLICE: Final = 200  # messages that are sent at once
PAUSE: Final = 10.0  # seconds by which each slice comes later: as many as Dataverse takes


@dataclass(frozen=True)
class Wanted:
    """Which dead letters a decision is about: those that meet all of it.

    Attributes:
        key: of one letter, "" for any.
        reason: a part of the reason, in any case; "" for any.
        since: buried then or later, UTC; None for any.
    """

    key: str = ""
    reason: str = ""
    since: datetime | None = None

    def fits(self, letter: DeadLetter) -> bool:
        """Say whether a letter is meant."""
        return (
            self.key in {"", letter.key}
            and self.reason.casefold() in letter.reason.casefold()
            and (self.since is None or letter.at >= self.since)
        )


@dataclass(frozen=True)
class Decided:
    """What became of a decision so far.

    Attributes:
        done: letters it was carried out for.
        changed: letters that are others by now, and stay.
        unreadable: keys of those that hold no message, so that they cannot be tried again.
    """

    done: int = 0
    changed: int = 0
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Letters:
    """The operator's decisions about dead letters."""

    dead_letters: DeadLetters
    journal: Journal
    freshbooks: FreshBooks
    queue: SyncQueue
    clock: Callable[[], datetime]

    def retry(self, wanted: Wanted) -> Iterator[Decided]:
        """Put messages on the queue again, and yield after every slice how many there were.

        Raises:
            NotPossibleError: there is no dead letter of that key.
        """
        decided = Decided()
        letters = iter(self._wanted(wanted))
        number = 0
        while several := list(islice(letters, SLICE)):
            for letter in several:
                decided = self._retry(letter, decided, delay=PAUSE * number)
            number += 1
            yield decided

    def dismiss(self, wanted: Wanted) -> Iterator[Decided]:
        """Forget dead letters until their records change, and yield how many after every slice.

        Raises:
            NotPossibleError: there is no dead letter of that key.
        """
        decided = Decided()
        letters = iter(self._wanted(wanted))
        while several := list(islice(letters, SLICE)):
            for letter in several:
                decided = self._dismiss(letter, decided)
            yield decided

    def undo(self, key: str) -> Decided:
        """Take back that a letter was dismissed, and try its message again.

        Raises:
            NotPossibleError: none of that key is dismissed, or it is another one by now.
        """
        letter = self.dead_letters.get(key)
        if letter is None or letter.dismissed_at is None:
            raise NotPossibleError(
                f"No dead letter {key} is dismissed; `python -m shared dead-letters dismissed` "
                "lists those that are."
            )
        try:
            self.dead_letters.replace(replace(letter, dismissed_at=None))
        except ConflictError:
            raise NotPossibleError(f"The dead letter {key} was just changed; look again.") from None
        return next(self.retry(Wanted(key)), Decided())

    def _wanted(self, wanted: Wanted) -> Iterable[DeadLetter]:
        if not wanted.key:
            return [letter for letter in self.dead_letters.list_all() if wanted.fits(letter)]
        letter = self.dead_letters.get(wanted.key)
        if letter is None:
            raise NotPossibleError(f"There is no dead letter {wanted.key}.")
        return [letter] if wanted.fits(letter) else []

    def _retry(self, letter: DeadLetter, decided: Decided, *, delay: float) -> Decided:
        try:
            request = SyncRequest.parse(letter.body.encode())
        except InvalidMessageError:
            return replace(decided, unreadable=(*decided.unreadable, letter.key))
        again = SyncRequest.of(request.record, cause=Cause.OPERATOR, seen=self.clock())
        again = again.model_copy(update={"traceparent": letter.traceparent})
        self.queue.send(again, delay=delay)
        with contextlib.suppress(ConflictError):
            # A newer one tells of a newer failure, perhaps that of the message just sent.
            self.dead_letters.delete(letter.key, version=letter.version)
        return replace(decided, done=decided.done + 1)

    def _dismiss(self, letter: DeadLetter, decided: Decided) -> Decided:
        dismissed = replace(letter, dismissed_at=letter.dismissed_at or self.clock())
        try:
            self.dead_letters.replace(dismissed)
        except ConflictError:
            return replace(decided, changed=decided.changed + 1)
        with contextlib.suppress(ConnectorError):  # a poll may ask for it once more then
            self._remember_state(letter)
        return replace(decided, done=decided.done + 1)

    def _remember_state(self, letter: DeadLetter) -> None:
        """Note which state of the record was dismissed, where its failure does not say so.

        A poll asks for a record whose state it does not know. A record that changed after its
        failure is left alone: nobody decided about that.
        """
        record = SyncRequest.parse(letter.body.encode()).record
        entry = self.journal.get_latest(record)
        if entry is None or entry.outcome is not OutcomeName.DEAD_LETTERED or entry.fingerprint:
            return
        read_at = self.clock()
        found = read_one(self.freshbooks, record)
        if found is not None and _unchanged_since(found, entry):
            known = replace(entry, fingerprint=fingerprint(found), read_at=read_at)
            self.journal.replace(known)


def _unchanged_since(record: Record, entry: JournalEntry) -> bool:
    if isinstance(record, Credit | Category):
        return True  # nothing tells; as it is now, it was dismissed
    instants = record.version.instants()
    return instants is not None and instants[0] <= entry.at
