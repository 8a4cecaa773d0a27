"""What the platform tells of solutions: which operations ran, which layers a component has.

Never runs one; both tables are virtual, so their rows are written when they are asked for.
"""

import json
import uuid
from dataclasses import replace
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import HISTORY, LAYER
from sandbox.dataverse.customizing import drafts
from sandbox.dataverse.customizing.rows import CUSTOMIZED
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table, new_id
from sandbox.dataverse.operations import Operation
from sandbox.dataverse.store import Row

ACTIVE, DELIVERED = "Active", "System"

_NAMESPACE = uuid.UUID("c2b9d7a3-3f05-5b53-9a29-3e6a1b5de0b2")
_OPERATIONS = {"Import": 0, "Uninstall": 1, "Export": 2}
_STARTED, _COMPLETED = 0, 1
_TEXTS = ("name", "formxml", "fetchxml", "layoutxml", "datadescription", "sitemapxml")


def remember(env: Environment, operation: str, solution: Row) -> None:
    """Keep that an operation on a solution was completed."""
    _write(env, new_id(), operation, _COMPLETED, solution["uniquename"], solution["version"])


def asked(env: Environment, operation: Operation, table: Table) -> Operation:
    """Write the rows of a virtual table; return the request as it is carried out, any other's too.

    Raises:
        DataverseError: 400, layers are asked for without naming one component.
    """
    if table.name == HISTORY:
        _show_running(env)
    if table.name != LAYER:
        return operation
    query = operation.query
    if "msdyn_componentid" not in query or "msdyn_solutioncomponentname" not in query:
        raise errors.request(
            "Layers are filtered by msdyn_componentid and msdyn_solutioncomponentname."
        )
    _show_layers(env)
    kept = [part for part in query.split("&") if not part.startswith(("$select", "%24select"))]
    return replace(operation, query="&".join(kept))


def _show_running(env: Environment) -> None:
    row_id = str(uuid.uuid5(_NAMESPACE, "running"))
    if env.customizing.running:
        _write(env, row_id, env.customizing.running, _STARTED, "SomeSolution", "1.0.0.0")
    elif env.store.get(HISTORY, row_id) is not None:
        env.store.delete(HISTORY, row_id)


def _write(  # noqa: PLR0917  # as many as the row has columns
    env: Environment, row_id: str, operation: str, status: int, name: str, version: str
) -> None:
    now = env.now()
    described = env.schema.tables[HISTORY]
    row: dict[str, Any] = dict.fromkeys(described.columns)
    row |= {
        described.id: row_id,
        "msdyn_name": name,
        "msdyn_status": status,
        "msdyn_operation": _OPERATIONS.get(operation, 0),
        "msdyn_solutionversion": version,
        "msdyn_starttime": now,
        "msdyn_endtime": now if status == _COMPLETED else None,
        "msdyn_result": True if status == _COMPLETED else None,
    }
    env.store.put(HISTORY, row_id, row)


def _show_layers(env: Environment) -> None:
    for row_id in list(env.store.rows(LAYER).by_id):
        env.store.delete(LAYER, row_id)
    for table in env.schema.tables.values():
        names = [DELIVERED] if not table.custom else []
        _layers(env, "Entity", table.metadata_id, table.name, [*names, ACTIVE][:1], {})
    for kind in sorted(drafts.DRAFTED):
        described = env.schema.tables[kind]
        for row in drafts.every(env, kind):
            row_id = row[described.id]
            names = [DELIVERED] if row["ismanaged"] else [ACTIVE]
            if row["ismanaged"] and row.get(CUSTOMIZED):
                names.append(ACTIVE)
            if row_id in env.customizing.layers:
                names.append(env.customizing.layers[row_id])
            _layers(env, described.schema, row_id, row[described.title], names, row)


def _layers(  # noqa: PLR0917  # as many as the row has columns
    env: Environment, kind: str, component: str, name: str, solutions: list[str], row: Row
) -> None:
    described = env.schema.tables[LAYER]
    changes = [{"Key": key, "Value": row[key]} for key in _TEXTS if row.get(key)]
    for order, solution in enumerate(solutions, start=1):
        row_id = str(uuid.uuid5(_NAMESPACE, f"{component}/{solution}"))
        layer: dict[str, Any] = dict.fromkeys(described.columns)
        layer |= {
            described.id: row_id,
            "msdyn_name": name,
            "msdyn_componentid": component,
            "msdyn_solutioncomponentname": kind,
            "msdyn_solutionname": solution,
            "msdyn_order": order,
            "msdyn_changes": json.dumps({"Attributes": changes}),
        }
        env.store.put(LAYER, row_id, layer)
