"""Rows in memory, found by id, by alternate key and by reference; every change can be undone.

Never validates: it stores what it is given and keeps its indexes true.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sandbox.dataverse.collation import fold
from sandbox.dataverse.ordering import Ordered

Row = dict[str, Any]


class Sparse(Row):
    """A row without its nulls, which most columns of a wide table are.

    Attributes:
        born: its place among all rows its table ever had.
        reference: what rows that point at it hold, once for all of them.
    """

    __slots__ = ("born", "reference")

    born: int
    reference: tuple[str, str]

    def __missing__(self, column: str) -> None:
        """Return the null that stands in every column that is not there."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what pickle makes it from."""
        return _reborn, (dict(self), self.born, self.reference)


def _reborn(values: Row, born: int, reference: tuple[str, str]) -> Sparse:
    row = Sparse(values)
    row.born, row.reference = born, reference
    return row


def changed(row: Row, given: Mapping[str, Any]) -> Row:
    """Return `row` with other values in some columns."""
    new = Sparse(row)
    new.update(given)
    return new


def folded(value: Any) -> Any:
    """Return the form under which a stored value is compared for equality."""
    return fold(value) if type(value) is str else value


class Index:
    """Ids of rows by the folded values of some columns; rows with a null are left out.

    An entry with one row is that row's id: of a key that is all of them, of a table's millions.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self._only = columns[0] if len(columns) == 1 else ""
        self._entries: dict[Any, str | dict[str, None]] = {}

    def key(self, row: Mapping[str, Any]) -> Any:
        """Return the entry `row` belongs under, or None if one of its values is null."""
        if self._only:
            return folded(row.get(self._only))
        values = tuple([folded(row.get(column)) for column in self.columns])
        return None if None in values else values

    def add(self, row_id: str, key: Any) -> None:
        """Enter a row under its key."""
        if key is None:
            return
        there = self._entries.setdefault(key, row_id)
        if type(there) is dict:
            there[row_id] = None
        elif there != row_id:
            self._entries[key] = {there: None, row_id: None}  # type: ignore[dict-item]  # a str

    def discard(self, row_id: str, key: Any) -> None:
        """Take a row out."""
        there = self._entries.get(key)
        if type(there) is dict:
            there.pop(row_id, None)
            if not there:
                del self._entries[key]
        elif there == row_id:
            del self._entries[key]

    def at(self, key: Any) -> list[str]:
        """Return the ids of the rows under a key."""
        there = self._entries.get(key)
        if there is None:
            return []
        return list(there) if type(there) is dict else [there]  # type: ignore[list-item]  # a str

    def count(self, key: Any) -> int:
        """Return how many rows there are under a key."""
        there = self._entries.get(key)
        if there is None:
            return 0
        return len(there) if type(there) is dict else 1

    def find(self, values: Iterable[Any]) -> list[str]:
        """Return the ids of the rows with these stored values."""
        wanted = tuple([folded(value) for value in values])
        return self.at(wanted[0] if self._only else wanted)

    def doubled(self) -> bool:
        """Say whether several rows are under one key."""
        return any(type(there) is dict and len(there) > 1 for there in self._entries.values())


class Rows:
    """The rows of one table, in the order they were created.

    Attributes:
        by_id: the rows.
        births: ids by the place at which they were born; those that are gone are still named.
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self.by_id: dict[str, Sparse] = {}
        self.births: list[str] = []
        self.indexes: dict[tuple[str, ...], Index] = {}
        self._ordered: dict[str, Ordered] = {}

    def index(self, *columns: str) -> Index:
        """Return the index over `columns`, built on first use and kept from then on."""
        found = self.indexes.get(columns)
        if found is None:
            found = Index(columns)
            for row_id, row in self.by_id.items():
                found.add(row_id, found.key(row))
            self.indexes[columns] = found
        return found

    def ordered(self, column: str) -> Ordered:
        """Return the rows in the order of a column, sorted on first use and kept so."""
        found = self._ordered.get(column)
        if found is None:
            found = Ordered(column)
            for row_id, row in self.by_id.items():
                found.add(row_id, row.born, found.key(row))
            self._ordered[column] = found
        return found

    def since(self, born: int) -> Iterator[Sparse]:
        """Yield the rows born after another, in their order."""
        births, by_id = self.births, self.by_id
        for place in range(born + 1, len(births)):
            row = by_id.get(births[place])
            if row is not None and row.born == place:
                yield row

    def put(self, row_id: str, row: Sparse | None, old: Sparse | None) -> None:
        """Replace `old` by `row`; None means no row."""
        if row is not None:
            self._bear(row_id, row, old)
        for index in self.indexes.values():
            before = index.key(old) if old is not None else None
            after = index.key(row) if row is not None else None
            if before != after:
                index.discard(row_id, before)
                index.add(row_id, after)
        for ordered in self._ordered.values():
            ordered.replace(row_id, old, row)
        if row is None:
            self.by_id.pop(row_id, None)
        else:
            self.by_id[row_id] = row

    def forget(self, columns: tuple[str, ...]) -> None:
        """Drop the indexes over any of some columns."""
        gone = set(columns)
        self.indexes = {over: kept for over, kept in self.indexes.items() if not gone & set(over)}
        self._ordered = {name: kept for name, kept in self._ordered.items() if name not in gone}

    def _bear(self, row_id: str, row: Sparse, old: Sparse | None) -> None:
        if old is not None:
            row.born, row.reference = old.born, old.reference
            return
        row.born, row.reference = len(self.births), (self._table, row_id)
        self.births.append(row_id)


