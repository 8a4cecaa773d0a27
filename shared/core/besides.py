"""What may stand beside a record's own entry: what was noted of it, and how long that counts.

Never looks at what stands there.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.journal import JournalEntry
from shared.core.known import CLOCKS_APART

# Who notes that something will stand beside a record puts it there before the host ends his
# function after half an hour; nobody's note is taken back any sooner.
SURELY_THERE: Final = timedelta(hours=1)


def may_stand(entry: JournalEntry | None) -> bool:
    """Say whether anything may stand beside a record, by its newest entry.

    Whoever puts something beside a record notes that first, so nothing does where there is no
    entry. An entry whose writer did not say, as an earlier release, says nothing.
    """
    return entry is not None and entry.beside is not False


def marked(entry: JournalEntry, now: datetime) -> JournalEntry:
    """Return an entry that says that something may stand beside its record."""
    return replace(entry, beside=True, beside_since=now)


def kept(entry: JournalEntry, before: JournalEntry) -> JournalEntry:
    """Return an entry that says of what stands beside its record what was noted before."""
    return replace(entry, beside=before.beside, beside_since=before.beside_since)


def cleared(entry: JournalEntry, before: JournalEntry, now: datetime) -> JournalEntry:
    """Return an entry that says that nothing stands beside its record, as far as that is sure.

    Args:
        entry: what is to be noted.
        before: what was noted before it was looked, and nothing was left.
        now: UTC.
    """
    since = before.beside_since
    if since is not None and -CLOCKS_APART < now - since < SURELY_THERE:
        return kept(entry, before)
    return replace(entry, beside=False, beside_since=None)
