"""FreshBooks as it is read, with word of every record that is: once each, or as often as asked.

Never writes; FreshBooks is only read anyway.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

from shared.core.called import Search
from shared.core.identity import Kind, RecordId
from shared.core.pages import Listing, ListPage
from shared.core.records import (
    Category,
    Client,
    Credit,
    Expense,
    Invoice,
    LastActivity,
    Payment,
    Record,
)
from shared.sync.ports import FreshBooks
from shared.sync.rehearsal.once import Once
from shared.sync.rehearsal.script import Script

_Value = TypeVar("_Value")


class WatchedFreshBooks(FreshBooks):
    """The port `FreshBooks` over a real one.

    Args:
        freshbooks: what is there.
        script: is told of every record that is read, so that it knows whose rows are whose.
        once: keeps what was answered; a rehearsal is about one moment, and asks for little.
    """

    def __init__(self, freshbooks: FreshBooks, script: Script, once: Once | None = None) -> None:
        self._freshbooks = freshbooks
        self._script = script
        self._once = once if once is not None else Once()

    def is_missing(self, record: RecordId) -> bool:
        """Say whether FreshBooks was asked for a record and has none."""
        return self._once.is_nothing(record)

    def get_client(self, business: str, record: int) -> Client | None:
        """Return a client with its balances."""
        return self._record(
            RecordId(business, Kind.CLIENT, record),
            lambda: self._freshbooks.get_client(business, record),
        )

    def get_invoice(self, business: str, record: int) -> Invoice | None:
        """Return an invoice with its lines."""
        return self._record(
            RecordId(business, Kind.INVOICE, record),
            lambda: self._freshbooks.get_invoice(business, record),
        )

    def get_payment(self, business: str, record: int) -> Payment | None:
        """Return a payment."""
        return self._record(
            RecordId(business, Kind.PAYMENT, record),
            lambda: self._freshbooks.get_payment(business, record),
        )

    def get_expense(self, business: str, record: int) -> Expense | None:
        """Return an expense."""
        return self._record(
            RecordId(business, Kind.EXPENSE, record),
            lambda: self._freshbooks.get_expense(business, record),
        )

    def get_credit(self, business: str, record: int) -> Credit | None:
        """Return a credit note."""
        return self._record(
            RecordId(business, Kind.CREDIT, record),
            lambda: self._freshbooks.get_credit(business, record),
        )

    def get_category(self, business: str, record: int) -> Category | None:
        """Return a category of expenses, which has no row of its own."""
        return self._once(
            RecordId(business, Kind.CATEGORY, record),
            lambda: self._freshbooks.get_category(business, record),
        )

    def list_page(
        self, business: str, kind: Kind, listing: Listing, *, number: int, size: int
    ) -> ListPage:
        """Return a page of a list."""
        return self._freshbooks.list_page(business, kind, listing, number=number, size=size)

    def list_records(
        self, business: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Yield the records of a kind as a list shows them."""
        return self._freshbooks.list_records(
            business, kind, updated_since=updated_since, deleted=deleted
        )

    def find_called(self, business: str, kind: Kind, text: str, *, most_pages: int) -> Search:
        """Return the records that people call so."""
        return self._freshbooks.find_called(business, kind, text, most_pages=most_pages)

    def list_of_client(self, business: str, client: int) -> Iterator[RecordId]:
        """Yield a client's invoices, payments and expenses."""
        yield from self._once(
            ("of client", business, client),
            lambda: tuple(self._freshbooks.list_of_client(business, client)),
        )

    def list_payments_of(self, business: str, invoice: int) -> Iterator[RecordId]:
        """Yield the payments of an invoice."""
        yield from self._once(
            ("of invoice", business, invoice),
            lambda: tuple(self._freshbooks.list_payments_of(business, invoice)),
        )

    def list_expenses_of(self, business: str, category: int) -> Iterator[RecordId]:
        """Yield the expenses of a category."""
        yield from self._once(
            ("of category", business, category),
            lambda: tuple(self._freshbooks.list_expenses_of(business, category)),
        )

    def get_last_activity(
        self, business: str, client: int, *, has_open: bool = True
    ) -> LastActivity:
        """Return the days of a client's last invoice and last payment, and what is open."""
        return self._once(
            ("activity", business, client, has_open),
            lambda: self._freshbooks.get_last_activity(business, client, has_open=has_open),
        )

    def _record(self, record: RecordId, ask: Callable[[], _Value]) -> _Value:
        self._script.meet(record)
        return self._once(record, ask)
