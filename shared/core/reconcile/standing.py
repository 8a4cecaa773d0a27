"""Which rows count in Sales for a record, and which of them is the record's own.

Never takes a row that somebody else made for the record's own.
"""

from shared.core.identity import Kind, RecordId
from shared.core.reconcile.booking import sold
from shared.core.reconcile.clients import sold_client
from shared.core.reconcile.differences import Booked
from shared.core.reconcile.facts import Entry, Header, stands
from shared.core.reconcile.index import Index, is_own_entry, is_own_header
from shared.core.reconcile.places import Home, home_of
from shared.core.reconcile.rules import Rules


class Standing:
    """The rows of one business that count."""

    def __init__(self, index: Index, rules: Rules) -> None:
        self._index = index
        self._rules = rules

    def home(self, client: int) -> Home:
        """Return where the records of a client belong."""
        return home_of(self._index.clients.get(client), self._index.inactive)

    def own(self, record: RecordId) -> Header | Entry | None:
        """Return what counts in Sales as a record: of an invoice its header, else its entry."""
        if record.kind is not Kind.INVOICE or not self._rules.has_invoices:
            return self.own_entry(record)
        found = (row for row in self.headers(record.number) if self.is_own(record, row))
        return next(found, None)

    def own_entry(self, record: RecordId) -> Entry | None:
        """Return the timeline entry that counts as a record."""
        found = self._index.entries_of(record.kind, record.number)
        return next((row for row in found if self._counts(row) and self.is_own(record, row)), None)

    def beside(self, invoice: RecordId) -> Header | Entry | None:
        """Return what payments point at of an invoice, whether or not it counts any more."""
        rows: tuple[Header, ...] | tuple[Entry, ...] = (
            self._index.headers_of(invoice.number)
            if self._rules.has_invoices
            else self._index.entries_of(Kind.INVOICE, invoice.number)
        )
        own = [row for row in rows if self.is_own(invoice, row)]
        return min(own, key=lambda row: (not self._counts(row), row.replaced), default=None)

    def headers(self, number: int) -> list[Header]:
        """Return the rows that count of an invoice."""
        return [row for row in self._index.headers_of(number) if self._counts(row)]

    def rows(self, kind: Kind, number: int) -> list[Header] | list[Entry]:
        """Return the rows of a record that are added up."""
        if kind is Kind.INVOICE and self._rules.has_invoices:
            return self.headers(number)
        return [row for row in self._index.entries_of(kind, number) if self._counts(row)]

    def sold(self, kind: Kind, number: int) -> tuple[Booked, ...]:
        """Return what the rows of a record add to Sales' sums."""
        if kind is Kind.CLIENT:
            row = self._index.clients.get(number)
            return sold_client(row, self._rules) if row is not None else ()
        return tuple(sold(row, self._rules) for row in self.rows(kind, number))

    def is_own(self, record: RecordId, row: Header | Entry) -> bool:
        """Say whether the connector made a row for a record, or adopted it."""
        code = self._rules.code_of(row.currency)
        if isinstance(row, Header):
            return is_own_header(record, row, code)
        return is_own_entry(record, row, code)

    def called(self, kind: Kind, number: int) -> str:
        """Return what people call a record, by its rows."""
        headers = self._index.headers_of(number) if kind is Kind.INVOICE else ()
        return next((each.called for each in headers if each.called), str(number))

    def _counts(self, row: Header | Entry) -> bool:
        return stands(row, drafts=self._rules.drafts)
