"""Circuits in Azure Tables: the few that are not simply closed, by compare-and-set.

Never decides whether one is open.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, etag_of, key, unkey
from shared.core.circuit import Circuit, CircuitState, unreadable
from shared.core.identity import Kind
from shared.errors import UnreadableRowError

_PARTITION: Final = "circuit"
_EVIDENCE: Final = TypeAdapter(tuple[str, ...])


class TableCircuits:
    """The port `Circuits` over the table `circuits`, all in one partition."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.CIRCUITS)
        self._rows = Rows(self._table, read_circuit, instead=_unreadable)

    def list_all(self) -> list[Circuit]:
        """Return all that are kept, in one request; one that cannot be read is open and due."""
        return list(self._rows.query("PartitionKey eq @partition", partition=_PARTITION))

    def get(self, name: str) -> Circuit | None:
        """Return one, None when none is kept."""
        return self._rows.get(_PARTITION, key(name))

    def insert(self, circuit: Circuit) -> Circuit:
        """Keep a circuit of which there is none, and return it with its version.

        Raises:
            ConflictError: there is one; perhaps ours, when an answer was lost.
        """
        return _versioned(circuit, self._table.insert(_entity(circuit)))

    def replace(self, circuit: Circuit) -> Circuit:
        """Replace a circuit that is still in `circuit.version`, and return it with its new version.

        Raises:
            ConflictError: it changed or is gone; perhaps by us, when an answer was lost.
        """
        return _versioned(circuit, self._table.replace(_entity(circuit), etag=circuit.version))

    def delete(self, circuit: Circuit) -> None:
        """Forget a circuit that is still in `circuit.version`; one that is gone is fine.

        Raises:
            ConflictError: it changed.
        """
        self._table.delete_version(_PARTITION, key(circuit.name), etag=circuit.version)


def _versioned(circuit: Circuit, version: str) -> Circuit:
    return replace(circuit, version=version)


def _entity(circuit: Circuit) -> dict[str, Any]:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": key(circuit.name),
        "name": circuit.name,
        "state": str(circuit.state),
        "since": circuit.since.astimezone(UTC),
        "reason": clip(circuit.reason),
        "evidence": json.dumps(circuit.evidence),
        "failing_since": _utc(circuit.failing_since),
        "passed_at": _utc(circuit.passed_at),
        "next_probe": _utc(circuit.next_probe),
        "permit_until": _utc(circuit.permit_until),
        "probes": circuit.probes,
        "kind": str(circuit.kind) if circuit.kind is not None else None,
    }


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment is not None else None


def read_circuit(row: Row) -> Circuit:
    """Read a row of `circuits`."""
    name = row.text("name")
    if key(name) != row.key:
        raise DamagedError("name is not what the row's key says")
    return Circuit(
        name=name,
        state=row.word("state", CircuitState),
        since=row.moment("since"),
        reason=row.text("reason"),
        evidence=row.shaped("evidence", _EVIDENCE),
        failing_since=row.moment_or_none("failing_since"),
        passed_at=row.moment_or_none("passed_at"),
        next_probe=row.moment_or_none("next_probe"),
        permit_until=row.moment_or_none("permit_until"),
        probes=row.whole("probes"),
        kind=row.word("kind", Kind) if row.entity.get("kind") is not None else None,
        version=etag_of(row.entity),
    )


def _unreadable(row: Row, error: UnreadableRowError) -> Circuit:
    return unreadable(
        unkey(row.key) or row.key,
        reason=str(error),
        changed_at=row.changed_at,
        version=etag_of(row.entity),
    )
