"""The journal in Azure Tables: what happened to every record.

Never holds a record's data beyond what tells it from others, and never reads more than is asked.
"""

import contextlib
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.journal_keys import (
    AFTER_LATEST,
    HISTORY,
    LATEST,
    history_key,
    history_of,
    latest_key,
    partition_key,
)
from shared.adapters.azure.journal_pruning import prune
from shared.adapters.azure.names import TableName
from shared.adapters.azure.ranges import get_many
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, etag_of
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.retention import Cut, Slice
from shared.errors import ConflictError, UnreadableRowError

_UUID_BYTES: Final = 16
_TOGETHER: Final = 50  # entries, each with its history, in one transaction of a hundred rows
_IN_A_REQUEST: Final = 100  # the service takes no more
_MOST_TEXT: Final = 300_000  # characters; it takes four mebibytes, escaped ones six times as long
_TRIES: Final = 4


class TableJournal:
    """The port `Journal` over the table `journal`.

    A partition is `<business>.<kind>`. Row `=<record>` is a record's newest state, row
    `~<record>~<inverted ticks>~<random>` one entry of its history. A newest state goes there when
    another one takes its place, in one request with that one.

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
        self._newest = Rows(self._table, read_entry, instead=_unreadable_entry)
        self._token = token

    def write(self, entry: JournalEntry, *, history: bool = True) -> None:
        """Note an outcome, whatever is noted: the record's newest state always.

        Args:
            entry: what is noted.
            history: whether its history gets the entry too; `unchanged` never has one.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        if history and entry.outcome is not OutcomeName.UNCHANGED:
            self._table.upsert_all([_latest(entry), self._past(entry)])
        else:
            self._table.upsert(_latest(entry))

    def write_all(
        self, entries: Sequence[JournalEntry], *, past: Collection[JournalEntry] = ()
    ) -> set[RecordId]:
        """Note outcomes of records of one kind, each if its newest state is still `entry.version`.

        Args:
            entries: what is noted.
            past: what their histories get along with it.

        Returns:
            The records that were noted; of the others something else is noted by now.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        noted: set[RecordId] = set()
        gone = {each.record: each for each in past}
        for start in range(0, len(entries), _TOGETHER):
            noted |= self._write_some(entries[start : start + _TOGETHER], gone)
        return noted

    def _write_some(
        self, entries: Sequence[JournalEntry], past: Mapping[RecordId, JournalEntry]
    ) -> set[RecordId]:
        """Note outcomes in one request; where one is in the way of the others, in halves."""
        rows: list[tuple[dict[str, Any], str | None]] = []
        for entry in entries:
            rows.append((_latest(entry), entry.version))
            if entry.record in past:
                rows.append((self._past(past[entry.record]), None))
        try:
            self._table.write_versions(rows)
        except ConflictError:
            if len(entries) == 1:
                return set()
            half = len(entries) // 2
            return self._write_some(entries[:half], past) | self._write_some(entries[half:], past)
        return {entry.record for entry in entries}

    def replace(self, entry: JournalEntry, *, past: JournalEntry | None = None) -> JournalEntry:
        """Note a record's newest state, if it is still `entry.version`; "" if there is none yet.

        Args:
            entry: what is noted.
            past: what its history gets in the same request, None for nothing.

        Returns:
            The entry with its new version.

        Raises:
            ConflictError: something else is noted by now.
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        wanted = _latest(entry)
        try:
            if past is not None:
                gone = [self._past(past)]
                version = self._table.replace_with(wanted, gone, etag=entry.version)
            elif entry.version:
                version = self._table.replace(wanted, etag=entry.version)
            else:
                version = self._table.insert(wanted)
        except ConflictError:
            # The SDK sends again when an answer is lost: the conflict may be with our own write.
            found = self.get_latest(entry.record)
            if found is None or _latest(found) != wanted:
                raise ConflictError(f"The entry of {entry.record} changed meanwhile.") from None
            return found
        return replace(entry, version=version)

    def replace_all(self, entries: Sequence[JournalEntry]) -> None:
        """Note newest states, each if it is still its `version`; what changed meanwhile is left.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        for part in _transactions(entries):
            self._replace_together(part)

    def _replace_together(self, entries: list[JournalEntry]) -> None:
        left = entries
        with contextlib.suppress(ConflictError):  # then each for itself
            for _ in range(_TRIES):
                changed = self._table.replace_all([(_latest(each), each.version) for each in left])
                if changed is None:
                    return
                left = left[:changed] + left[changed + 1 :]
                if not left:
                    return
        for entry in left:
            with contextlib.suppress(ConflictError):
                self.replace(entry)

    def list_latest(self, business: str, kind: Kind) -> Iterator[JournalEntry]:
        """Yield the newest entry of every record of a kind."""
        yield from self._rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            partition=partition_key(business, kind),
            first=LATEST,
            last=AFTER_LATEST,
        )

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        """Return the newest entry of a record, None if it was never handled.

        Of one that cannot be read nothing is known but that it is there.
        """
        return self._newest.get(
            partition_key(record.business, record.kind), latest_key(record.number)
        )

    def get_many(
        self, business: str, kind: Kind, numbers: Collection[int]
    ) -> dict[int, JournalEntry]:
        """Return the newest entries of some records by number, of those that were handled."""
        keys = {latest_key(number): number for number in numbers}
        found = get_many(self._table, partition_key(business, kind), keys)
        entries = {keys[key]: self._rows.read(entity) for key, entity in found.items()}
        return {number: entry for number, entry in entries.items() if entry is not None}

    def list_history(self, record: RecordId) -> Iterator[JournalEntry]:
        """Yield a record's entries, newest first."""
        newest = self.get_latest(record)
        if newest is not None and not newest.filed:
            yield newest.past()
        first = history_of(record.number)
        yield from self._rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            partition=partition_key(record.business, record.kind),
            first=first,
            last=first + HISTORY,  # ticks are digits, which sort before it
        )

    def list_by_outcome(
        self, business: str, kind: Kind, outcomes: Collection[OutcomeName]
    ) -> Iterator[JournalEntry]:
        """Yield the newest entries that ended so; reads the whole range."""
        for outcome in outcomes:
            yield from self._rows.query(
                "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last "
                "and outcome eq @outcome",
                partition=partition_key(business, kind),
                first=LATEST,
                last=AFTER_LATEST,
                outcome=str(outcome),
            )

    def find_by_label(self, business: str, kind: Kind, label: str) -> Iterator[JournalEntry]:
        """Yield the newest entries of the records people call `label`; reads the whole range."""
        yield from self._rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last "
            "and number eq @label",
            partition=partition_key(business, kind),
            first=LATEST,
            last=AFTER_LATEST,
            label=label,
        )

    def prune(self, cut: Cut, *, position: str = "", most: int) -> Slice:
        """Delete what is old, looking at about so many rows, and return where to go on.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        return prune(self._table, cut, position=position, most=most)

    def _past(self, entry: JournalEntry) -> dict[str, Any]:
        key = history_key(entry.record.number, entry.at, self._token())
        return {**_properties(entry.past()), "RowKey": key}


def _transactions(entries: Sequence[JournalEntry]) -> Iterator[list[JournalEntry]]:
    """Yield entries of one partition that one request holds, until there are none left."""
    parts: dict[str, list[JournalEntry]] = {}
    for entry in entries:
        partition = partition_key(entry.record.business, entry.record.kind)
        parts.setdefault(partition, []).append(entry)
    for part in parts.values():
        room, taken = _MOST_TEXT, list[JournalEntry]()
        for entry in part:
            size = _size(entry)
            if taken and (len(taken) == _IN_A_REQUEST or size > room):
                yield taken
                room, taken = _MOST_TEXT, []
            room -= size
            taken.append(entry)
        yield taken


def _size(entry: JournalEntry) -> int:
    texts = (entry.reason, entry.label, entry.fingerprint, entry.awaited, entry.name)
    return sum(map(len, texts)) + _UUID_BYTES * len(entry.rows)


def _latest(entry: JournalEntry) -> dict[str, Any]:
    return {**_properties(entry), "RowKey": latest_key(entry.record.number)}


def _properties(entry: JournalEntry) -> dict[str, Any]:
    return {
        "PartitionKey": partition_key(entry.record.business, entry.record.kind),
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
        # What is empty is not written: most entries have none of these.
        "awaited": clip(entry.awaited) or None,
        "pending": clip(entry.pending) or None,
        "pending_since": entry.pending_since.astimezone(UTC) if entry.pending_since else None,
        "same": entry.same or None,
        "unfiled": None if entry.filed else True,
        "name": clip(entry.name) or None,
        "amount": clip(entry.amount) or None,
        "currency": clip(entry.currency) or None,
        "beside": entry.beside,
        "beside_since": entry.beside_since.astimezone(UTC) if entry.beside_since else None,
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
        awaited=row.text("awaited", default=""),
        pending=row.text("pending", default=""),
        pending_since=row.moment_or_none("pending_since"),
        same=row.whole("same", default=0),
        filed=row.entity.get("unfiled") is not True,
        name=row.text("name", default=""),
        amount=row.text("amount", default=""),
        currency=row.text("currency", default=""),
        beside=_truth(row.entity.get("beside")),
        beside_since=row.moment_or_none("beside_since"),
        version=etag_of(row.entity),
    )


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _unreadable_entry(row: Row, _error: UnreadableRowError) -> JournalEntry | None:
    business, _, kind = row.partition.rpartition(".")
    try:
        record = RecordId(business, Kind(kind), int(row.key.removeprefix(LATEST)))
    except ValueError:
        return None
    version = etag_of(row.entity)
    return JournalEntry(record, OutcomeName.UNKNOWN, row.changed_at, version=version)
