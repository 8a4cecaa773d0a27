"""One side of the comparison: the businesses, and what nobody can see on either side.

Never looks at Dataverse.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sandbox.check.books import Books, read_books
from sandbox.check.policies import Policies, Told
from sandbox.freshbooks.eastern import EASTERN
from sandbox.remotes import RemoteBooks


@dataclass(frozen=True)
class Source:
    """Everything that FreshBooks holds, and what Dataverse is to make of it.

    Attributes:
        books: the businesses that are compared.
        today: the day it is in FreshBooks' calendar.
        policies: the connector's settings.
        told: what people did.
        others: account ids of businesses that are not compared: their rows are nobody's business.
    """

    books: tuple[Books, ...]
    today: date
    policies: Policies = field(default_factory=Policies)
    told: Told = field(default_factory=Told)
    others: frozenset[str] = frozenset()

    def is_held(self, books: Books, client: int) -> bool:
        """Say whether somebody told that a client waits."""
        return bool({client, books.client_key(client)} & self.told.held)


def read_source(
    books: RemoteBooks,
    *,
    held: Iterable[int | str],
    policies: Policies,
    told: Told,
    today: date | None,
    businesses: Iterable[str] | None,
) -> Source:
    """Read FreshBooks; the arguments are those of `differences`."""
    every = books.businesses
    chosen = list(every if businesses is None else businesses)
    return Source(
        books=read_books(books, chosen),
        today=today or datetime.now(EASTERN).date(),
        policies=policies,
        told=replace(told, held=told.held | frozenset(held)),
        others=frozenset(every) - frozenset(chosen),
    )
