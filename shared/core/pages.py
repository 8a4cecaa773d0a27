"""A list that is read page by page while it changes: what is listed, and which page is next.

Never asks anybody: it is told what was answered.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, StrEnum, auto
from typing import Final

from shared.core.records import Record
from shared.core.spans import Span

ALL_DAYS: Final = Span()
PAGE_SIZE: Final = 100  # FreshBooks silently caps `per_page` here
MOST_PASSES: Final = 5
RESTLESS_PASSES: Final = 3  # so often it is waited for a pass in which nothing moves
MOST_PAGES: Final = 20_000
# Pages. Nobody waits for calm on longer lists: somebody is always at work there.
LONG: Final = 20
_SPARE: Final = 10  # pages that a list may grow by and still be short
_SAME_AGAIN: Final = 2  # the same page so often once more is no page but a wall
_EMPTY_AGAIN: Final = 20  # a few may be empty: rows that we may not see are counted too


class Listed(StrEnum):
    """Which records of a kind."""

    LIVING = "living"  # active and archived
    DELETED = "deleted"  # default lists leave them out
    OVERDUE = "overdue"  # invoices only; time alone makes them so
    CREDITS = "credits"  # payments only: those that stand for a credit note


@dataclass(frozen=True)
class Listing:
    """What is listed.

    Attributes:
        updated_since: an Eastern day, inclusive; None for all.
        dated: which dates of invoices, payments and expenses; others have none to be listed by.
        whole: invoices come with their lines, and expenses with their category.
        newest_first: as far as FreshBooks sorts the list.
    """

    which: Listed = Listed.LIVING
    updated_since: date | None = None
    dated: Span = ALL_DAYS
    whole: bool = False
    newest_first: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A row that names a record and cannot be read as one.

    Attributes:
        updated: when FreshBooks last touched it, as it says so; "" where it does not.
        why: which fields are wrong.
    """

    number: int
    updated: str = ""
    why: str = ""


@dataclass(frozen=True)
class ListPage:
    """One page of a list.

    Attributes:
        records: those that belong to the list, as it shows them.
        unreadable: rows that can be asked for by their number.
        nameless: how many rows name no record at all.
        keys: what tells its rows apart, of all of them.
        pages: how many pages there are now; 0 for an empty list.
        total: how many rows there are now, rows that we may not see included.
    """

    records: tuple[Record, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    nameless: int = 0
    keys: tuple[Hashable, ...] = ()
    pages: int = 0
    total: int = 0


@dataclass(frozen=True)
class Position:
    """Where a walk is.

    Attributes:
        passing: which pass over the list this is, from 1.
        page: which page is read next, from 1.
        limit: pages that a pass may have; 0 before the first answer.
        total: rows that the list had at the first page of this pass.
        moved: rows moved during this pass, as far as that shows.
        fresh: rows of this pass that no earlier one had.
    """

    passing: int = 1
    page: int = 1
    limit: int = 0
    total: int | None = None
    moved: bool = False
    fresh: int = 0


class End(Enum):
    """How a walk ended."""

    COMPLETE = auto()  # no row that was there all the time was missed
    ENDLESS = auto()  # there was always one more page
    RESTLESS = auto()  # every pass brought something new

    @property
    def why(self) -> str:
        """What is wrong with the list, "" when nothing is."""
        match self:
            case End.COMPLETE:
                return ""
            case End.ENDLESS:
                return "FreshBooks answers ever more pages"
            case End.RESTLESS:
                return "the list moves faster than it can be read"


@dataclass(frozen=True)
class Answered:
    """What came of a page.

    Attributes:
        fresh: how many of its rows no earlier pass had.
        repeated: one of them was on an earlier page of this pass.
        stuck: the very same page came again and again.
    """

    pages: int
    total: int
    fresh: int = 0
    repeated: bool = False
    stuck: bool = False


def follow(at: Position, answer: Answered, *, sure: bool = True) -> Position | End:
    """Return where a walk goes on.

    Pages are counted by offset. When a row leaves, all later ones move up, and the first of the
    next page slips onto one that was read already; the counts stay the same when another one
    enters. So the list is read again until a pass brings nothing new, and on short lists until
    nothing moved in it. A list of a single page is one answer, and nothing moves within it.

    Args:
        at: the page that was read.
        answer: what came.
        sure: whether the list is read until nothing new appears; else once.
    """
    moved = at.moved or answer.repeated or (at.total is not None and at.total != answer.total)
    total = answer.total if at.total is None else at.total
    limit = at.limit or min(MOST_PAGES, 2 * max(answer.pages, 0) + _SPARE)
    here = replace(at, limit=limit, total=total, moved=moved, fresh=at.fresh + answer.fresh)
    if answer.stuck:
        return End.ENDLESS
    if at.page < answer.pages:
        return End.ENDLESS if at.page >= limit else replace(here, page=at.page + 1)
    if at.page == 1 or not sure:
        return End.COMPLETE
    calm = not moved or at.page > LONG or at.passing > RESTLESS_PASSES
    if at.passing > 1 and here.fresh == 0 and calm:
        return End.COMPLETE
    if at.passing >= MOST_PASSES:
        return End.RESTLESS
    return Position(passing=at.passing + 1, limit=limit)


class Tracks:
    """What a walk has seen in the pass it is in, to tell when rows move and when pages do not.

    It knows what this process read: after a restart less than that, which costs a pass at most.
    """

    def __init__(self) -> None:
        self._keys: set[Hashable] = set()
        self._last: tuple[Hashable, ...] = ()
        self._same = 0

    def answered(self, at: Position, page: ListPage, *, fresh: int = 0) -> Answered:
        """Return what came of a page."""
        if at.page == 1:
            self._keys.clear()
            self._last, self._same = (), 0
        repeated = not self._keys.isdisjoint(page.keys)
        if at.page <= LONG:
            self._keys.update(page.keys)
        again = at.page > 1 and page.keys == self._last
        self._same = self._same + 1 if again else 0
        self._last = page.keys
        return Answered(
            pages=page.pages,
            total=page.total,
            fresh=fresh,
            repeated=repeated,
            stuck=self._same >= (_SAME_AGAIN if page.keys else _EMPTY_AGAIN),
        )


def pages_of(total: int, size: int = PAGE_SIZE) -> int:
    """Return how many pages so many rows fill."""
    return -(-max(total, 0) // size)


def merged(parts: Sequence[ListPage]) -> ListPage:
    """Return the smaller pages that a page was read in as one."""
    total = max((part.total for part in parts), default=0)
    return ListPage(
        records=tuple(record for part in parts for record in part.records),
        unreadable=tuple(row for part in parts for row in part.unreadable),
        nameless=sum(part.nameless for part in parts),
        keys=tuple(key for part in parts for key in part.keys),
        pages=pages_of(total),
        total=total,
    )
