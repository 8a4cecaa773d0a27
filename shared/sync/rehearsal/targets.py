"""Which records a rehearsal is about: a client with its own, or what changed.

Never handles them.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from shared.core.identity import RecordId
from shared.sync.ports import FreshBooks
from shared.sync.rounds import ORDER


def client_and_records(freshbooks: FreshBooks, client: RecordId) -> Iterator[RecordId]:
    """Yield a client, and then its invoices, payments and expenses, deleted ones not."""
    yield client
    yield from freshbooks.list_of_client(client.business, client.number)


def changed_since(
    freshbooks: FreshBooks, businesses: Iterable[str], day: date
) -> Iterator[RecordId]:
    """Yield what FreshBooks lists as changed or deleted since a day, what others depend on first.

    Args:
        freshbooks: lists it.
        businesses: whose records.
        day: of FreshBooks' calendar, inclusive.
    """
    for business in businesses:
        for kind in ORDER:
            for deleted in (False, True):
                listed = freshbooks.list_records(business, kind, updated_since=day, deleted=deleted)
                for record in listed:
                    yield RecordId(business, kind, record.id)
