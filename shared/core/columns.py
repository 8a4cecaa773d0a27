"""What the administrator chose column by column: who owns a native one, what else is carried over.

Never chooses about columns of the connector's own, and never empties a column that people filled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from shared.core.own_tables import ACTIVITY_TABLE
from shared.core.ownership import NATIVE, Owners, Ownership, owned

# What is chosen is read before the first webhook is answered, which needs no record.
if TYPE_CHECKING:
    from shared.core.identity import Kind
    from shared.core.mapped import Mapped
    from shared.core.mapping import InvoiceRows
    from shared.core.records import Client, Invoice, Record
    from shared.core.rows import Row, Scalar

BY_DEFAULT: Final = "the defaults"


@dataclass(frozen=True)
class Columns:
    """Ownership of native columns, and extra mappings.

    Attributes:
        owners: of the native columns, by table.
        mapped: what is carried over beside them.
        origin: where that is written, as a person would call it.
    """

    owners: Mapping[str, Owners] = field(default_factory=lambda: NATIVE)
    mapped: "tuple[Mapped, ...]" = ()
    origin: str = BY_DEFAULT

    @property
    def chosen(self) -> tuple[tuple[str, str, Ownership], ...]:
        """Native columns with another owner than by default: table, column, owner."""
        return tuple(
            (table, column, owner)
            for table, owners in self.owners.items()
            for column, owner in owners.items()
            if NATIVE[table][column] is not owner
        )

    @property
    def fields(self) -> "dict[Kind, tuple[str, ...]]":
        """Paths of the fields that are mapped, by kind of record."""
        paths = {each.record: dict[str, None]() for each in self.mapped}
        for each in self.mapped:
            paths[each.record][each.field] = None
        return {kind: tuple(found) for kind, found in paths.items()}

    @property
    def read(self) -> dict[str, tuple[str, ...]]:
        """Columns that have to be read beside the connector's, by table."""
        wanted: dict[str, dict[str, None]] = {}
        for each in self.mapped:
            wanted.setdefault(each.table, {})[each.column] = None
        for column, owner in self.owners.get("account", {}).items():
            if owner is Ownership.FRESHBOOKS:
                wanted.setdefault("account", {})[column] = None
        return {table: tuple(columns) for table, columns in wanted.items()}

    @property
    def retitles(self) -> bool:
        """Whether an entry's subject says what became of its record."""
        owners = self.owners.get(ACTIVITY_TABLE, {})
        return owners.get("subject") is not Ownership.FIRST_WRITE

    def on(self, row: "Row", record: "Record", *, adopted: bool = False) -> "Row":
        """Return a row as the administrator wants it.

        Args:
            row: as it is rendered.
            record: what it stands for.
            adopted: it was somebody's before, so that only what is empty is filled.
        """
        row = owned(row, self.owners.get(row.table, {}))
        columns, filled = self._values(row.table, record)
        if adopted:
            columns, filled = {}, {**columns, **filled}
        if not (columns or filled):
            return row
        return replace(
            row,
            columns={**row.columns, **columns},
            filled={**row.filled, **filled},
            never_blank=row.never_blank | columns.keys(),
            spare=row.spare | columns.keys() | filled.keys(),
        )

    def on_invoice(
        self, rows: "InvoiceRows", invoice: "Invoice", *, adopted: bool
    ) -> "InvoiceRows":
        """Return an invoice's rows as the administrator wants them; lines are nobody's choice."""
        return replace(
            rows,
            header=self.on(rows.header, invoice, adopted=adopted),
            entry=self.on(rows.entry, invoice),
        )

    def on_account(self, row: "Row", client: "Client", *, alone: bool) -> "Row":
        """Return the account of a client as the administrator wants it.

        Args:
            row: as it is rendered, with what it is given when it is made.
            client: one of those that belong to it.
            alone: no other does; else none of them owns a column there.
        """
        return self.on(row, client) if alone else self._without_owner(row, client)

    def note(self, record: "Record") -> str:
        """Say which of a record's fields do not fit their columns, "" for none."""
        values = dict(record.mapped)
        notes = (each.note(values[each.field]) for each in self._of(record))
        return "; ".join(dict.fromkeys(filter(None, notes)))

    def _without_owner(self, row: "Row", client: "Client") -> "Row":
        columns, filled = self._values(row.table, client)
        spare = columns.keys() | filled.keys()
        return replace(row, filled={**row.filled, **columns, **filled}, spare=row.spare | spare)

    def _of(self, record: "Record") -> "list[Mapped]":
        """Return the mappings of which a record answers the field."""
        from shared.core.records import kind_of

        kind, answered = kind_of(record), dict(record.mapped)
        return [each for each in self.mapped if each.record is kind and each.field in answered]

    def _values(
        self, table: str, record: "Record"
    ) -> "tuple[dict[str, Scalar], dict[str, Scalar]]":
        """Return what mapped columns of a table are given: always, and where they are empty."""
        values = dict(record.mapped)
        columns: dict[str, Scalar] = {}
        filled: dict[str, Scalar] = {}
        for each in self._of(record):
            if each.table != table:
                continue
            try:
                value = each.convert(values[each.field])
            except ValueError:
                continue  # `note` says so
            if value is not None:
                into = columns if each.owner is Ownership.FRESHBOOKS else filled
                into[each.column] = value
        return columns, filled


DEFAULTS: Final = Columns()
