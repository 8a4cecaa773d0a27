"""What the lookups we added are called where rows are written, as the environment has it.

We ask for names of our own; an environment that gave others is found out by its refusal.
Never asks before that.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.core.definitions import Lookup
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.ports import Clock

_KEPT: Final = timedelta(minutes=10)


class LookupNames:
    """The navigation properties of an environment that are not called as we asked for.

    Args:
        api: the environment's Web API.
        clock: now, UTC.
        lookups: those of ours that are there.
    """

    def __init__(self, api: DataverseApi, clock: Clock, lookups: Sequence[Lookup]) -> None:
        self._api = api
        self._clock = clock
        self._lookups = lookups
        self._names: Mapping[tuple[str, str], str] = {}
        self._read_at: datetime | None = None

    @property
    def names(self) -> Mapping[tuple[str, str], str]:
        """Navigation properties by table and column; only those that are called otherwise."""
        return self._names

    def learn(self) -> bool:
        """Read the names that came out, now and then; say whether that is news."""
        now, before = self._clock(), self._names
        if self._read_at is not None and now < self._read_at + _KEPT:
            return False
        try:
            self._names, self._read_at = self._read(), now
        except (RetryLaterError, ConfigurationError):
            return False  # what was refused says more
        return self._names != before

    def _read(self) -> dict[tuple[str, str], str]:
        tables = sorted({lookup.table for lookup in self._lookups})
        answers = self._api.read([schema_reads.read_navigations(table) for table in tables])
        named = {
            (table, str(row.get("ReferencingAttribute"))): str(
                row.get("ReferencingEntityNavigationPropertyName")
            )
            for table, answer in zip(tables, answers, strict=True)
            for row in (self._api.list_rows(answer) if answer is not None else ())
        }
        ours = {(lookup.table, lookup.name) for lookup in self._lookups}
        return {at: name for at, name in named.items() if at in ours and name != at[1]}
