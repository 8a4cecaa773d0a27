"""Walks through lists of FreshBooks page by page, and asks for what a page shows before the next.

Never says that a list was read whole when it was not.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from shared.core.cursor import Cursor
from shared.core.identity import Kind, RecordId, cursor_checkpoint
from shared.core.known import SETTLED
from shared.core.pages import End, Listing, ListPage, Position, Tracks, follow
from shared.core.records import Record
from shared.sync.asking import Asking, Pace
from shared.sync.known_rows import KnownRows
from shared.sync.ports import Checkpoints
from shared.sync.reading import Page, Reader

MOST_PAGES_A_RUN: Final = 400  # of one list; the next poll goes on there
KEPT_EVERY: Final = 10  # pages on which nothing was asked for; the next process reads them again
MOST_HOPELESS: Final = 3  # pages of which nothing can be read, before the list is given up


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What a walk is for.

    Attributes:
        what: its name; its cursor is called after it.
        lists: one after the other.
        listed_from: the Eastern day from which the next poll lists again.
        sure: each is read until nothing new appears; else once.
        mend: a page that cannot be read is read in smaller ones.
        kept: the next poll goes on where this one stops.
        most_pages: that one poll reads.
        also: returns what else a record that is listed makes due.
        numbered: it is noted which records were listed.
        changed_after: what surely did not change after this moment is carried by others; None for
            everything.
        anew: the journal is asked about every record, whatever was known before.
    """

    business: str
    kind: Kind
    what: str
    lists: tuple[Listing, ...]
    listed_from: date | None = None
    sure: bool = True
    mend: bool = True
    kept: bool = True
    most_pages: int = MOST_PAGES_A_RUN
    also: Callable[[Record], RecordId | None] | None = None
    numbered: bool = False
    changed_after: datetime | None = None
    anew: bool = False


@dataclass(frozen=True)
class Walked:
    """How a walk stands.

    Attributes:
        done: all was read; with `cursor.faults`, all that can be.
        cold: the first page that was asked for at all failed; it may be the service.
    """

    cursor: Cursor
    done: bool = False
    cold: bool = False


class Walk:
    """One errand in one poll.

    Attributes:
        kept: a cursor of it is kept.
        numbers: of all records it was shown, where the errand wants them.
    """

    def __init__(
        self,
        errand: Errand,
        *,
        asking: Asking,
        reader: Reader,
        checkpoints: Checkpoints,
        pace: Pace,
        idle: bool,
        known: KnownRows,
        count: Callable[[int], None],
    ) -> None:
        self._errand = errand
        # Rows that an earlier pass of this walk met need no second look either.
        self._known = KnownRows() if errand.anew else known
        self._asking = asking
        self._reader = reader
        self._checkpoints = checkpoints
        self._pace = pace
        self._idle = idle
        self._count = count
        self._tracks = Tracks()
        self._last = ListPage()
        self._hopeless = 0
        self._asked_last: dict[str, object] = {}
        self._since_kept = 0
        self.kept = False
        self.numbers: set[int] = set()

    def resume(self, now: datetime) -> Generator[None, None, Walked]:
        """Go on from the errand's own cursor, which no checkpoint follows; forget it at the end.

        Raises:
            ConnectorError: as in `run`.
        """
        name = cursor_checkpoint(self._errand.business, self._errand.what)
        note, parts = self._checkpoints.get_note(name), len(self._errand.lists)
        cursor = Cursor.read(note, base=None, parts=parts, now=now)
        walked = yield from self.run(cursor or Cursor(base=None, since=None, started=now))
        if walked.done and (note or self.kept):
            self._checkpoints.delete(name)
        return walked

    def run(self, cursor: Cursor) -> Generator[None, None, Walked]:
        """Go on from a cursor, and pause after each page.

        Raises:
            ConnectorError: nothing more can be read or kept now; what was read is asked for.
        """
        for _ in range(self._errand.most_pages):
            if cursor.part >= len(self._errand.lists):
                return Walked(cursor, done=True)
            listing = self._errand.lists[cursor.part]
            found = yield from self._reader.read(
                self._errand.kind, listing, cursor.at.page, mend=self._errand.mend
            )
            if found.cold:
                return Walked(cursor, cold=True)
            cursor, full = self._ask(cursor, found)
            if full:
                return Walked(self._keep(cursor.model_copy(update=self._asked_last)))
            cursor = self._go_on(cursor, found)
            yield
        done = cursor.part >= len(self._errand.lists)
        return Walked(cursor if done else self._keep(cursor), done=done)

    def _ask(self, cursor: Cursor, found: Page) -> tuple[Cursor, bool]:
        """Ask for what a page shows; say whether there was no room for the rest of it."""
        asked = self._asking.ask(
            self._errand.business,
            self._errand.kind,
            self._newer(found.page),
            pace=self._pace,
            idle=self._idle,
            listed_from=self._errand.listed_from,
            known=self._known,
            **({"also": self._errand.also} if self._errand.also is not None else {}),
        )
        self._count(asked.count)
        if self._errand.numbered:
            self.numbers |= {each.id for each in found.page.records}
            self.numbers |= {each.number for each in found.page.unreadable}
        news: dict[str, object] = {
            "at": replace(cursor.at, fresh=cursor.at.fresh + asked.missed),
            "faults": cursor.faults + found.faults,
            "why": cursor.why or found.why,
        }
        self._since_kept += 1
        if asked.count:
            self._since_kept = KEPT_EVERY
            self._asked_last = {"number": asked.number, "ticket": asked.ticket}
        return cursor.model_copy(update=news), asked.full

    def _newer(self, page: ListPage) -> ListPage:
        after = self._errand.changed_after
        if after is None:
            return page
        rest = (each for each in page.records if not each.version.surely_before(after - SETTLED))
        return replace(page, records=tuple(rest))

    def _go_on(self, cursor: Cursor, found: Page) -> Cursor:
        at = cursor.at
        after = follow(
            at,
            self._tracks.answered(at, self._shown(at, found)),
            # What cannot be read whole anyway is not read a second time to be sure.
            sure=self._errand.sure and not cursor.faults,
        )
        if isinstance(after, Position):
            cursor = cursor.model_copy(update={"at": after})
            return self._keep(cursor) if self._since_kept >= KEPT_EVERY else cursor
        news: dict[str, object] = {"part": cursor.part + 1, "at": Position()}
        if after is not End.COMPLETE:
            news |= {"faults": cursor.faults + 1, "why": cursor.why or after.why}
        self._last, self._hopeless = ListPage(), 0
        cursor = cursor.model_copy(update=news)
        return self._keep(cursor) if self.kept else cursor

    def _shown(self, at: Position, found: Page) -> ListPage:
        """Return a page by its counts; where it has none, the list is as long as it was."""
        if not found.hopeless:
            self._last = found.page
            return found.page
        self._hopeless += 1
        if self._hopeless >= MOST_HOPELESS or at.page == 1:
            return ListPage()
        # Any keys but those of the page before: it is not known to be the same.
        pages = self._last.pages or at.limit // 2
        return ListPage(keys=(f"page {at.page}",), pages=pages, total=at.total or 0)

    def _keep(self, cursor: Cursor) -> Cursor:
        if self._errand.kept:
            name = cursor_checkpoint(self._errand.business, self._errand.what)
            self._checkpoints.set(name, cursor.started, note=cursor.model_dump_json())
            self.kept, self._since_kept = True, 0
        return cursor
