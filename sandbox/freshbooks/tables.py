"""Rows in memory: found by id and by a few keys without looking at the others.

Never knows what a row means; whoever changes rows holds the books' lock.
"""

import collections
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.freshbooks.listings import Listing

Fields = dict[str, Any]
# How many lists are kept: an application asks for few kinds of them, page by page.
_LISTINGS = 8


@dataclass(slots=True)
class Row:
    """One record: its fields now and before its last change.

    The dictionaries are never edited in place, so a reader needs no lock.

    Attributes:
        at: when it last changed, in UTC.
        stale: how many of the next reads by id still see `before`.
    """

    id: int
    account: str
    now: Fields
    at: datetime
    before: Fields | None = None
    stale: int = 0


class Table:
    """The rows of one kind, over all accounts."""

    def __init__(self, **keys: Callable[[Fields], Hashable]) -> None:
        self._keys = keys
        self._rows: dict[int, Row] = {}
        self._accounts: dict[str, dict[int, Row]] = collections.defaultdict(dict)
        self._index: dict[tuple[str, str], dict[Hashable, dict[int, None]]] = (
            collections.defaultdict(lambda: collections.defaultdict(dict))
        )
        self._listings: collections.OrderedDict[Hashable, Listing] = collections.OrderedDict()

    def get(self, account: str | None, record: int) -> Row | None:
        """Return the row, or None when it is unknown or another account's."""
        row = self._rows.get(record)
        return row if row is not None and account in {None, row.account} else None

    def rows(self, account: str) -> list[Row]:
        """Return all rows of an account, in order of creation."""
        return list(self._accounts[account].values())

    def count(self, account: str) -> int:
        """Return how many rows an account has."""
        return len(self._accounts[account])

    def listing(self, query: Hashable, make: Callable[[], Listing]) -> Listing:
        """Return the list that belongs to a query, made on first use and then kept up to date."""
        found = self._listings.pop(query, None)
        self._listings[query] = made = make() if found is None else found
        if len(self._listings) > _LISTINGS:
            self._listings.popitem(last=False)
        return made

    def find(self, account: str, key: str, values: Iterable[Hashable]) -> list[Row]:
        """Return the rows whose `key` is one of `values`, in order of id."""
        index = self._index[account, key]
        found = {record for value in values for record in index.get(value, ())}
        return [self._rows[record] for record in sorted(found)]

    def values(self, account: str, key: str) -> list[Hashable]:
        """Return the values of `key` that rows of the account have."""
        return [value for value, records in list(self._index[account, key].items()) if records]

    def add(self, row: Row) -> None:
        """Keep a new row."""
        self._rows[row.id] = row
        self._accounts[row.account][row.id] = row
        for name, key in self._keys.items():
            self._index[row.account, name][key(row.now)][row.id] = None
        self._follow(row, None, row.now)

    def replace(self, row: Row, fields: Fields, at: datetime) -> None:
        """Give `row` new fields; the old ones stay as `before`."""
        for name, key in self._keys.items():
            old, new = key(row.now), key(fields)
            if old != new:
                index = self._index[row.account, name]
                del index[old][row.id]
                index[new][row.id] = None
        self._follow(row, row.now, fields)
        row.before, row.now, row.at = row.now, fields, at

    def _follow(self, row: Row, old: Fields | None, new: Fields) -> None:
        for listing in self._listings.values():
            if listing.account == row.account:
                listing.follow(row.id, old, new)
