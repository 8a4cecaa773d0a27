"""What tells two states of a record apart that a list shows, without personal data.

Never says which of two states is the newer one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from shared.core.answered import Money
from shared.core.fields import FieldValues
from shared.core.records import Category, Client, Credit, Expense, Invoice, Payment, Record

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
        case Payment():
            parts += [str(record.amount.amount)]
        case Expense():
            # Nobody says that billing it makes a new version of it.
            parts += [str(record.amount.amount), str(record.status), str(record.billed)]
        case Client():
            parts += _balances(record)
        case Credit() | Category():
            # Nothing says when it changed, so all that is shown of it is compared.
            said = record.model_dump_json(exclude={"vis_state", "mapped"})
            parts += [hashlib.sha256(said.encode()).hexdigest()[:16]]
    return "|".join([*parts, *_mapped(record.id, record.mapped)])


_MAPPED: Final = "~"


def without_mapped(parts: Iterable[str]) -> list[str]:
    """Return the parts of a fingerprint that are no mapped fields'."""
    return [part for part in parts if not part.startswith(_MAPPED)]


def _mapped(record: int, values: FieldValues) -> Iterator[str]:
    """Yield a part for each mapped field that was answered: a list may leave some out."""
    for path, value in values:
        said = "" if value is None else str(value).strip()
        # of each record its own, so that equal values of two do not look alike
        digest = hashlib.sha256(f"{record}|{path}|{said}".encode()).hexdigest()[:8]
        yield f"{_MAPPED}{path}:{digest}"


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
