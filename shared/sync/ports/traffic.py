"""What kind of traffic the requests of a thread are, as a use case says and a transport heeds.

Never limits anything itself.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from enum import StrEnum
from typing import Final


class Traffic(StrEnum):
    """The kinds of traffic."""

    LIVE = "live"  # something changed just now
    BULK = "bulk"  # history, lists, comparing both sides: it leaves room for what is live
    PROBE = "probe"  # whether a service is back: one request, and no other try


_CURRENT: Final = ContextVar("traffic", default=Traffic.LIVE)


def current_traffic() -> Traffic:
    """Return what the requests of this thread are."""
    return _CURRENT.get()


@contextlib.contextmanager
def traffic(kind: Traffic) -> Iterator[None]:
    """Make the requests of this thread this kind of traffic while the context lasts."""
    token = _CURRENT.set(kind)
    try:
        yield
    finally:
        _CURRENT.reset(token)
