"""What is read of invoices, opportunities and price lists, as requests.

Never sends anything; all of it comes with the Sales app, and is asked for only where that is.
"""

from typing import Final
from uuid import UUID

from shared.adapters.dataverse import views
from shared.adapters.dataverse.odata import (
    ENTITY_SETS,
    PureRequest,
    Query,
    equals,
    every,
    get_row,
    list_rows,
    navigation,
    some,
)
from shared.adapters.dataverse.sought import NOTHING_SOUGHT, Sought
from shared.adapters.dataverse.views import NO_MORE, More
from shared.core import blueprint, schema
from shared.core.existing import TOTAL
from shared.core.fitting import LENGTHS
from shared.core.rows import Scalar

OPPORTUNITIES: Final = "opportunity_customer_accounts"
ON_DEAL: Final = "opportunity_invoices"
LINES: Final = "invoice_details"
INVOICES: Final = "invoice_customer_accounts"
ENTRIES: Final = schema.INVOICE_LOOKUP.relationship
OPPORTUNITY: Final = navigation(schema.ACTIVITY_TABLE, "regardingobjectid", "opportunity")

_INVOICE: Final = (
    *LENGTHS["invoice"],
    "duedate",
    "discountamount",
    "discountpercentage",
    "_customerid_value",
    "_opportunityid_value",
    "_pricelevelid_value",
    "_transactioncurrencyid_value",
    f"_{schema.INVOICE_CLIENT_LOOKUP.name}_value",
    *views.own_columns("invoice"),
    *views.STATE,
)
_NATIVE: Final = ("invoicenumber", TOTAL)
_LINE: Final = (
    "lineitemnumber",
    "productdescription",
    "description",
    "quantity",
    "priceperunit",
    "manualdiscountamount",
    "tax",
)
_ENTRY: Final = views.entry_columns(blueprint.RECORD)
_DEAL: Final = (
    "_customerid_value",
    "_transactioncurrencyid_value",
    *views.own_columns("opportunity"),
    *views.STATE,
)
_COUNTED: Final = (
    "_opportunityid_value",
    "_transactioncurrencyid_value",
    "fbx_status",
    "fbx_total",
    "fbx_paid",
    "fbx_outstanding",
    *views.STATE,
)


def for_invoice(  # noqa: PLR0917  # each is what a read is by; all but two are often left out
    invoice: UUID,
    entry: UUID,
    client_key: str | None,
    reference: str,
    sought: Sought = NOTHING_SOUGHT,
    more: More = NO_MORE,
) -> list[PureRequest]:
    """Return the reads of an invoice, of its timeline entry, and of a client's account, if any.

    The second is the other row that its entry points at, where there is one.
    """
    reads = [
        invoice_by_id(invoice, lines=True, more=more),
        led_to_by_entry(entry, invoice, lines=True, more=more),
        entry_by_id(entry, more=more),
    ]
    return reads + _homes_of(client_key, reference, sought, more)


def for_entry(
    entry: UUID,
    invoice: UUID | None,
    client_key: str | None,
    invoice_entry: UUID | None = None,
    more: More = NO_MORE,
) -> list[PureRequest]:
    """Return the reads of a timeline entry, of its invoice, and of a client's account, if any.

    An invoice is read by its id and, where that is given, by its own entry.
    """
    reads = [entry_by_id(entry, opportunity=True, more=more)]
    if invoice is not None:
        reads.append(invoice_by_id(invoice, lines=False))
    if invoice_entry is not None:
        reads.append(led_to_by_entry(invoice_entry, invoice))
    return reads + _homes_of(client_key, "")


