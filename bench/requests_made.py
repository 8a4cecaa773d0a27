"""The requests that this process makes at tables and queues, by what they do.

Never changes a request: CPython tells of every one before it is sent.
"""

import re
import sys
from collections import Counter
from typing import Any, Final

from sandbox.azurite import ACCOUNT

_SENT: Final = "http.client.send"
_LINE: Final = re.compile(rb"(GET|PUT|POST|PATCH|DELETE|HEAD) /" + ACCOUNT.encode() + rb"/(\S*) ")
_VERBS: Final = {
    "GET": "read",
    "PUT": "write",
    "POST": "write",
    "PATCH": "write",
    "DELETE": "delete",
    "HEAD": "read",
}


class RequestsMade:
    """Counts from now on, until the process ends."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()
        sys.addaudithook(self._hear)

    def take(self) -> dict[str, int]:
        """Return what was counted since the last time, and begin anew."""
        made, self._made = self._made, Counter()
        return dict(made)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != _SENT or not isinstance(arguments[1], bytes):
            return
        found = _LINE.match(arguments[1])
        if found is not None:
            self._made[named(found.group(1).decode(), found.group(2).decode())] += 1


def named(method: str, path: str) -> str:
    """Return what a request does, by its method and its path within the account.

    >>> named("GET", "journal(PartitionKey='x',RowKey='y')")
    'journal read'
    >>> named("GET", "holds()?$filter=x")
    'holds list'
    >>> named("POST", "sync-requests/messages?visibilitytimeout=5")
    'queue send'
    """
    where, _, _query = path.partition("?")
    if where.endswith("/messages"):
        return "queue send"
    if where == "$batch":
        return "several rows written at once"
    table, keys, _ = where.partition("(")
    listed = method == "GET" and not keys.replace("(", "") and "RowKey" not in where
    return f"{table} list" if listed else f"{table} {_VERBS[method]}"
