"""FreshBooks' lists, page by page: what can be read of a page, and what has to be asked for.

Never lets a row stand in its neighbours' way.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote

from shared.adapters.freshbooks.answers import EXPECTED, read_result
from shared.adapters.freshbooks.paging import PAGE_SIZE, Page, read_page, walk
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.transport import Transport
from shared.core.connections import CONNECT
from shared.core.identity import Kind
from shared.core.pages import Listed, Listing, ListPage, Unreadable
from shared.core.records import Invoice, Payment, Record, kind_of, parse_record
from shared.core.scopes import scope_of
from shared.errors import ConfigurationError, ReconnectNeededError, RecordRefusedError

_log = logging.getLogger(__name__)

Params = list[tuple[str, str]]

_PATHS: Final = {
    Kind.CLIENT: "users/clients",
    Kind.INVOICE: "invoices/invoices",
    Kind.PAYMENT: "payments/payments",
    Kind.EXPENSE: "expenses/expenses",
    Kind.CREDIT: "credit_notes/credit_notes",
    Kind.CATEGORY: "expenses/categories",
}
# A list shows them too, so that a change of a balance shows, whatever it does to `updated`.
BALANCES: Final = ("outstanding_balance", "overdue_balance", "credit_balance")
_DAY_OF: Final = {Kind.INVOICE: "create_date", Kind.PAYMENT: "date", Kind.EXPENSE: "date"}
# The list of payments takes `date_max` as the first day that it leaves out.
_LAST_DAY_IS_LEFT_OUT: Final = {Kind.PAYMENT}
_PARTS: Final = {Kind.INVOICE: ("lines",), Kind.EXPENSE: ("category",)}
_PAST_THE_LAST: Final = 2**63  # numbers are 64 bits wide


class FreshBooksLists:
    """Reads pages of FreshBooks' accounting lists.

    Every method may raise `RetryLaterError`, `ReconnectNeededError` and `ConfigurationError`.

    Args:
        transport: to `https://api.freshbooks.com`.
        authorize: gives a business its access token, whoever reads it.
        may_read: says whether a business's login was allowed to read a kind of record.
        fields: paths that are kept of records beside what is read anyway, by kind.
    """

    def __init__(
        self,
        transport: Transport,
        authorize: Callable[[str], Authorize],
        may_read: Callable[[str, Kind], bool],
        fields: Mapping[Kind, tuple[str, ...]],
    ) -> None:
        self._transport = transport
        self._authorize = authorize
        self._may_read = may_read
        self._fields = fields

    def fields(self, kind: Kind) -> tuple[str, ...]:
        """Return the paths that are kept of a kind's records beside what is read anyway."""
        return self._fields.get(kind, ())

    def check_scope(self, business: str, kind: Kind) -> None:
        """See that FreshBooks may be asked for a kind of record.

        Raises:
            ConfigurationError: the login lacks the scope; FreshBooks is not asked, for what it
                would answer might look as if the whole login were dead.
        """
        if not self._may_read(business, kind):
            raise ConfigurationError(
                f"The login that reads {business} was not allowed {scope_of(kind)}. {CONNECT}"
            )

    def result(
        self, business: str, path: str, params: Params, *, what: str
    ) -> Mapping[str, Any] | None:
        """Return an answer's `result`, None when FreshBooks says that there is no such row."""
        response = self._transport.send(
            "GET",
            path,
            params=params,
            idempotent=True,
            authorize=self._authorize(business),
            unauthorized=ReconnectNeededError,
            expected=EXPECTED,
        )
        return read_result(response, what=what)

    def fetch(self, business: str, kind: Kind, params: Params, *, number: int, size: int) -> Page:
        """Return a page as it came."""
        self.check_scope(business, kind)
        name = name_of_list(kind)
        what = f"list {name} of {business}"
        paging = [("page", str(number)), ("per_page", str(size))]
        try:
            result = self.result(business, path_of(business, kind), [*params, *paging], what=what)
        except RecordRefusedError as error:  # a list is no record: nobody could retry it
            raise ConfigurationError(str(error)) from error
        return read_page(result, name=name, what=what)

    def list_page(
        self, business: str, kind: Kind, listing: Listing, *, number: int, size: int
    ) -> ListPage:
        """Return a page of a list, each of its rows as a record, as a number, or as a count.

        FreshBooks ignores filters it does not know and answers with the whole list, so everything
        is compared again here.

        Args:
            business: its FreshBooks account id.
            kind: which records; payments may include credits.
            listing: which of them.
            number: the page's, from 1.
            size: rows of a full page, at most 100.
        """
        page = self.fetch(business, kind, search_for(kind, listing), number=number, size=size)
        records: list[Record] = []
        unreadable: list[Unreadable] = []
        nameless = 0
        for raw in page.rows:
            found = read_row(kind, raw, self.fields(kind))
            if found is None:
                nameless += 1
            elif isinstance(found, Unreadable):
                if _is_recent(found.updated, listing.updated_since):
                    unreadable.append(found)
            elif belongs(found, listing):
                records.append(found)
        return ListPage(
            records=tuple(records),
            unreadable=tuple(unreadable),
            nameless=nameless,
            keys=page.keys(lambda row: row.get("id")),
            pages=page.pages,
            total=page.total,
        )

    def list_records(self, business: str, kind: Kind, params: Params) -> Iterator[Record]:
        """Yield the records of a list; one that cannot be read is logged and left out."""

        def fetch(number: int) -> Page:
            return self.fetch(business, kind, params, number=number, size=PAGE_SIZE)

        what = f"the list of {name_of_list(kind)} of {business}"
        for raw in walk(fetch, identity=lambda row: row.get("id"), what=what):
            found = read_row(kind, raw, self.fields(kind))
            if isinstance(found, Unreadable):
                _log.warning("Left out of the list: %s", found.why)
            elif found is not None:
                yield found


