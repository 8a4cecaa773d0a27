"""FreshBooks' accounting API, read only.

Never writes to FreshBooks, and never takes a refusal for a deletion.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar
from urllib.parse import quote

from shared.adapters.freshbooks.answers import EXPECTED, read_result
from shared.adapters.freshbooks.paging import PAGE_SIZE, Page, walk
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.transport import Transport
from shared.core.identity import Kind, RecordId
from shared.core.records import (
    Client,
    Expense,
    Invoice,
    LastActivity,
    Payment,
    Record,
    parse_record,
)
from shared.errors import (
    ConfigurationError,
    ReconnectNeededError,
    RecordRefusedError,
    RetryLaterError,
)

_log = logging.getLogger(__name__)

R = TypeVar("R", Client, Invoice, Payment, Expense)
Params = list[tuple[str, str]]

_PATHS: Final = {
    Kind.CLIENT: "users/clients",
    Kind.INVOICE: "invoices/invoices",
    Kind.PAYMENT: "payments/payments",
    Kind.EXPENSE: "expenses/expenses",
}
_INCLUDES: Final = {
    Kind.CLIENT: ("outstanding_balance", "overdue_balance", "credit_balance"),
    Kind.INVOICE: ("lines",),
    Kind.PAYMENT: (),
    Kind.EXPENSE: ("category",),
}
_OWNER: Final = {
    Kind.INVOICE: "customerid",
    Kind.PAYMENT: "clientid",
    Kind.EXPENSE: "clientid",
}
_FEW: Final = 20  # enough to get past a client's drafts to the newest invoice


class FreshBooksApi:
    """The port `FreshBooks`.

    Args:
        transport: to `https://api.freshbooks.com`.
        authorize: gives a business its access token, whoever reads it.
    """

    def __init__(self, transport: Transport, authorize: Callable[[str], Authorize]) -> None:
        self._transport = transport
        self._authorize = authorize

    def get_client(self, business: str, record: int) -> Client | None:
        """Return a client with its balances, deleted ones too; None when FreshBooks has none.

        Raises:
            RetryLaterError: FreshBooks is throttled or down, or left the balances out.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
            RecordRefusedError: the client cannot be read as it is.
        """
        found = self._get(business, Kind.CLIENT, record, Client)
        if found and not found.deleted:
            # Without them the account would seem to owe nothing.
            balances = (found.outstanding_balance, found.overdue_balance, found.credit_balance)
            _must_be_there(*balances, what=f"client {record} without its balances")
        return found

    def get_invoice(self, business: str, record: int) -> Invoice | None:
        """Return an invoice with its lines, deleted ones too; None when FreshBooks has none.

        Raises:
            RetryLaterError: FreshBooks is throttled or down, or left the lines out.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
            RecordRefusedError: the invoice cannot be read as it is.
        """
        found = self._get(business, Kind.INVOICE, record, Invoice)
        if found and not found.deleted:
            _must_be_there(found.lines, what=f"invoice {record} without its lines")
        return found

    def get_payment(self, business: str, record: int) -> Payment | None:
        """Return a payment, deleted ones too; None when FreshBooks has none.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
            RecordRefusedError: the payment cannot be read as it is.
        """
        return self._get(business, Kind.PAYMENT, record, Payment)

    def get_expense(self, business: str, record: int) -> Expense | None:
        """Return an expense with its category's name; None when FreshBooks has none.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
            RecordRefusedError: the expense cannot be read as it is.
        """
        return self._get(business, Kind.EXPENSE, record, Expense)

    def list_records(
        self, business: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Yield the records of a kind as a list shows them (invoices without lines).

        FreshBooks ignores filters it does not know and answers with the whole list, so everything
        is compared again here. A record that cannot be read is logged and left out.

        Args:
            business: its FreshBooks account id.
            kind: which records; payments include credits.
            updated_since: an Eastern day, inclusive; None for all.
            deleted: only deleted ones; else active and archived ones.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        search: Params = []
        if updated_since is not None:
            search.append(("search[updated_min]", updated_since.isoformat()))
        if deleted:
            search.append(("search[vis_state]", "1"))
        oldest = updated_since.isoformat() if updated_since else ""
        for record in self._list(business, kind, search):
            if _changed_since(record, oldest) and record.deleted is deleted:
                yield record

    def list_overdue_invoices(self, business: str) -> Iterator[Invoice]:
        """Yield the invoices that are overdue now; time alone makes them so.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        for record in self._list(business, Kind.INVOICE, [("search[v3_status]", "overdue")]):
            if isinstance(record, Invoice) and record.status == "overdue" and not record.deleted:
                yield record

    def list_of_client(self, business: str, client: int) -> Iterator[RecordId]:
        """Yield a client's invoices, payments and expenses, deleted ones not.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        for kind, owner in _OWNER.items():
            for record in self._list(business, kind, [(f"search[{owner}]", str(client))]):
                if getattr(record, owner) == client and not record.deleted:
                    yield RecordId(business, kind, record.id)

    def get_last_activity(self, business: str, client: int) -> LastActivity:
        """Return the days of a client's last invoice and last payment.

        Drafts, deleted records and credits do not count.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        payments = self._list(business, Kind.PAYMENT, [("search[clientid]", str(client))])
        paid = (
            payment.date
            for payment in payments
            if isinstance(payment, Payment)
            and payment.clientid == client
            and payment.invoiceid is not None
            and not payment.deleted
        )
        return LastActivity(self._last_invoice(business, client), max(paid, default=None))

    def _last_invoice(self, business: str, client: int) -> date | None:
        search = [("search[customerid]", str(client))]
        newest = self._fetch(
            business, Kind.INVOICE, [*search, ("sort", "invoice_date_desc")], number=1, size=_FEW
        )
        parsed = [_parse(Kind.INVOICE, raw) for raw in newest.rows]
        invoices = [each for each in parsed if isinstance(each, Invoice)]
        days = _days(invoices, client)
        if newest.pages <= 1 or (days and _newest_first(invoices, client)):
            return max(days, default=None)
        return max(_days(self._list(business, Kind.INVOICE, search), client), default=None)

    def _get(self, business: str, kind: Kind, record: int, model: type[R]) -> R | None:
        params = [("include[]", each) for each in _INCLUDES[kind]]
        path = f"{_path(business, kind)}/{record}"
        result = self._result(business, path, params, what=f"GET {kind} {record} of {business}")
        if result is None:
            return None
        raw = result.get(str(kind))
        if not isinstance(raw, Mapping):
            raise RetryLaterError(f"FreshBooks answered without the {kind} {record} asked for.")
        found = parse_record(kind, raw)
        if not isinstance(found, model) or found.id != record:
            raise RetryLaterError(f"FreshBooks answered {kind} {found.id} instead of {record}.")
        return found

    def _list(self, business: str, kind: Kind, params: Params) -> Iterator[Record]:
        def fetch(number: int) -> Page:
            return self._fetch(business, kind, params, number=number, size=PAGE_SIZE)

        for raw in walk(fetch, identity=lambda row: row.get("id")):
            record = _parse(kind, raw)
            if record is not None:
                yield record

    def _fetch(self, business: str, kind: Kind, params: Params, *, number: int, size: int) -> Page:
        what = f"list {kind}s of {business}"
        paging = [("page", str(number)), ("per_page", str(size))]
        try:
            result = self._result(business, _path(business, kind), [*params, *paging], what=what)
        except RecordRefusedError as error:  # a list is no record: nobody could retry it
            raise ConfigurationError(str(error)) from error
        return read_page(result, name=f"{kind}s", what=what)

    def _result(
        self, business: str, path: str, params: Params, *, what: str
    ) -> Mapping[str, Any] | None:
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


