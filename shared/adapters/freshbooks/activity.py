"""The day of a client's newest invoice or payment, from a bounded number of rows.

Never says a day that a later row would belie: where it cannot be known, that is said.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from shared.adapters.freshbooks.lists import Params, read_row
from shared.adapters.freshbooks.paging import Page
from shared.core.identity import Kind
from shared.core.pages import PAGE_SIZE, End, ListPage, Position, Tracks, follow
from shared.core.records import Invoice, Payment

MOST_WINDOWS: Final = 4
MOST_PAGES: Final = 5  # of a list that is read whole because its filters do nothing
_DAY: Final = timedelta(days=1)


class Fetch(Protocol):
    """Reads a page of a client's invoices or payments."""

    def __call__(self, params: Params, *, number: int, size: int) -> Page:
        """Return a page by its number, from 1."""


@dataclass(frozen=True)
class LastDay:
    """The newest day that was found.

    Attributes:
        day: None when none was found.
        known: it is the newest there is.
    """

    day: date | None
    known: bool = True


@dataclass(frozen=True)
class _Rows:
    """What a page holds for the question: every day on it, and the days that count."""

    all: list[date]
    counted: list[date]
    others: bool  # it holds rows of other clients: the filter does nothing
    pages: int

    @property
    def newest(self) -> date | None:
        return max(self.counted, default=None)

    @property
    def newest_first(self) -> bool:
        """Whether it looks as if FreshBooks took notice of the filter and of the order."""
        return not self.others and self.all == sorted(self.all, reverse=True)


def last_day(kind: Kind, client: int, fetch: Fetch) -> LastDay:
    """Return the newest day of a client's invoices that were sent, or of the money received.

    Invoices can be sorted by their date; of payments no source says that they can, and what is not
    known is ignored in silence. A filter by date is documented for both. So, in this order:

    1. Invoices: the first page, newest first.
    2. The first page and the last one: whichever way the list runs, the newest is likely there.
    3. Everything later than what was found, again and again. That there is nothing proves it.
    4. Where filters do nothing, the list as a whole, if it is short.

    Else the day is the newest that was seen, and not known to be the newest there is: whoever holds
    a later one keeps it. At most some twenty pages are read, mostly one, two or three.

    Args:
        kind: invoice or payment.
        client: whose.
        fetch: reads a page.
    """
    owner = "customerid" if kind is Kind.INVOICE else "clientid"
    params = [(f"search[{owner}]", str(client))]

    def read(more: Params, *, number: int = 1) -> _Rows:
        return _rows(kind, client, fetch([*params, *more], number=number, size=PAGE_SIZE))

    if kind is Kind.INVOICE:
        few = read([("sort", "invoice_date_desc")])
        if few.pages <= 1:
            return LastDay(few.newest)
        if few.newest_first:
            found = _later(few.newest, read)
            if found.known:
                return found
    first = read([])
    if first.pages <= 1:
        return LastDay(first.newest)
    seen = [*first.counted, *read([], number=first.pages).counted]
    found = _later(max(seen, default=None), read)
    if found.known or first.pages > MOST_PAGES:
        return found
    return _whole(
        kind, client, found.day, lambda number: fetch(params, number=number, size=PAGE_SIZE)
    )


def _later(day: date | None, read: Callable[..., _Rows]) -> LastDay:
    """Look for something later than a day until there is nothing."""
    for _ in range(MOST_WINDOWS):
        if day is None:
            break
        window: Params = [("search[date_min]", (day + _DAY).isoformat())]
        rows: _Rows = read(window)
        if any(each <= day for each in rows.all):
            break  # the filter does nothing
        if rows.pages <= 1:
            return LastDay(max([day, *rows.counted]))
        both = [*rows.counted, *read(window, number=rows.pages).counted]
        if not both:
            break
        day = max(day, *both)
    return LastDay(day, known=False)


def _whole(kind: Kind, client: int, day: date | None, fetch: Callable[[int], Page]) -> LastDay:
    """Read a list that is short, or says so."""
    at: Position | End = Position()
    tracks = Tracks()
    days = [day] if day is not None else []
    for _ in range(2 * MOST_PAGES):
        assert isinstance(at, Position)  # noqa: S101  # it ends with the walk
        page = fetch(at.page)
        days += _rows(kind, client, page).counted
        shown = ListPage(
            keys=page.keys(lambda row: row.get("id")), pages=page.pages, total=page.total
        )
        at = follow(at, tracks.answered(at, shown), sure=True)
        if isinstance(at, End):
            break
    return LastDay(max(days, default=None), known=at is End.COMPLETE)


def _rows(kind: Kind, client: int, page: Page) -> _Rows:
    found = [read_row(kind, raw) for raw in page.rows]
    records = [each for each in found if isinstance(each, Invoice | Payment)]
    return _Rows(
        all=[_day(each) for each in records],
        counted=list(_counted(records, client)),
        others=any(_owner(each) != client for each in records),
        pages=page.pages,
    )


def _counted(records: Iterable[Invoice | Payment], client: int) -> Iterable[date]:
    """Yield the days of what counts: invoices that were sent, and money received.

    Nothing that is deleted or another client's, no credits nor their use, no payments of nothing.
    """
    for record in records:
        if record.deleted or _owner(record) != client:
            continue
        if record.draft if isinstance(record, Invoice) else not _is_money(record):
            continue
        yield _day(record)


def _is_money(payment: Payment) -> bool:
    return payment.is_received and payment.amount.amount > 0


def _day(record: Invoice | Payment) -> date:
    return record.create_date if isinstance(record, Invoice) else record.date


def _owner(record: Invoice | Payment) -> int | None:
    return record.customerid if isinstance(record, Invoice) else record.clientid
