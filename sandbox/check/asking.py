"""Asks both services and says what differs.

Never mends anything.
"""

from collections.abc import Iterable
from datetime import date

from sandbox.check.books import KINDS
from sandbox.check.compare import compare
from sandbox.check.found import read_crm
from sandbox.check.policies import Policies, Told
from sandbox.check.source import read_source
from sandbox.remotes import RemoteBooks, RemoteRows

_DEFAULTS, _NOTHING = Policies(), Told()


def differences(
    books: RemoteBooks,
    rows: RemoteRows,
    *,
    held: Iterable[int | str] = (),
    policies: Policies = _DEFAULTS,
    told: Told = _NOTHING,
    today: date | None = None,
    businesses: Iterable[str] | None = None,
) -> list[str]:
    """Compare every record of FreshBooks with Dataverse, and Dataverse with FreshBooks.

    Args:
        books: FreshBooks.
        rows: Dataverse.
        held: clients that wait for a decision, by id or key; those whose row says so need not be
            named.
        policies: the connector's settings.
        told: what people did and neither side shows.
        today: the day it is in FreshBooks' calendar; None asks the clock.
        businesses: account ids of those that are compared; None means all.

    Returns:
        One sentence for each difference; empty when both sides are equal.
    """
    source = read_source(
        books, held=held, policies=policies, told=told, today=today, businesses=businesses
    )
    return compare(source, read_crm(rows, policies))


def count(books: RemoteBooks) -> int:
    """Return how many records FreshBooks holds, deleted ones and drafts among them."""
    kinds = [kind for kind in KINDS if kind != "category"]
    return sum(len(books.records(kind, one)) for kind in kinds for one in books.businesses)
