"""What is open of a client's invoices, each with its due date, from a bounded number of rows.

Never says a part of it: where not all of it can be read, that is said.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from shared.adapters.freshbooks.lists import read_row
from shared.adapters.freshbooks.paging import Page, walk
from shared.core.identity import Kind
from shared.core.records import Invoice, OpenAmount
from shared.errors import RetryLaterError

MOST_PAGES: Final = 20  # of invoices that are open, or of all where the filter does nothing


def open_amounts(client: int, fetch: Callable[[int], Page]) -> tuple[OpenAmount, ...] | None:
    """Read what is open of a client's invoices; None where there is too much of it.

    That a list can be asked for open ones is documented, but filters that FreshBooks does not know
    do nothing, so each row is looked at again.

    Args:
        client: whose.
        fetch: reads a page of the client's open invoices.

    Raises:
        RetryLaterError: FreshBooks is throttled or down.
    """
    first = fetch(1)
    if first.pages > MOST_PAGES:
        return None

    def read(number: int) -> Page:
        return first if number == 1 else fetch(number)

    what = f"the open invoices of client {client}"
    try:
        rows = list(walk(read, identity=lambda row: row.get("id"), what=what))
    except RetryLaterError as error:
        if error.service:
            raise
        return None  # it does not come to rest; what is shown stays
    return open_of(client, rows)


def open_of(client: int, rows: Iterable[Any]) -> tuple[OpenAmount, ...] | None:
    """Return what is open in rows of a list of invoices; None where one cannot be read."""
    found = []
    for raw in rows:
        invoice = read_row(Kind.INVOICE, raw)
        if not isinstance(invoice, Invoice):
            return None
        if invoice.customerid != client or invoice.deleted or invoice.draft:
            continue
        if invoice.outstanding.amount:
            money = invoice.outstanding
            found.append(OpenAmount(money.amount, money.code, invoice.due_date))
    return tuple(found)
