"""One difference between both sides: what it is about, why, who ends it, what it does to the sums.

Never decides what is done about it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from shared.core.identity import RecordId
from shared.core.reconcile.causes import Cause


class Booked(NamedTuple):
    """What a record or a row adds to the sums of its side.

    Attributes:
        month: such as `2026-11`, "" for what has no day of its own: balances.
        currency: ISO code, "" where Dynamics does not know it.
        records: how many it counts for.
    """

    month: str
    currency: str
    amount: Decimal
    records: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same on both sides.

    Attributes:
        kind: of the record; or `account`, `opportunity`, `waiting record`.
        number: the record's, 0 where no record is meant.
        label: what people call it: an invoice's number, or the id of a row.
        detail: what differs, in words; amounts, and no names.
        who: who can end it.
        books: what it adds to FreshBooks' sums.
        sales: what it adds to Sales' sums.
        ask: the record that is asked for to end it, None where that would end nothing.
        cancels: rows that now count would count no more.
    """

    cause: Cause
    business: str
    kind: str
    number: int
    label: str
    detail: str
    who: str
    books: tuple[Booked, ...] = ()
    sales: tuple[Booked, ...] = ()
    ask: RecordId | None = None
    cancels: bool = False

    @property
    def key(self) -> str:
        """What tells it from others, the same from night to night while it lasts."""
        what = str(self.number) if self.number else self.label
        return f"{self.business}-{self.kind}-{what}:{self.cause}"

    def concerns(self, month: str) -> bool:
        """Say whether it belongs on the page of a month; balances belong on every one."""
        months = {each.month for each in (*self.books, *self.sales)}
        return not month or not months or bool(months & {month, ""})
