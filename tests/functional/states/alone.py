"""Invoices in every state where timeline entries are all there is, and what the page says of those.

Never looks at what the page says of rows of the table invoice.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.functional.states.invoices import HAPPENS, WHOLE, Shown, has_status, is_as_said
from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, amount, by_key, same, words
from tests.functional.world import Firm

# Without a row, what stands is the entry itself.
AS_BEFORE = ("open again, everything as before",)


class _WithoutSales(Firm):
    """A firm whose Dynamics has no Sales app."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(sales=False, target="activity", **settings)


class _Town(Town):
    """A town in which an entry stands for an invoice."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__(settings, firm=_WithoutSales)

    def invoice(self, record: Row) -> Row | None:
        """Return what stands for an invoice, None where nothing does."""
        return self.entry("invoice", record)


@cache
def _town_of(**settings: str) -> Town:
    return _Town(settings)


def check(said: Said) -> None:
    """Compare what a row of the page says of an entry with what Dynamics then shows."""
    entries = said.alternatives(3)[0][1].split("; ")
    for number, (settings, invoice) in enumerate(said.alternatives(2)):
        town = _town_of(**settings)
        entry = entries[number] if len(entries) > 1 else entries[0]
        wanted = invoice if entry == "likewise" else entry
        for shown in list(HAPPENS[said.cells[0]](town, said)):
            row, before = town.entry("invoice", shown.record), shown.before[1]
            where = f"{said} {shown.record['invoice_number']} {shown.status}: {row}"
            if said.cells[1] == "as if it were not" or wanted in AS_BEFORE:
                assert same(row, before), where
            elif wanted in WHOLE:
                assert _replaced(town, shown), where
            elif invoice in WHOLE:
                assert WHOLE[invoice](town, shown), where
            else:
                assert is_as_said(wanted, row, before), where
                if row is not None and "as it was" not in wanted:
                    assert has_status(said.cells[1], shown, row), where


def _replaced(town: Town, shown: Shown) -> bool:
    """Say whether an old entry gave way to one in the new currency."""
    before = shown.before[1]
    assert before is not None
    rows = town.rows("fbx_financialactivities", by_key(before["fbx_sourcekey"]))
    (old,) = [row for row in rows if row["fbx_replacedby"]]
    (new,) = [row for row in rows if not row["fbx_replacedby"]]
    canceled = words(old, "statecode", "fbx_status") == ("Canceled", "Replaced")
    moved = new["_transactioncurrencyid_value"] == town.currency("CAD")[1]
    return canceled and moved and amount(old, "fbx_outstanding") == 0
