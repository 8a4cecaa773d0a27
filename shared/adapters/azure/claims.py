"""Accounts that are about to be made, in Azure Tables: as many rows as are made at the moment.

Never decides who may make one.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Final

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, key, unkey
from shared.core.identity import read_client_key
from shared.core.matching import Claim

_CLAIMS: Final = "claim"


class TableClaims:
    """The port `Claims` over the table `claims`, all in one partition."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.CLAIMS)
        # One that cannot be read is none: whatever it was, its account is made within minutes.
        self._rows = Rows(self._table, read_claim, instead=lambda _row, _error: None)

    def put(self, claim: Claim) -> None:
        """Let everybody see a claim; the same key again replaces it."""
        self._table.upsert(
            {
                "PartitionKey": _CLAIMS,
                "RowKey": key(claim.key),
                "client": claim.client.client_key,
                "name": clip(claim.name),
                "until": claim.until.astimezone(UTC),
            }
        )

    def list_all(self) -> Iterator[Claim]:
        """Yield all claims, lapsed ones too."""
        yield from self._rows.query("PartitionKey eq @all", all=_CLAIMS)

    def delete(self, key_: str) -> None:
        """Forget a claim; one that is gone is fine."""
        self._table.delete(_CLAIMS, key(key_))


def read_claim(row: Row) -> Claim:
    """Read a row of `claims`."""
    named = row.text("client")
    client = read_client_key(named, named.rpartition("-")[0])
    if client is None:
        raise DamagedError("client is no client's key")
    return Claim(
        key=unkey(row.key) or row.key,
        client=client,
        name=row.text("name"),
        until=row.moment("until"),
    )
