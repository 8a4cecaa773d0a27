"""Components that are there without a request: generated, delivered, or made by a customer.

Never checks one: what the platform or Microsoft delivers may be newer than the published schemas.
"""

from typing import Any

from sandbox.dataverse.component_tables import FORM, VIEW
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table, new_id

PUBLIC, ADVANCED_FIND, ASSOCIATED, QUICK_FIND, LOOKUP = 0, 1, 2, 4, 64
OUTLOOK, COPILOT = 8192, 1_048_576
MAIN, QUICK_VIEW, CARD = 2, 6, 11


def store(env: Environment, table: str, row_id: str = "", **columns: Any) -> str:
    """Store a published component as it is; return its id."""
    described = env.schema.tables[table]
    row_id, now = row_id or new_id(), env.now()
    user = ("systemuser", env.user)
    row = {name: column.default for name, column in described.columns.items()}
    row |= {"createdon": now, "modifiedon": now, "createdby": user, "modifiedby": user}
    if "statecode" in row:
        row |= {"statuscode": 1}
    row["ismanaged"] = False
    env.store.put(table, row_id, {**row, **columns, described.id: row_id})
    return row_id


def view(
    env: Environment,
    table: Table,
    name: str,
    kind: int,
    *,
    fetch: str,
    layout: str | None,
    **columns: Any,
) -> str:
    """Store a published view; return its id."""
    given: dict[str, Any] = {"canbedeleted": kind == OUTLOOK, "isdefault": True, **columns}
    return store(
        env,
        VIEW,
        name=name,
        returnedtypecode=table.name,
        querytype=kind,
        fetchxml=fetch,
        layoutxml=layout,
        isquickfindquery=kind == QUICK_FIND,
        iscustom=False,
        **given,
    )


def form(env: Environment, table: Table, name: str, kind: int, text: str, **columns: Any) -> str:
    """Store a published form; return its id."""
    row_id = str(columns.pop("formid", ""))
    return store(
        env,
        FORM,
        row_id,
        **{
            "name": name,
            "objecttypecode": table.name,
            "type": kind,
            "formxml": text,
            "formpresentation": 1,
            "canbedeleted": True,
            **columns,
        },
    )
