"""The rows of what waits, behind the port `SeenWaiting`: one request to look, however many rows.

Never decides what waits, nor what is written.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.answers import Answer, parsed
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import (
    ENTITY_SETS,
    PureRequest,
    Query,
    begins_with,
    equals,
    every,
    list_rows,
    to_current,
)
from shared.core.fitting import LENGTHS
from shared.core.options import ClientState
from shared.core.rows import Operation
from shared.core.schema import (
    CLIENT_TABLE,
    COLUMNS,
    WAITING_CLIENT_LOOKUP,
    WAITING_TABLE,
)
from shared.errors import ConfigurationError
from shared.sync.ports.waiting_rows import ThereToSee

_ROW: Final = (
    *LENGTHS[WAITING_TABLE],
    *(column.name for column in COLUMNS[WAITING_TABLE]),
    f"_{WAITING_CLIENT_LOOKUP.name}_value",
)


class DataverseSeenWaiting:
    """The table of waiting records in one environment.

    Args:
        api: the environment's Web API.
        write: applies operations in one change set, or none.
    """

    def __init__(self, api: DataverseApi, write: Callable[[Sequence[Operation]], object]) -> None:
        self._api = api
        self._write = write

    def look(self, business: str) -> ThereToSee | None:
        """Return what is there of a business; None where the table itself is not there yet."""
        try:
            rows, clients = self._api.read([_rows(business), _clients(business)])
        except ConfigurationError:
            # An environment of an earlier release; whatever else is wrong is told.
            if self._api.read([schema_reads.read_table(WAITING_TABLE)])[0] is None:
                return None
            raise
        if rows is None:  # a 404 that says no more
            return None
        return ThereToSee(
            rows=[
                parsed(WAITING_TABLE, partial(to_current, WAITING_TABLE, row))
                for row in self._all(rows)
            ],
            clients=dict(parsed(CLIENT_TABLE, partial(_client, row)) for row in self._all(clients)),
        )

    def write(self, operations: Sequence[Operation]) -> object:
        """Apply all operations in one change set, or none."""
        return self._write(operations)

    def _all(self, answer: Answer | None) -> list[Answer]:
        return list(self._api.list_rows(answer)) if answer is not None else []


def _rows(business: str) -> PureRequest:
    return list_rows(WAITING_TABLE, Query(_ROW, equal={"fbx_business": business}))


def _clients(business: str) -> PureRequest:
    waits = equals("fbx_state", int(ClientState.NEEDS_A_PERSON))
    where = every(waits, begins_with("fbx_key", f"{business}-"))
    return list_rows(CLIENT_TABLE, Query(("fbx_key",), where=where))


def _client(row: Answer) -> tuple[str, UUID]:
    return str(row["fbx_key"]), UUID(row[ENTITY_SETS[CLIENT_TABLE].key])
