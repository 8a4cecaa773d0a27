"""Counts of what is alike, handed out once a minute: the first at once, the rest together.

Never knows what is counted, and never keeps more than a few kinds apart.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Final, Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)

EVERY: Final = 60.0  # seconds
MOST: Final = 20  # kinds that are kept apart within a minute


class Tallies(Generic[_Key]):
    """Sums by kind, shared by all threads.

    Args:
        rest: returns the kind under which one is counted that would be one too many.
        clock: seconds that only ever grow.
    """

    def __init__(self, *, rest: Callable[[_Key], _Key], clock: Callable[[], float]) -> None:
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._sums: dict[_Key, list[float]] = {}
        self._handed_out: dict[_Key, float] = {}

    def add(self, key: _Key, *amounts: float) -> None:
        """Add amounts to the sums of a kind; a kind has the same number of them every time."""
        with self._lock:
            known = self._sums.keys() | self._handed_out.keys()
            if key not in known and len(known) >= MOST:
                key = self._rest(key)
            sums = self._sums.get(key, [0.0] * len(amounts))
            self._sums[key] = [sum_ + amount for sum_, amount in zip(sums, amounts, strict=True)]

    def due(self) -> Iterator[tuple[_Key, list[float]]]:
        """Hand out the sums of every kind that was not handed out within the last minute."""
        with self._lock:
            now = self._clock()
            recent = {key: at for key, at in self._handed_out.items() if now - at < EVERY}
            found = {key: sums for key, sums in self._sums.items() if key not in recent}
            # A kind that was quiet for a minute is forgotten.
            self._handed_out = recent | dict.fromkeys(found, now)
            self._sums = {key: sums for key, sums in self._sums.items() if key in recent}
        yield from found.items()
