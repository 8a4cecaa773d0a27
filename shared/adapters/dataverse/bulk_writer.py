"""How many records are written at once: new ones by bulk messages, each set whole or not at all.

Never decides what is written, and never leaves anything out: what is refused is told of its set.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import (
    PureRequest,
    create_multiple,
    to_creation,
    to_request,
    to_target,
)
from shared.adapters.dataverse.sparing import left_out, without
from shared.adapters.dataverse.writer import Writer
from shared.core.rows import Change, Insert, Operation
from shared.errors import ConflictError, ConnectorError, RecordRefusedError, RetryLaterError
from shared.sync.ports import Clock

MOST_OPERATIONS: Final = 120  # of a request: some seconds of Dataverse's time, of thirty there are
_REFUSED_FOR: Final = timedelta(minutes=30)


class Way(StrEnum):
    """How rows that are new are written; which costs Dataverse the least time, it alone knows."""

    MULTIPLE = "multiple"  # CreateMultiple for each table, in one change set
    BATCH = "batch"  # a change set for each record, with POST


@dataclass(frozen=True)
class _Set:
    """What one record needs.

    Attributes:
        told: what is worth knowing about it.
    """

    index: int
    operations: tuple[Operation, ...]
    told: str

    @property
    def only_creates(self) -> bool:
        """Whether it changes nothing but rows that it creates."""
        made = {(each.table, each.id) for each in self.operations if isinstance(each, Insert)}
        return all(
            isinstance(each, Insert)
            or (isinstance(each, Change) and each.etag is None and (each.table, each.id) in made)
            for each in self.operations
        )


class BulkWriter:
    """The port `PageWriter`; safe for many threads.

    By Dataverse's documents a row costs the least execution time in `CreateMultiple`, several times
    less than alone. That is all or nothing and does not say which row was refused; so what it
    refuses is written again with a change set for each record. Which of both an environment takes
    is found out by asking.

    Args:
        api: the environment's Web API.
        writer: writes a record's operations alone; it knows how lookups are called, and what is
            refused anyhow.
        clock: now, UTC.
        way: how rows that are new are written.
    """

    def __init__(
        self,
        api: DataverseApi,
        writer: Writer,
        clock: Clock,
        *,
        way: Way = Way.MULTIPLE,
    ) -> None:
        self._api = api
        self._writer = writer
        self._clock = clock
        self._way = way
        self._singly_until: datetime | None = None

    def write_each(self, sets: Sequence[Sequence[Operation]]) -> list[ConnectorError | str]:
        """Apply sets of operations, and return of each why it was not applied, or what to know.

        Raises:
            RetryLaterError: Dataverse is throttled or down; some sets may have been applied.
            ConfigurationError: we are not let in at all.
        """
        spared = self._writer.spared()
        wanted = [
            _Set(index, tuple(without(each, spared)), left_out(each, spared))
            for index, each in enumerate(sets)
        ]
        found: list[ConnectorError | str] = ["" for _ in sets]
        for chunk in _chunks(wanted):
            for each, why in zip(chunk, self._write(chunk), strict=True):
                found[each.index] = each.told if why is None else why
        return found

    def _write(self, chunk: Sequence[_Set]) -> list[ConnectorError | None]:
        if len(chunk) > 1 and self._takes_bulk and all(each.only_creates for each in chunk):
            why = self._create(chunk)
            if why is None:
                return [None] * len(chunk)
        return self._apply(chunk)

    @property
    def _takes_bulk(self) -> bool:
        if self._way is not Way.MULTIPLE:
            return False
        return self._singly_until is None or self._clock() >= self._singly_until

    def _create(self, chunk: Sequence[_Set]) -> ConnectorError | None:
        """Create all rows of all sets, or none; return why none."""
        (why,) = self._api.apply_each([self._created(chunk)], headers=self._writer.headers())
        if isinstance(why, RetryLaterError) and not why.of_a_change and why.service:
            raise why
        if why is not None and not isinstance(why, ConflictError | RecordRefusedError):
            # The bulk message itself is not taken here, or not in a change set.
            self._singly_until = self._clock() + _REFUSED_FOR
        return why

    def _created(self, chunk: Sequence[_Set]) -> list[PureRequest]:
        names, regarded = self._writer.names, self._writer.regarded
        targets: dict[str, list[dict[str, Any]]] = {}
        later: list[PureRequest] = []
        for each in chunk:
            for operation in each.operations:
                if isinstance(operation, Insert):
                    target = to_target(operation, names, regarded)
                    targets.setdefault(operation.table, []).append(target)
                else:
                    later.append(to_request(operation, names, regarded))
        return [*(create_multiple(table, rows) for table, rows in targets.items()), *later]

    def _apply(self, chunk: Sequence[_Set]) -> list[ConnectorError | None]:
        names, regarded = self._writer.names, self._writer.regarded
        requests = [
            [
                to_creation(operation, names, regarded)
                if isinstance(operation, Insert)
                else to_request(operation, names, regarded)
                for operation in each.operations
            ]
            for each in chunk
        ]
        return self._api.apply_each(requests, headers=self._writer.headers())


def _chunks(sets: Sequence[_Set]) -> Iterator[list[_Set]]:
    """Yield sets in requests of a bearable size, those that only create apart from the others."""
    for creates in (True, False):
        chunk: list[_Set] = []
        size = 0
        for each in sets:
            if each.only_creates is not creates:
                continue
            if chunk and size + len(each.operations) > MOST_OPERATIONS:
                yield chunk
                chunk, size = [], 0
            chunk.append(each)
            size += len(each.operations)
        if chunk:
            yield chunk
