"""Counts and sums of both sides by month, kind and currency, and whether they add up.

Never takes a remainder for granted: what nothing explains is a difference itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from shared.core.reconcile.causes import Cause, who_ends
from shared.core.reconcile.differences import Booked, Difference

_ZERO: Final = Decimal(0)


class Group(NamedTuple):
    """What is added up together."""

    business: str
    kind: str
    month: str
    currency: str


@dataclass(frozen=True)
class Side:
    """How many there are, and their sum."""

    count: int = 0
    amount: Decimal = _ZERO

    def __add__(self, other: "Side") -> "Side":
        """Return both together."""
        return Side(self.count + other.count, self.amount + other.amount)

    def __sub__(self, other: "Side") -> "Side":
        """Return what one has more than the other."""
        return Side(self.count - other.count, self.amount - other.amount)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing, and nothing is left."""
        return not self.count and not self.amount


NOTHING: Final = Side()


@dataclass(frozen=True)
class Sums:
    """One line of the page.

    Attributes:
        books: what FreshBooks has.
        sales: what Sales has.
        listed: by how much FreshBooks has more, by the differences that are listed.
    """

    group: Group
    books: Side
    sales: Side
    listed: Side

    @property
    def remainder(self) -> Side:
        """What is left of FreshBooks = Sales + what is listed; nothing, if it adds up."""
        return self.books - self.sales - self.listed


@dataclass
class Ledger:
    """Adds up each side from what was read of it, and apart from that what is listed."""

    books: dict[Group, Side] = field(default_factory=dict)
    sales: dict[Group, Side] = field(default_factory=dict)

    def book(self, business: str, kind: str, booked: Iterable[Booked]) -> None:
        """Add what a record of FreshBooks amounts to."""
        _add(self.books, business, kind, booked)

    def sell(self, business: str, kind: str, booked: Iterable[Booked]) -> None:
        """Add what a row of Sales amounts to."""
        _add(self.sales, business, kind, booked)

    def forget(self, business: str, kind: str) -> None:
        """Forget the sums of a kind."""
        for side in (self.books, self.sales):
            for group in [each for each in side if (each.business, each.kind) == (business, kind)]:
                del side[group]

    def take(self, other: "Ledger") -> None:
        """Take the sums of another one, which is of other businesses."""
        self.books |= other.books
        self.sales |= other.sales

    def sums(self, differences: Iterable[Difference], *, month: str = "") -> list[Sums]:
        """Return a line for each group.

        Args:
            differences: all of them, whatever month they are of.
            month: only this month's and what has none; "" for all.
        """
        listed: dict[Group, Side] = {}
        for each in differences:
            _add(listed, each.business, each.kind, each.books)
            _add(listed, each.business, each.kind, each.sales, sign=-1)
        groups = sorted({*self.books, *self.sales, *listed})
        return [
            Sums(
                group,
                self.books.get(group, NOTHING),
                self.sales.get(group, NOTHING),
                listed.get(group, NOTHING),
            )
            for group in groups
            if not month or group.month in {month, ""}
        ]


def unexplained(sums: Iterable[Sums]) -> Iterator[Difference]:
    """Yield a difference for each remainder."""
    for each in sums:
        left, group = each.remainder, each.group
        if left.is_nothing:
            continue
        yield Difference(
            Cause.UNEXPLAINED,
            group.business,
            group.kind,
            0,
            group.month or "balances",
            f"FreshBooks has {left.amount} {group.currency} in {left.count} more than Sales and "
            "what is listed",
            who_ends(Cause.UNEXPLAINED),
            books=(Booked(group.month, group.currency, left.amount, left.count),),
        )


def _add(
    into: dict[Group, Side], business: str, kind: str, booked: Iterable[Booked], *, sign: int = 1
) -> None:
    for each in booked:
        group = Group(business, kind, each.month, each.currency)
        side = Side(sign * each.records, sign * each.amount)
        into[group] = into.get(group, NOTHING) + side
