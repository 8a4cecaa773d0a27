"""How far polls have come and what is planned already, in Azure Tables.

Never says what a name stands for; the use cases do.
"""

from datetime import UTC, datetime
from typing import Final

from shared.adapters.azure.tables import Table, Tables, key, moment_or_none

_CHECKPOINTS: Final = "checkpoint"


class TableCheckpoints:
    """The port `Checkpoints` over the table `checkpoints`."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("checkpoints")

    def get(self, name: str) -> datetime | None:
        """Return a point in time (UTC), None when there is none yet."""
        found = self._table.get(_CHECKPOINTS, key(name))
        return moment_or_none(found["at"]) if found is not None else None

    def set(self, name: str, moment: datetime) -> None:
        """Keep a point in time."""
        self._table.upsert(
            {"PartitionKey": _CHECKPOINTS, "RowKey": key(name), "at": moment.astimezone(UTC)}
        )
