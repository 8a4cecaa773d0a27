"""How the connector tells what it does: lines, units of work in a trace, requests to services.

Never raises, and never holds anybody up: what cannot be told is lost.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from shared.core.line import Counted, Line


class Request(Protocol):
    """One request to a service, while it is under way."""

    def answered(self, status: int) -> None:
        """Note the status of its answer; one that is never noted got no answer."""


class Telemetry(Protocol):
    """Where the connector tells what it does."""

    def write(self, line: Line) -> None:
        """Write a line."""

    def count(self, line: Counted) -> None:
        """Write a line once a minute for all that are alike, the first one at once."""

    def unit(
        self, name: str, *, traceparent: str = "", invocation: str = ""
    ) -> AbstractContextManager[None]:
        """Do a unit of work as a step of a trace.

        Args:
            name: what is done, one of few.
            traceparent: the step it follows from; "" for none.
            invocation: the step of the trace that the host gave this invocation; the unit follows
                from it where `traceparent` names none.
        """

    def request(self, service: str, what: str) -> AbstractContextManager[Request]:
        """Ask a service as a step of the current trace.

        Args:
            service: its name.
            what: what is asked, such as a method and a path; never a query.
        """

    def traceparent(self) -> str:
        """Return the current step, "" outside of a unit."""

    def new_traceparent(self) -> str:
        """Return the first step of a new trace."""
