"""Records as they are read where timeline entries are all there is of them.

Never asks for anything that only the Sales app has.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import entry_views, readings
from shared.adapters.dataverse.answers import Answer, client_rows, first_row, parsed
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import Query
from shared.adapters.dataverse.reader import Reader
from shared.adapters.dataverse.views import NO_MORE, More
from shared.core.homes import Account, Deal
from shared.core.schema import ACTIVITY_TABLE
from shared.core.views import EntryView, InvoiceView, RecordRow

_NOTHING: Final[Mapping[str, Query]] = MappingProxyType({})


class EntryReader(Reader):
    """Reads an environment without the Sales app; safe for many threads.

    What stands for an invoice is its entry: payments point at it and go where it is.

    Args:
        api: the environment's Web API.
        more: columns that are read beside the connector's, by table.
    """

    def __init__(self, api: DataverseApi, more: More = NO_MORE) -> None:
        self._api = api
        self._more = more

    @property
    def summed(self) -> Mapping[str, Query]:
        """Nothing: there are no opportunities."""
        return _NOTHING

    def get_invoice_view(
        self,
        *,
        invoice: UUID,  # noqa: ARG002  # it has no row but its entry
        entry: UUID,
        client_key: str | None,
        reference: str,  # noqa: ARG002  # of an opportunity
        number: str,  # noqa: ARG002  # of an invoice that may be it
        source_key: str,  # noqa: ARG002  # as above
    ) -> InvoiceView:
        """Return what is there about an invoice."""
        timeline, *homes = self._api.read(entry_views.for_invoice(entry, client_key, self._more))
        row = _entry(timeline)
        return InvoiceView(invoice=row, lines=(), entry=row, home=self._home(homes))

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None,
    ) -> EntryView:
        """Return what is there about a payment or expense."""
        billed = invoice_entry or invoice
        gets = entry_views.for_entry(entry, billed, client_key, self._more)
        timeline, *others = self._api.read(gets)
        return EntryView(
            entry=_entry(timeline),
            invoice=_entry(others.pop(0)) if billed is not None else None,
            home=self._home(others),
        )

    def get_invoice(self, invoice: UUID) -> RecordRow | None:  # noqa: ARG002  # the port's
        """Return None: there is no table of invoices."""
        return None

    def get_deal(self, opportunity: UUID) -> Deal | None:  # noqa: ARG002  # the port's
        """Return None: there are no opportunities."""
        return None

    def list_deals(self, account: Answer) -> list[Deal]:  # noqa: ARG002  # the protocol's
        """Return nothing: there are no opportunities."""
        return []

    def get_price_list(self, code: str) -> UUID | None:  # noqa: ARG002  # the port's
        """Return None: there are no price lists."""
        return None

    def _home(self, answers: Sequence[Answer | None]) -> Account | None:
        row = first_row(self._api, answers[0]) if answers else None
        if row is None:
            return None
        clients = list(client_rows(self._api, row))
        return parsed("account", lambda: readings.to_account(row, clients=clients))


def _entry(row: Answer | None) -> RecordRow | None:
    if row is None:
        return None
    return parsed(ACTIVITY_TABLE, lambda: readings.to_entry_alone(row))
