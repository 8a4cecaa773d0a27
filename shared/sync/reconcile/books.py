"""One business: each kind's list of FreshBooks against the index of Sales' rows, page by page.

Never takes for gone what a list did not show, unless that is proved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.core.identity import Kind, RecordId
from shared.core.pages import Listed
from shared.core.reconcile.comparison import Comparison
from shared.core.reconcile.differences import Difference
from shared.core.records import Invoice
from shared.errors import ConfigurationError, RecordRefusedError
from shared.sync.one import read_one
from shared.sync.ports import FreshBooks, MayRead
from shared.sync.reading import Reader
from shared.sync.reconcile.lists import BookList, Rows

# In this order: clients are compared with what is open of their invoices.
KINDS: Final = (Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT, Kind.EXPENSE, Kind.CLIENT)
MOST_LOOKED_UP: Final = 50  # records, one by one, that neither list shows


@dataclass
class Books:
    """FreshBooks' side of one business.

    Attributes:
        not_compared: why a kind was left out, or not compared whole, by kind.
        faulty: kinds of which not everything could be read.
    """

    freshbooks: FreshBooks
    may_read: MayRead
    business: str
    comparison: Comparison
    not_compared: dict[Kind, str] = field(default_factory=dict)
    faulty: set[Kind] = field(default_factory=set)

    def compare(self, kinds: Sequence[Kind], at: BookList | None = None) -> Iterator["Step"]:
        """Yield what differs, after each page of a list.

        Args:
            kinds: those that are compared, in the order of `KINDS`.
            at: where an earlier comparison stopped: its kinds before this one are done.

        Raises:
            ConnectorError: one of the services cannot be asked now.
        """
        reader = Reader(self.freshbooks, self.business)
        for kind in kinds:
            if not self.may_read(self.business, kind):
                self._leave_out(kind, "the login was not allowed to read them")
                continue
            living = at if at is not None and at.kind is kind else BookList(kind)
            at, all_read = None, living.page == 1
            try:
                for rows in living.read(reader):
                    all_read = all_read and not rows.unreadable
                    yield Step(kind, living, tuple(self._differences(kind, rows)))
                if living.faults:
                    self.faulty.add(kind)
                    self.not_compared[kind] = living.why or "not all of their list can be read"
                if kind is Kind.INVOICE:
                    self.comparison.knows_open = all_read and living.is_whole
                yield Step(kind, None, tuple(self._absent(kind, living, reader)))
            except ConfigurationError as error:
                if kind is not Kind.CREDIT:
                    raise
                self._leave_out(kind, str(error))

    def told(self) -> list[str]:
        """Return what was not compared, or not whole, in words."""
        return [f"{kind}s of {self.business}: {why}" for kind, why in self.not_compared.items()]

    def _leave_out(self, kind: Kind, why: str) -> None:
        self.not_compared[kind] = why
        self.comparison.leave_out(kind)

    def _differences(self, kind: Kind, rows: Rows) -> Iterator[Difference]:
        for record in rows.records:
            if isinstance(record, Invoice):
                self.comparison.look_at(record)
            yield from self.comparison.compare(record)
        for row in rows.unreadable:
            yield self.comparison.unreadable(kind, row.number, row.why)

    def _absent(self, kind: Kind, living: BookList, reader: Reader) -> Iterator[Difference]:
        """Yield the rows that count and whose records the list of living ones does not show."""
        comparison = self.comparison
        unseen = comparison.unseen(kind, living.seen)
        if not unseen:
            return
        deleted = BookList(kind, Listed.DELETED)
        for _ in deleted.read(reader):
            pass
        left = []
        for number in unseen:
            if number in deleted.seen:
                yield comparison.gone(kind, number, "it is deleted in FreshBooks")
            else:
                left.append(number)
        if len(left) > MOST_LOOKED_UP:
            yield from self._unproved(kind, left, proved=living.is_whole and deleted.is_whole)
            return
        for number in left:
            yield from self._look_up(kind, number)

    def _unproved(
        self, kind: Kind, numbers: Sequence[int], *, proved: bool
    ) -> Iterator[Difference]:
        for number in numbers:
            if proved:
                yield self.comparison.gone(kind, number, "FreshBooks does not list it")
            else:
                why = "FreshBooks' list could not be read whole, so it proves nothing"
                yield self.comparison.unreadable(kind, number, why)

    def _look_up(self, kind: Kind, number: int) -> Iterator[Difference]:
        """Yield what is known of a record that neither list shows: rows may have moved in them."""
        try:
            record = read_one(self.freshbooks, RecordId(self.business, kind, number))
        except RecordRefusedError as error:
            yield self.comparison.unreadable(kind, number, str(error))
            return
        if record is None:
            yield self.comparison.gone(kind, number, f"FreshBooks has no such {kind}")
        elif record.deleted:
            yield self.comparison.gone(kind, number, "it is deleted in FreshBooks")
        else:
            yield from self.comparison.compare(record)


@dataclass(frozen=True)
class Step:
    """What came of a page.

    Attributes:
        at: how far the list has been read; None at the end of a kind.
        differences: in the order they were found.
    """

    kind: Kind
    at: BookList | None
    differences: tuple[Difference, ...]
