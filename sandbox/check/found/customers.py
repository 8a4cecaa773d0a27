"""Rows of clients, accounts and opportunities, in the words of expectations.

Never looks at invoices.
"""

from typing import Any

from sandbox.check.found.crm import CLIENT, FoundRow
from sandbox.check.found.tables import Row, Tables, created, day, filled
from sandbox.check.words import AGES, BALANCES

_AGES = dict(
    zip(
        AGES,
        ("fbx_current", "fbx_overdue30", "fbx_overdue60", "fbx_overdue90", "fbx_overdueolder"),
        strict=True,
    )
)
_ROOMS = {"name": "fbx_name", "balances": "fbx_balances", "conversion": "fbx_conversion"}


def client(tables: Tables, row: Row) -> FoundRow:
    """Describe the row of a FreshBooks client."""
    fields = {
        "name": filled(row["fbx_name"]),
        "state": tables.label(CLIENT, row, "fbx_state"),
        "account": tables.account(row, "fbx_accountid"),
        "linked to": filled(row["fbx_linkedto"]),
        # An older schema does not say it.
        "carried out": tables.label(CLIENT, row, "fbx_carriedout")
        if "fbx_carriedout" in row
        else tables.label(CLIENT, row, "fbx_state"),
        "url": filled(row["fbx_url"]),
        **_balances(tables, CLIENT, row),
    }
    rooms = tables.rooms(CLIENT, _ROOMS)
    key = str(row["fbx_key"] or "")
    return FoundRow(key, row["fbx_clientid"], fields, rooms, tables.digits(row))


def account(tables: Tables, row: Row) -> FoundRow:
    """Describe an account, whether a client is linked to it or not."""
    fields = {
        "name": row["name"],
        "active": row["statecode"] == 0,
        "owner": row["_ownerid_value"],
        "converted": row["fbx_converted"],
        "conversion": filled(row["fbx_conversion"]),
        **_balances(tables, "account", row),
    }
    rooms = tables.rooms("account", _ROOMS)
    return FoundRow(row["accountid"], row["accountid"], fields, rooms, tables.digits(row))


def opportunity(tables: Tables, row: Row) -> FoundRow:
    """Describe an opportunity."""
    fields = {
        "name": row["name"],
        "account": tables.account(row, "customerid"),
        "currency": tables.currency(row),
        "created": created(row),
        "invoiced": row["fbx_invoiced"],
        "paid": row["fbx_paid"],
        "outstanding": row["fbx_outstanding"],
        "overdue": row["fbx_overdue"],
        "open": row["statecode"] == 0,
        "health": tables.label("opportunity", row, "fbx_financialhealth"),
    }
    identity = row["opportunityid"]
    return FoundRow(identity, identity, fields, digits=tables.digits(row))


def _balances(tables: Tables, table: str, row: Row) -> dict[str, Any]:
    return {
        "currency": tables.currency(row),
        **{name: row[f"fbx_{name}"] for name in BALANCES},
        **{name: row[column] for name, column in _AGES.items()},
        "balances": filled(row["fbx_balances"]),
        "health": tables.label(table, row, "fbx_financialhealth"),
        "last invoice": day(row["fbx_lastinvoiceon"]),
        "last payment": day(row["fbx_lastpaymenton"]),
        "next due": day(row["fbx_nextdueon"]),
    }