def led_to_by_entry(
    entry: UUID, invoice: UUID | None, *, lines: bool = False, more: More = NO_MORE
) -> PureRequest:
    """Return the read of the invoice that a timeline entry points at, but for one of that id.

    By way of the entry, whose id is known and whose lookup Dataverse keeps an index on: a key of
    its own would be empty on every other invoice, and nobody says whether those count as equal.
    """
    key = ENTITY_SETS[schema.ACTIVITY_TABLE].key
    pointed_at = f"{ENTRIES}/any(e:{equals(f'e/{key}', entry)})"
    # One that was given back is nobody's, though the entry of a deleted invoice points at it still.
    conditions = ["fbx_sourcekey ne null", pointed_at]
    if invoice is not None:
        conditions.append(f"invoiceid ne {invoice}")
    expand = {LINES: Query(_LINE)} if lines else {}
    select = views.widened(_INVOICE, "invoice", more)
    return list_rows("invoice", Query(select, where=every(*conditions), expand=expand))


def _homes_of(
    client_key: str | None,
    reference: str,
    sought: Sought = NOTHING_SOUGHT,
    more: More = NO_MORE,
) -> list[PureRequest]:
    if client_key is None:
        return []
    return [views.home_of_record(client_key, _placing(reference, sought, more))]


def place_on(account: UUID, reference: str, sought: Sought, more: More = NO_MORE) -> PureRequest:
    """Return the read of what decides where an account's invoice belongs, whoever's it is."""
    expand = _placing(reference, sought, more)
    return get_row("account", account, Query(views.account_columns(None), expand=expand))


def _placing(reference: str, sought: Sought, more: More) -> dict[str, Query]:
    """Return what is read of an account to place an invoice: opportunities, invoices it may be."""
    wanted = some("statecode eq 0", *([equals("name", reference)] if reference else []))
    expand = {OPPORTUNITIES: Query(("name", "statecode"), where=wanted)}
    if condition := sought.condition:
        select = (*_INVOICE, *_NATIVE, sought.column or TOTAL)
        expand[INVOICES] = Query(views.widened(select, "invoice", more), where=condition)
    return expand


def invoice_by_id(
    invoice: UUID, *, lines: bool, native: bool = False, more: More = NO_MORE
) -> PureRequest:
    """Return the read of an invoice's header, with its lines or native figures if asked for."""
    return get_row("invoice", invoice, of_header(lines=lines, native=native, more=more))


def of_header(*, lines: bool, native: bool = False, more: More = NO_MORE) -> Query:
    """Return what is read of an invoice's header, with its lines or native figures if asked for."""
    expand = {LINES: Query(_LINE)} if lines else {}
    select = (*_INVOICE, *_NATIVE) if native else _INVOICE
    return Query(views.widened(select, "invoice", more), expand=expand)


def entry_by_id(entry: UUID, *, opportunity: bool = False, more: More = NO_MORE) -> PureRequest:
    """Return the read of a timeline entry, with the opportunity it is on if asked for."""
    return get_row(schema.ACTIVITY_TABLE, entry, of_entry(opportunity=opportunity, more=more))


def of_entry(*, opportunity: bool = False, more: More = NO_MORE) -> Query:
    """Return what is read of a timeline entry, with the opportunity it is on if asked for."""
    expand = {OPPORTUNITY: Query(("_customerid_value",))} if opportunity else {}
    return Query(views.widened(_ENTRY, schema.ACTIVITY_TABLE, more), expand=expand)


def deal_by_id(opportunity: UUID) -> PureRequest:
    """Return the read of an opportunity with the invoices on it."""
    return get_row("opportunity", opportunity, Query(_DEAL, expand={ON_DEAL: Query(_COUNTED)}))


def summed() -> dict[str, Query]:
    """Return what the opportunities of an account are summed up from.

    An opportunity that was closed before it showed anything is missing; it is asked for alone
    when an invoice is put on it.
    """
    shown = some("statecode eq 0", "fbx_invoiced ne null")
    return {
        OPPORTUNITIES: Query(_DEAL, where=shown),
        INVOICES: Query(_COUNTED, where="_opportunityid_value ne null"),
    }


def price_lists(currency: UUID, name: str | None) -> PureRequest:
    """Return the read of the active price lists in a currency, of one name if given."""
    equal: dict[str, Scalar | UUID] = {"_transactioncurrencyid_value": currency, **views.ACTIVE}
    if name is not None:
        equal["name"] = name
    return list_rows("pricelevel", Query(("name",), equal=equal))
