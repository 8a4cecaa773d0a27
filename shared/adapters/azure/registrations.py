"""The callbacks registered at FreshBooks, in Azure Tables: what every webhook is held against.

Never holds a verifier: those are in Key Vault.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

from shared.adapters.azure.columns import Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, key, unkey
from shared.core.connections import Registration, RegistrationState
from shared.errors import ConflictError, UnreadableRowError


class TableRegistrations:
    """The port `Registrations` over the table `registrations`.

    A partition is a business, a row the noun its callback reports.
    """

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.REGISTRATIONS)
        self._rows = Rows(self._table, read_registration, instead=_unreadable)

    def get(self, business: str, noun: str) -> Registration | None:
        """Return one, None when nothing is registered there."""
        return self._rows.get(business, key(noun))

    def list_all(self) -> Iterator[Registration]:
        """Yield all; one whose row cannot be read is said to be so."""
        yield from self._rows.query("PartitionKey gt @all", all="")

    def upsert(self, registration: Registration) -> None:
        """Keep one."""
        self._table.upsert(
            {
                "PartitionKey": registration.business,
                "RowKey": key(registration.noun),
                "noun": registration.noun,
                "uri": clip(registration.uri),
                "state": str(registration.state),
                "callback": str(registration.callback) if registration.callback else None,
                "since": registration.since.astimezone(UTC) if registration.since else None,
                "asked": registration.asked,
                "seen": registration.seen.astimezone(UTC) if registration.seen else None,
                "problem": clip(registration.problem) or None,
            }
        )

    def mark_seen(self, business: str, noun: str, moment: datetime) -> None:
        """Note when FreshBooks was seen to have one as it is kept; one that is gone stays gone."""
        entity = {"PartitionKey": business, "RowKey": key(noun), "seen": moment.astimezone(UTC)}
        with contextlib.suppress(ConflictError):
            self._table.merge(entity)

    def delete(self, business: str, noun: str) -> None:
        """Forget one; one that is gone is fine."""
        self._table.delete(business, key(noun))


def read_registration(row: Row) -> Registration:
    """Read a row of `registrations`."""
    return Registration(
        business=row.partition,
        noun=row.text("noun"),
        uri=row.text("uri"),
        state=row.word("state", RegistrationState),
        callback=row.digits("callback") if row.text("callback", default="") else None,
        since=row.moment_or_none("since"),
        asked=row.whole("asked", default=0),
        seen=row.moment_or_none("seen"),
        problem=row.text("problem", default=""),
    )


def _unreadable(row: Row, _error: UnreadableRowError) -> Registration:
    return Registration(
        row.partition, unkey(row.key) or row.key, uri="", state=RegistrationState.UNREADABLE
    )
