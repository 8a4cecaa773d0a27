"""What kind of traffic the requests of a thread are, as a use case says, and how many they are.

Never limits anything itself.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
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


_HISTORY: Final = ContextVar("history", default=False)


def is_history() -> bool:
    """Say whether this thread carries what happened long ago."""
    return _HISTORY.get()


@contextlib.contextmanager
def history() -> Iterator[None]:
    """Let this thread carry what happened long ago while the context lasts: in bulk."""
    token = _HISTORY.set(True)
    try:
        with traffic(Traffic.BULK):
            yield
    finally:
        _HISTORY.reset(token)


@dataclass
class Tally:
    """Requests of a thread while it counts them.

    Attributes:
        sent: how many, by service.
        throttled: answers that asked for fewer.
    """

    sent: Counter[str] = field(default_factory=Counter)
    throttled: int = 0


_TALLY: Final[ContextVar[Tally | None]] = ContextVar("tally", default=None)


@contextlib.contextmanager
def counting() -> Iterator[Tally]:
    """Count the requests of this thread while the context lasts."""
    tally = Tally()
    token = _TALLY.set(tally)
    try:
        yield tally
    finally:
        _TALLY.reset(token)


def count_request(service: str, *, throttled: bool) -> None:
    """Count a request that was answered, if anybody counts."""
    if (tally := _TALLY.get()) is not None:
        tally.sent[service] += 1
        tally.throttled += throttled
