"""Reads pages of a business's lists, and tells a bad page from a service that is down.

Never goes on asking a service that does not answer, and never gives up a page for one bad row.
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from typing import Final

from shared.core.identity import Kind
from shared.core.pages import PAGE_SIZE, Listing, ListPage, merged
from shared.errors import NeedsPersonError, NotSyncedError, RetryLaterError
from shared.sync.ports import FreshBooks

FEWER: Final = 10  # rows of a page that stands for a tenth of one that cannot be read
_SERVICE: Final = "FreshBooks"
_IN_A_ROW: Final = 2  # failures, before it is asked whether the service answers at all


@dataclass(frozen=True)
class Page:
    """A page as far as it could be read.

    Attributes:
        faults: how many of its rows, or of its parts, are known to nobody.
        why: what is wrong with the first of them.
        hopeless: nothing of it could be read.
        cold: it was the first that was asked for, so that it may be the service.
    """

    page: ListPage
    faults: int = 0
    why: str = ""
    hopeless: bool = False
    cold: bool = False


class Reader:
    """Reads for one business in one poll.

    A page that fails after another one was answered is a bad page as long as that other one is
    still answered. The first that is asked for may be either: it is left for later, and when the
    next one fails too, the business is left alone for this time.

    Attributes:
        down: FreshBooks does not answer for this business, or wants to be left alone.
    """

    def __init__(self, freshbooks: FreshBooks, business: str) -> None:
        self._freshbooks = freshbooks
        self._business = business
        self._answered: tuple[Kind, Listing, int, int] | None = None
        self._failures = 0
        self._hopeless: set[Kind] = set()  # a page of theirs has no part that can be read
        self.down = False

    def read(
        self, kind: Kind, listing: Listing, number: int, *, mend: bool = True
    ) -> Generator[None, None, Page]:
        """Read a page, in smaller ones where it cannot be read as one; pause after each.

        Raises:
            RetryLaterError: FreshBooks is down, or what reading needs is.
            NeedsPersonError: FreshBooks does not let us read the list.
            NotSyncedError: the business is not synced any more.
        """
        found = self._ask(kind, listing, number, PAGE_SIZE)
        if isinstance(found, ListPage):
            why = f"{found.nameless} rows name no record" if found.nameless else ""
            return Page(found, found.nameless, why)
        bad = Page(ListPage(), faults=1, why=found, hopeless=True)
        if self._answered is None:
            if self._failures >= _IN_A_ROW:
                self._stop(found)
            return replace(bad, cold=True)
        if not mend or kind in self._hopeless:
            return bad
        return (yield from self._mend(kind, listing, number, bad))

    def _mend(
        self, kind: Kind, listing: Listing, number: int, bad: Page
    ) -> Generator[None, None, Page]:
        """Read a page that fails by tens, and those that fail row by row."""
        self._must_be_up()
        first = (number - 1) * PAGE_SIZE // FEWER + 1
        tens = range(first, first + PAGE_SIZE // FEWER)
        parts, failed = yield from self._pieces(kind, listing, tens, FEWER)
        if not parts:
            self._hopeless.add(kind)
            return bad
        faults = 0
        for ten in failed:
            ones = range((ten - 1) * FEWER + 1, ten * FEWER + 1)
            rows, lost = yield from self._pieces(kind, listing, ones, 1)
            parts += rows
            faults += len(lost)
        page = merged(parts)
        return Page(page, faults + page.nameless, bad.why)

    def _pieces(
        self, kind: Kind, listing: Listing, numbers: Iterable[int], size: int
    ) -> Generator[None, None, tuple[list[ListPage], list[int]]]:
        read: list[ListPage] = []
        failed: list[int] = []
        for number in numbers:
            found = self._ask(kind, listing, number, size)
            yield
            if isinstance(found, ListPage):
                read.append(found)
                if number >= found.pages:
                    break
            else:
                failed.append(number)
                if self._failures > _IN_A_ROW:
                    self._must_be_up()
        return read, failed

    def _must_be_up(self) -> None:
        """See that what was answered is still answered.

        Raises:
            RetryLaterError: it is not.
        """
        if self._answered is not None:
            found = self._ask(*self._answered)
            if isinstance(found, str):
                self._stop(found)

    def _ask(self, kind: Kind, listing: Listing, number: int, size: int) -> ListPage | str:
        """Return a page, or what is wrong with it."""
        try:
            page = self._freshbooks.list_page(
                self._business, kind, listing, number=number, size=size
            )
        except (NeedsPersonError, NotSyncedError):
            raise
        except RetryLaterError as error:
            wants_peace = error.throttled or error.retry_after is not None
            if wants_peace or error.service not in {"", _SERVICE}:
                self.down = True
                raise
            self._failures += 1
            return str(error)
        except Exception as error:  # noqa: BLE001  # one page must not end the others
            self._failures += 1
            return f"unexpected {type(error).__name__} in page {number} of {kind}s"
        self._failures = 0
        self._answered = (kind, listing, number, size)
        return page

    def _stop(self, why: str) -> None:
        self.down = True
        raise RetryLaterError(why, service=_SERVICE)
