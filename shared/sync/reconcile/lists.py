"""A list of FreshBooks for a comparison: every row once, and whether it was read whole.

Never reads a list again that did not move: one pass is one request for each page.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from shared.core.identity import Kind
from shared.core.pages import MOST_PAGES, Listed, Listing
from shared.core.pages import Unreadable as UnreadableRow
from shared.core.reconcile.nights import MOST_PASSES
from shared.core.records import Record
from shared.errors import RetryLaterError
from shared.sync.reading import Page, Reader


@dataclass(frozen=True)
class Rows:
    """What a page brought that no earlier one had."""

    records: tuple[Record, ...]
    unreadable: tuple[UnreadableRow, ...] = ()


@dataclass
class BookList:
    """One list, and how far it has been read.

    Attributes:
        seen: numbers of all records that it showed.
        page: that is read next, from 1.
        passing: which pass this is, from 1.
        total: rows that the list had at the first page of this pass, None before it.
        moved: rows moved during this pass, as far as that shows.
        faults: rows or pages that nobody could read.
        why: what is wrong with the first of them, "" where nobody knows any more.
        done: there is nothing more to read.
    """

    kind: Kind
    which: Listed = Listed.LIVING
    seen: set[int] = field(default_factory=set)
    page: int = 1
    passing: int = 1
    total: int | None = None
    moved: bool = False
    faults: int = 0
    why: str = ""
    done: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether whatever it did not show is not in it."""
        return self.done and not self.faults and not self.moved

    def read(self, reader: Reader) -> Iterator[Rows]:
        """Yield what each page brings, from where the list was left.

        Raises:
            ConnectorError: FreshBooks is down, or does not let us read the list.
        """
        while not self.done:
            found = _whole(reader.read(self.kind, Listing(self.which), self.page))
            if found.cold:
                raise RetryLaterError(found.why, service="FreshBooks")
            yield self._take(found)

    def _take(self, found: Page) -> Rows:
        page = found.page
        self.faults += found.faults
        self.why = self.why or found.why
        numbers = [*(each.id for each in page.records), *(each.number for each in page.unreadable)]
        if self.total is None:
            self.total = page.total
        again = self.passing == 1 and any(number in self.seen for number in numbers)
        self.moved = self.moved or again or (not found.hopeless and page.total != self.total)
        rows = Rows(
            tuple(each for each in page.records if each.id not in self.seen),
            tuple(each for each in page.unreadable if each.number not in self.seen),
        )
        if self.passing > 1 and (rows.records or rows.unreadable):
            self.moved = True
        self.seen.update(numbers)
        self._step(page.pages, hopeless=found.hopeless)
        return rows

    def _step(self, pages: int, *, hopeless: bool) -> None:
        last = -(-(self.total or 0) // 100) if hopeless else pages
        if self.page < min(last, MOST_PAGES):
            self.page += 1
        elif self.moved and self.page > 1 and self.passing < MOST_PASSES:
            self.passing, self.page, self.total, self.moved = self.passing + 1, 1, None, False
        else:
            self.moved = self.moved and self.page > 1
            self.faults += int(last > MOST_PAGES)
            self.done = True


def _whole(reading: Generator[None, None, Page]) -> Page:
    """Return a page that may be read in parts."""
    while True:
        try:
            next(reading)
        except StopIteration as ended:
            found: Page = ended.value
            return found
