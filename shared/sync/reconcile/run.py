"""A whole comparison at once, for a person who waits for it; and asking for what differs.

Never asks for more than the guard lets through.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.core.identity import Kind
from shared.core.listed import Listed
from shared.core.policies import Policies
from shared.core.reconcile.comparison import Comparison
from shared.core.reconcile.differences import Difference
from shared.core.reconcile.guard import guard
from shared.core.reconcile.ledger import Ledger, unexplained
from shared.core.reconcile.report import Report
from shared.core.reconcile.rules import Rules
from shared.core.records import EASTERN
from shared.errors import ConnectorError
from shared.sync.ports import Crm, FreshBooks, Journal, MayRead, SyncQueue, Traffic, traffic
from shared.sync.ports.both_sides import SalesRows
from shared.sync.reconcile.asking import Asks
from shared.sync.reconcile.books import KINDS, Books, Step
from shared.sync.reconcile.lists import BookList
from shared.sync.reconcile.sales import Sales
from shared.sync.reconcile.settling import Settling
from shared.sync.reconcile.waiting import WAITING_RECORD, WaitingCheck
from shared.sync.tickets import Tickets

UNBOUNDED: Final = 1_000_000  # records that a person's word asks for


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Compares both sides of businesses.

    Attributes:
        has_invoices: an invoice has a row beside its entry.
        listed: returns the connector's own list of what of a business is not in Sales.
        share: the most of a business's rows that may be cancelled at once, in percent.
        version: of the connector.
        rate: records in a second that can be handled.
    """

    freshbooks: FreshBooks
    crm: Crm
    rows: SalesRows
    journal: Journal
    queue: SyncQueue
    tickets: Tickets
    waiting: WaitingCheck
    may_read: MayRead
    policies: Policies
    has_invoices: bool
    listed: Callable[[str], Sequence[Listed]]
    clock: Callable[[], datetime]
    share: float
    version: str
    rate: float

    def run(
        self,
        businesses: Sequence[str],
        *,
        kinds: Sequence[Kind] = KINDS,
        month: str = "",
        told: Callable[[str], None] = lambda _text: None,
    ) -> Report:
        """Compare businesses and return what was found; nothing is asked for.

        Args:
            businesses: their FreshBooks account ids.
            kinds: which records.
            month: that the report is about, such as `2026-11`; "" for all.
            told: is told how far it is.

        Raises:
            ConnectorError: one of the services cannot be asked now.
        """
        with traffic(Traffic.BULK):
            return self._run(businesses, kinds, month, told)

    def asks(self, *, most: int = UNBOUNDED) -> Asks:
        """Return what asks for the records of differences."""
        return Asks(self.tickets, self.journal, self.clock, self.rate, most, set())

    def fix(self, report: Report, *, cancel: int | None = None) -> int:
        """Ask for what differs, and return for how many records.

        Args:
            report: what was found.
            cancel: see `Report.wanted`.

        Raises:
            ValueError: see `Report.wanted`; nothing was asked for.
            ConnectorError: the queue or the tables cannot be reached now.
        """
        asked = self.asks().ask(report.wanted(cancel=cancel))
        for business in {each.business for each in report.differences if _is_waiting(each)}:
            self.waiting.look_again(business)
        return asked

    def open(self, business: str, kinds: Sequence[Kind], sales: Sales, ledger: Ledger) -> "Opened":
        """Read what Sales holds of a business, to compare FreshBooks' lists with it."""
        settling = Settling.of(self.journal, self.queue, self.clock)
        index = sales.index(business, kinds)
        rules = Rules(
            has_invoices=self.has_invoices,
            policies=self.policies,
            currencies=sales.currencies,
            codes=sales.codes,
            listed={each.key: each for each in self.listed(business)},
            today=self.clock().astimezone(EASTERN).date(),
            started=settling.started,
            credits_noted=self.may_read(business, Kind.CREDIT),
        )
        comparison = Comparison(index, rules, ledger)
        comparison.open(kinds)
        books = Books(self.freshbooks, self.may_read, business, comparison)
        return Opened(comparison, books, settling)

    def _run(
        self,
        businesses: Sequence[str],
        kinds: Sequence[Kind],
        month: str,
        told: Callable[[str], None],
    ) -> Report:
        started, ledger = self.clock(), Ledger()
        found: list[Difference] = []
        rows: dict[tuple[str, str], int] = {}
        left_out: list[str] = []
        sales = Sales(self.rows, self.crm, self.clock)
        every = [each for each in sales.sums(businesses) if set(kinds) == set(KINDS)]
        found += [each for each in every if each.ask is None or each.business in businesses]
        partly = False
        for business in businesses:
            own, here = Ledger(), list[Difference]()
            try:
                opened = self.open(business, kinds, sales, own)
                for step in opened.steps(kinds):
                    here += step.differences
                    told(f"{business}: {step.kind}s, {len(found) + len(here)} differences")
                if set(kinds) == set(KINDS):
                    here += self.waiting.compare(business)
            except ConnectorError as error:
                if len(businesses) == 1:
                    raise
                # One login's trouble is nobody else's.
                left_out.append(f"{business}: {error}")
                partly = True
                continue
            ledger.take(own)
            found += here
            rows |= {(business, kind): n for kind, n in opened.comparison.rows.items()}
            left_out += opened.books.told()
            partly = partly or bool(opened.books.faulty)
        sums = ledger.sums(found, month=month)
        found += unexplained(sums)
        shown = tuple(each for each in found if each.concerns(month))
        return Report(
            month=month,
            businesses=tuple(businesses),
            started=started,
            version=self.version,
            sums=tuple(ledger.sums(found, month=month)),
            differences=shown,
            stopped=tuple(guard(shown, rows, share=self.share)),
            not_compared=tuple(left_out),
            is_whole=not partly,
        )


@dataclass(frozen=True)
class Opened:
    """A business that is being compared."""

    comparison: Comparison
    books: Books
    settling: Settling

    def steps(self, kinds: Iterable[Kind], at: BookList | None = None) -> Iterator[Step]:
        """Yield what came of each page; what ends by itself says so."""
        for step in self.books.compare([*kinds], at):
            yield Step(step.kind, step.at, tuple(self.settling.settle(step.kind, step.differences)))


def _is_waiting(difference: Difference) -> bool:
    return difference.kind == WAITING_RECORD
