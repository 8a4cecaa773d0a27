"""What was looked up, remembered for a while: a value, that there is none, or that it failed.

Never looks more often than it is told to, whoever asks and however often.
"""

import contextlib
import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from shared.errors import ConnectorError

if TYPE_CHECKING:
    from shared.sync.ports import Clock

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_NOT_AT_ALL: Final = timedelta()


@dataclass(frozen=True)
class _Known(Generic[_Value]):
    value: _Value
    since: datetime


@dataclass(frozen=True)
class _Failed:
    error: ConnectorError
    since: datetime


class Remembered(Generic[_Key, _Value]):
    """Values by their keys; safe for many threads.

    Args:
        look: finds the value of a key.
        clock: the time.
        keep: how long a value is used before it is looked up again.
        keep_missing: the same for a value that is None or empty.
        pause: the least time between two looks for a key, also when it is asked for again or when
            the first one failed; until then the failure is raised again.
        one_at_a_time: whoever asks while another one looks waits for what that finds.
        through_failures: a value that cannot be looked up again is kept for another while; who asks
            for it again hears of the failure.
    """

    def __init__(
        self,
        look: Callable[[_Key], _Value],
        clock: "Clock",
        *,
        keep: timedelta,
        keep_missing: timedelta = _NOT_AT_ALL,
        pause: timedelta = _NOT_AT_ALL,
        one_at_a_time: bool = False,
        through_failures: bool = False,
    ) -> None:
        self._look = look
        self._clock = clock
        self._keep = keep
        self._keep_missing = keep_missing
        self._pause = pause
        self._one_at_a_time = one_at_a_time
        self._through_failures = through_failures
        self._known: dict[_Key, _Known[_Value]] = {}
        self._failed: dict[_Key, _Failed] = {}
        self._turns: dict[_Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: _Key, *, again: bool = False) -> _Value:
        """Return the value of a key.

        Args:
            key: its key.
            again: what is remembered did not fit; look again unless that was just done.

        Raises:
            ConnectorError: the look failed, now or less than a pause ago.
        """
        known = self._current(key, again=again)
        if known is None:
            with self._turn(key):
                # Whoever had to wait takes what the other one found.
                known = self._current(key, again=again) or self._find(key, again=again)
        return known.value

    def forget(self, key: _Key) -> None:
        """Look the value up when it is asked for next."""
        self._known.pop(key, None)

    def _current(self, key: _Key, *, again: bool) -> _Known[_Value] | None:
        """Return what is remembered, None when it is time for a look."""
        now = self._clock()
        known = self._known.get(key)
        if known is not None and not self._lasts(known, now, again=again):
            known = None
        failed = self._failed.get(key)
        if failed is not None and (again or known is None) and now - failed.since < self._pause:
            raise failed.error
        return known

    def _lasts(self, known: _Known[_Value], now: datetime, *, again: bool) -> bool:
        age = now - known.since
        return _NOT_AT_ALL <= age < self._pause or (
            not again and age < (self._keep if known.value else self._keep_missing)
        )

    def _find(self, key: _Key, *, again: bool) -> _Known[_Value]:
        try:
            value = self._look(key)
        except ConnectorError as error:
            now = self._clock()
            before = self._known.get(key)
            lasts = self._through_failures and before is not None
            if before is not None and lasts:
                # Before the failure is: who comes in between finds what lasts, not the failure.
                self._known[key] = replace(before, since=now)
            self._failed[key] = _Failed(error, now)
            if before is None or not lasts or again:
                raise
            return before
        self._failed.pop(key, None)
        known = self._known[key] = _Known(value, self._clock())
        return known

    def _turn(self, key: _Key) -> AbstractContextManager[object]:
        if not self._one_at_a_time:
            return contextlib.nullcontext()
        with self._lock:
            return self._turns.setdefault(key, threading.Lock())
