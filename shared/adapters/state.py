"""Small facts in Azure Tables: checkpoints, our webhook callbacks, the accounts that are synced.

Never holds a secret: verifiers are in Key Vault.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from shared.adapters.tables import Entity, Table, Tables, clip, key, moment
from shared.sync.ports import Registration

_CHECKPOINTS: Final = "checkpoint"
_ACCOUNTS: Final = "~accounts"  # no account id starts with `~`


class TableCheckpoints:
    """The port `Checkpoints` over the table `checkpoints`."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("checkpoints")

    def get(self, name: str) -> datetime | None:
        """Return a point in time (UTC), None when there is none yet."""
        found = self._table.get(_CHECKPOINTS, key(name))
        return moment(found["at"]) if found is not None else None

    def set(self, name: str, moment: datetime) -> None:
        """Keep a point in time."""
        self._table.upsert(
            {"PartitionKey": _CHECKPOINTS, "RowKey": key(name), "at": moment.astimezone(UTC)}
        )


class TableRegistrations:
    """The port `Registrations` over the table `registrations`.

    A partition is an account, a row the noun its callback reports; the accounts themselves are a
    partition of their own.
    """

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("registrations")

    def get(self, account: str, noun: str) -> Registration | None:
        """Return one, None when nothing is registered there."""
        found = self._table.get(account, key(noun))
        return _registration(found) if found is not None else None

    def list_all(self) -> Iterator[Registration]:
        """Yield all."""
        found = self._table.query("PartitionKey ne @accounts", accounts=_ACCOUNTS)
        yield from map(_registration, found)

    def upsert(self, registration: Registration) -> None:
        """Keep one."""
        self._table.upsert(
            {
                "PartitionKey": registration.account,
                "RowKey": key(registration.noun),
                "noun": registration.noun,
                "uri": clip(registration.uri),
                "state": registration.state,
                "callback": str(registration.callback) if registration.callback else None,
                "since": registration.since.astimezone(UTC) if registration.since else None,
            }
        )

    def list_accounts(self) -> list[str]:
        """Return the FreshBooks accounts that are synced, in order of their ids."""
        found = self._table.query("PartitionKey eq @accounts", accounts=_ACCOUNTS)
        return sorted(entity["RowKey"] for entity in found)

    def add_account(self, account: str, name: str) -> None:
        """Start to sync an account."""
        self._table.upsert({"PartitionKey": _ACCOUNTS, "RowKey": account, "name": clip(name)})


def _registration(entity: Entity) -> Registration:
    callback = entity.get("callback")
    return Registration(
        account=entity["PartitionKey"],
        noun=entity["noun"],
        uri=entity["uri"],
        state=entity["state"],
        callback=int(callback) if callback else None,
        since=moment(entity.get("since")),
    )
