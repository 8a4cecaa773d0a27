"""Walking through the pages of a list that changes meanwhile.

Never asks the service itself: it is given a function that reads one page.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.pages import PAGE_SIZE, End, ListPage, Position, Tracks, follow
from shared.errors import ConfigurationError, RetryLaterError

__all__ = ["PAGE_SIZE", "Page", "read_page", "walk"]


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        rows: its rows, as they came.
        pages: how many pages there are now; 0 for an empty list.
        total: how many rows there are now, rows that we may not see included.
    """

    rows: list[Any]
    pages: int
    total: int

    def keys(self, identity: Callable[[Mapping[str, Any]], object]) -> tuple[Hashable, ...]:
        """Return what tells its rows apart; a row that says nothing is told by its place."""
        found = (identity(row) if isinstance(row, Mapping) else None for row in self.rows)
        return tuple(
            name if isinstance(name, int | str) else f"row {place}"
            for place, name in enumerate(found)
        )


def walk(
    fetch: Callable[[int], Page], *, identity: Callable[[Mapping[str, Any]], object], what: str
) -> Iterator[Mapping[str, Any]]:
    """Yield every row once that is in the list during the whole walk; rows that are none, not.

    Args:
        fetch: reads a page by its number, from 1.
        identity: what tells two rows apart.
        what: what is listed, for an error.

    Raises:
        RetryLaterError: the list does not end, or does not come to rest.
    """
    seen: set[Hashable] = set()
    tracks = Tracks()
    at: Position | End = Position()
    while isinstance(at, Position):
        page = fetch(at.page)
        keys = page.keys(identity)
        fresh = 0
        for name, row in zip(keys, page.rows, strict=True):
            if name not in seen and isinstance(row, Mapping):
                seen.add(name)
                fresh += 1
                yield row
        shown = ListPage(keys=keys, pages=page.pages, total=page.total)
        at = follow(at, tracks.answered(at, shown, fresh=fresh))
    if at is not End.COMPLETE:
        raise RetryLaterError(f"FreshBooks: {what} cannot be read whole: {at.why}.")


def read_page(result: Mapping[str, Any] | None, *, name: str, what: str) -> Page:
    """Return one page of a list from an answer's `result`.

    Raises:
        ConfigurationError: FreshBooks says that there is no such list.
        RetryLaterError: the rows or the counts are missing.
    """
    if result is None:
        raise ConfigurationError(f"FreshBooks: {what}: there is no such list. Check the account.")
    rows, pages, total = result.get(name), result.get("pages"), result.get("total")
    if not isinstance(rows, list) or type(pages) is not int or type(total) is not int:
        raise RetryLaterError(f"FreshBooks: {what} was answered without rows or counts.")
    return Page(rows=rows, pages=pages, total=total)
