"""Messages of one record that arrive in one process while the record is being handled.

Never lets one wait for the other: the later ones are done at once, and the record is read again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.core.identity import RecordId


@dataclass(eq=False)
class Handling:
    """The handling of a record.

    Attributes:
        record: which one.
        first: whether no other one was under way; the others have nothing to do.
        again: whether others came meanwhile.
    """

    record: RecordId
    first: bool
    again: bool = False


@dataclass
class UnderWay:
    """The records that are being handled in this process; safe for many threads.

    A message that joins is complete at once. Should the process die, the message of the first
    handling comes again, and that reads the record after all of them.
    """

    _handlings: dict[RecordId, Handling] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def join(self, record: RecordId) -> Iterator[Handling]:
        """Handle a record unless that is under way already.

        Whoever is first calls `leave` as its very last step. An error that is raised instead has to
        bring the message back: it stands for those who joined.
        """
        with self._lock:
            current = self._handlings.get(record)
            if current is not None:
                current.again = True
                handling = Handling(record, first=False)
            else:
                handling = self._handlings[record] = Handling(record, first=True)
        try:
            yield handling
        finally:
            self.leave(handling)

    def leave(self, handling: Handling) -> bool:
        """End a handling, and say whether others came meanwhile; nobody can join it any more."""
        with self._lock:
            if self._handlings.get(handling.record) is handling:
                del self._handlings[handling.record]
            return handling.again