def path_of(business: str, kind: Kind) -> str:
    """Return the path of a kind's list."""
    return f"/accounting/account/{quote(business, safe='')}/{_PATHS[kind]}"


def name_of_list(kind: Kind) -> str:
    """Return what FreshBooks calls several records of a kind."""
    return _PATHS[kind].rpartition("/")[2]


def read_row(kind: Kind, raw: object, fields: tuple[str, ...] = ()) -> Record | Unreadable | None:
    """Return what a row of a list is: a record, what it is called at least, or None for neither."""
    if not isinstance(raw, Mapping):
        return None
    number = _number(raw.get("id"))
    if number is None:
        return None
    try:
        return parse_record(kind, raw, fields)
    except RecordRefusedError as error:
        updated = raw.get("updated")
        return Unreadable(number, updated if isinstance(updated, str) else "", str(error))


def _number(value: object) -> int | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:30]) < _PAST_THE_LAST):
        return None
    return int(text)


def search_for(kind: Kind, listing: Listing) -> Params:
    """Return the query that asks for a listing."""
    search: Params = []
    if listing.updated_since is not None:
        search.append(("search[updated_min]", listing.updated_since.isoformat()))
    match listing.which:
        case Listed.LIVING:
            balances = BALANCES if kind is Kind.CLIENT else ()
            search += [("include[]", each) for each in balances]
        case Listed.DELETED:
            search.append(("search[vis_state]", "1"))
        case Listed.OVERDUE:
            search.append(("search[v3_status]", "overdue"))
        case Listed.CREDITS:
            search.append(("search[payment_or_credit]", "credit"))
    if kind in _DAY_OF:
        last = listing.dated.last
        if last is not None and kind in _LAST_DAY_IS_LEFT_OUT:
            last += timedelta(days=1)  # `belongs` drops it where FreshBooks does not
        days = (("date_min", listing.dated.first), ("date_max", last))
        search += [(f"search[{name}]", day.isoformat()) for name, day in days if day is not None]
    if listing.whole:
        search += [("include[]", each) for each in _PARTS.get(kind, ())]
    if listing.newest_first and kind is Kind.INVOICE:
        search.append(("sort", "invoice_date_desc"))  # the only key that FreshBooks sorts by
    return search


def belongs(record: Record, listing: Listing) -> bool:
    """Say whether a record belongs to a listing, whatever FreshBooks made of the query."""
    match listing.which:
        case Listed.LIVING | Listed.DELETED:
            fits = record.deleted is (listing.which is Listed.DELETED)
        case Listed.OVERDUE:
            overdue = isinstance(record, Invoice) and record.status == "overdue"
            fits = overdue and not record.deleted
        case Listed.CREDITS:
            fits = isinstance(record, Payment) and bool(record.credit_note) and not record.deleted
    # Eastern days as text on both sides; a record that does not say when may be new.
    newest = max(record.updated, record.version_text)
    recent = _is_recent(newest, listing.updated_since)
    return fits and recent and listing.dated.covers(day_of(record))


def day_of(record: Record) -> date | None:
    """Return the day by which a record is listed, None where its kind has none."""
    kind = kind_of(record)
    return getattr(record, _DAY_OF[kind]) if kind in _DAY_OF else None


def _is_recent(text: str, since: date | None) -> bool:
    return since is None or not text or text[:10] >= since.isoformat()
