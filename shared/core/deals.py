"""What an opportunity shows: the sums of the invoices on it, and how its account stands.

Never adds up amounts in different currencies, and never says which invoices are on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.core.homes import Deal
from shared.core.options import Status
from shared.core.rows import Current, Row, Scalar

_CANCELLED: Final = 3  # statecode of an invoice
_ZERO: Final = Decimal(0)
_ASKS_FOR_NOTHING: Final = frozenset({Status.DRAFT, Status.DELETED, Status.REPLACED})


HEALTH: Final = "fbx_financialhealth"  # of the account, which has a column of the same name
NO_MORE: Final[Mapping[str, Scalar]] = MappingProxyType({})


def render_deals(
    deals: Iterable[Deal], *, without: UUID | None = None, beside: Mapping[str, Scalar] = NO_MORE
) -> Iterator[Row]:
    """Yield the opportunities as they should be; those that have nothing to show are left out.

    Whether a closed opportunity can be written is up to an organization's own rules, and its
    sums are not worth a client's balances or an invoice's move: they are optional.

    Args:
        deals: opportunities with the invoices on them.
        without: an invoice that leaves them.
        beside: what each of them shows besides, whether or not an invoice is on it.
    """
    for deal in deals:
        counted = [each for each in deal.invoices if each.id != without and _counts(each, deal)]
        shows = any(deal.columns.get(name) is not None for name in _NAMES)
        summed = deal.lookups.get("transactioncurrencyid") is not None and (counted or shows)
        columns = {**(_sums(counted) if summed else {}), **beside}
        if columns:
            yield Row(table="opportunity", id=deal.id, columns=columns, optional=True)


def _sums(counted: list[Current]) -> dict[str, Scalar]:
    return {
        "fbx_invoiced": _sum(counted, "fbx_total"),
        "fbx_paid": _sum(counted, "fbx_paid"),
        "fbx_outstanding": _sum(counted, "fbx_outstanding"),
        "fbx_overdue": _sum(filter(_is_overdue, counted), "fbx_outstanding"),
    }


_NAMES: Final = ("fbx_invoiced", "fbx_paid", "fbx_outstanding", "fbx_overdue")


def _counts(invoice: Current, deal: Deal) -> bool:
    """Say whether an invoice counts: it is asked for, and in the opportunity's currency.

    A row that Sales had before is never cancelled; its status says that FreshBooks' is gone.
    """
    currency = "transactioncurrencyid"
    if invoice.lookups.get(currency) != deal.lookups.get(currency):
        return False
    cancelled = invoice.state is not None and invoice.state.state == _CANCELLED
    return not cancelled and invoice.columns.get("fbx_status") not in _ASKS_FOR_NOTHING


def _is_overdue(invoice: Current) -> bool:
    return invoice.columns.get("fbx_status") == Status.OVERDUE


def _sum(invoices: Iterable[Current], column: str) -> Decimal:
    values = (invoice.columns.get(column) for invoice in invoices)
    return sum((Decimal(each) for each in values if isinstance(each, Decimal | int)), _ZERO)
