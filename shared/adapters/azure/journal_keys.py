"""The keys of the table `journal`: newest states, and each record's history with the newest first.

Never says what an entry holds.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from shared.core.events import MAX_RECORD_DIGITS
from shared.core.identity import Kind

# `=` sorts before `>` and `~`: newest states are one range of the partition, each record's history
# another, newest first because the ticks count down.
LATEST: Final = "="
AFTER_LATEST: Final = ">"
HISTORY: Final = "~"
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = (datetime(9999, 12, 31, tzinfo=UTC) - _FIRST) // _MICROSECOND
_TICK_DIGITS: Final = 18
_PARTS: Final = 4  # of a history's key, the nothing before its first sign included


def partition_key(business: str, kind: Kind) -> str:
    """Return the partition of a business's records of a kind."""
    return f"{business}.{kind}"


def business_of(partition: str) -> str:
    """Return the business a partition is of."""
    return partition.rpartition(".")[0]


def latest_key(number: int) -> str:
    """Return the key of a record's newest state."""
    return f"{LATEST}{number}"


def history_of(number: int) -> str:
    """Return what the keys of a record's history begin with."""
    return f"{HISTORY}{number:0{MAX_RECORD_DIGITS}d}{HISTORY}"


def history_key(number: int, at: datetime, token: str) -> str:
    """Return the key of one entry of a record's history.

    Args:
        number: the record's.
        at: when the entry was made.
        token: keeps entries of the same microsecond apart.
    """
    ticks = (at.astimezone(UTC) - _FIRST) // _MICROSECOND
    return f"{history_of(number)}{_LAST - ticks:0{_TICK_DIGITS}d}{HISTORY}{token}"


def read_history_key(key: str) -> tuple[str, datetime] | None:
    """Return whose history an entry is of, and when it was made; None for any other key.

    >>> read_history_key(history_key(7, datetime(2026, 11, 2, tzinfo=UTC), "ab12"))
    ('0000000000000000007', datetime.datetime(2026, 11, 2, 0, 0, tzinfo=datetime.timezone.utc))
    """
    before, record, ticks, *_ = [*key.split(HISTORY), "", "", ""]
    if before or key.count(HISTORY) != _PARTS - 1 or not (ticks.isascii() and ticks.isdigit()):
        return None
    try:
        return record, _FIRST + (_LAST - int(ticks)) * _MICROSECOND
    except OverflowError:
        return None
