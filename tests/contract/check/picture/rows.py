"""What the rows of the picture refer to, and how one of them is changed.

Never builds a table.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.check.found.crm import FoundRow, Reference

Fields = dict[str, Any]

LONG_AGO, THEN = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2025))

HARBOUR = Reference("account", "a-harbour", "Harbour Group")
DORMANT = Reference("account", "a-dormant", "Dormant Ltd", active=False)
FORMER = Reference("account", "a-former", "Former Customer")
ELSEWHERE = Reference("account", "a-elsewhere", "Elsewhere Inc.")
NOBODYS = Reference("account", "a-nobodys", "Prospect")
RETREAT = Reference("opportunity", "o-retreat", "PO-4471")
RENEWAL = Reference("opportunity", "o-renewal", "Renewal")

NOTHING = Decimal(0)


def money(text: str) -> Decimal:
    return Decimal(text)


def changed(row: FoundRow, **fields: Any) -> FoundRow:
    """Return a row with other fields; `_` in a name stands for a blank."""
    named: Mapping[str, Any] = {name.replace("_", " "): value for name, value in fields.items()}
    return replace(row, fields={**row.fields, **named})


def about_invoices(found: list[str]) -> list[str]:
    """Return the sentences about rows of invoices."""
    return [each for each in found if each.startswith("invoice ")]
