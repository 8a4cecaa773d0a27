"""Trace context as W3C has it: which trace a piece of work belongs to, and which step of it.

Never raises on what somebody sent: a `traceparent` that is none counts as not there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_TRACE_BITS: Final = 128
_SPAN_BITS: Final = 64
_SAMPLED: Final = 0x01
# Version 00 to the letter: lower case, four parts and no more. A later version may add parts, and
# nobody here would know what they mean.
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True)
class Trace:
    """A step of a trace.

    Attributes:
        trace_id: 32 hexadecimal digits, one for everything that followed from one event.
        span_id: 16 hexadecimal digits, this step's own.
        sampled: whether it is to be kept.
    """

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def traceparent(self) -> str:
        """The header by which the next step learns of this one."""
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.sampled else 0:02x}"

    def step(self, draw: Callable[[int], int]) -> "Trace":
        """Return a next step of the same trace.

        Args:
            draw: returns a random number of so many bits.
        """
        return Trace(self.trace_id, _drawn(draw, _SPAN_BITS), self.sampled)

    @classmethod
    def begin(cls, draw: Callable[[int], int]) -> "Trace":
        """Return the first step of a new trace.

        Args:
            draw: returns a random number of so many bits.
        """
        return cls(_drawn(draw, _TRACE_BITS), _drawn(draw, _SPAN_BITS))


def read_traceparent(text: object) -> Trace | None:
    """Return the step that a `traceparent` names, None when it is none."""
    found = _TRACEPARENT.fullmatch(text) if isinstance(text, str) else None
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    return Trace(found[1], found[2], sampled=bool(int(found[3], 16) & _SAMPLED))


def valid_traceparent(text: object) -> str:
    """Return a `traceparent` that is one as it is, "" for anything else."""
    return text if isinstance(text, str) and read_traceparent(text) is not None else ""


def trace_id_of(traceparent: str) -> str:
    """Return the id of the trace that a `traceparent` names, "" when it is none."""
    found = read_traceparent(traceparent)
    return found.trace_id if found is not None else ""


def _drawn(draw: Callable[[int], int], bits: int) -> str:
    # All zeros is no id.
    return f"{draw(bits) or 1:0{bits // 4}x}"
