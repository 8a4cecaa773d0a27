"""Dataverse and the queue, with word of what is read, written and sent.

Never changes what passes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.core.events import SyncRequest
from shared.core.homes import Account, AccountName, ClientRow, ClientView, Deal
from shared.core.identity import RecordId
from shared.core.policies import Target
from shared.core.rows import Current, Operation
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE, NOTICE_TABLE
from shared.core.views import Currency, EntryView, InvoiceView, RecordRow
from shared.sync.ports import Crm, SyncQueue
from shared.sync.rehearsal import Script


@dataclass
class WatchedQueue(SyncQueue):
    """The port `SyncQueue` over a real one, with the records that were asked for."""

    queue: SyncQueue
    asked: dict[RecordId, None] = field(default_factory=dict)

    def send(self, request: SyncRequest, *, delay: float = 0) -> None:
        """Send a request and note whose."""
        self.queue.send(request, delay=delay)
        self.asked[request.record] = None

    def send_as_it_is(self, body: bytes, *, delay: float) -> None:
        """Put a message back."""
        self.queue.send_as_it_is(body, delay=delay)

    def depth(self) -> int:
        """Return roughly how many messages wait."""
        return self.queue.depth()

    def visible_since(self) -> datetime | None:
        """Return when the oldest visible message became visible."""
        return self.queue.visible_since()


class WatchedCrm(Crm):
    """The port `Crm` over a real one, with a script of what was read and written.

    Args:
        crm: what is there.
        script: is told of every row that is read, and of what was written as it was.
        target: what stands for invoices.

    Attributes:
        client: key of the client whose account was looked at last, "" for none.
        home: that account as it was read last, None where there was none.
    """

    def __init__(self, crm: Crm, script: Script, *, target: Target) -> None:
        self._crm = crm
        self._script = script
        self._header = ACTIVITY_TABLE if target is Target.ACTIVITY else "invoice"
        self.client = ""
        self.home: Account | None = None

    def get_invoice_view(
        self,
        *,
        invoice: UUID,
        entry: UUID,
        client_key: str | None,
        reference: str = "",
        number: str = "",
        source_key: str = "",
    ) -> InvoiceView:
        """Return what is there about an invoice."""
        self._script.turn_to(invoice)
        view = self._crm.get_invoice_view(
            invoice=invoice,
            entry=entry,
            client_key=client_key,
            reference=reference,
            number=number,
            source_key=source_key,
        )
        for line in view.lines:
            self._script.see_line(invoice, line)
        self._see(self._header, (view.invoice,))
        self._see("invoice", view.existing)
        self._see(ACTIVITY_TABLE, (view.entry,))
        self._look_at(client_key, view.home)
        return view

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None = None,
    ) -> EntryView:
        """Return what is there about a payment or expense."""
        self._script.turn_to(entry)
        view = self._crm.get_entry_view(
            entry=entry, invoice=invoice, client_key=client_key, invoice_entry=invoice_entry
        )
        self._see(ACTIVITY_TABLE, (view.entry,))
        self._see(self._header, (view.invoice,))
        self._look_at(client_key, view.home)
        return view

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id."""
        row = self._crm.get_invoice(invoice)
        self._see(self._header, (row,))
        return row

    def get_client_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> ClientView:
        """Return a client's row, and the accounts it may belong to."""
        self._script.turn_to(client_key)
        view = self._crm.get_client_view(
            client_key=client_key, name=name, field_value=field_value, similar=similar
        )
        self._see(CLIENT_TABLE, (view.row,))
        self._see("account", (*view.candidates, *view.similar))
        self._look_at(client_key, view.home)
        return view

    def get_client_row(self, client_key: str) -> ClientRow | None:
        """Return a client's own row."""
        row = self._crm.get_client_row(client_key)
        self._see(CLIENT_TABLE, (row,))
        return row

    def list_client_rows(self, *, changed_since: datetime | None) -> Iterator[ClientRow]:
        """Yield the clients' rows that changed."""
        return self._crm.list_client_rows(changed_since=changed_since)

    def get_account(self, account: UUID) -> Account | None:
        """Return one account with all of its clients."""
        found = self._crm.get_account(account)
        self._see_account(found)
        return found

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices on it."""
        deal = self._crm.get_deal(opportunity)
        self._see("opportunity", (deal,))
        return deal

    def takes_notices(self, user: UUID) -> bool:
        """Say whether a user is an enabled person."""
        return self._crm.takes_notices(user)

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Yield what accounts are called."""
        return self._crm.list_account_names(changed_since=changed_since)

    def list_currency_codes(self) -> frozenset[str]:
        """Return the ISO codes of the active currencies."""
        return self._crm.list_currency_codes()

    def get_currency(self, code: str) -> Currency | None:
        """Return a currency by its ISO code."""
        return self._known(self._crm.get_currency(code))

    def get_currency_by_id(self, currency: UUID) -> Currency | None:
        """Return a currency by its id."""
        return self._known(self._crm.get_currency_by_id(currency))

    def get_price_list(self, code: str) -> UUID | None:
        """Return the price list for a currency."""
        return self._crm.get_price_list(code)

    def write(self, operations: Sequence[Operation]) -> str:
        """Write operations, and note them when they are written."""
        note = self._crm.write(operations)
        # What is said then is that a notice was not taken; all else is written, or nothing.
        written = [each for each in operations if not (note and each.table == NOTICE_TABLE)]
        self._script.write(written)
        return note

    def _look_at(self, client_key: str | None, home: Account | None) -> None:
        if client_key is not None:
            self.client, self.home = client_key, home
        self._see_account(home)

    def _see_account(self, account: Account | None) -> None:
        self._see("account", (account,))
        if account is not None:
            self._see(CLIENT_TABLE, account.clients)
            self._see("opportunity", account.deals)
            names = {each.id: each.name for each in account.opportunities}
            self._script.names.update(names)

    def _see(self, table: str, rows: Iterable[Current | None]) -> None:
        for row in rows:
            if row is not None:
                self._script.see(table, row)

    def _known(self, currency: Currency | None) -> Currency | None:
        if currency is not None:
            self._script.names[currency.id] = self._script.codes[currency.id] = currency.code
        return currency
