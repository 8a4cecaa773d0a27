"""Was this state of a record handled already? What a list shows against what the journal knows.

Never trusts `updated` alone: it has seconds only.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.core.events import Cause
from shared.core.fingerprints import GONE, fingerprint, without_mapped
from shared.core.identity import Kind
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.pages import Unreadable
from shared.core.records import Category, Client, Credit, Invoice, Record, SourceVersion, VisState

# A record read this long after its `updated` cannot have changed again within that second.
SETTLED: Final = timedelta(seconds=5)
# A deferred message is seen again within the hour; twice that, and it must be lost.
LOST_AFTER: Final = timedelta(hours=2)
TICKET_COUNTS: Final = timedelta(hours=24)
TICKET_COUNTS_WHEN_IDLE: Final = timedelta(minutes=10)  # while nothing at all is on the queue
CLOCKS_APART: Final = timedelta(minutes=10)
UNREADABLE_AGAIN: Final = timedelta(days=1)
# What a record waits for that has nothing to do with what it holds.
_OUTSIDE: Final = ("service-", "connection-")
# These stand where a record could not even be read.
_ENDED: Final = frozenset({OutcomeName.DEAD_LETTERED, OutcomeName.WAITING})
_CARRIED: Final = frozenset({OutcomeName.CREATED, OutcomeName.UPDATED, OutcomeName.UNCHANGED})
# What a list shows and the record itself does not is looked at with growing pauses.
_FIRST_PAUSE: Final = timedelta(minutes=10)
_LONGEST_PAUSE: Final = timedelta(days=1)
_IN_VAIN: Final = 2  # handlings that found nothing to do, before the pauses begin
_MOST_DOUBLINGS: Final = 10
_OF_ALL: Final = 2  # parts that every fingerprint has: version and visibility


def is_known(record: Record, entry: JournalEntry | None, now: datetime) -> bool:
    """Say whether this state of the record was handled already, or is read anew in any case.

    `updated` has seconds only: a record read within the same moment may have changed once more
    under the same text, so it is known only when it was read a while after.
    """
    if entry is None:
        return False
    if entry.outcome is OutcomeName.DEFERRED:
        return now - entry.at < LOST_AFTER  # its message is on the queue and will read it anew
    if entry.awaited.startswith(_OUTSIDE):
        return True  # it is read anew when that is over
    if not entry.fingerprint and entry.outcome in _ENDED:
        # Asking again would undo that it was dismissed, or try in vain what waits anyhow.
        if _has_version(record):
            return _settled(record.version, entry.read_at or entry.at)
        return now - entry.at < UNREADABLE_AGAIN
    return _is_in_this_state(record, entry, now)


def _is_in_this_state(record: Record, entry: JournalEntry, now: datetime) -> bool:
    if entry.fingerprint == GONE:
        return record.deleted
    if entry.read_at is None:
        return False
    if _tells_apart(entry.fingerprint, record):
        return _looked_at_in_vain(entry, record, now)
    exact = isinstance(record, Invoice) and "." in record.version.text
    whole = not _has_version(record)  # all that is shown of it is in the fingerprint
    return bool(entry.awaited) or exact or whole or _settled(record.version, entry.read_at)


def is_settled(record: Record, entry: JournalEntry | None) -> bool:
    """Say whether just this state was handled and nothing is left to be done, at any later time.

    What is known for a while only, or because it waits for something, is not settled.
    """
    if entry is None or entry.awaited or entry.outcome is OutcomeName.DEFERRED:
        return False
    if entry.read_at is None or entry.fingerprint != fingerprint(record):
        return False
    exact = isinstance(record, Invoice) and "." in record.version.text
    return exact or not _has_version(record) or _settled(record.version, entry.read_at)


def is_known_absent(entry: JournalEntry, now: datetime) -> bool:
    """Say whether nothing is left to be done about a record that a list no longer shows.

    Args:
        entry: the record's newest.
        now: UTC.
    """
    _version, _, said = entry.fingerprint.partition("|")
    gone = not said or said.partition("|")[0] == str(int(VisState.DELETED))
    return gone or entry.awaited.startswith(_OUTSIDE) or _is_polled_in_vain(entry, now)


def is_known_unread(row: Unreadable, entry: JournalEntry | None, now: datetime) -> bool:
    """Say whether a record was asked for already whose row in a list cannot be read."""
    if entry is None or entry.outcome in {OutcomeName.ASKED, OutcomeName.NAMED}:
        return False
    if entry.awaited or _settled(SourceVersion(row.updated), entry.read_at or entry.at):
        return True
    return now - entry.at < UNREADABLE_AGAIN and not row.updated


def is_shown_by(entry: JournalEntry | None, record: Record) -> bool:
    """Say whether another record that this one is part of was carried after this one changed.

    Args:
        entry: what is noted of the other one: a client with balances, the invoice of a payment.
        record: as it is now.
    """
    if entry is None or entry.read_at is None or entry.outcome not in _CARRIED:
        return False
    return _has_version(record) and _settled(record.version, entry.read_at)


def is_pending(entry: JournalEntry | None, now: datetime, *, idle: bool) -> bool:
    """Say whether a message is on the queue that nobody took yet and that will read the record.

    Args:
        entry: the record's newest.
        now: UTC.
        idle: nothing at all is on the queue: then that message is lost, once it had the time to
            get there.
    """
    if entry is None or not entry.pending or entry.pending_since is None:
        return False
    longest = TICKET_COUNTS_WHEN_IDLE if idle else TICKET_COUNTS
    return -CLOCKS_APART <= now - entry.pending_since < longest


def _looked_at_in_vain(entry: JournalEntry, record: Record, now: datetime) -> bool:
    """Say whether only balances or mapped fields differ, and looking found nothing just now.

    A list may show others than the record itself does; no source says that they are the same. Nor
    does any of records that have no version.
    """
    if not _has_version(record):
        return _is_polled_in_vain(entry, now)
    if entry.same < _IN_VAIN:
        return False
    if entry.record.kind is not Kind.CLIENT:
        return _differ_in_mapped_alone(entry.fingerprint, record) and _rests(entry, now)
    if not entry.fingerprint.startswith(f"{record.version.text}|{int(record.vis_state)}|"):
        return False
    return _rests(entry, now)


def _is_polled_in_vain(entry: JournalEntry, now: datetime) -> bool:
    """Say whether polls asked for a record again and again and found nothing, and did so just now.

    What others asked for in between says nothing about the list.
    """
    in_vain = entry.cause == Cause.POLL and entry.same >= _IN_VAIN
    return in_vain and _rests(entry, now)


def _rests(entry: JournalEntry, now: datetime) -> bool:
    doublings: int = 2 ** min(entry.same - _IN_VAIN, _MOST_DOUBLINGS)
    return now - entry.at < min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)


def _differ_in_mapped_alone(noted: str, record: Record) -> bool:
    before, now = noted.split("|"), fingerprint(record).split("|")
    return without_mapped(before) == without_mapped(now)


def _has_version(record: Record) -> bool:
    """Say whether records of its kind tell when they changed."""
    return not isinstance(record, Credit | Category)


def _settled(version: SourceVersion, at: datetime) -> bool:
    """Say whether nothing that happened to the record before `at` can be unknown by its text."""
    instants = version.instants()
    return instants is not None and at > instants[1] + SETTLED


def _tells_apart(noted: str, record: Record) -> bool:
    """Say whether a record as a list shows it is in another state than the one that was noted.

    A list may leave a client's balances or a mapped field out: then there is nothing to compare
    them with. A state that was noted without them is another one, once.
    """
    shown = fingerprint(record)
    if noted == shown:
        return False
    before, now = noted.split("|"), shown.split("|")
    if not isinstance(record, Client):
        return without_mapped(before) != without_mapped(now) or not set(now) <= set(before)
    if before[:_OF_ALL] != now[:_OF_ALL]:
        return True
    then = {part.partition(":")[0]: part for part in before[_OF_ALL:]}
    return any(then.get(part.partition(":")[0]) != part for part in now[_OF_ALL:])
