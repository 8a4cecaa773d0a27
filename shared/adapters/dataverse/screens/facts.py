"""What the texts of views and forms need to know of an environment.

Never changes anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.core import schema

_REGARDING: Final = "regardingobjectid"
Labels = Callable[[str], Mapping[int, str]]


def in_english(english: str) -> Mapping[int, str]:
    """Return a text as the only label of an environment in English."""
    return {1033: english}


@dataclass(frozen=True)
class Facts:
    """What differs by environment.

    Attributes:
        codes: number of each table (`ObjectTypeCode`); of custom tables each environment has its
            own.
        regarding: the relationship by which entries regard rows of a table, by table; Dataverse
            makes up its name.
        labels: a text in the environment's languages, its base language among them.
    """

    codes: Mapping[str, int]
    regarding: Mapping[str, str] = field(default_factory=dict)
    labels: Labels = in_english

    def name(self, english: str) -> str:
        """Return a text in the environment's base language, which comes first."""
        return next(iter(self.labels(english).values()), english)


def read_facts(api: DataverseApi, tables: Sequence[str], *, labels: Labels = in_english) -> Facts:
    """Read what differs by environment, in one request; tables that are missing have no number.

    Args:
        api: the environment's Web API.
        tables: of which something is shown.
        labels: a text in the environment's languages.
    """
    *definitions, relationships = api.read(
        [
            *(schema_reads.read_type_code(table) for table in tables),
            schema_reads.read_relationships(schema.ACTIVITY_TABLE),
        ]
    )
    codes = {
        table: int(definition["ObjectTypeCode"])
        for table, definition in zip(tables, definitions, strict=True)
        if definition is not None
    }
    listed = list(api.list_rows(relationships)) if relationships is not None else []
    regarding = {
        str(row["ReferencedEntity"]): str(row["SchemaName"])
        for row in listed
        if row.get("ReferencingAttribute") == _REGARDING
    }
    return Facts(codes, regarding, labels)
