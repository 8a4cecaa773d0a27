"""Was this state of a record handled already? What a list shows against what the journal knows.

Never trusts `updated` alone: it has seconds only.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.records import GONE, Invoice, Record, fingerprint

# A record read this long after its `updated` cannot have changed again within that second.
SETTLED: Final = timedelta(seconds=5)
# A deferred message is seen again within the hour; twice that, and it must be lost.
LOST_AFTER: Final = timedelta(hours=2)


def is_known(record: Record, entry: JournalEntry | None, now: datetime) -> bool:
    """Say whether this state of the record was handled already.

    `updated` has seconds only: a record read within the same moment may have changed once more
    under the same text, so it is known only when it was read a while after.
    """
    if entry is None:
        return False
    if entry.outcome is OutcomeName.DEFERRED:
        return now - entry.at < LOST_AFTER  # its message is on the queue and will read it anew
    if entry.outcome is OutcomeName.DEAD_LETTERED and not entry.fingerprint:
        return _settled(record, entry.at)  # asking again would undo that it was dismissed
    if record.deleted and entry.fingerprint == GONE:
        return True
    if entry.read_at is None or entry.fingerprint != fingerprint(record):
        return False
    exact = isinstance(record, Invoice) and "." in record.version.text
    return exact or _settled(record, entry.read_at)


def _settled(record: Record, at: datetime) -> bool:
    """Say whether nothing that happened to the record before `at` can be unknown by its text."""
    instants = record.version.instants()
    return instants is not None and at > instants[1] + SETTLED
