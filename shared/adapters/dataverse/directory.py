"""Rows of Dataverse for a rehearsal: what an account has that a client would get, and names.

Never writes.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import invoice_views, readings, views
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import Query, get_row
from shared.adapters.dataverse.sought import Sought
from shared.core.homes import Opportunity
from shared.core.policies import Target
from shared.core.rows import Reference
from shared.core.schema import SALES_TABLES
from shared.core.views import RecordRow

_NAMES: Final = {
    "account": "name",
    "opportunity": "name",
    "invoice": "name",
    "pricelevel": "name",
    "transactioncurrency": "isocurrencycode",
    "systemuser": "fullname",
}
# Where a row does not say which table its lookup leads to.
_EITHER: Final = ("account", "opportunity")


class DataverseDirectory:
    """The port `Directory` over one environment.

    Args:
        api: the environment's Web API.
        invoice_column: a column in which people keep FreshBooks' invoice numbers, None for none.
        target: what stands for an invoice there.
        more: columns that are read beside the connector's, by table.
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        invoice_column: str | None,
        target: Target = Target.RECORD,
        more: views.More = views.NO_MORE,
    ) -> None:
        self._api = api
        self._more = more
        self._invoice_column = invoice_column
        self._places_invoices = target is Target.RECORD
        absent = () if self._places_invoices else SALES_TABLES
        self._names = {table: name for table, name in _NAMES.items() if table not in absent}

    def find_on(
        self, account: UUID, *, reference: str, number: str, source_key: str
    ) -> tuple[tuple[Opportunity, ...], tuple[RecordRow, ...]]:
        """Return the opportunities and the invoices of an account that an invoice may belong to."""
        if not self._places_invoices:
            return (), ()
        sought = Sought(number, source_key, self._invoice_column)
        get = invoice_views.place_on(account, reference, sought, self._more)
        row = self._api.read([get])[0]
        if row is None:
            return (), ()
        opportunities = list(self._api.list_rows(row, invoice_views.OPPORTUNITIES))
        invoices = (
            self._api.list_rows(row, invoice_views.INVOICES)
            if invoice_views.INVOICES in row
            else ()
        )
        return (
            readings.to_account(row, opportunities=opportunities).opportunities,
            tuple(readings.to_record_row("invoice", each) for each in invoices),
        )

    def find_names(self, rows: Collection[Reference]) -> dict[UUID, str]:
        """Return what rows are called, of those that are there."""
        asked = [
            (row.id, table)
            for row in rows
            for table in ((row.table,) if row.table else _EITHER)
            if table in self._names
        ]
        if not asked:
            return {}
        gets = [get_row(table, row, Query((self._names[table],))) for row, table in asked]
        return {
            row: str(found[self._names[table]])
            for (row, table), found in zip(asked, self._api.read(gets), strict=True)
            if found is not None and found.get(self._names[table])
        }
