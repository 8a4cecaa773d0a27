"""What would stand for an invoice in a rehearsal: its row, or without the Sales app its entry.

Never reads Dataverse: it is told what is there, and knows what is planned.
"""

from dataclasses import replace
from typing import Protocol
from uuid import UUID

from shared.core.policies import Target
from shared.core.schema import ACTIVITY_TABLE
from shared.core.views import RecordRow
from shared.sync.rehearsal.script import Script


class Headers(Protocol):
    """Rows that would stand for invoices, and entries where they would be."""

    def header(
        self, invoice: UUID | None, entry: UUID | None, there: RecordRow | None
    ) -> RecordRow | None:
        """Return what would stand for an invoice.

        Args:
            invoice: its own row; None where none is asked for.
            entry: its timeline entry; None where none is asked for.
            there: what stands for it so far.
        """

    def placed(self, row: RecordRow) -> RecordRow:
        """Return an entry with the opportunity and the customer that it would be on."""


def headers_of(target: Target, script: Script) -> Headers:
    """Return what would stand for invoices in an environment with this target."""
    return _Entries(script) if target is Target.ACTIVITY else _Rows(script)


class _Rows(Headers):
    def __init__(self, script: Script) -> None:
        self._script = script

    def header(
        self, invoice: UUID | None, entry: UUID | None, there: RecordRow | None
    ) -> RecordRow | None:
        """Return its own row, or an adopted one that its entry points at."""
        if invoice is None:
            return None
        now = self._script.record("invoice", invoice, there)
        timeline = self._script.now(ACTIVITY_TABLE, entry) if entry is not None else None
        target = timeline.lookups.get("fbx_invoiceid") if timeline is not None else None
        led_to = self._script.now("invoice", target) if target is not None else None
        if led_to is None or led_to.columns.get("fbx_adopted") is not True:
            return now
        return RecordRow(**vars(led_to)) if now is None or now.id != led_to.id else now

    def placed(self, row: RecordRow) -> RecordRow:
        """Return it with what it would regard."""
        edit = self._script.edit_of(ACTIVITY_TABLE, row.id)
        target = edit.lookups.get("regardingobjectid") if edit is not None else None
        if target is None:
            return row
        on = target.id if target.table == "opportunity" else None
        account = row.lookups.get("fbx_accountid") if on is not None else target.id
        return replace(row, lookups={**row.lookups, "opportunityid": on, "customerid": account})


class _Entries(Headers):
    def __init__(self, script: Script) -> None:
        self._script = script

    def header(
        self, invoice: UUID | None, entry: UUID | None, there: RecordRow | None
    ) -> RecordRow | None:
        """Return its entry."""
        asked = entry or invoice
        if asked is None:
            return None
        row = self._script.record(ACTIVITY_TABLE, asked, there)
        return self.placed(row) if row is not None else None

    def placed(self, row: RecordRow) -> RecordRow:
        """Return it with the account that it would name."""
        account = row.lookups.get("fbx_accountid")
        return replace(row, lookups={**row.lookups, "opportunityid": None, "customerid": account})
