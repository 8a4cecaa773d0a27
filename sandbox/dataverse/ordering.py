"""Rows sorted by one column, so that a page of them, or a prefix, is found without the others.

Never holds the rows, only their ids, their births and what they are sorted by.
"""

import bisect
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.dataverse.collation import fold

# Nulls come first when ascending, as in SQL Server; rows of one value stay in order of birth.
Key = tuple[bool, Any]
_Entry = tuple[Key, int, str]
# With more changes than this share of the rows it is cheaper to sort anew.
_FEW = 50
_SMALLEST: Key = (True, "")
_NEVER_BORN = 1 << 62
_LAST = chr(0x10FFFF)


class Ordered:
    """The rows of a table in the order of one column."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._entries: list[_Entry] = []
        self._added: set[_Entry] = set()
        self._gone: set[_Entry] = set()

    def key(self, row: Mapping[str, Any]) -> Key:
        """Return what a row is sorted by."""
        return comparable(row.get(self._column))

    def add(self, row_id: str, born: int, key: Key) -> None:
        """Enter a row; sorting waits until it is asked for."""
        entry = (key, born, row_id)
        if entry in self._gone:
            self._gone.discard(entry)
        else:
            self._added.add(entry)

    def replace(self, row_id: str, old: Any, new: Any) -> None:
        """Follow a row that changed, came or went; the row that is none is None."""
        before = None if old is None else (self.key(old), old.born)
        after = None if new is None else (self.key(new), new.born)
        if before == after:
            return
        if before is not None:
            entry = (*before, row_id)
            if entry in self._added:
                self._added.discard(entry)
            else:
                self._gone.add(entry)
        if after is not None:
            self.add(row_id, after[1], after[0])

    def prefix(self, text: str) -> tuple[int, int]:
        """Return between which places the texts are that begin with `text`, which is folded."""
        entries = self._settled()
        begin = bisect.bisect_left(entries, ((True, text), -1, ""))
        return begin, bisect.bisect_left(entries, ((True, text + _LAST), -1, ""), begin)

    def between(self, low: Key | None, high: Key | None) -> tuple[int, int]:
        """Return between which places the keys are from `low` to `high`, both included."""
        entries = self._settled()
        begin = bisect.bisect_left(entries, (low or _SMALLEST, -1, ""))
        if high is None:
            return begin, len(entries)
        return begin, bisect.bisect_left(entries, (high, _NEVER_BORN, ""), begin)

    def ids(self, begin: int, end: int) -> list[str]:
        """Return the ids between two places."""
        return [entry[2] for entry in self._settled()[begin:end]]

    def ascending(self, after: tuple[Key, int] | None) -> Iterator[str]:
        """Yield the ids in order, behind a key and birth if they are given."""
        entries = self._settled()
        begin = 0 if after is None else bisect.bisect_left(entries, (after[0], after[1] + 1, ""))
        for place in range(begin, len(entries)):
            yield entries[place][2]

    def descending(self, after: tuple[Key, int] | None) -> Iterator[str]:
        """Yield the ids in falling order of their keys, still in order of birth within one."""
        entries = self._settled()
        end = len(entries)
        if after is not None:
            end = bisect.bisect_left(entries, (after[0], -1, ""))
            rest = bisect.bisect_left(entries, (after[0], after[1] + 1, ""), end)
            while rest < len(entries) and entries[rest][0] == after[0]:
                yield entries[rest][2]
                rest += 1
        while end:
            key = entries[end - 1][0]
            begin = bisect.bisect_left(entries, (key, -1, ""), 0, end)
            for place in range(begin, end):
                yield entries[place][2]
            end = begin

    def _settled(self) -> list[_Entry]:
        """Return the entries, sorted and up to date."""
        changes = len(self._added) + len(self._gone)
        if changes * _FEW > len(self._entries):
            kept = self._entries
            if self._gone:
                kept = [entry for entry in kept if entry not in self._gone]
            self._entries = sorted([*kept, *self._added])
        elif changes:
            for entry in self._gone:
                del self._entries[bisect.bisect_left(self._entries, entry)]
            for entry in self._added:
                bisect.insort(self._entries, entry)
        self._added.clear()
        self._gone.clear()
        return self._entries


def comparable(value: Any) -> Key:
    """Return a stored value as it is sorted: texts folded, references by their id."""
    if type(value) is str:
        return True, fold(value)
    if type(value) is tuple:
        return True, value[1]
    return value is not None, value
