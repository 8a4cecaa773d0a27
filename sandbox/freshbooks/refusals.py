"""Refusals on demand: the next accounting requests that fail, and how.

Never decides what FreshBooks itself refuses.
"""

import re
import threading
from dataclasses import dataclass

from sandbox.freshbooks.errors import RefusedError


@dataclass
class _Refusal:
    path: str
    error: RefusedError
    times: int


class Refusals:
    """The refusals still to come, first match wins."""

    def __init__(self) -> None:
        self._coming: list[_Refusal] = []
        self._lock = threading.Lock()

    def add(
        self,
        path: str,
        *,
        errno: int = 1003,
        message: str = "The request was refused.",
        times: int = 1,
    ) -> None:
        """Refuse the next `times` accounting requests whose path matches the pattern.

        The status is 200: accounting errors do arrive like that.
        """
        with self._lock:
            self._coming.append(_Refusal(path, RefusedError(200, errno, message), times))

    def check(self, path: str) -> None:
        """Let a request to `path` pass, unless it is to be refused.

        Raises:
            RefusedError: it is.
        """
        with self._lock:
            for refusal in self._coming:
                if re.search(refusal.path, path):
                    refusal.times -= 1
                    if refusal.times <= 0:
                        self._coming.remove(refusal)
                    raise refusal.error
