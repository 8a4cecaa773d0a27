"""Every row of every table, read as this release writes it: how many there are, which are damaged.

Never shows what a row holds, and deletes none that can be read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from shared.adapters.azure.checkpoints import read_checkpoint
from shared.adapters.azure.circuits import read_circuit
from shared.adapters.azure.claims import read_claim
from shared.adapters.azure.columns import VERSION, Row
from shared.adapters.azure.connections import read_business, read_consent
from shared.adapters.azure.holds import is_waiting, read_hold, read_waiting
from shared.adapters.azure.journal import read_entry
from shared.adapters.azure.leases import read_lease
from shared.adapters.azure.letters import read_letter
from shared.adapters.azure.names import TableName
from shared.adapters.azure.registrations import read_registration
from shared.adapters.azure.rows import read
from shared.adapters.azure.runs import read_run_row
from shared.adapters.azure.shares import read_member
from shared.adapters.azure.tables import Table, Tables
from shared.errors import NotPossibleError, UnreadableRowError
from shared.sync.ports.doctor import TableSurvey, UnreadableRow


def _read_held(row: Row) -> object:
    return read_waiting(row) if is_waiting(row) else read_hold(row)


READERS: Final[Mapping[TableName, Callable[[Row], object]]] = {
    TableName.ACCOUNTS: read_business,
    TableName.REGISTRATIONS: read_registration,
    TableName.CONSENTS: read_consent,
    TableName.HOLDS: _read_held,
    TableName.DEAD_LETTERS: read_letter,
    TableName.CHECKPOINTS: read_checkpoint,
    TableName.CIRCUITS: read_circuit,
    TableName.LEASES: read_lease,
    TableName.CLAIMS: read_claim,
    TableName.JOURNAL: read_entry,
    TableName.RUNS: read_run_row,
    TableName.SHARES: read_member,
}


class TableInventory:
    """The port `StoredRows` over the account's tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def survey(self, *, most: int) -> Iterator[TableSurvey]:
        """Read at most so many rows of each table, and yield what each holds."""
        for name in READERS:
            yield _surveyed(self._tables.table(name), most)

    def delete_unreadable(self, table: str, partition: str, key: str) -> None:
        """Delete a row that cannot be read.

        Raises:
            NotPossibleError: there is no such table or row, or it can be read.
        """
        if table not in set(TableName):
            raise NotPossibleError(f"There is no table {table}; there are {', '.join(READERS)}.")
        found = self._tables.table(TableName(table)).get(partition, key)
        if found is None:
            raise NotPossibleError(f"The table {table} has no row {partition}/{key}.")
        if _damage(Row(table, found)) is None:
            raise NotPossibleError(
                f"The row {partition}/{key} of the table {table} can be read; it is not deleted."
            )
        self._tables.table(TableName(table)).delete(partition, key)


def _surveyed(table: Table, most: int) -> TableSurvey:
    versions: Counter[int] = Counter()
    unreadable = []
    rows = (Row(table.name, entity) for entity in table.query("PartitionKey ge @all", all=""))
    for row in islice(rows, most):
        found = row.entity.get(VERSION)
        versions[found if type(found) is int else 0] += 1
        if (damage := _damage(row)) is not None:
            unreadable.append(UnreadableRow(table.name, row.partition, row.key, damage))
    return TableSurvey(table.name, versions, tuple(unreadable), whole=next(rows, None) is None)


def _damage(row: Row) -> str | None:
    try:
        read(row, READERS[TableName(row.table)])
    except UnreadableRowError as error:
        return error.why
    return None
