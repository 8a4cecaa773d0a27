"""What tells two states of a record apart that a list shows, without personal data.

Never says which of two states is the newer one.
"""

import hashlib
from decimal import Decimal
from typing import Final

from shared.core.records import Category, Client, Credit, Expense, Invoice, Money, Payment, Record

GONE: Final = "gone"  # the fingerprint of a record FreshBooks has nothing left to show of


def fingerprint(record: Record) -> str:
    """Return what tells two states of a record apart that a list shows, without personal data.

    More than the version: it is not known whether a payment moves its invoice's `updated`, or an
    invoice its client's, and an invoice becomes overdue by time alone.
    """
    parts = [record.version.text, str(int(record.vis_state))]
    match record:
        case Invoice():
            parts += [record.status, str(record.outstanding.amount), str(record.amount.amount)]
        case Payment() | Expense():
            parts += [str(record.amount.amount)]
        case Client():
            parts += _balances(record)
        case Credit() | Category():
            # Nothing says when it changed, so all that is shown of it is compared.
            said = record.model_dump_json(exclude={"vis_state"})
            parts += [hashlib.sha256(said.encode()).hexdigest()[:16]]
    return "|".join(parts)


_BALANCES: Final = ("outstanding", "overdue", "credit")


def _balances(client: Client) -> list[str]:
    """Return what a client owes and is owed; of a deleted one nobody wants to know."""
    if client.deleted:
        return []
    named = [(name, getattr(client, f"{name}_balance")) for name in _BALANCES]
    return [f"{name}:{_sums(money)}" for name, money in named if money is not None]


def _sums(money: list[Money]) -> str:
    sums: dict[str, Decimal] = {}
    for each in money:
        sums[each.code] = sums.get(each.code, Decimal(0)) + each.amount
    # A currency in which nothing is open may have an entry of zero, or none.
    return ",".join(f"{code}={sums[code].normalize():f}" for code in sorted(sums) if sums[code])
