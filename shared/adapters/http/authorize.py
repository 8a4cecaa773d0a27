"""Where a request's bearer token comes from.

Never remembers for its callers what it gave them: it is told which token was refused.
"""

from typing import Protocol


class Authorize(Protocol):
    """A source of bearer tokens for one service, asked by all threads."""

    def __call__(self, rejected: str | None, /) -> str:
        """Return the bearer token; `rejected` is what the service just refused, None at first."""
