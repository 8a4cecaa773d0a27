"""What of the log reaches the terminal: the connector's own lines, on standard error.

Never a line of an SDK: what it has to say is in the error that ends the command.
"""

import contextlib
import logging
from collections.abc import Iterator

from shared.cli.commands import printable

_OURS = "shared"


class _Line(logging.Formatter):
    """One printable line; a traceback only where everything is wanted."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__("%(levelname)s: %(message)s")
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        line = printable(f"{record.levelname.lower()}: {record.getMessage()}")
        if self._verbose and record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


@contextlib.contextmanager
def shown(*, verbose: bool) -> Iterator[None]:
    """Show the connector's warnings while the context lasts, or all it has to say.

    Args:
        verbose: whether everything is wanted.
    """
    root, ours = logging.getLogger(), logging.getLogger(_OURS)
    silence = logging.NullHandler()  # without a handler Python prints warnings by itself
    handler = logging.StreamHandler()
    handler.setFormatter(_Line(verbose=verbose))
    handler.setLevel(logging.DEBUG if verbose else logging.WARNING)
    level = ours.level
    root.addHandler(silence)
    ours.addHandler(handler)
    if verbose:
        ours.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        ours.setLevel(level)
        ours.removeHandler(handler)
        root.removeHandler(silence)
