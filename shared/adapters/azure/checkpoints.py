"""How far polls have come and what is planned already, in Azure Tables.

Never says what a name stands for; the use cases do.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, key, unkey

_CHECKPOINTS: Final = "checkpoint"
_IN_A_REQUEST: Final = 100  # the service takes no more


class TableCheckpoints:
    """The port `Checkpoints` over the table `checkpoints`."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.CHECKPOINTS)
        # One that cannot be read is none: more is read then, never less.
        self._rows = Rows(self._table, read_checkpoint, instead=lambda _row, _error: None)
        self._notes = Rows(self._table, _read_note, instead=lambda _row, _error: None)
        self._whole = Rows(self._table, _read_whole, instead=lambda _row, _error: None)

    def get(self, name: str) -> datetime | None:
        """Return a point in time (UTC), None when there is none yet that can be read."""
        found = self._rows.get(_CHECKPOINTS, key(name))
        return found[1] if found is not None else None

    def get_note(self, name: str) -> str:
        """Return the note beside a point in time, "" when there is none that can be read."""
        return self._notes.get(_CHECKPOINTS, key(name)) or ""

    def list_all(self) -> Iterator[tuple[str, datetime]]:
        """Yield all with their names."""
        yield from self._rows.query("PartitionKey eq @all", all=_CHECKPOINTS)

    def set(self, name: str, moment: datetime, *, note: str = "") -> None:
        """Keep a point in time and a note beside it, of at most 32,000 characters."""
        row = _row(name, moment)
        self._table.upsert({**row, "note": clip(note)} if note else row)

    def list_notes(self) -> Iterator[tuple[str, datetime | None, str]]:
        """Yield all with their names and notes, as far as they can be read."""
        yield from self._whole.query("PartitionKey eq @all", all=_CHECKPOINTS)

    def set_all(self, moments: Mapping[str, datetime]) -> None:
        """Keep points in time without notes, a hundred in a request."""
        rows = [_row(name, moment) for name, moment in moments.items()]
        for first in range(0, len(rows), _IN_A_REQUEST):
            self._table.upsert_all(rows[first : first + _IN_A_REQUEST])

    def delete(self, name: str) -> None:
        """Forget a point in time; one that is gone is fine."""
        self._table.delete(_CHECKPOINTS, key(name))


def read_checkpoint(row: Row) -> tuple[str, datetime]:
    """Read a row of `checkpoints`: a name and a point in time."""
    return unkey(row.key) or row.key, row.moment("at")


def _row(name: str, moment: datetime) -> dict[str, Any]:
    return {"PartitionKey": _CHECKPOINTS, "RowKey": key(name), "at": moment.astimezone(UTC)}


def _read_whole(row: Row) -> tuple[str, datetime | None, str]:
    try:
        moment: datetime | None = row.moment("at")
    except DamagedError:
        moment = None  # as `get` has it
    try:
        note = _read_note(row)
    except DamagedError:
        note = ""
    return unkey(row.key) or row.key, moment, note


def _read_note(row: Row) -> str:
    return row.text("note", default="")
