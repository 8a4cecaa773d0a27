"""What the rows of a table mean, read so that one which cannot be read is in nobody's way.

Never raises for a row in a list; the log names it, once an hour.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar

from shared.adapters.azure.columns import DamagedError, Entity, Row, check_version
from shared.adapters.azure.tables import Table
from shared.errors import UnreadableRowError

_log = logging.getLogger(__name__)

T = TypeVar("T")

_AGAIN_AFTER: Final = 3600.0  # seconds
_MOST_REMEMBERED: Final = 1000
# What a reader stumbles over that was not written for every damage.
_STUMBLES: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read(row: Row, meaning: Callable[[Row], T]) -> T:
    """Return what a row means.

    Raises:
        UnreadableRowError: it is not as this release writes it; the text says what is wrong.
    """
    try:
        check_version(row)
        return meaning(row)
    except DamagedError as damage:
        raise row.error(str(damage)) from None
    except _STUMBLES as error:
        raise row.error(f"it is not as this release writes it ({type(error).__name__})") from None


class Rows(Generic[T]):
    """The rows of a table by what they mean.

    Args:
        table: where they are.
        meaning: reads one; may raise `DamagedError`.
        instead: what one stands for that cannot be read, None for nothing; without it `get` raises.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        table: Table,
        meaning: Callable[[Row], T],
        *,
        instead: Callable[[Row, UnreadableRowError], T | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._table = table
        self._meaning = meaning
        self._instead = instead
        self._told: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def get(self, partition: str, row: str) -> T | None:
        """Return one, None when there is none.

        Raises:
            UnreadableRowError: it cannot be read, and nothing can stand for it.
        """
        found = self._table.get(partition, row)
        return self._read(found) if found is not None else None

    def query(self, condition: str, **parameters: Any) -> Iterator[T]:
        """Yield those that meet a filter, or what stands for them; the rest is left out."""
        for entity in self._table.query(condition, **parameters):
            try:
                found = self._read(entity)
            except UnreadableRowError:
                continue
            if found is not None:
                yield found

    def read(self, entity: Entity) -> T | None:
        """Return what an entity means that was read otherwise, as `get` does.

        Raises:
            UnreadableRowError: it cannot be read, and nothing can stand for it.
        """
        return self._read(entity)

    def _read(self, entity: Entity) -> T | None:
        row = Row(self._table.name, entity)
        try:
            return read(row, self._meaning)
        except UnreadableRowError as error:
            self._tell(row, error)
            if self._instead is None:
                raise
            return self._instead(row, error)

    def _tell(self, row: Row, error: UnreadableRowError) -> None:
        now, name = self._clock(), (row.partition, row.key)
        with self._lock:
            if now - self._told.get(name, -_AGAIN_AFTER) < _AGAIN_AFTER:
                return
            if len(self._told) >= _MOST_REMEMBERED:
                self._told.clear()
            self._told[name] = now
        _log.warning("%s", error)
