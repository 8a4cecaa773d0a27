"""One look at a page: the environment, what the address asks, and what reads rows for it.

Never renders anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sandbox.dataverse.environment import Environment
from sandbox.dataverse.pages.stored import Stored
from sandbox.dataverse.reading import Reader


@dataclass(frozen=True)
class Visit:
    """Who looks at a page sees it as the environment is now.

    Attributes:
        env: the environment.
        query: the address's query options.
    """

    env: Environment
    query: Mapping[str, str]

    @cached_property
    def stored(self) -> Stored:
        """The views, forms, charts and apps of the environment."""
        return Stored(self.env)

    @cached_property
    def reader(self) -> Reader:
        """What says how a person reads a value."""
        return Reader(self.env)

    def asked(self, name: str, default: str = "") -> str:
        """Return a query option."""
        return self.query.get(name) or default
