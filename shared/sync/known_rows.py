"""Rows of lists that the journal knew a moment ago, so that it is not asked about them again.

Never says more than the journal did: that this very state was handled, and nothing is left to do.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.core.fingerprints import fingerprint
from shared.core.identity import Kind
from shared.core.records import Record

# After this time the journal is asked again: what people and other instances note meanwhile about
# a record that FreshBooks shows unchanged, such as a message that was lost, counts then.
KEEP: Final = timedelta(hours=1)
MOST: Final = 100_000  # rows of each half; a number takes some 70 bytes


class KnownRows:
    """Remembers rows for an hour at most, in this process.

    What is remembered is older than half an hour, or younger; the older half goes as a whole. A row
    counts with all that tells its states apart, so that one that changed is another one.
    """

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._young: set[int] = set()
        self._old: set[int] = set()

    def has(self, business: str, record: Record, kind: Kind, now: datetime) -> bool:
        """Say whether the journal knew a row within the last hour."""
        self._age(now)
        mark = _mark(business, record, kind)
        return mark in self._young or mark in self._old

    def add(self, business: str, record: Record, kind: Kind, now: datetime) -> None:
        """Remember a row that the journal knows for good, see `known.is_settled`."""
        self._age(now)
        if len(self._young) < MOST:
            self._young.add(_mark(business, record, kind))

    def _age(self, now: datetime) -> None:
        since = self._since
        if since is not None and timedelta() <= now - since < KEEP / 2:
            return
        recent = since is not None and timedelta() <= now - since < KEEP
        self._old = self._young if recent else set()
        self._young, self._since = set(), now


def _mark(business: str, record: Record, kind: Kind) -> int:
    return hash((business, kind, record.id, fingerprint(record)))
