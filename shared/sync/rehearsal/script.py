"""The script of a rehearsal: every row as it was read, and as it would be by now.

Never writes any of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar
from uuid import UUID

from shared.core.afterwards import Edit, differences, edited, made, overlaid
from shared.core.foreseen import Action, RowChange
from shared.core.homes import ClientRow
from shared.core.identity import Kind, RecordId
from shared.core.rows import Current, Insert, Operation, Reference, Remove
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE
from shared.core.views import RecordRow
from shared.core.wording import row_in_words

CurrentT = TypeVar("CurrentT", bound=Current)
Key = tuple[str, UUID]

LINE: Final = "invoicedetail"
_LINK: Final = frozenset({"fbx_accountid", "fbx_state"})


class Script:
    """What was read and what would be written so far.

    Attributes:
        names: of rows, by id.
        codes: ISO codes of currencies, by id.
    """

    def __init__(self) -> None:
        self.names: dict[UUID, str] = {}
        self.codes: dict[UUID, str] = {}
        self._read: dict[Key, Current] = {}
        self._edits: dict[Key, Edit] = {}
        self._made: dict[str, dict[UUID, None]] = {}
        # Those that something is planned for, as they would be.
        self._clients: dict[UUID, ClientRow] = {}
        self._invoices: dict[UUID, Current] = {}
        self._lines: dict[UUID, dict[UUID, None]] = {}  # by invoice
        self._records: dict[UUID | str, RecordId] = {}
        self._about: RecordId | None = None
        self._authors: dict[UUID, RecordId] = {}
        self._step: dict[RecordId, dict[Key, Current | None]] = {}

    def meet(self, record: RecordId) -> None:
        """Note a record that is read, so that its rows are known by their ids."""
        if record.kind is Kind.CLIENT:
            self._records[record.client_key] = record
        else:
            self._records |= {record.row: record, record.entry: record}

    def turn_to(self, row: UUID | str) -> None:
        """Note whose rows are read now: by the row's id, or a client's key.

        What is written next is that record's: the protocol reads a record's rows, then writes them.
        Rows that it has in another currency have other ids, and are read after its first ones.
        """
        self._about = self._records.get(row, self._about)

    def see(self, table: str, row: CurrentT) -> CurrentT | None:
        """Note a row as it was read, and return it as it would be by now."""
        known = self._read.get((table, row.id))
        if known is None:
            self._read[table, row.id] = row
        else:
            # Another reading of it may have asked for other columns. Until something is planned for
            # a row the later reading is right; after that it may show what was written.
            later = (table, row.id) not in self._edits
            first, second = (known, row) if later else (row, known)
            columns = {**first.columns, **second.columns}
            lookups = {**first.lookups, **second.lookups}
            self._read[table, row.id] = replace(second, columns=columns, lookups=lookups)
        if name := row_in_words(table, row.columns):
            self.names.setdefault(row.id, name)
        edit = self._edits.get((table, row.id))
        return overlaid(row, edit) if edit is not None else row

    def now(self, table: str, row: UUID) -> Current | None:
        """Return a row as it would be by now, None where it is not there or was never read."""
        read, edit = self._read.get((table, row)), self._edits.get((table, row))
        if read is None or (edit is not None and edit.made):
            return made(edit)
        return overlaid(read, edit) if edit is not None else read

    def record(self, table: str, row: UUID, there: RecordRow | None) -> RecordRow | None:
        """Return a row that stands for a record as it would be, None where there would be none."""
        if there is not None:
            return self.see(table, there)
        new = self.made(table, row)
        return RecordRow(**vars(new)) if new is not None else None

    def see_line(self, invoice: UUID, row: Current) -> Current | None:
        """Note a line of an invoice."""
        self._lines.setdefault(invoice, {})[row.id] = None
        return self.see(LINE, row)

    def made(self, table: str, row: UUID) -> Current | None:
        """Return a row that would be created, None where none would be under this id."""
        return made(self._edits.get((table, row)))

    def list_made(self, table: str) -> Iterator[Current]:
        """Yield the rows of a table that would be created."""
        return filter(None, (self.made(table, row) for row in self._made.get(table, ())))

    def list_made_lines(self, invoice: UUID) -> Iterator[Current]:
        """Yield the lines of an invoice that would be created."""
        return filter(None, (self.made(LINE, row) for row in self._lines.get(invoice, ())))

    def edit_of(self, table: str, row: UUID) -> Edit | None:
        """Return what would become of a row, None where nothing was planned for it."""
        return self._edits.get((table, row))

    def planned_client(self, key: str) -> ClientRow | None:
        """Return a client's row as it would be, None where nothing was planned for it."""
        return next((row for row in self._clients.values() if row.key == key), None)

    def planned_clients_on(self, account: UUID) -> list[ClientRow]:
        """Return the clients' rows that something is planned for and that would be there."""
        return [row for row in self._clients.values() if row.account == account]

    def planned_invoices_on(self, opportunity: UUID) -> list[Current]:
        """Return the invoices that something is planned for and that would be on it."""
        planned = self._invoices.values()
        return [row for row in planned if row.lookups.get("opportunityid") == opportunity]

    def planned_opportunities(self, account: UUID) -> list[UUID]:
        """Return the opportunities that an account's invoices would be on by what is planned."""
        found = (
            row.lookups.get("opportunityid")
            for row in self._invoices.values()
            if row.lookups.get("customerid") == account
        )
        return list(dict.fromkeys(filter(None, found)))

    def write(self, operations: Iterable[Operation]) -> None:
        """Note operations as done, by the record whose rows were read last."""
        assert self._about is not None  # noqa: S101  # nothing is written before it is read
        for operation in operations:
            self._write(operation, self._about)
            if isinstance(operation, Remove) and operation.table == "invoice":
                # Dataverse deletes them with their invoice.
                for line in self._lines.get(operation.id, ()):
                    self._write(Remove(LINE, line), self._about)

    def authors(self) -> tuple[RecordId, ...]:
        """Return the records whose rows would be written in this step, the first one first."""
        return tuple(self._step)

    def end_step(self) -> dict[RecordId, tuple[RowChange, ...]]:
        """End a step, and return what each record would write in it, the first one first."""
        step, self._step = self._step, {}
        return {
            record: tuple(filter(None, (self._change(key, row) for key, row in rows.items())))
            for record, rows in step.items()
        }

    def ahead_of(self, record: RecordId, rows: Iterable[RowChange]) -> list[str]:
        """Return what other records would write first so that these rows can be, in words."""
        targets: dict[UUID, None] = {}
        for row in rows:
            current = self.now(row.table, row.id)
            for target in current.lookups.values() if current is not None else ():
                if target is not None and self._authors.get(target) not in {None, record}:
                    targets[target] = None
        said = [words for target in targets if (words := self._ahead(target))]
        return list(dict.fromkeys(said))

    def unnamed(self, rows: Sequence[RowChange]) -> list[Reference]:
        """Return the rows, and those that lookups lead to, that nobody knows the name of."""
        nameless = [Reference(row.table, row.id) for row in rows if not row.name]
        led_to = [
            told
            for row in rows
            for each in row.differences
            for told in (each.before, each.after)
            if isinstance(told, Reference)
        ]
        found = dict.fromkeys(nameless + led_to)
        return [each for each in found if each.id not in self.names]

    def _write(self, operation: Operation, record: RecordId) -> None:
        key = (operation.table, operation.id)
        self._step.setdefault(record, {}).setdefault(key, self.now(*key))
        self._edits[key] = edited(self._edits.get(key), operation)
        self._authors.setdefault(operation.id, record)
        if isinstance(operation, Insert):
            self._made.setdefault(operation.table, {})[operation.id] = None
            invoice = operation.lookups.get("invoiceid")
            if operation.table == LINE and invoice is not None:
                self._lines.setdefault(invoice.id, {})[operation.id] = None
        self._keep(operation.table, operation.id)

    def _keep(self, table: str, row_id: UUID) -> None:
        """Keep a row as it would be where it is looked for, and what it is called."""
        row = self.now(table, row_id)
        if row is None:
            self._invoices.pop(row_id, None)
            return
        if table == CLIENT_TABLE:
            self._clients[row_id] = row if isinstance(row, ClientRow) else ClientRow(**vars(row))
        elif table == "invoice":
            self._invoices[row_id] = row
        if name := row_in_words(table, row.columns):
            self.names[row_id] = name

    def _change(self, key: Key, before: Current | None) -> RowChange | None:
        """Return what a step changes of a row, None where it ends as it began."""
        (table, row), edit, now = key, self._edits[key], self.now(*key)
        known = now if now is not None else before
        if known is None:
            return None
        found = tuple(differences(before, edit))
        action = Action.CREATE if before is None else Action.UPDATE
        if now is None:
            action = Action.DELETE
        elif not found:
            return None
        currency = known.lookups.get("transactioncurrencyid")
        return RowChange(
            table,
            row,
            action,
            name=row_in_words(table, known.columns) or self.names.get(row, ""),
            currency=self.codes.get(currency, "") if currency is not None else "",
            differences=found,
        )

    def _made_entry(self, author: RecordId, target: UUID) -> Current | None:
        """Return an entry that would be created for an invoice."""
        return self.made(ACTIVITY_TABLE, target) if author.kind is Kind.INVOICE else None

    def _ahead(self, target: UUID) -> str:
        """Return what is planned for a row that others lead to, "" where that concerns nobody."""
        author = self._authors[target]
        client, invoice = (CLIENT_TABLE, target), ("invoice", target)
        if (new := self.made(*invoice) or self._made_entry(author, target)) is not None:
            return f"its invoice {RecordRow(**vars(new)).number or author.number} is created"
        adopts = self._edits.get(invoice)
        if adopts is not None and adopts.columns.get("fbx_adopted") is True:
            return f"its invoice {adopts.columns.get('fbx_number')} in Sales is adopted"
        edit, now = self._edits.get(client), self.now(*client)
        if edit is None or now is None:
            return ""
        links = any(each.column in _LINK for each in differences(self._read.get(client), edit))
        account = now.lookups.get("fbx_accountid")
        if not links or account is None:
            return ""
        made_for_it = self.made("account", account) is not None
        how = "gets the new account" if made_for_it else "is linked to the account"
        return f"its client {author.number} {how} {self.names.get(account, account)}"
