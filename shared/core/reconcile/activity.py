"""What is open of each client's invoices, added up while they are listed.

Never keeps an invoice.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Final

from shared.core.records import Invoice, OpenAmount

# So many of one client are not read whenever it is carried over: what is shown of them may lag.
MANY: Final = 1900

_Key = tuple[str, date | None, bool]  # currency, due, whether it is above zero


class Activity:
    """The open amounts of a business's clients, by the day they are due."""

    def __init__(self) -> None:
        self._open: defaultdict[int, dict[_Key, Decimal]] = defaultdict(dict)
        self._counts: defaultdict[int, int] = defaultdict(int)

    def add(self, invoice: Invoice) -> None:
        """Take an invoice as a list shows it."""
        money = invoice.outstanding
        if invoice.draft or invoice.deleted or not money.amount:
            return
        # What was paid too much is no part of what is open: each is added up apart.
        client, key = invoice.customerid, (money.code, invoice.due_date, money.amount > 0)
        sums = self._open[client]
        sums[key] = sums.get(key, Decimal(0)) + money.amount
        self._counts[client] += 1

    def open_of(self, client: int) -> tuple[OpenAmount, ...] | None:
        """Return what is open of a client; None where that may not be shown of it."""
        if self._counts.get(client, 0) > MANY:
            return None
        return tuple(
            OpenAmount(amount, code, due)
            for (code, due, _), amount in self._open.get(client, {}).items()
        )
