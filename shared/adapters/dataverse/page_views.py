"""What is read of a page of records at once, as requests: lists in place of single rows.

Never sends anything, and reads of each row what the read of it alone would.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from shared.adapters.dataverse import entry_views, invoice_views, views
from shared.adapters.dataverse.invoice_views import OPPORTUNITIES
from shared.adapters.dataverse.odata import (
    ENTITY_SETS,
    PureRequest,
    Query,
    equals,
    every,
    list_rows,
    some,
    within,
)
from shared.adapters.dataverse.views import CLIENTS, NO_MORE, More
from shared.core import schema
from shared.core.existing import NUMBER_COLUMNS
from shared.core.mapping import INVOICE_CANCELLED

_ENTRY_ID: Final = ENTITY_SETS[schema.ACTIVITY_TABLE].key
_INVOICE_ID: Final = ENTITY_SETS["invoice"].key
POINTS_AT: Final = f"_{schema.INVOICE_LOOKUP.name}_value"
SOUGHT: Final = ("_customerid_value", "fbx_sourcekey")


def headers(invoices: Collection[UUID], *, lines: bool, more: More = NO_MORE) -> PureRequest:
    """Return the read of invoices' headers, with their lines if asked for."""
    query = invoice_views.of_header(lines=lines, more=more)
    return list_rows("invoice", query.where_too(within(_INVOICE_ID, invoices)))


def entries(ids: Collection[UUID], *, opportunity: bool, more: More = NO_MORE) -> PureRequest:
    """Return the read of timeline entries, with the opportunities they are on if asked for."""
    query = invoice_views.of_entry(opportunity=opportunity, more=more)
    return list_rows(schema.ACTIVITY_TABLE, query.where_too(within(_ENTRY_ID, ids)))


def entries_alone(ids: Collection[UUID], more: More = NO_MORE) -> PureRequest:
    """Return the read of timeline entries where they are all there is."""
    query = entry_views.of_entry(more)
    return list_rows(schema.ACTIVITY_TABLE, query.where_too(within(_ENTRY_ID, ids)))


def pointers(ids: Collection[UUID]) -> PureRequest:
    """Return the read of which invoices entries point at."""
    return list_rows(schema.ACTIVITY_TABLE, Query((POINTS_AT,), where=within(_ENTRY_ID, ids)))


def homes(
    client_keys: Sequence[str], references: Iterable[str], *, opportunities: bool
) -> PureRequest:
    """Return the read of the accounts that clients' rows name, each with those clients.

    Args:
        client_keys: of the clients.
        references: names of opportunities that are read beside the open ones.
        opportunities: whether there are any.
    """
    key = schema.CLIENT_KEY.columns[0]
    these = some(*(equals(key, each) for each in client_keys))
    theirs = some(*(equals(f"c/{key}", each) for each in client_keys))
    expand = {CLIENTS: Query(views.client_columns(), where=these)}
    if opportunities:
        named = (equals("name", each) for each in sorted(set(references)))
        wanted = some("statecode eq 0", *named)
        expand[OPPORTUNITIES] = Query(("name", "statecode"), where=wanted)
    query = Query(views.account_columns(None), expand=expand, where=f"{CLIENTS}/any(c:{theirs})")
    return list_rows("account", query)


def sought(
    numbers: Collection[str], source_keys: Collection[str], column: str | None
) -> PureRequest:
    """Return the read of invoices that Sales may have already, by numbers or as adopted ones."""
    columns = (*NUMBER_COLUMNS, *([column] if column else []))
    free = every(equals("fbx_sourcekey", None), f"statecode ne {INVOICE_CANCELLED.state}")
    called = [equals(each, number) for each in columns for number in sorted(numbers)]
    adopted = some(*(equals("fbx_sourcekey", each) for each in sorted(source_keys)))
    conditions = [f"({every('fbx_adopted eq true', adopted)})"]
    conditions += [f"({every(free, some(*called))})"] if called else []
    select = (*columns, *SOUGHT)
    return list_rows("invoice", Query(select, where=some(*conditions)))
