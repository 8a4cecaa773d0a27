"""Which rows of a table a list holds, kept sorted while rows change, so that a page costs a page.

Never decides what belongs in a list; it asks for each row that is new or other than it was.
"""

import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]
_Entry = tuple[Any, int, int]


@dataclass
class Listing:
    """The rows of one account that one query finds.

    Attributes:
        account: whose rows.
        holds: whether a row belongs here.
        key: what rows are sorted by; rows with the same one lie in the order of their ids.
        descending: the greatest key comes first.
        newest_first: rows with the same key lie from the highest id down.
    """

    account: str
    holds: Callable[[Fields], bool]
    key: Callable[[Fields], Any]
    descending: bool
    newest_first: bool
    _entries: list[_Entry] = field(default_factory=list)

    def fill(self, rows: Iterable[tuple[int, Fields]]) -> None:
        """Enter the rows that belong here."""
        self._entries = sorted(self._entry(i, fields) for i, fields in rows if self.holds(fields))

    def follow(self, record: int, old: Fields | None, new: Fields) -> None:
        """Take in what became of a row; of a new one `old` is None."""
        before = self._entry(record, old) if old is not None and self.holds(old) else None
        after = self._entry(record, new) if self.holds(new) else None
        if before == after:
            return
        if before is not None:
            self._entries.pop(bisect.bisect_left(self._entries, before))
        if after is not None:
            bisect.insort(self._entries, after)

    def __len__(self) -> int:
        """Return how many rows the list holds."""
        return len(self._entries)

    def part(self, begin: int, end: int) -> list[int]:
        """Return the ids from one place to another."""
        if not self.descending:
            return [entry[2] for entry in self._entries[begin:end]]
        last = max(0, len(self._entries) - begin)
        return [entry[2] for entry in reversed(self._entries[max(0, last - (end - begin)) : last])]

    def _entry(self, record: int, fields: Fields) -> _Entry:
        # Read backwards, the second part has to run the other way.
        rising = self.newest_first is self.descending
        return self.key(fields), record if rising else -record, record
