"""What of the components is there: as people see it, and with what nobody published yet.

Never changes anything. A change that is based on the published text would wipe out what somebody
else has not published: https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveunpublished
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import PureRequest, equals
from shared.adapters.dataverse.screens import ledger
from shared.adapters.dataverse.screens.components import (
    ROWS,
    Component,
    Generated,
    Sort,
    generated_among,
)
from shared.adapters.dataverse.screens.fingerprints import fingerprint
from shared.core import schema
from shared.core.definitions import PREFIX
from shared.core.screens.keeping import Known, Verdict, judge

_COLUMN: Final = re.compile(rf"\b{PREFIX}_\w+")
_PLATFORM: Final = frozenset(
    {*schema.OWN_TABLES, *(f"{table}id" for table in schema.OWN_TABLES)}
    | {table.primary for table in schema.TABLES}
)

Texts = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """A component and what there is of it.

    Attributes:
        found: with what nobody published yet, None for nothing.
        published: as people see it, None for nothing.
        known: what is remembered of it.
    """

    component: Component
    found: Texts | None
    published: Texts | None
    known: Known | None

    def verdict(self, *, restore: bool = False) -> Verdict:
        """Return what is done with it."""
        return judge(
            self.wanted,
            self.stored,
            self.known,
            untouched=self.component.generated is None or self._is_as_it_came(),
            restore=restore,
        )

    @cached_property
    def wanted(self) -> str:
        """The fingerprint of what it should be."""
        return fingerprint(self.component.texts)

    @cached_property
    def stored(self) -> str | None:
        """The fingerprint of what is there."""
        return self.fingerprint_of(self.found)

    @property
    def is_begun(self) -> bool:
        """Whether a run that was interrupted may have written it as it should be."""
        known = self.known
        return known is not None and not known.stored and known.wanted == self.wanted

    @property
    def unpublished(self) -> bool:
        """Whether people see something else than what is there."""
        if self.found is None:
            return False
        return self.fingerprint_of(self.published) != self.stored

    def fingerprint_of(self, row: Texts | None) -> str | None:
        """Return the fingerprint of the component as it was read, None for nothing."""
        return fingerprint(self._of(row)) if row is not None else None

    def _of(self, row: Texts) -> Texts:
        return {name: row.get(name) for name in self.component.texts}

    def _is_as_it_came(self) -> bool:
        """Say whether nobody put a column of the connector's where the platform put none."""
        texts = " ".join(str(text or "") for text in self._of(self.found or {}).values())
        return not set(_COLUMN.findall(texts)) - _PLATFORM


@dataclass(frozen=True)
class Screens:
    """All components of an environment.

    Attributes:
        standings: in the order in which they are made.
        lacking: those that should have come with a table but did not.
        memory: what is remembered.
        remembered: whether there is a ledger at all.
    """

    standings: tuple[Standing, ...]
    lacking: tuple[Component, ...]
    memory: Mapping[UUID, Known]
    remembered: bool


def read_screens(api: DataverseApi, components: Sequence[Component]) -> Screens:
    """Read everything in two requests.

    Raises:
        ConfigurationError: we may not read it.
    """
    there, lacking = locate(api, components)
    gets = [each.read(published=False) for each in there]
    gets += [each.read(published=True) for each in there]
    *answers, remembered = api.read([*gets, ledger.read_ledger()])
    memory = ledger.memory_of(remembered)
    found, published = answers[: len(there)], answers[len(there) :]
    return Screens(
        tuple(
            Standing(component, draft, seen, memory.get(component.id))
            for component, draft, seen in zip(there, found, published, strict=True)
        ),
        tuple(lacking),
        memory,
        remembered is not None,
    )


def reread(api: DataverseApi, components: Sequence[Component]) -> list[Texts | None]:
    """Read components again, with what nobody published yet."""
    return list(api.read([each.read(published=False) for each in components])) if components else []


def locate(
    api: DataverseApi, components: Sequence[Component]
) -> tuple[list[Component], list[Component]]:
    """Return the components with the ids they have here, and those that are not here."""
    generated = list(generated_among(components))
    tables = list(dict.fromkeys((_sort(each), each.table) for each in generated))
    answers = api.read([_search(*table) for table in tables]) if tables else []
    listed = {
        table: list(api.list_rows(answer)) if answer is not None else []
        for table, answer in zip(tables, answers, strict=True)
    }
    there: list[Component] = []
    lacking: list[Component] = []
    for each in components:
        if each.generated is None:
            there.append(each)
            continue
        rows = listed[each.sort, each.generated.table]
        row_id = _pick(each.sort, each.generated, rows)
        if row_id is None:
            lacking.append(each)
        else:
            there.append(replace(each, id=row_id))
    return there, lacking


def _sort(generated: Generated) -> Sort:
    return Sort.VIEW if generated.column == "querytype" else Sort.FORM


def _search(sort: Sort, table: str) -> PureRequest:
    rows = ROWS[sort]
    owner, further = (
        ("returnedtypecode", "querytype") if sort is Sort.VIEW else ("objecttypecode", "type")
    )
    where = equals(owner, table).replace(" ", "%20")
    select = f"{rows.key},name,isdefault,canbedeleted,{further}"
    return PureRequest("GET", f"{rows.entity_set}?$select={select}&$filter={where}")


def _pick(sort: Sort, wanted: Generated, rows: Sequence[Texts]) -> UUID | None:
    """Return the id of what came with the table; a firm's own of the same kind is not it."""
    alike = [row for row in rows if _number(row.get(wanted.column)) == wanted.value]
    kept = [row for row in alike if not _flag(row.get("canbedeleted"), default=False)]
    chosen = sorted(kept or alike[:1], key=lambda row: not row.get("isdefault"))
    return UUID(str(chosen[0][ROWS[sort].key])) if chosen else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None


def _flag(value: Any, *, default: bool) -> bool:
    """Return a managed property's value."""
    held = value.get("Value") if isinstance(value, Mapping) else value
    return default if held is None else bool(held)