class Store:
    """All rows of an environment.

    A stored row is never changed in place, so whoever holds one keeps a consistent picture.
    """

    def __init__(self) -> None:
        self._tables: dict[str, Rows] = {}
        self._undo: list[tuple[Rows, str, Sparse | None]] = []
        self._depth = 0
        self._version = 1_000_000

    def rows(self, table: str) -> Rows:
        """Return the rows of a table."""
        found = self._tables.get(table)
        if found is None:
            found = self._tables[table] = Rows(table)
        return found

    def get(self, table: str, row_id: str) -> Sparse | None:
        """Return a row, or None."""
        rows = self._tables.get(table)
        return None if rows is None else rows.by_id.get(row_id)

    def reference(self, table: str, row_id: str) -> tuple[str, str]:
        """Return what points at a row; the same object for all, while the row is there."""
        row = self.get(table, row_id)
        return (table, row_id) if row is None else row.reference

    def put(self, table: str, row_id: str, row: Mapping[str, Any]) -> Sparse:
        """Insert or replace a row under a new version number and return it as stored."""
        self._version += 1
        kept = Sparse({name: value for name, value in row.items() if value is not None})
        kept["versionnumber"] = self._version
        self._swap(table, row_id, kept)
        return kept

    def delete(self, table: str, row_id: str) -> None:
        """Remove a row."""
        self._swap(table, row_id, None)

    def drop(self, table: str) -> None:
        """Forget a table."""
        self._tables.pop(table, None)

    def drop_columns(self, table: str, names: tuple[str, ...]) -> None:
        """Forget what the rows of a table hold in some columns; that cannot be undone."""
        rows = self.rows(table)
        for row_id, row in list(rows.by_id.items()):
            kept = Sparse({name: value for name, value in row.items() if name not in names})
            rows.put(row_id, kept, row)
        rows.forget(names)

    @contextlib.contextmanager
    def transaction(self, before_end: Callable[[], None] | None = None) -> Iterator[None]:
        """Undo all that was done inside if it ends with an exception; may be nested.

        Args:
            before_end: called at the end of the outermost transaction, still inside it.
        """
        mark = len(self._undo)
        self._depth += 1
        try:
            yield
            if self._depth == 1 and before_end is not None:
                before_end()
        except BaseException:
            while len(self._undo) > mark:
                rows, row_id, old = self._undo.pop()
                rows.put(row_id, old, rows.by_id.get(row_id))
            raise
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._undo.clear()

    def _swap(self, table: str, row_id: str, row: Sparse | None) -> None:
        rows = self.rows(table)
        old = rows.by_id.get(row_id)
        rows.put(row_id, row, old)
        if self._depth:
            self._undo.append((rows, row_id, old))
