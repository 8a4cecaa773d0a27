"""The world as one page of records shows it: what was read for all of them at once.

Never asks for anything: a record of which more has to be known goes the ordinary way.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NoReturn
from uuid import UUID

from shared.core.called import Search
from shared.core.events import Cause
from shared.core.homes import Account, AccountName, ClientRow, ClientView, Deal
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
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
from shared.core.rows import Operation
from shared.core.views import Currency, EntryView, InvoiceView, RecordRow
from shared.core.waiting import Hold
from shared.sync.follow_ups import FollowUps
from shared.sync.ports import Crm, FreshBooks
from shared.sync.ports.runs import EntryAsked, InvoiceAsked
from shared.sync.rehearsal.aside import AsideHolds, AsideJournal


class BeyondPageError(Exception):
    """More than the page has to be known of a record: it is carried alone."""


def _beyond(what: str) -> NoReturn:
    raise BeyondPageError(what)


class PageFreshBooks(FreshBooks):
    """The port `FreshBooks` over the records of a page.

    Args:
        records: by kind and number.
        freshbooks: is asked for credit notes that payments stand for.
    """

    def __init__(self, records: Mapping[tuple[Kind, int], Record], freshbooks: FreshBooks) -> None:
        self._records = records
        self._freshbooks = freshbooks

    def get_client(self, business: str, record: int) -> Client | None:
        """Return one of the page."""
        found = self._of(Kind.CLIENT, record)
        return found if isinstance(found, Client) else _beyond("client")

    def get_invoice(self, business: str, record: int) -> Invoice | None:
        """Return one of the page, if it came with its lines."""
        found = self._of(Kind.INVOICE, record)
        if not isinstance(found, Invoice) or found.lines is None:
            _beyond("invoice without its lines")
        return found

    def get_payment(self, business: str, record: int) -> Payment | None:
        """Return one of the page."""
        found = self._of(Kind.PAYMENT, record)
        return found if isinstance(found, Payment) else _beyond("payment")

    def get_expense(self, business: str, record: int) -> Expense | None:
        """Return one of the page, if it came with its category."""
        found = self._of(Kind.EXPENSE, record)
        if not isinstance(found, Expense) or (found.categoryid and not found.category_name):
            _beyond("expense without its category")
        return found

    def get_credit(self, business: str, record: int) -> Credit | None:
        """Return one of the page, or the one that a payment of it stands for."""
        found = self._of(Kind.CREDIT, record)
        if isinstance(found, Credit):
            return found
        return self._freshbooks.get_credit(business, record)

    def get_category(self, business: str, record: int) -> Category | None:
        """Know none."""
        _beyond("category")

    def list_page(
        self, business: str, kind: Kind, listing: Listing, *, number: int, size: int
    ) -> ListPage:
        """Know none."""
        _beyond("list")

    def list_records(
        self, business: str, kind: Kind, *, updated_since: date | None, deleted: bool = False
    ) -> Iterator[Record]:
        """Know none."""
        _beyond("list")

    def find_called(self, business: str, kind: Kind, text: str, *, most_pages: int) -> Search:
        """Know none."""
        _beyond("records of a name")

    def list_of_client(self, business: str, client: int) -> Iterator[RecordId]:
        """Know none."""
        _beyond("a client's records")

    def list_payments_of(self, business: str, invoice: int) -> Iterator[RecordId]:
        """Know none."""
        _beyond("an invoice's payments")

    def list_expenses_of(self, business: str, category: int) -> Iterator[RecordId]:
        """Know none."""
        _beyond("a category's expenses")

    def get_last_activity(
        self, business: str, client: int, *, has_open: bool = True
    ) -> LastActivity:
        """Know none."""
        _beyond("a client's last invoice")

    def _of(self, kind: Kind, number: int) -> Record | None:
        return self._records.get((kind, number))


class PageCrm(Crm):
    """The port `Crm` over what was read for a page.

    Args:
        crm: what is the same for all records: currencies and price lists, which it caches.
        invoices: what there is of invoices, by what was asked.
        entries: what there is of payments, credits and expenses, likewise.
    """

    def __init__(
        self,
        crm: Crm,
        invoices: Mapping[InvoiceAsked, InvoiceView],
        entries: Mapping[EntryAsked, EntryView],
    ) -> None:
        self._crm = crm
        self._invoices = invoices
        self._entries = entries

    def get_invoice_view(
        self,
        *,
        invoice: UUID,
        entry: UUID,
        client_key: str | None,
        reference: str = "",
        number: str = "",
        source_key: str = "",
    ) -> InvoiceView:
        """Return what was read of an invoice."""
        asked = InvoiceAsked(invoice, entry, client_key, reference, number, source_key)
        found = self._invoices.get(asked)
        return found if found is not None else _beyond("rows of an invoice")

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None = None,
    ) -> EntryView:
        """Return what was read of a payment or expense."""
        found = self._entries.get(EntryAsked(entry, invoice, client_key, invoice_entry))
        return found if found is not None else _beyond("rows of an entry")

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Know none."""
        _beyond("an invoice alone")

    def get_client_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> ClientView:
        """Know none."""
        _beyond("a client")

    def get_client_row(self, client_key: str) -> ClientRow | None:
        """Know none."""
        _beyond("a client")

    def list_client_rows(self, *, changed_since: datetime | None) -> Iterator[ClientRow]:
        """Know none."""
        _beyond("clients")

    def get_account(self, account: UUID) -> Account | None:
        """Know none."""
        _beyond("an account")

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Know none."""
        _beyond("an opportunity")

    def takes_notices(self, user: UUID) -> bool:
        """Tell nobody about history."""
        return False

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Know none."""
        _beyond("accounts")

    def list_currency_codes(self) -> frozenset[str]:
        """Know none."""
        _beyond("currencies")

    def get_currency(self, code: str) -> Currency | None:
        """Return a currency by its ISO code (cached)."""
        return self._crm.get_currency(code)

    def get_currency_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id (cached)."""
        return self._crm.get_currency_by_id(currency)

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency (cached)."""
        return self._crm.get_price_list(code)

    def write(self, operations: Sequence[Operation]) -> str:
        """Write nothing: that is done for the whole page."""
        _beyond("a write of its own")


