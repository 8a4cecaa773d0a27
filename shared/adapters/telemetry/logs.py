"""Telemetry by `logging` alone: every line is a message of the log, which the host carries away.

Never writes outside of an invocation: the host drops what it cannot tell whose it is.
"""

import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from shared.adapters.telemetry.tallies import Tallies
from shared.core.line import Counted, Level, Line
from shared.core.lines import Requested, Trouble
from shared.core.trace import Trace, read_traceparent

_log = logging.getLogger(__name__)

_LEVELS: Final = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ERROR: logging.ERROR,
}
_THROTTLED: Final = 429
_TIMEOUT: Final = 408
_SERVER_FAULT: Final = 500
# Of the thread: a function runs on one from its beginning to its end.
_current: ContextVar[Trace | None] = ContextVar("current step of a trace", default=None)


@dataclass
class Answer:
    """What is known of a request: the status of its answer, 0 while there is none."""

    status: int = 0

    def answered(self, status: int) -> None:
        """Note the status of its answer."""
        self.status = status


class Logs:
    """The port `Telemetry` over `logging`, shared by all threads.

    Args:
        clock: seconds that only ever grow.
        draw: returns a random number of so many bits.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._alike: Tallies[Counted] = Tallies(rest=_others, clock=clock)
        self._requests: Tallies[str] = Tallies(rest=lambda _: "others", clock=clock)

    def write(self, line: Line) -> None:
        """Write a line."""
        _log.log(_LEVELS[line.level], "%s", line)

    def count(self, line: Counted) -> None:
        """Write a line once a minute for all that are alike, the first one at once."""
        self._alike.add(replace(line, times=0), line.times)
        self.flush()

    @contextlib.contextmanager
    def unit(self, name: str, *, traceparent: str = "", invocation: str = "") -> Iterator[None]:
        """Do a unit of work as a step of a trace."""
        del name  # a line says what was done
        before = read_traceparent(traceparent) or read_traceparent(invocation)
        step = before.step(self._draw) if before is not None else Trace.begin(self._draw)
        token = _current.set(step)
        try:
            yield
        finally:
            _current.reset(token)
            self.flush()

    @contextlib.contextmanager
    def request(self, service: str, what: str) -> Iterator[Answer]:
        """Ask a service as a step of the current trace."""
        del what  # counted by service
        answer, began = Answer(), self._clock()
        try:
            yield answer
        finally:
            self.add_request(service, answer.status, (self._clock() - began) * 1000)

    def add_request(self, service: str, status: int, milliseconds: float) -> None:
        """Count a request to a service."""
        throttled = status == _THROTTLED
        failed = status == _TIMEOUT or status >= _SERVER_FAULT
        self._requests.add(service, 1, throttled, failed, not status, milliseconds)

    def traceparent(self) -> str:
        """Return the current step, "" outside of a unit."""
        step = _current.get()
        return step.traceparent if step is not None else ""

    def new_traceparent(self) -> str:
        """Return the first step of a new trace."""
        return Trace.begin(self._draw).traceparent

    def flush(self) -> list[Line]:
        """Write what was counted and is due, and return it."""
        lines: list[Line] = [
            replace(line, times=round(times)) for line, (times,) in self._alike.due()
        ]
        for service, (requests, throttled, failed, lost, ms) in self._requests.due():
            lines.append(
                Requested(
                    service=service,
                    requests=round(requests),
                    throttled=round(throttled),
                    failed=round(failed),
                    lost=round(lost),
                    ms=ms,
                )
            )
        for line in lines:
            self.write(line)
        return lines


def _others(line: Counted) -> Counted:
    if isinstance(line, Trouble):
        return replace(line, text="Other troubles, too many to tell apart.")
    return line
