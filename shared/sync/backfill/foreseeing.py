"""What a backfill would do, page by page, without doing it.

Never writes to Dataverse, a queue or a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.core.fingerprints import fingerprint
from shared.core.identity import Kind
from shared.core.pages import PAGE_SIZE, Listing
from shared.core.runs import Counts, Run, Step, Work
from shared.sync.backfill.carrying import PageCarrier, Place
from shared.sync.ports import FreshBooks, Journal

_MOST_PAGES: Final = 20_000


@dataclass(frozen=True)
class Foreseen:
    """What a step would do."""

    step: Step
    counts: Counts


def foresee(
    run: Run,
    *,
    carrier: PageCarrier,
    freshbooks: FreshBooks,
    journal: Journal,
) -> Iterator[Foreseen]:
    """Yield what each step that carries pages would do.

    Raises:
        ConnectorError: a service or our own storage cannot be reached.
    """
    for step in run.steps:
        if step.work is not Work.CARRY or step.kind is None:
            continue
        counts, pages, number = Counts(), 1, 1
        while number <= min(pages, _MOST_PAGES):
            if step.kind is Kind.CLIENT:
                found, pages = _clients(run, step.listing, number, freshbooks, journal)
            else:
                page = carrier.foresee(run, Place(step.kind, step.listing, number))
                found, pages = page.counts, page.pages
            counts += found
            number += 1
        yield Foreseen(step, counts)


def _clients(
    run: Run, listing: Listing, number: int, freshbooks: FreshBooks, journal: Journal
) -> tuple[Counts, int]:
    """Count clients: whether one gets an account is known when its turn comes."""
    page = freshbooks.list_page(run.business, Kind.CLIENT, listing, number=number, size=PAGE_SIZE)
    noted = journal.get_many(run.business, Kind.CLIENT, [each.id for each in page.records])
    same = sum(
        (entry := noted.get(each.id)) is not None and entry.fingerprint == fingerprint(each)
        for each in page.records
    )
    listed = len(page.records) + len(page.unreadable)
    return Counts(listed=listed, known=same, alone=listed - same), page.pages
