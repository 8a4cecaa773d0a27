"""Log lines that say which invocation they belong to.

Never configures a logger; a command line program does that.
"""

import contextvars
import logging

# Set by the worker for as long as a function runs, in its thread or its task.
current_invocation: contextvars.ContextVar[str] = contextvars.ContextVar("invocation", default="")


class InvocationFormatter(logging.Formatter):
    """Puts the id of the running invocation in front of what a function logs."""

    def __init__(self) -> None:
        super().__init__("[%(asctime)s] %(levelname)s %(invocation)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Format one line."""
        invocation = current_invocation.get()
        record.invocation = f"[{invocation}] " if invocation else ""
        return super().format(record)
