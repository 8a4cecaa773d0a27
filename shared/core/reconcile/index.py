"""Everything that Sales holds of a business, by the number of its record.

Never asks anybody: rows are handed over one after the other.
"""

from collections.abc import Iterator
from typing import TypeVar

from shared.core.editions import MOST_AGAIN
from shared.core.identity import Edition, Kind, RecordId
from shared.core.reconcile.facts import ClientFacts, Entry, Header

_Row = TypeVar("_Row", Header, Entry)


class Index:
    """The rows of one business.

    Attributes:
        business: its FreshBooks account id.
        headers: rows of invoices; several of one number are a tuple.
        entries: timeline entries, by the kind of their record, likewise.
        clients: rows of clients.
        inactive: accounts that are not active.
    """

    def __init__(self, business: str) -> None:
        self.business = business
        self.headers: dict[int, Header | tuple[Header, ...]] = {}
        self.entries: dict[Kind, dict[int, Entry | tuple[Entry, ...]]] = {}
        self.clients: dict[int, ClientFacts] = {}
        self.inactive: frozenset[int] = frozenset()

    def add_header(self, header: Header) -> None:
        """Take the row of an invoice."""
        there = self.headers_of(header.number)
        self.headers[header.number] = (*there, header) if there else header

    def add_entry(self, kind: Kind, entry: Entry) -> None:
        """Take a timeline entry."""
        there = self.entries_of(kind, entry.number)
        into = self.entries.setdefault(kind, {})
        into[entry.number] = (*there, entry) if there else entry

    def headers_of(self, number: int) -> tuple[Header, ...]:
        """Return the rows that stand for an invoice, or stood for it."""
        return _several(self.headers.get(number))

    def entries_of(self, kind: Kind, number: int) -> tuple[Entry, ...]:
        """Return the entries that stand for a record, or stood for it."""
        return _several(self.entries.get(kind, {}).get(number))

    def numbers(self, kind: Kind) -> Iterator[int]:
        """Yield the numbers of the records of a kind that have rows."""
        if kind is Kind.CLIENT:
            yield from self.clients
            return
        entries = self.entries.get(kind, {})
        yield from entries
        if kind is Kind.INVOICE:
            yield from (number for number in self.headers if number not in entries)


def is_own_header(record: RecordId, header: Header, code: str) -> bool:
    """Say whether the connector made this row for the record, or adopted it.

    Args:
        record: the invoice.
        header: the row.
        code: ISO code of the row's currency.
    """
    if header.adopted or header.row == record.row.int:
        return True
    return any(
        header.row == Edition(record, name, again).row.int
        for name in ("", code)
        for again in range(MOST_AGAIN + 1)
    )


def is_own_entry(record: RecordId, entry: Entry, code: str) -> bool:
    """Say whether the connector made this entry for the record."""
    return entry.row in {record.entry.int, Edition(record, code).entry.int}


def _several(rows: _Row | tuple[_Row, ...] | None) -> tuple[_Row, ...]:
    if rows is None:
        return ()
    return (rows,) if isinstance(rows, Header | Entry) else rows
