"""FreshBooks' accounting API, read only.

Never writes to FreshBooks, and never takes a refusal for a deletion.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Final, TypeVar

from shared.adapters.freshbooks.activity import last_day
from shared.adapters.freshbooks.called import find_called
from shared.adapters.freshbooks.lists import (
    BALANCES,
    FreshBooksLists,
    Params,
    belongs,
    name_of_list,
    path_of,
    search_for,
)
from shared.adapters.freshbooks.open_amounts import open_amounts, open_of
from shared.adapters.freshbooks.paging import PAGE_SIZE, Page
from shared.adapters.http.authorize import Authorize
from shared.adapters.http.transport import Transport
from shared.core.called import Search
from shared.core.identity import Kind, RecordId
from shared.core.pages import Listed, Listing, ListPage
from shared.core.records import (
    Category,
    Client,
    Credit,
    Expense,
    Invoice,
    LastActivity,
    OpenAmount,
    Payment,
    Record,
    parse_record,
)
from shared.core.scopes import OPTIONAL
from shared.errors import ConfigurationError, RetryLaterError

R = TypeVar("R", Client, Invoice, Payment, Expense, Credit, Category)
_INCLUDES: Final = {
    Kind.CLIENT: BALANCES,
    Kind.INVOICE: ("lines",),
    Kind.PAYMENT: (),
    Kind.EXPENSE: ("category",),
    Kind.CREDIT: (),
    Kind.CATEGORY: (),
}
_OWNER: Final = {
    Kind.INVOICE: "customerid",
    Kind.PAYMENT: "clientid",
    Kind.EXPENSE: "clientid",
    Kind.CREDIT: "clientid",
}


class FreshBooksApi:
    """The port `FreshBooks`.

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
        *,
        may_read: Callable[[str, Kind], bool] = lambda _business, _kind: True,
        fields: Mapping[Kind, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        self._lists = FreshBooksLists(transport, authorize, may_read, fields)

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

    def get_credit(self, business: str, record: int) -> Credit | None:
        """Return a credit note, deleted ones too; None when FreshBooks has none.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
            RecordRefusedError: the credit note cannot be read as it is.
        """
        return self._get(business, Kind.CREDIT, record, Credit)

    def get_category(self, business: str, record: int) -> Category | None:
        """Return a category of expenses; None when FreshBooks has none.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
            RecordRefusedError: the category cannot be read as it is.
        """
        return self._get(business, Kind.CATEGORY, record, Category)

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
            kind: which records; payments may include credits.
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

    def find_called(self, business: str, kind: Kind, text: str, *, most_pages: int) -> Search:
        """Return the records that people call so; deleted ones only where no other is.

        FreshBooks may ignore the filter, so everything is compared again, newest invoices first.

        Args:
            business: its FreshBooks account id.
            kind: clients, invoices or credits; nothing else has a number or a name.
            text: a number to the letter, or a client's name or a part of it.
            most_pages: pages of 100 rows that are read at most of each list.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        return find_called(self._lists, business, kind, text, most_pages=most_pages)

    def list_of_client(self, business: str, client: int) -> Iterator[RecordId]:
        """Yield a client's invoices, payments, expenses and credits, deleted ones not.

        Credits are left out where they may not be read.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        for kind, owner in _OWNER.items():
            found = self._lists.list_records(business, kind, [(f"search[{owner}]", str(client))])
            try:
                for record in found:
                    if getattr(record, owner) == client and not record.deleted:
                        yield RecordId(business, kind, record.id)
            except ConfigurationError:
                if kind not in OPTIONAL:
                    raise

    def list_expenses_of(self, business: str, category: int) -> Iterator[RecordId]:
        """Yield the expenses of a category that name a client, deleted ones not.

        Raises:
            RetryLaterError: FreshBooks is throttled or down.
            ReconnectNeededError: our access is not accepted any more.
            ConfigurationError: wrong account, or a missing role or scope.
        """
        search = [("search[categoryid]", str(category))]
        for record in self._lists.list_records(business, Kind.EXPENSE, search):
            if not isinstance(record, Expense) or record.deleted or record.clientid is None:
                continue
            if record.categoryid == category:
                yield RecordId(business, Kind.EXPENSE, record.id)

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

        Drafts, deleted records, credits and their use, and payments of nothing do not count.

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
            overpaid_known=first.pages <= 1,
        )

    def _open_amounts(self, business: str, client: int) -> tuple[OpenAmount, ...] | None:
        params = [("search[customerid]", str(client)), ("search[outstanding]", "true")]

        def fetch(number: int) -> Page:
            return self._lists.fetch(business, Kind.INVOICE, params, number=number, size=PAGE_SIZE)

        return open_amounts(client, fetch)

    def _get(self, business: str, kind: Kind, record: int, model: type[R]) -> R | None:
        self._lists.check_scope(business, kind)
        params = [("include[]", each) for each in _INCLUDES[kind]]
        path = f"{path_of(business, kind)}/{record}"
        result = self._lists.result(
            business, path, params, what=f"GET {kind} {record} of {business}"
        )
        if result is None:
            return None
        # One credit note has the plural's name, by FreshBooks' documents and one of its clients.
        raw = result.get(kind.noun) or result.get(name_of_list(kind))
        if not isinstance(raw, Mapping):
            raise RetryLaterError(f"FreshBooks answered without the {kind} {record} asked for.")
        found = parse_record(kind, raw, self._lists.fields(kind))
        if not isinstance(found, model) or found.id != record:
            raise RetryLaterError(f"FreshBooks answered {kind} {found.id} instead of {record}.")
        return found


def _must_be_there(*parts: object, what: str) -> None:
    if any(part is None for part in parts):
        raise RetryLaterError(f"FreshBooks answered {what}, which were asked for.")
