"""The journal in Azure Tables: what happened to every record.

Never holds a record's data beyond its number and fingerprint, and never deletes.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip
from shared.core.events import MAX_RECORD_DIGITS
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName

# `=` sorts before `>` and `~`: newest states are one range of the partition, each record's history
# another, newest first because the ticks count down.
_LATEST: Final = "="
_AFTER_LATEST: Final = ">"
_HISTORY: Final = "~"
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = (datetime(9999, 12, 31, tzinfo=UTC) - _FIRST) // _MICROSECOND
_TICK_DIGITS: Final = 18
_UUID_BYTES: Final = 16


class TableJournal:
    """The port `Journal` over the table `journal`.

    A partition is `<business>.<kind>`. Row `=<record>` is a record's newest state, row
    `~<record>~<inverted ticks>~<random>` one entry of its history; both are written in one request.

    Args:
        tables: the account's tables.
        token: returns a few random characters; keeps entries of the same microsecond apart.
    """

    def __init__(
        self, tables: Tables, *, token: Callable[[], str] = lambda: secrets.token_hex(4)
    ) -> None:
        self._table: Table = tables.table(TableName.JOURNAL)
        # One that cannot be read is unknown: the record is read once more, and noted anew.
        self._rows = Rows(self._table, read_entry, instead=lambda _row, _error: None)
        self._token = token

    def write(self, entry: JournalEntry) -> None:
        """Note an outcome: the record's newest state always, its history unless `unchanged`.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        properties = _properties(entry)
        latest = {**properties, "RowKey": f"{_LATEST}{entry.record.number}"}
        if entry.outcome is OutcomeName.UNCHANGED:
            self._table.upsert(latest)
            return
        past = {**properties, "RowKey": f"{_history(entry.record.number)}{_inverted(entry.at)}"}
        past["RowKey"] += f"{_HISTORY}{self._token()}"
        self._table.upsert_all([latest, past])

    def list_latest(self, business: str, kind: Kind) -> Iterator[JournalEntry]:
        """Yield the newest entry of every record of a kind."""
        yield from self._rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            partition=_partition(business, kind),
            first=_LATEST,
            last=_AFTER_LATEST,
        )

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        """Return the newest entry of a record, None if it was never handled."""
        return self._rows.get(_partition(record.business, record.kind), f"{_LATEST}{record.number}")

    def list_history(self, record: RecordId) -> Iterator[JournalEntry]:
        """Yield a record's entries, newest first."""
        first = _history(record.number)
        yield from self._rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            partition=_partition(record.business, record.kind),
            first=first,
            last=first + _HISTORY,  # ticks are digits, which sort before it
        )

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        """Yield the newest entries of the records people call `label`; reads the whole range."""
        yield from self._rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last "
            "and number eq @label",
            partition=_partition(business, kind),
            first=_LATEST,
            last=_AFTER_LATEST,
            label=label,
        )


def _partition(business: str, kind: Kind) -> str:
    return f"{business}.{kind}"


def _history(number: int) -> str:
    return f"{_HISTORY}{number:0{MAX_RECORD_DIGITS}d}{_HISTORY}"


def _inverted(at: datetime) -> str:
    ticks = (at.astimezone(UTC) - _FIRST) // _MICROSECOND
    return f"{_LAST - ticks:0{_TICK_DIGITS}d}"


def _properties(entry: JournalEntry) -> dict[str, Any]:
    return {
        "PartitionKey": _partition(entry.record.business, entry.record.kind),
        "account": entry.record.business,
        "kind": str(entry.record.kind),
        "record": str(entry.record.number),  # larger than the SDK's plain integers
        "outcome": str(entry.outcome),
        "at": entry.at.astimezone(UTC),
        "cause": entry.cause,
        "reason": clip(entry.reason),
        "number": clip(entry.label),
        "fingerprint": clip(entry.fingerprint),
        "read_at": entry.read_at.astimezone(UTC) if entry.read_at else None,
        "rows": b"".join(row.bytes for row in entry.rows) or None,
        "trace": entry.trace or None,
    }


def read_entry(row: Row) -> JournalEntry:
    """Read a row of `journal`."""
    rows = row.octets("rows")
    if len(rows) % _UUID_BYTES:
        raise DamagedError("rows is cut")
    return JournalEntry(
        record=RecordId(row.text("account"), row.word("kind", Kind), row.digits("record")),
        outcome=row.word("outcome", OutcomeName),
        at=row.moment("at"),
        cause=row.text("cause", default=""),
        reason=row.text("reason", default=""),
        label=row.text("number", default=""),
        fingerprint=row.text("fingerprint", default=""),
        read_at=row.moment_or_none("read_at"),
        rows=tuple(
            UUID(bytes=rows[start : start + _UUID_BYTES])
            for start in range(0, len(rows), _UUID_BYTES)
        ),
        trace=row.text("trace", default=""),
    )
