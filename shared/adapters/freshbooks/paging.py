"""Walking through the pages of a list that changes meanwhile.

Never asks the service itself: it is given a function that reads one page.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

PAGE_SIZE: Final = 100  # FreshBooks silently caps `per_page` here
_MOST_STEPS_BACK: Final = 200


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        rows: its rows.
        pages: how many pages there are now; 0 for an empty list.
        total: how many rows there are now, rows that we may not see included.
    """

    rows: list[Mapping[str, Any]]
    pages: int
    total: int


def walk(
    fetch: Callable[[int], Page],
    *,
    identity: Callable[[Mapping[str, Any]], Any],
    size: int = PAGE_SIZE,
) -> Iterator[Mapping[str, Any]]:
    """Yield every row once, also when rows leave the list during the walk.

    Pages are counted by offset. When a row leaves, all later ones move up, and the first of the
    next page slips onto one that was read already. A smaller `total` gives that away: as many pages
    are read again as rows may have slipped. A row that enters only causes repetitions.

    Args:
        fetch: reads a page by its number, from 1.
        identity: what tells two rows apart.
        size: rows of a full page.
    """
    seen = set()
    page, total, steps_back = 1, 0, 0
    while True:
        answer = fetch(page)
        for row in answer.rows:
            name = identity(row)
            if name not in seen:
                seen.add(name)
                yield row
        left, total = total - answer.total, answer.total
        if left > 0 and page > 1 and steps_back < _MOST_STEPS_BACK:
            steps_back += 1
            page = max(1, page - math.ceil(left / size))
        elif page < answer.pages:
            page += 1
        else:
            return
