"""Rows in memory, found by id, by alternate key and by reference; every change can be undone.

Never validates: it stores what it is given and keeps its indexes true.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.dataverse.collation import fold

Row = dict[str, Any]


def folded(value: Any) -> Any:
    """Return the form under which a stored value is compared for equality."""
    return fold(value) if type(value) is str else value


class Index:
    """Ids of rows by the folded values of some columns; rows with a null are left out."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.entries: dict[tuple[Any, ...], dict[str, None]] = {}

    def key(self, row: Row) -> tuple[Any, ...] | None:
        """Return the entry `row` belongs under, or None if one of its values is null."""
        values = tuple([folded(row.get(column)) for column in self.columns])
        return None if None in values else values

    def add(self, row_id: str, row: Row) -> None:
        """Enter a row."""
        key = self.key(row)
        if key is not None:
            self.entries.setdefault(key, {})[row_id] = None

    def discard(self, row_id: str, row: Row) -> None:
        """Take a row out."""
        key = self.key(row)
        if key is None:
            return
        ids = self.entries.get(key)
        if ids is not None:
            ids.pop(row_id, None)
            if not ids:
                del self.entries[key]

    def find(self, values: Iterable[Any]) -> list[str]:
        """Return the ids of the rows with these stored values."""
        return list(self.entries.get(tuple([folded(value) for value in values]), ()))


class Rows:
    """The rows of one table, in the order they were created."""

    def __init__(self) -> None:
        self.by_id: dict[str, Row] = {}
        self.indexes: dict[tuple[str, ...], Index] = {}

    def index(self, *columns: str) -> Index:
        """Return the index over `columns`, built on first use and kept from then on."""
        found = self.indexes.get(columns)
        if found is None:
            found = Index(columns)
            for row_id, row in self.by_id.items():
                found.add(row_id, row)
            self.indexes[columns] = found
        return found

    def put(self, row_id: str, row: Row | None, old: Row | None) -> None:
        """Replace `old` by `row`; None means no row."""
        for index in self.indexes.values():
            before = index.key(old) if old is not None else None
            after = index.key(row) if row is not None else None
            if before == after:
                continue
            if old is not None:
                index.discard(row_id, old)
            if row is not None:
                index.add(row_id, row)
        if row is None:
            self.by_id.pop(row_id, None)
        else:
            self.by_id[row_id] = row


class Store:
    """All rows of an environment.

    A stored row is never changed in place, so whoever holds one keeps a consistent picture.
    """

    def __init__(self) -> None:
        self._tables: dict[str, Rows] = {}
        self._undo: list[tuple[Rows, str, Row | None]] = []
        self._depth = 0
        self._version = 1_000_000

    def rows(self, table: str) -> Rows:
        """Return the rows of a table."""
        found = self._tables.get(table)
        if found is None:
            found = self._tables[table] = Rows()
        return found

    def get(self, table: str, row_id: str) -> Row | None:
        """Return a row, or None."""
        return self.rows(table).by_id.get(row_id)

    def put(self, table: str, row_id: str, row: Row) -> Row:
        """Insert or replace a row under a new version number and return it as stored."""
        self._version += 1
        row["versionnumber"] = self._version
        self._swap(table, row_id, row)
        return row

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
            rows.put(row_id, {k: v for k, v in row.items() if k not in names}, row)
        for columns in [each for each in rows.indexes if set(each) & set(names)]:
            del rows.indexes[columns]

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

    def _swap(self, table: str, row_id: str, row: Row | None) -> None:
        rows = self.rows(table)
        old = rows.by_id.get(row_id)
        rows.put(row_id, row, old)
        if self._depth:
            self._undo.append((rows, row_id, old))
