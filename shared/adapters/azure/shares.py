"""Who sends to a service, in Azure Tables: a row for each process that does.

Never knows a clock but the service's own: whether a row is old is seen by who watches it.
"""

from dataclasses import replace
from typing import Any

from shared.adapters.azure.columns import Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, etag_of, key
from shared.core.rates import Member, Standing
from shared.errors import UnreadableRowError


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
        """Return all of them; one whose row cannot be read counts as settled."""
        return list(self._rows.query("PartitionKey eq @service", service=self._partition))

    def insert(self, member: Member) -> Member:
        """Add a process, and return it with its version.

        Raises:
            ConflictError: there is one of this id; perhaps ours, when an answer was lost.
        """
        return replace(member, version=self._table.insert(self._entity(member)))

    def replace(self, member: Member) -> Member:
        """Beat: write a process that is still in `member.version`, and return its new version.

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
        return {
            "PartitionKey": self._partition,
            "RowKey": key(member.id),
            "standing": str(member.standing),
        }


def read_member(row: Row) -> Member:
    """Read a row of `shares`."""
    return Member(row.key, row.word("standing", Standing), version=etag_of(row.entity))


def _unreadable(row: Row, _error: UnreadableRowError) -> Member:
    return Member(row.key, Standing.SETTLED, version=etag_of(row.entity))
