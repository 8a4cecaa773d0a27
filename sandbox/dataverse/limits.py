"""Service protection: requests, execution time and concurrency of one application user.

Never slows a request down: what is over a limit is refused with Retry-After.
"""

import collections
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sandbox.dataverse import errors
from sandbox.dataverse.errors import DataverseError


@dataclass(frozen=True)
class Limits:
    """The published limits, per user and web server.

    Attributes:
        requests: in one window; a batch is one.
        execution: seconds of execution in one window, all requests together.
        concurrent: requests at one time.
        window: seconds the sliding window is long.
        body: bytes of a request's body; the only published figure is that of batches with plug-ins.
    """

    requests: int = 6000
    execution: float = 1200.0
    concurrent: int = 52
    window: float = 300.0
    body: int = 122_526_105


@dataclass(frozen=True)
class Used:
    """What one user did since the service started, whatever window it was in.

    Attributes:
        requests: that were executed.
        seconds: of execution.
        refused: requests that were over a limit, by the limit's code.
    """

    requests: int
    seconds: float
    refused: dict[str, int]


class Throttle:
    """Counts what one user does and refuses what is over a limit."""

    def __init__(
        self, limits: Limits | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: collections.deque[float] = collections.deque()
        self._spent: collections.deque[tuple[float, float]] = collections.deque()
        self._total = 0.0
        self._running = 0
        self._refused = 0
        self._used = Used(0, 0.0, {})

    def used(self) -> Used:
        """Return what was executed and refused until now."""
        with self._lock:
            return self._used

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is executed.

        Raises:
            DataverseError: 429, with Retry-After in seconds, which grows while clients keep on.
        """
        with self._lock:
            self._enter()
        started = self._clock()
        try:
            yield
        finally:
            with self._lock:
                now = self._clock()
                self._running -= 1
                self._spent.append((now, now - started))
                self._total += now - started
                used = self._used
                self._used = replace(
                    used, requests=used.requests + 1, seconds=used.seconds + now - started
                )

    def headers(self) -> dict[str, str]:
        """Return what is left, as the service tells it for debugging."""
        if self.limits is None:
            return {}
        with self._lock:
            self._forget(self._clock(), self.limits.window)
            requests = max(0, self.limits.requests - len(self._begun))
            seconds = max(0.0, self.limits.execution - self._total)
        return {
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(requests),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{seconds:,.2f}",
        }

    def _enter(self) -> None:
        now, limits = self._clock(), self.limits
        if limits is not None:
            self._forget(now, limits.window)
            if self._running >= limits.concurrent:
                raise self._refuse(errors.TOO_MANY_AT_ONCE, "concurrent requests", 1.0)
            if len(self._begun) >= limits.requests:
                wait = (self._begun[0] if self._begun else now) + limits.window - now
                raise self._refuse(errors.TOO_MANY_REQUESTS, "requests", wait)
            if self._total >= limits.execution:
                wait = (self._spent[0][0] if self._spent else now) + limits.window - now
                raise self._refuse(errors.TOO_MUCH_TIME, "combined execution time", wait)
        self._refused = 0
        self._begun.append(now)
        self._running += 1

    def _forget(self, now: float, window: float) -> None:
        while self._begun and self._begun[0] <= now - window:
            self._begun.popleft()
        while self._spent and self._spent[0][0] <= now - window:
            self._total -= self._spent.popleft()[1]

    def _refuse(self, code: str, what: str, wait: float) -> DataverseError:
        self._refused += 1
        refused = {**self._used.refused, code: self._used.refused.get(code, 0) + 1}
        self._used = replace(self._used, refused=refused)
        seconds = max(1, -int(-wait // 1)) + min(self._refused - 1, 60)
        return DataverseError(
            429,
            code,
            f"The limit of {what} of this user over the time window is exceeded.",
            headers={"Retry-After": str(seconds)},
        )
