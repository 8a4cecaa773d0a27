"""What of the connector's schema an environment gets, with the Sales app and without.

Never says what a column is; without the Sales app no table of it is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.core import schema
from shared.core.definitions import Column, Key, Lookup
from shared.core.policies import Target


@dataclass(frozen=True)
class Blueprint:
    """The schema of one target.

    Attributes:
        sales: tables of the Sales app that have to be there.
        columns: the connector's, by table.
        lookups: the connector's.
        keys: the connector's.
    """

    sales: tuple[str, ...]
    columns: Mapping[str, tuple[Column, ...]]
    lookups: tuple[Lookup, ...]
    keys: tuple[Key, ...] = schema.KEYS

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables that are looked at."""
        return (*schema.PLATFORM_TABLES, *self.sales, *schema.OWN_TABLES)

    def lookups_of(self, table: str) -> tuple[Lookup, ...]:
        """Return the lookups of one table."""
        return tuple(lookup for lookup in self.lookups if lookup.table == table)


RECORD: Final = Blueprint(
    sales=schema.SALES_TABLES,
    columns=schema.COLUMNS,
    lookups=schema.LOOKUPS,
)
ACTIVITY: Final = Blueprint(
    sales=(),
    columns={
        table: columns
        for table, columns in schema.COLUMNS.items()
        if table not in schema.SALES_TABLES
    },
    lookups=(
        *(
            lookup
            for lookup in schema.LOOKUPS
            if not {lookup.table, lookup.target} & {*schema.SALES_TABLES}
        ),
        schema.INVOICE_ENTRY_LOOKUP,
    ),
)
# Every lookup that any of them has, by which rows of either are understood.
ALL_LOOKUPS: Final = (*schema.LOOKUPS, schema.INVOICE_ENTRY_LOOKUP)


def blueprint(target: Target) -> Blueprint:
    """Return the schema of a target."""
    return ACTIVITY if target is Target.ACTIVITY else RECORD
