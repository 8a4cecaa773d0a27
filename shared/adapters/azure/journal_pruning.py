"""Taking out of the table `journal` what is too old, a bounded number of rows at a time.

Never reads what an entry holds, and never deletes the newest entry of a record that is synced.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from shared.adapters.azure.journal_keys import HISTORY, LATEST, business_of, read_history_key
from shared.adapters.azure.tables import Table
from shared.core.retention import Cut, Slice
from shared.errors import ConflictError

_AT_ONCE: Final = 100  # what one request deletes
_LEAST: Final = 100  # rows that a partition counts for at least: it costs two requests
_BETWEEN: Final = " "  # no key of ours has one


def prune(table: Table, cut: Cut, *, position: str, most: int) -> Slice:
    """Delete what is old and return where to go on.

    Args:
        table: the journal.
        cut: what is old.
        position: where to begin, "" for the beginning.
        most: rows to look at; more than `cut.keep`, so that each piece comes further.
    """
    partition, _, after = position.partition(_BETWEEN)
    deleted, left = 0, most
    partition = partition or _next(table, "")
    while partition:
        seen = _look(table, cut, partition, after, left)
        _delete(table, partition, seen.old)
        deleted += len(seen.old)
        if not seen.ended:
            return Slice(deleted, f"{partition}{_BETWEEN}{seen.resume}")
        partition, after = _next(table, partition), ""
        left -= max(seen.read, _LEAST)
        if left <= cut.keep and partition:
            return Slice(deleted, partition)
    return Slice(deleted)


@dataclass
class _Seen:
    """What was seen of a partition.

    Attributes:
        resume: the last key of the last record that was seen to its end.
    """

    resume: str
    read: int = 0
    old: list[str] = field(default_factory=list)
    ended: bool = False


def _look(table: Table, cut: Cut, partition: str, after: str, most: int) -> _Seen:
    gone = business_of(partition) in cut.gone
    seen = _Seen(after)
    record, entries, previous = "", 0, after
    for key in islice(_keys(table, partition, after or (LATEST if gone else HISTORY)), most):
        seen.read += 1
        entry = None if gone else read_history_key(key)
        if entry is None or entry[0] != record:
            seen.resume, record, entries = previous, entry[0] if entry else "", 0
        entries += 1
        if gone or (entry and (entries > cut.keep or entry[1] < cut.before)):
            seen.old.append(key)
        previous = key
    seen.ended = seen.read < most
    return seen


def _keys(table: Table, partition: str, after: str) -> Iterator[str]:
    found = table.list_keys(
        "PartitionKey eq @partition and RowKey gt @after", partition=partition, after=after
    )
    return (key for _, key in found)


def _next(table: Table, partition: str) -> str:
    """Return the next partition there is, "" after the last one; reads one key."""
    found = table.list_keys("PartitionKey gt @partition", page=1, partition=partition)
    return next((each for each, _ in found), "")


def _delete(table: Table, partition: str, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), _AT_ONCE):
        batch = keys[start : start + _AT_ONCE]
        try:
            table.delete_all(partition, batch)
        except ConflictError:  # one of them is gone already, by our own lost answer or by another
            for key in batch:
                table.delete(partition, key)
