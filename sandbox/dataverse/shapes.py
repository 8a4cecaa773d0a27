"""What is asked of a table for every row that is written or shown, worked out once.

Never outlives a change of the schema: whoever asks gets it as the schema is now.
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox.dataverse.metadata import REFERENCES, Column, Kind, Relationship, Table
from sandbox.dataverse.schema import Schema

_MOST_SELECTIONS = 500

Selection = tuple[tuple[str, Column], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A table, looked at once.

    Attributes:
        required: columns the server itself insists on.
        money: amounts that a person or the price engine writes, without their base twins.
        blank: what a new row holds where nothing is given, without nulls.
        writable: plain columns, by what a body calls them.
        binds: single-valued navigation properties, by what a body calls them.
        selections: columns of `$select` lists that were asked for, with their names on the wire.
    """

    required: tuple[Column, ...]
    money: tuple[Column, ...]
    blank: dict[str, Any]
    writable: dict[str, Column]
    binds: dict[str, Relationship]
    selections: dict[tuple[tuple[str, ...], str], Selection] = field(default_factory=dict)

    def keep(self, select: tuple[str, ...], also: str, chosen: Selection) -> Selection:
        """Keep the columns of a `$select` list for the next request that has the same."""
        if len(self.selections) >= _MOST_SELECTIONS:
            self.selections.clear()
        self.selections[select, also] = chosen
        return chosen


class Shapes:
    """The shapes of an environment's tables."""

    def __init__(self) -> None:
        self._known: dict[str, Shape] = {}
        self._of: tuple[Schema, int] | None = None

    def of(self, schema: Schema, table: Table) -> Shape:
        """Return the shape of a table."""
        if self._of is None or self._of[0] is not schema or self._of[1] != schema.version:
            self._known.clear()
            self._of = (schema, schema.version)
        found = self._known.get(table.name)
        if found is None:
            found = self._known[table.name] = _shape(table)
        return found


def _shape(table: Table) -> Shape:
    columns = table.columns.values()
    priced = "exchangerate" in table.columns and table.name != "transactioncurrency"
    return Shape(
        required=tuple(
            each for each in columns if each.required == "SystemRequired" or each.needed
        ),
        money=tuple(
            each for each in columns if priced and each.kind is Kind.MONEY and not each.base_of
        ),
        blank={each.name: each.default for each in columns if each.default is not None},
        writable={each.name: each for each in columns if each.kind not in REFERENCES},
        binds={f"{name}@odata.bind": known for name, known in table.parents.items()},
    )
