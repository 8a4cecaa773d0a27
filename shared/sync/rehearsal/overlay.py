"""Dataverse as it would be after everything that was planned so far.

Never sends a write: what is written is noted, and every later reading shows it. What Dataverse
itself answers is read once and kept for the whole rehearsal.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from shared.core.homes import Account, AccountName, ClientRow, ClientView, Deal
from shared.core.rows import Current, Insert, Operation
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE
from shared.core.views import Currency, EntryView, InvoiceView, RecordRow
from shared.errors import ConflictError
from shared.sync.ports import Crm
from shared.sync.rehearsal.accounts import Accounts, Home, Sought
from shared.sync.rehearsal.directory import Directory
from shared.sync.rehearsal.headers import Headers
from shared.sync.rehearsal.once import Once
from shared.sync.rehearsal.script import Script


class OverlaidCrm(Crm):
    """The port `Crm` over a real one and what was planned so far.

    Args:
        crm: what is there.
        directory: what an account has that a client would get.
        script: what was planned so far.
        headers: what would stand for invoices.
        match_column: the account column a client's field is compared with, None for the name
            alone.
    """

    def __init__(
        self,
        crm: Crm,
        directory: Directory,
        script: Script,
        headers: Headers,
        *,
        match_column: str | None,
    ) -> None:
        self._crm = crm
        self._headers = headers
        self._script = script
        self._once = Once()
        self._accounts = Accounts(crm, directory, script, self._once, match_column=match_column)

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
        """Return what would be there about an invoice."""
        self._script.turn_to(invoice)
        sought = Sought(reference, number, source_key)
        there = self._once(
            ("invoice view", invoice, entry, client_key, sought),
            lambda: self._crm.get_invoice_view(
                invoice=invoice,
                entry=entry,
                client_key=client_key,
                reference=reference,
                number=number,
                source_key=source_key,
            ),
        )
        home = self._home(client_key, there.home, sought)
        existing = home.existing if home.existing is not None else there.existing
        rows = [row for each in existing if (row := self._script.see("invoice", each)) is not None]
        timeline = self._script.record(ACTIVITY_TABLE, entry, there.entry)
        header = self._headers.header(invoice, entry, there.invoice)
        adopted = header is not None and header.adopted
        return InvoiceView(
            invoice=header,
            lines=() if adopted else tuple(self._lines(invoice, there.lines)),
            entry=timeline,
            home=home.account,
            existing=tuple(row for row in rows if row.text("fbx_sourcekey") in {"", source_key}),
        )

    def get_entry_view(
        self,
        *,
        entry: UUID,
        invoice: UUID | None,
        client_key: str | None,
        invoice_entry: UUID | None = None,
    ) -> EntryView:
        """Return what would be there about a payment or expense."""
        self._script.turn_to(entry)
        there = self._once(
            ("entry view", entry, invoice, client_key, invoice_entry),
            lambda: self._crm.get_entry_view(
                entry=entry, invoice=invoice, client_key=client_key, invoice_entry=invoice_entry
            ),
        )
        row = self._script.record(ACTIVITY_TABLE, entry, there.entry)
        return EntryView(
            entry=self._headers.placed(row) if row is not None else None,
            invoice=self._headers.header(invoice, invoice_entry, there.invoice),
            home=self._home(client_key, there.home, Sought()).account,
        )

    def get_invoice(self, invoice: UUID) -> RecordRow | None:
        """Return an invoice's header by its id as it would be."""
        there = self._once(("invoice", invoice), lambda: self._crm.get_invoice(invoice))
        return self._script.record("invoice", invoice, there)

    def get_client_view(
        self, *, client_key: str, name: str, field_value: str | None, similar: bool = False
    ) -> ClientView:
        """Return a client's row as it would be, and the accounts it may belong to."""
        self._script.turn_to(client_key)
        there = self._once(
            ("client view", client_key, name, field_value, similar),
            lambda: self._crm.get_client_view(
                client_key=client_key, name=name, field_value=field_value, similar=similar
            ),
        )
        accounts = self._accounts
        return ClientView(
            row=self._client(client_key, there.row),
            home=self._home(client_key, there.home, None).account,
            candidates=(
                *map(accounts.as_planned, there.candidates),
                *accounts.list_equal(name, field_value),
            ),
            similar=(
                *map(accounts.as_planned, there.similar),
                *(accounts.list_similar(name) if similar else ()),
            ),
        )

    def get_client_row(self, client_key: str) -> ClientRow | None:
        """Return a client's own row as it would be."""
        found = self._once(("client row", client_key), lambda: self._crm.get_client_row(client_key))
        return self._client(client_key, found)

    def list_client_rows(self, *, changed_since: datetime | None) -> Iterator[ClientRow]:
        """Yield the clients' rows that changed; those that are there only."""
        return self._crm.list_client_rows(changed_since=changed_since)

    def get_account(self, account: UUID) -> Account | None:
        """Return one account as it would be, with all of its clients."""
        return self._accounts.get(account)

    def get_deal(self, opportunity: UUID) -> Deal | None:
        """Return an opportunity with the invoices that would be on it."""
        return self._accounts.get_deal(opportunity)

    def takes_notices(self, user: UUID) -> bool:
        """Say whether a user is an enabled person."""
        return self._once(("user", user), lambda: self._crm.takes_notices(user))

    def list_account_names(self, *, changed_since: datetime | None) -> Iterator[AccountName]:
        """Yield what accounts are called; those that are there only."""
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
        """Note what would be written; what Dataverse would say about it nobody knows.

        Raises:
            ConflictError: an account that is to be made is there already.
        """
        for operation in operations:
            # It may be there without having been read: it is looked for by its name.
            is_new = isinstance(operation, Insert) and operation.table == "account"
            if is_new and self.get_account(operation.id) is not None:
                raise ConflictError(f"The account {operation.id} is there already.")
        self._script.write(operations)
        return ""

    def _lines(self, invoice: UUID, there: Iterable[Current]) -> Iterator[Current]:
        for line in there:
            if (found := self._script.see_line(invoice, line)) is not None:
                yield found
        yield from self._script.list_made_lines(invoice)

    def _client(self, key: str, there: ClientRow | None) -> ClientRow | None:
        if there is not None:
            return self._script.see(CLIENT_TABLE, there)
        return self._script.planned_client(key)

    def _home(self, key: str | None, there: Account | None, sought: Sought | None) -> Home:
        return self._accounts.home(key, there, sought) if key is not None else Home(None)

    def _known(self, currency: Currency | None) -> Currency | None:
        if currency is not None:
            self._script.names[currency.id] = self._script.codes[currency.id] = currency.code
        return currency
