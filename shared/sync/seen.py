"""What was read of a record in a handling, so that it can be shown when the handling fails.

Never outlives the handling.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

from shared.core.identity import RecordId
from shared.core.waiting import NOTHING_SHOWN, Shown


class Seen:
    """What was read of records, the last reading of each."""

    def __init__(self) -> None:
        self._shown: dict[RecordId, Shown] = {}

    def note(self, record: RecordId, shown: Shown) -> None:
        """Note a reading."""
        self._shown[record] = shown

    def of(self, record: RecordId) -> Shown:
        """Return what was read of a record, nothing where it was not read."""
        return self._shown.get(record, NOTHING_SHOWN)


_CURRENT: Final[ContextVar[Seen | None]] = ContextVar("seen", default=None)


@contextlib.contextmanager
def seeing() -> Iterator[Seen]:
    """Keep what this thread reads while the context lasts."""
    seen = Seen()
    token = _CURRENT.set(seen)
    try:
        yield seen
    finally:
        _CURRENT.reset(token)


def note_reading(record: RecordId, shown: Shown) -> None:
    """Note what was read of a record, if anybody keeps it."""
    if (seen := _CURRENT.get()) is not None:
        seen.note(record, shown)
