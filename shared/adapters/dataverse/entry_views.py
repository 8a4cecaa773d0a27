"""What is read where timeline entries are all there is, as requests.

Never sends anything, and names no table of the Sales app.
"""

from typing import Final
from uuid import UUID

from shared.adapters.dataverse import views
from shared.adapters.dataverse.odata import PureRequest, Query, get_row
from shared.adapters.dataverse.views import NO_MORE, More
from shared.core import blueprint, schema

_ENTRY: Final = views.entry_columns(blueprint.ACTIVITY)


def for_invoice(entry: UUID, client_key: str | None, more: More = NO_MORE) -> list[PureRequest]:
    """Return the reads of an invoice's entry, and of a client's account, if any."""
    return [entry_by_id(entry, more), *_homes_of(client_key)]


def for_entry(
    entry: UUID, invoice_entry: UUID | None, client_key: str | None, more: More = NO_MORE
) -> list[PureRequest]:
    """Return the reads of an entry, of its invoice's entry, and of a client's account, if any."""
    invoices = [entry_by_id(invoice_entry)] if invoice_entry is not None else []
    return [entry_by_id(entry, more), *invoices, *_homes_of(client_key)]


def entry_by_id(entry: UUID, more: More = NO_MORE) -> PureRequest:
    """Return the read of a timeline entry."""
    return get_row(schema.ACTIVITY_TABLE, entry, of_entry(more))


def of_entry(more: More = NO_MORE) -> Query:
    """Return what is read of a timeline entry."""
    return Query(views.widened(_ENTRY, schema.ACTIVITY_TABLE, more))


def _homes_of(client_key: str | None) -> list[PureRequest]:
    return [views.home_of_record(client_key, {})] if client_key is not None else []
