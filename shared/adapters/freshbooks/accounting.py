"""FreshBooks' accounting API, read only.

Never writes to FreshBooks, and never takes a refusal for a deletion.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Final, TypeVar

from shared.adapters.freshbooks.activity import last_day
from shared.adapters.freshbooks.lists import (
    BALANCES,
    FreshBooksLists,
    Params,
    belongs,
    path_of,
    search_for,
)
from shared.adapters.freshbooks.open_amounts import open_amounts, open_of
from shared.adapters.freshbooks.paging import PAGE_SIZE, Page
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.transport import Transport
from shared.core.identity import Kind, RecordId
from shared.core.pages import Listed, Listing, ListPage
from shared.core.records import (
    Client,
    Expense,
    Invoice,
    LastActivity,
    OpenAmount,
    Payment,
    Record,
    parse_record,
)
from shared.errors import RetryLaterError

R = TypeVar("R", Client, Invoice, Payment, Expense)
_INCLUDES: Final = {
    Kind.CLIENT: BALANCES,
    Kind.INVOICE: ("lines",),
    Kind.PAYMENT: (),
    Kind.EXPENSE: ("category",),
}
_OWNER: Final = {
    Kind.INVOICE: "customerid",
    Kind.PAYMENT: "clientid",
    Kind.EXPENSE: "clientid",
}


class FreshBooksApi:
    """The port `FreshBooks`.

    Args:
        transport: to `https://api.freshbooks.com`.
        authorize: gives a business its access token, whoever reads it.
    """

    def __init__(self, transport: Transport, authorize: Callable[[str], Authorize]) -> None:
        self._lists = FreshBooksLists(transport, authorize)

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

    def list_page(
        self, business: str, kind: Kind, listing: Listing, *, number: int, size: int
    ) -> ListPage:
        """Return a page of a list, each of its rows as a record, as a number, or as a count.

        Raises:
            RetryLaterError: FreshBooks is throttled or down, or answered no page.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        return self._lists.list_page(business, kind, listing, number=number, size=size)

    def list_records(
        self, business: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Yield the records of a kind as a list shows them (invoices without lines).

        A record that cannot be read is left out.

        Args:
            business: its FreshBooks account id.
            kind: which records; payments include credits.
            updated_since: an Eastern day, inclusive; None for all.
            deleted: only deleted ones; else active and archived ones.

        Raises:
            RetryLaterError: FreshBooks is throttled or down, or the list does not end.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        listing = Listing(Listed.DELETED if deleted else Listed.LIVING, updated_since)
        for record in self._lists.list_records(business, kind, search_for(kind, listing)):
            if belongs(record, listing):
                yield record

    def list_of_client(self, business: str, client: int) -> Iterator[RecordId]:
        """Yield a client's invoices, payments and expenses, deleted ones not.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        for kind, owner in _OWNER.items():
            for record in self._lists.list_records(
                business, kind, [(f"search[{owner}]", str(client))]
            ):
                if getattr(record, owner) == client and not record.deleted:
                    yield RecordId(business, kind, record.id)

    def list_payments_of(self, business: str, invoice: int) -> Iterator[RecordId]:
        """Yield the payments of an invoice, deleted ones not.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        search = [("search[invoiceid]", str(invoice))]
        for record in self._lists.list_records(business, Kind.PAYMENT, search):
            if isinstance(record, Payment) and record.invoiceid == invoice and not record.deleted:
                yield RecordId(business, Kind.PAYMENT, record.id)

    def get_last_activity(
        self, business: str, client: int, *, has_open: bool = True
    ) -> LastActivity:
        """Return the days of a client's last invoice and last payment, and what is open.

        Drafts, deleted records and credits do not count.

        Args:
            business: its FreshBooks account id.
            client: whose.
            has_open: whether anything may be open at all; if not, that is not looked for.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        pages: list[Page] = []

        def fetch(kind: Kind, params: Params, *, number: int, size: int) -> Page:
            page = self._lists.fetch(business, kind, params, number=number, size=size)
            pages.append(page)
            return page

        invoice = last_day(Kind.INVOICE, client, partial(fetch, Kind.INVOICE))
        first = pages[0]
        payment = last_day(Kind.PAYMENT, client, partial(fetch, Kind.PAYMENT))
        # A client of few invoices has shown all of them already.
        if first.pages <= 1:
            found = open_of(client, first.rows)
        else:
            found = self._open_amounts(business, client) if has_open else ()
        return LastActivity(
            invoice.day,
            payment.day,
            invoice_known=invoice.known,
            payment_known=payment.known,
            open=found,
        )

    def _open_amounts(self, business: str, client: int) -> tuple[OpenAmount, ...] | None:
        params = [("search[customerid]", str(client)), ("search[outstanding]", "true")]

        def fetch(number: int) -> Page:
            return self._lists.fetch(business, Kind.INVOICE, params, number=number, size=PAGE_SIZE)

        return open_amounts(client, fetch)

    def _get(self, business: str, kind: Kind, record: int, model: type[R]) -> R | None:
        params = [("include[]", each) for each in _INCLUDES[kind]]
        path = f"{path_of(business, kind)}/{record}"
        result = self._lists.result(
            business, path, params, what=f"GET {kind} {record} of {business}"
        )
        if result is None:
            return None
        raw = result.get(str(kind))
        if not isinstance(raw, Mapping):
            raise RetryLaterError(f"FreshBooks answered without the {kind} {record} asked for.")
        found = parse_record(kind, raw)
        if not isinstance(found, model) or found.id != record:
            raise RetryLaterError(f"FreshBooks answered {kind} {found.id} instead of {record}.")
        return found


def _must_be_there(*parts: object, what: str) -> None:
    if any(part is None for part in parts):
        raise RetryLaterError(f"FreshBooks answered {what}, which were asked for.")
