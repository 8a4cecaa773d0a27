"""How operations are written: in one change set, and what is done where that is refused.

Never decides what is written.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.adapters.dataverse.api import NO_HEADERS, DataverseApi
from shared.adapters.dataverse.lookups import LookupNames
from shared.adapters.dataverse.odata import REGARDED, Names, PureRequest, to_requests
from shared.adapters.dataverse.sparing import (
    NOT_TOLD,
    is_notice,
    left_out,
    may_be_notice,
    spare_parts,
    without,
)
from shared.core.blueprint import Blueprint
from shared.core.rows import Operation, Reference
from shared.errors import ConfigurationError, ConnectorError, RecordRefusedError
from shared.sync.ports import Clock

_KEPT: Final = timedelta(minutes=10)


class Writer:
    """Writes to one environment; safe for many threads.

    Args:
        api: the environment's Web API.
        clock: now, UTC.
        wanted: what of the schema is there.
        headers: returns those of the next request, such as what keeps history from starting the
            firm's own logic.

    Attributes:
        headers: see above.
        regarded: tables that a timeline entry may be on.
    """

    def __init__(
        self,
        api: DataverseApi,
        clock: Clock,
        wanted: Blueprint,
        *,
        headers: Callable[[], Mapping[str, str]] = lambda: NO_HEADERS,
    ) -> None:
        self._api = api
        self._clock = clock
        self.headers = headers
        self._lookups = LookupNames(api, clock, wanted.lookups)
        self.regarded: Sequence[str] = [table for table in REGARDED if table in wanted.columns]
        self._refused: dict[Reference, datetime] = {}

    @property
    def names(self) -> Names:
        """Navigation properties that are not called as usual, by table and lookup column."""
        return self._lookups.names

    def write(self, operations: Sequence[Operation]) -> str:
        """Apply all operations in one change set, or none; return what is worth knowing, or "".

        Whether somebody can own a row, a closed opportunity can be written, or a column takes what
        is mapped to it, is known only when it is tried: what cannot is left out, and not tried
        again for a while. A notice is tried every time, for each is somebody else's.
        """
        tried = without(operations, self.spared())
        try:
            untold = self._apply_told(tried)
        except (RecordRefusedError, ConfigurationError) as refused:
            parts = spare_parts(tried)
            if not parts:
                raise
            spare, untold = self._apply_without(tried, parts)
            self._refused.update(dict.fromkeys(spare, self._clock() + _KEPT))
            return "; ".join(filter(None, (f"{left_out(operations, spare)} ({refused})", untold)))
        return "; ".join(filter(None, (left_out(operations, self.spared()), untold)))

    def _apply_without(
        self, operations: Sequence[Operation], parts: Sequence[set[Reference]]
    ) -> tuple[set[Reference], str]:
        """Apply operations without the least of these that lets them pass.

        Returns:
            That, and what is worth knowing about notices.
        """
        for spare in parts[:-1]:
            with contextlib.suppress(RecordRefusedError, ConfigurationError):
                return spare, self._apply_told(without(operations, spare))
        return parts[-1], self._apply_told(without(operations, parts[-1]))

    def _apply_told(self, operations: Sequence[Operation]) -> str:
        """Apply operations, without notices where those are in the way; say so, or ""."""
        try:
            self._apply(operations)
        except ConnectorError as refused:
            if not may_be_notice(operations, refused):
                raise
            self._apply([each for each in operations if not is_notice(each)])
            return f"{NOT_TOLD} ({refused})"
        return ""

    def _apply(self, operations: Sequence[Operation]) -> None:
        """Apply operations; where the schema is why they are refused, with the names it has."""
        try:
            self._api.apply(self._requests(operations), headers=self.headers())
        except ConfigurationError:
            if not self._lookups.learn():
                raise
            self._api.apply(self._requests(operations), headers=self.headers())

    def _requests(self, operations: Sequence[Operation]) -> list[PureRequest]:
        return to_requests(operations, self.names, self.regarded)

    def spared(self) -> set[Reference]:
        """Return what is left out for now, because Dataverse refused it a while ago."""
        now = self._clock()
        return {each for each, until in list(self._refused.items()) if until > now}
