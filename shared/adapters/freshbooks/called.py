"""Looking in FreshBooks' lists for what people call a record: a number, or a client's name.

Never believes a filter: whatever a list answers is compared again.
"""

from typing import Final

from shared.adapters.freshbooks.lists import FreshBooksLists, Params, read_row
from shared.adapters.freshbooks.paging import PAGE_SIZE, Page, walk
from shared.core.called import Search, called_so, telling_word
from shared.core.identity import Kind
from shared.core.pages import Unreadable
from shared.core.records import Record

# No document lists the filter by number of invoices and credits, and clients in use send it. Where
# it is ignored the newest invoices come first: that order is the only one that is honoured.
_FILTERS: Final = {
    Kind.CLIENT: "search[user_like]",
    Kind.INVOICE: "search[invoice_number]",
    Kind.CREDIT: "search[credit_number]",
}
_ORDER: Final = {Kind.INVOICE: [("sort", "invoice_date_desc")]}
_DELETED: Final = ("search[vis_state]", "1")


class _EnoughError(Exception):
    """So many pages were read as may be."""


def find_called(
    lists: FreshBooksLists, business: str, kind: Kind, text: str, *, most_pages: int
) -> Search:
    """Return the records that a text names; deleted ones only where no other is called so.

    Args:
        lists: FreshBooks' lists.
        business: its FreshBooks account id.
        kind: clients, invoices or credits; nothing else has a number or a name.
        text: what people call it.
        most_pages: pages that are read at most of each list.
    """
    name = _FILTERS.get(kind)
    if name is None:
        return Search()
    wanted = telling_word(text) if kind is Kind.CLIENT else text
    asked: Params = [(name, wanted), *_ORDER.get(kind, ())]
    living = _look(lists, business, kind, text, asked, most_pages=most_pages)
    if living.records:
        return living
    gone = _look(lists, business, kind, text, [*asked, _DELETED], most_pages=most_pages)
    return Search(gone.records, whole=living.whole and gone.whole)


def _look(
    lists: FreshBooksLists,
    business: str,
    kind: Kind,
    text: str,
    params: Params,
    *,
    most_pages: int,
) -> Search:
    pages = 0

    def fetch(number: int) -> Page:
        nonlocal pages
        pages += 1
        if pages > most_pages:
            raise _EnoughError
        return lists.fetch(business, kind, params, number=number, size=PAGE_SIZE)

    found: list[Record] = []
    whole, deleted = True, _DELETED in params
    try:
        for raw in walk(fetch, identity=lambda row: row.get("id"), what=f"the search for a {kind}"):
            row = read_row(kind, raw, lists.fields(kind))
            if row is not None and not isinstance(row, Unreadable) and row.deleted is deleted:
                found.append(row)
    except _EnoughError:
        whole = False
    return Search(called_so(found, text), whole=whole)
