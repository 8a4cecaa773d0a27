"""Who sends to a service, in Azure Tables: a row for each process that does.

Never knows a clock but the service's own, which dates every row.
"""

from dataclasses import replace
from typing import Any, Final

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, etag_of, key
from shared.core.rates import MILLION, UNKNOWN, Claim, Member, Wants, in_millionths
from shared.errors import UnreadableRowError

# An earlier release counts whoever is settled as one of those that share equally.
_SETTLED: Final = "settled"
_WAITING: Final = "waiting"


class TableShares:
    """The port `Shares` over the table `shares`; a partition is a service.

    Args:
        tables: the account's tables.
        service: whose shares they are.
    """

    def __init__(self, tables: Tables, service: str) -> None:
        self._table: Table = tables.table(TableName.SHARES)
        self._rows = Rows(self._table, read_member, instead=_unreadable)
        self._partition = key(service)

    def list_all(self) -> list[Member]:
        """Return all of them; one whose row cannot be read may have as much as one can."""
        return list(self._rows.query("PartitionKey eq @service", service=self._partition))

    def insert(self, member: Member) -> Member:
        """Add a process, and return it with its version.

        Raises:
            ConflictError: there is one of this id; perhaps ours, when an answer was lost.
        """
        return replace(member, version=self._table.insert(self._entity(member)))

    def replace(self, member: Member) -> Member:
        """Write a process that is still in `member.version`, and return its new version.

        Raises:
            ConflictError: it changed or is gone; perhaps by us, when an answer was lost.
        """
        version = self._table.replace(self._entity(member), etag=member.version)
        return replace(member, version=version)

    def delete(self, member: Member) -> None:
        """Delete a process that is still in `member.version`; one that is gone is fine.

        Raises:
            ConflictError: it beat meanwhile.
        """
        self._table.delete_version(self._partition, key(member.id), etag=member.version)

    def _entity(self, member: Member) -> dict[str, Any]:
        claim = member.claim or UNKNOWN
        return {
            "PartitionKey": self._partition,
            "RowKey": key(member.id),
            "standing": _SETTLED if claim.at_once > 0 else _WAITING,
            "part": in_millionths(claim.part),
            "at_once": claim.at_once,
            "live": in_millionths(member.wants.live),
            "bulk": in_millionths(member.wants.bulk),
        }


def read_member(row: Row) -> Member:
    """Read a row of `shares`; parts are in millionths."""
    version, written = etag_of(row.entity), row.written_at
    if "part" not in row.entity:
        # Of a release that shares equally, whatever others have use for.
        waits = row.text("standing") == _WAITING
        claim = Claim(0.0, 0) if waits else None
        return Member(row.key, claim, Wants(live=0.0 if waits else 1.0), version, written)
    claim = Claim(_part(row, "part"), _count(row, "at_once"))
    wants = Wants(_part(row, "live"), _part(row, "bulk"))
    return Member(row.key, claim, wants, version, written)


def _part(row: Row, column: str) -> float:
    if not 0 <= (found := row.whole(column)) <= MILLION:
        raise DamagedError(f"{column} is no part of a million")
    return found / MILLION


def _count(row: Row, column: str) -> int:
    if (found := row.whole(column)) < 0:
        raise DamagedError(f"{column} is below 0")
    return found


def _unreadable(row: Row, _error: UnreadableRowError) -> Member:
    return Member(row.key, UNKNOWN, version=etag_of(row.entity), written=row.written_at)