def read_page(result: Mapping[str, Any] | None, *, name: str, what: str) -> Page:
    """Return one page of a list from an answer's `result`.

    Raises:
        ConfigurationError: FreshBooks says that there is no such list.
        RetryLaterError: the rows or the counts are missing.
    """
    if result is None:
        raise ConfigurationError(f"FreshBooks: {what}: there is no such list. Check the account.")
    rows, pages, total = result.get(name), result.get("pages"), result.get("total")
    if not isinstance(rows, list) or not isinstance(pages, int) or not isinstance(total, int):
        raise RetryLaterError(f"FreshBooks: {what} was answered without rows or counts.")
    return Page(rows=rows, pages=pages, total=total)


def _path(business: str, kind: Kind) -> str:
    return f"/accounting/account/{quote(business, safe='')}/{_PATHS[kind]}"


def _parse(kind: Kind, raw: Mapping[str, Any]) -> Record | None:
    try:
        return parse_record(kind, raw)
    except RecordRefusedError as error:
        _log.warning("Left out of the list: %s", error)
        return None


def _changed_since(record: Record, day: str) -> bool:
    # Eastern days as text on both sides; a record that does not say when may be new.
    texts = [text for text in (record.updated, record.version_text) if text]
    return not texts or max(texts)[:10] >= day


def _days(records: Iterable[Record], client: int) -> list[date]:
    """Return the days of the client's invoices that were sent and not deleted."""
    return [
        record.create_date
        for record in records
        if isinstance(record, Invoice)
        and record.customerid == client
        and not record.draft
        and not record.deleted
    ]


def _newest_first(invoices: list[Invoice], client: int) -> bool:
    """Say whether a page proves that FreshBooks took notice of the filter and of the order."""
    days = [invoice.create_date for invoice in invoices]
    filtered = all(invoice.customerid == client for invoice in invoices)
    return filtered and days == sorted(days, reverse=True) and days[0] > days[-1]


def _must_be_there(*parts: object, what: str) -> None:
    if any(part is None for part in parts):
        raise RetryLaterError(f"FreshBooks answered {what}, which were asked for.")
