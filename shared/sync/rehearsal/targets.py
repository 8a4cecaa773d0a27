"""Which records a rehearsal is about: one by its number, a client with its own, or what changed.

Never handles them.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from shared.core.identity import Kind, RecordId
from shared.errors import NotPossibleError
from shared.sync.ports import FreshBooks, Journal
from shared.sync.rounds import ORDER


def find_record(journal: Journal, business: str, kind: Kind, text: str) -> list[RecordId]:
    """Return the records that people call so, else the one that FreshBooks calls so.

    Args:
        journal: knows what people call the records that were ever handled.
        business: whose records.
        kind: which.
        text: a number as people write it, or an id in FreshBooks.

    Raises:
        NotPossibleError: it is neither.
    """
    found = [entry.record for entry in journal.find_by_label(business, kind, text)]
    if found:
        return sorted(found, key=lambda record: record.number)
    if text.isascii() and text.isdigit() and 0 < int(text) < 2**63:
        return [RecordId(business, kind, int(text))]
    raise NotPossibleError(
        f"Nothing was ever heard of {kind} {text}. Name it by its id in FreshBooks, a number that "
        "stands in the address of its page."
    )


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
