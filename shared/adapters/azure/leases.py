"""Leases in Azure Tables: one holder at a time across all instances, for a while.

Never proves that a holder which was paused still holds: it has to renew before it acts.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, etag_of
from shared.errors import ConflictError, ConnectorError, UnreadableRowError
from shared.sync.ports import Alone, Clock, Lease, Leases

_PARTITION: Final = "lease"
# Longer than anybody holds one, or has new tokens in memory that are not saved yet.
_SURELY_OVER: Final = timedelta(minutes=10)
_MINUTE: Final = timedelta(minutes=1)
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)


class TableLeases:
    """Leases over the table `leases`, by compare-and-set on the entity's ETag.

    Holders compare `until` with their own clocks: a lease has to be much longer than the clocks of
    two instances can differ. One whose row cannot be read counts as held for so long after it was
    last written that whoever may hold it is done; then it is taken over, by compare-and-set as any.

    Args:
        tables: the account's tables.
        clock: the time.
        token: returns a name nobody else has.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        clock: Clock,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._table: Table = tables.table(TableName.LEASES)
        self._rows = Rows(self._table, self._read, instead=self._unreadable)
        self._clock = clock
        self._token = token

    def read(self, name: str) -> Lease | None:
        """Return a lease as it stands, held or not; None when it never was.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        return self._rows.get(_PARTITION, name)

    def list_all(self) -> Iterator[Lease]:
        """Yield all leases as they stand, held or not."""
        yield from self._rows.query("PartitionKey eq @all", all=_PARTITION)

    def acquire(self, name: str, *, seconds: float) -> Lease | None:
        """Take a free or expired lease; None when somebody else holds it.

        Raises:
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        now = self._clock()
        current = self.read(name)
        if current is not None and current.until > now:
            return None
        wanted = Lease(
            name=name,
            holder=self._token(),
            generation=current.generation + 1 if current is not None else 1,
            until=now + timedelta(seconds=seconds),
            note=current.note if current is not None else "",
        )
        try:
            if current is None:
                version = self._table.insert(_entity(wanted))
            else:
                version = self._table.replace(_entity(wanted), etag=current.version)
        except ConflictError:
            return self._mine(wanted)
        return replace(wanted, version=version)

    def renew(self, lease: Lease, *, seconds: float) -> Lease:
        """Hold a lease for `seconds` from now and keep its note; also an expired one nobody took.

        Raises:
            ConflictError: it was taken over.
            RetryLaterError: storage is throttled, down or unreachable.
            ConfigurationError: access is denied.
        """
        wanted = replace(lease, until=self._clock() + timedelta(seconds=seconds))
        try:
            version = self._table.replace(_entity(wanted), etag=lease.version)
        except ConflictError:
            mine = self._mine(wanted)
            if mine is None:
                raise ConflictError(f"The lease {lease.name} was taken over.") from None
            return mine
        return replace(wanted, version=version)

    def give_back(self, lease: Lease) -> None:
        """Give a lease back with its note; one that was taken over is fine."""
        free = replace(lease, holder="", until=self._clock().astimezone(UTC))
        try:
            self._table.replace(_entity(free), etag=lease.version)
        except ConflictError:
            return

    def delete(self, lease: Lease) -> None:
        """Forget a lease as it was read; one that is gone, or was taken since, is left alone."""
        with contextlib.suppress(ConflictError):
            self._table.delete_version(_PARTITION, lease.name, etag=lease.version)

    def _read(self, row: Row) -> Lease:
        lease = read_lease(row)
        if lease.until - self._clock() > _SURELY_OVER:
            raise DamagedError("until is further ahead than anybody holds a lease")
        return lease

    def _unreadable(self, row: Row, _error: UnreadableRowError) -> Lease:
        holder, note = row.entity.get("holder"), row.entity.get("note")
        return Lease(
            name=row.key,
            holder=holder if isinstance(holder, str) else "",
            # Above all that were counted: nobody takes one so often as once a minute, for ever.
            generation=(self._clock() - _BEGINNING) // _MINUTE,
            until=row.changed_at + _SURELY_OVER,
            note=note if isinstance(note, str) else "",
            version=etag_of(row.entity),
        )

    def _mine(self, wanted: Lease) -> Lease | None:
        # The SDK sends again when an answer is lost: the conflict may be with our own write.
        found = self.read(wanted.name)
        return found if found is not None and found.holder == wanted.holder else None


def alone(leases: Leases) -> Alone:
    """Return the port `Alone` over leases."""

    @contextlib.contextmanager
    def hold(name: str, *, seconds: float) -> Iterator[bool]:
        lease = leases.acquire(name, seconds=seconds)
        try:
            yield lease is not None
        finally:
            if lease is not None:
                with contextlib.suppress(ConnectorError):  # it ends by itself
                    leases.give_back(lease)

    return hold


def _entity(lease: Lease) -> dict[str, Any]:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": lease.name,
        "holder": lease.holder,
        "generation": lease.generation,
        "until": lease.until.astimezone(UTC),
        "note": lease.note,
    }


def read_lease(row: Row) -> Lease:
    """Read a row of `leases`."""
    return Lease(
        name=row.key,
        holder=row.text("holder"),
        generation=row.whole("generation"),
        until=row.moment("until"),
        note=row.text("note"),
        version=etag_of(row.entity),
    )
