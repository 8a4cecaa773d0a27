"""The rate-limit headers FreshBooks was seen to send in 2019, on answers that were successful.

Never limits anything.
"""

import threading
from collections.abc import Callable
from datetime import datetime

_WINDOW = 60


class RateHeaders:
    """Counts requests per token in windows of a minute."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def next(self, token: str, limit: int) -> dict[str, str]:
        """Count one more request of `token` and return the headers of its answer.

        `Retry-After` is among them although nothing has to be retried.
        """
        now = int(self._clock().timestamp())
        with self._lock:
            reset, used = self._windows.get(token, (0, 0))
            if reset <= now:
                reset, used = now + _WINDOW, 0
            self._windows[token] = (reset, used + 1)
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(limit - used - 1, 0)),
            "X-RateLimit-Reset": str(reset),
            "Retry-After": str(reset - now),
        }
