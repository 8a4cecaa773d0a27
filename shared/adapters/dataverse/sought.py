"""Invoices that are looked for among those of an account, as a condition in words of OData.

Never says what is read of them.
"""

from dataclasses import dataclass
from typing import Final

from shared.adapters.dataverse.odata import equals, every, some
from shared.core.existing import NUMBER_COLUMNS
from shared.core.mapping import INVOICE_CANCELLED

ADOPTED: Final = "fbx_adopted eq true"


@dataclass(frozen=True)
class Sought:
    """Invoices that are looked for on the account of an invoice's client.

    Attributes:
        number: of those that belong to no record, "" for none.
        source_key: of the record that those are adopted for, "" for none.
        column: beside Dynamics' own, a column in which the number may stand; None for no other.
    """

    number: str = ""
    source_key: str = ""
    column: str | None = None

    @property
    def condition(self) -> str:
        """What they fulfil, "" where none is looked for."""
        conditions = []
        if self.number:
            columns = (*NUMBER_COLUMNS, *([self.column] if self.column else []))
            called = some(*(equals(column, self.number) for column in columns))
            free = every(equals("fbx_sourcekey", None), f"statecode ne {INVOICE_CANCELLED.state}")
            conditions.append(f"({every(free, called)})")
        if self.source_key:
            conditions.append(f"({every(ADOPTED, equals('fbx_sourcekey', self.source_key))})")
        return " or ".join(conditions)


NOTHING_SOUGHT: Final = Sought()
