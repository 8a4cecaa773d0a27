"""Rows of what people are told in the app, in the words of expectations.

Never says who made them: only the connector tells of invoices here.
"""

import json
import re
from typing import Any

from sandbox.check.found.crm import FoundRow
from sandbox.check.found.tables import Row

_ID = re.compile(r"[?&]etn=account&id=([0-9a-fA-F-]{36})(?:&|$)")


def notice(row: Row) -> FoundRow:
    """Describe a notice."""
    identity = row["appnotificationid"]
    fields = {
        "title": row["title"],
        "body": str(row["body"] or ""),
        "opens": _opened(row["data"]),
        "owner": row["_ownerid_value"],
    }
    return FoundRow(identity, identity, fields)


def _opened(data: str | None) -> str | None:
    """Return the id of the account that an action of a notice opens."""
    try:
        actions: list[Any] = json.loads(data or "{}")["actions"]
        found = [_ID.search(each["data"]["url"]) for each in actions]
    except (ValueError, KeyError, TypeError):
        return None
    return next((each.group(1).lower() for each in found if each), None)
