"""A stored row, column by column: each of the type this release writes, or named as damaged.

Never tells what a column holds, only its name and what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.errors import UnreadableRowError

Entity = Mapping[str, Any]
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

VERSION: Final = "v"  # the column; rows of the first release have none
FIRST_VERSION: Final = 1
# Raised for a table whose rows an older reader must not take for its own; the release before has to
# read the new form already. A column that may be left out is no reason.
VERSIONS: Final[Mapping[str, int]] = {}


class DamagedError(ValueError):
    """A column is not as this release writes it; the text says which and why."""


def version_of(table: str) -> int:
    """Return the version in which this release writes a table's rows, the latest it can read."""
    return VERSIONS.get(table, FIRST_VERSION)


@dataclass(frozen=True)
class Row:
    """A row of a table. Every method raises `DamagedError`.

    Attributes:
        table: the table's name.
        entity: as the service gave it.
    """

    table: str
    entity: Entity

    @property
    def partition(self) -> str:
        """Its first key."""
        return str(self.entity.get("PartitionKey", ""))

    @property
    def key(self) -> str:
        """Its second key."""
        return str(self.entity.get("RowKey", ""))

    @property
    def written_at(self) -> datetime | None:
        """When it was last written, by the service's own clock; None where that is unsaid."""
        return _utc(getattr(self.entity, "metadata", {}).get("timestamp"))

    @property
    def changed_at(self) -> datetime:
        """The same; long ago where that is unsaid."""
        return self.written_at or datetime(2000, 1, 1, tzinfo=UTC)

    @property
    def version(self) -> int:
        """The version it was written in."""
        return self.whole(VERSION, default=FIRST_VERSION)

    def text(self, column: str, *, default: str | None = None) -> str:
        """Return a text."""
        found = self._value(column, default)
        if not isinstance(found, str):
            raise DamagedError(f"{column} is no text")
        return found

    def whole(self, column: str, *, default: int | None = None) -> int:
        """Return a whole number."""
        found = self._value(column, default)
        if isinstance(found, tuple) and len(found) == 2:  # noqa: PLR2004  # of 64 bits, with its type
            found = found[0]
        if type(found) is not int:
            raise DamagedError(f"{column} is no whole number")
        return found

    def digits(self, column: str) -> int:
        """Return a whole number that is written as text: it may have more than 32 bits."""
        return parse_digits(self.text(column), column)

    def word(self, column: str, words: type[E]) -> E:
        """Return one of a set of words; one that is unknown where the set says what it means."""
        try:
            return words(self.text(column))
        except DamagedError:
            raise
        except ValueError:
            raise DamagedError(f"{column} is a word this release does not know") from None

    def moment(self, column: str) -> datetime:
        """Return a point in time, aware, UTC."""
        found = _utc(self._value(column, None))
        if found is None:
            raise DamagedError(f"{column} is no point in time")
        return found

    def moment_or_none(self, column: str) -> datetime | None:
        """Return a point in time, None when it is not there."""
        return None if self.entity.get(column) is None else self.moment(column)

    def octets(self, column: str) -> bytes:
        """Return bytes, none when they are not there."""
        found = self.entity.get(column)
        if found is None:
            return b""
        if not isinstance(found, bytes):
            raise DamagedError(f"{column} is no bytes")
        return found

    def shaped(self, column: str, shape: "TypeAdapter[T]") -> T:
        """Return what a text of JSON stands for."""
        try:
            return shape.validate_json(self.text(column))
        except ValidationError:
            raise DamagedError(f"{column} is no JSON as this release writes it") from None

    def error(self, why: str) -> UnreadableRowError:
        """Return the error that names the row and says why it cannot be read."""
        return UnreadableRowError(
            f"The row {self.partition}/{self.key} of the table {self.table} cannot be read: {why}. "
            "`python -m shared doctor` says what to do.",
            why=why,
        )

    def _value(self, column: str, default: object) -> Any:
        found = self.entity.get(column)
        found = default if found is None else found
        if found is None:
            raise DamagedError(f"{column} is missing")
        return found


def parse_digits(text: str, column: str) -> int:
    """Return the number a text of at most 19 digits stands for.

    Raises:
        DamagedError: it stands for none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 19):  # noqa: PLR2004  # 64 bits
        raise DamagedError(f"{column} is no number")
    return int(text)


def check_version(row: Row) -> None:
    """See that a row is of no version that only a later release reads.

    Raises:
        DamagedError: it is.
    """
    if (version := row.version) > version_of(row.table):
        raise DamagedError(f"it is of version {version}, which a later release reads")


def _utc(value: object) -> datetime | None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    try:
        # The SDK's own subclass remembers the service's text and would write that back.
        return datetime.fromtimestamp(value.timestamp(), UTC)
    except (OverflowError, ValueError, OSError):
        return None