class Due(FollowUps):
    """What a change makes due for other records, noted instead of asked for.

    Attributes:
        records: those that the change of one record makes due.
    """

    def __init__(self) -> None:
        self.records: set[RecordId] = set()

    @property
    def grace(self) -> timedelta:
        """Nothing is asked for twice."""
        return timedelta.max

    def request_invoice(self, invoice: RecordId) -> None:
        """Note an invoice whose payment changed."""
        self.records.add(invoice)

    def request_balances(self, client: RecordId, *, cause: Cause) -> None:
        """Note a client whose balances changed."""
        self.records.add(client)

    def request_balances_on(self, account: UUID | None, business: str, *, cause: Cause) -> None:
        """Know no other client of an account."""
        if account is not None:
            _beyond("clients of another account")

    def request_all(self, records: Iterable[RecordId]) -> None:
        """Ask for none: a record that takes others along goes the ordinary way."""
        if list(records):
            _beyond("records that go along")

    def request_in_turn(self, records: Sequence[RecordId]) -> int:
        """Ask for none."""
        return _beyond("records that go along")


@dataclass(frozen=True)
class PageJournal(AsideJournal):
    """The journal as it was read for a page; what would be noted is noted by whoever asked.

    Attributes:
        entries: what is noted of the page's records.
        read: the page's records.
    """

    entries: Mapping[RecordId, JournalEntry] = field(default_factory=dict)
    read: Collection[RecordId] = ()

    def get_latest(self, record: RecordId) -> JournalEntry | None:
        """Return what was noted of a record of the page."""
        return self.entries.get(record) if record in self.read else _beyond("another's entry")


@dataclass(frozen=True)
class PageHolds(AsideHolds):
    """What persons are asked, and decided, as it was read for a page.

    Attributes:
        open_or_decided: all holds of the page's business.
    """

    open_or_decided: Mapping[Awaited, Hold] = field(default_factory=dict)

    def get(self, business: str, awaited: Awaited) -> Hold | None:
        """Return a hold of the page's business."""
        return self.open_or_decided.get(awaited)
