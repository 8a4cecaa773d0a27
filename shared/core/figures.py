"""What a client owes and is owed, exactly and by currency; what is open, by how long it is due.

Never converts one currency into another.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from shared.core.answered import Money
from shared.core.currencies import spell
from shared.core.options import Health
from shared.core.records import Client, LastActivity

# Columns of the ages, each with the most days that something is overdue in it.
AGES: Final = {
    "fbx_current": 0,
    "fbx_overdue30": 30,
    "fbx_overdue60": 60,
    "fbx_overdue90": 90,
    "fbx_overdueolder": None,
}
_ZERO: Final = Decimal(0)
_NONE: Final = (_ZERO,) * len(AGES)


@dataclass(frozen=True)
class Amounts:
    """A client's or an account's amounts in one currency.

    Attributes:
        ages: what is open by age, in the order of `AGES`; None where that is not known.
    """

    outstanding: Decimal = _ZERO
    overdue: Decimal = _ZERO
    credit: Decimal = _ZERO
    ages: tuple[Decimal, ...] | None = _NONE

    def __add__(self, other: "Amounts") -> "Amounts":
        """Return the sum; what is not known of one is not known of both."""
        ages = None
        if self.ages is not None and other.ages is not None:
            ages = tuple(one + two for one, two in zip(self.ages, other.ages, strict=True))
        return Amounts(
            self.outstanding + other.outstanding,
            self.overdue + other.overdue,
            self.credit + other.credit,
            ages,
        )

    @property
    def anything(self) -> bool:
        """Whether any of the three balances is not zero."""
        return bool(self.outstanding or self.overdue or self.credit)

    @property
    def is_nothing(self) -> bool:
        """Whether everything that is known is zero."""
        return not self.anything and not any(self.ages or ())


@dataclass(frozen=True)
class Figures:
    """What is shown of a client, or of all clients of an account.

    Attributes:
        amounts: by currency's ISO code; currencies without anything may be left out.
        last_invoice: day of the newest invoice, None without one.
        last_payment: day of the newest payment received.
        next_due: the first day from today on on which something open is due.
        invoice_known: whether that is the newest invoice; else what is shown stays.
        payment_known: likewise.
    """

    amounts: Mapping[str, Amounts] = field(default_factory=dict)
    last_invoice: date | None = None
    last_payment: date | None = None
    next_due: date | None = None
    invoice_known: bool = True
    payment_known: bool = True

    @property
    def health(self) -> Health:
        """What the figures mean, from what is greater than zero."""
        if any(each.overdue > 0 for each in self.amounts.values()):
            return Health.OVERDUE
        if any(each.outstanding > 0 for each in self.amounts.values()):
            return Health.PAYMENT_DUE
        credit = any(each.credit for each in self.amounts.values())
        if credit or self.last_invoice is not None or self.last_payment is not None:
            return Health.GOOD_STANDING
        return Health.NO_ACTIVITY

    def known_by(self, before: "Figures | None") -> "Figures":
        """Return the figures with what is not known of them as it was kept before, if it was."""
        if before is None:
            return self
        invoice, payment = self.last_invoice, self.last_payment
        if not self.invoice_known:
            invoice = max(filter(None, (invoice, before.last_invoice)), default=None)
        if not self.payment_known:
            payment = max(filter(None, (payment, before.last_payment)), default=None)
        amounts = {
            code: replace(each, ages=before.amounts.get(code, Amounts()).ages)
            if each.ages is None
            else each
            for code, each in self.amounts.items()
        }
        return replace(self, amounts=amounts, last_invoice=invoice, last_payment=payment)

    @property
    def health_known(self) -> bool:
        """Whether nothing that is not known could change what the figures mean."""
        known = self.invoice_known and self.payment_known
        return known or self.health is not Health.NO_ACTIVITY

    @property
    def text(self) -> str:
        """Every currency with anything in it, exactly, by code."""
        return "; ".join(
            f"{code}: {spell(each.outstanding, code)} open"
            f" ({spell(each.overdue, code)} overdue), {spell(each.credit, code)} credit"
            for code, each in sorted(self.amounts.items())
            if each.anything
        )


def figures_of(client: Client, activity: LastActivity, today: date) -> Figures:
    """Return what is shown of a client.

    Args:
        client: with its balances.
        activity: its newest invoice and payment, and what is open.
        today: FreshBooks' calendar day.
    """
    outstanding, overdue, credit = (
        _by_currency(money)
        for money in (client.outstanding_balance, client.overdue_balance, client.credit_balance)
    )
    open_by_code: dict[str, list[Decimal]] = {}
    for each in activity.open or ():
        ages = open_by_code.setdefault(each.code, [*_NONE])
        # What was paid too much is due to nobody, however long ago.
        ages[age_of(each.due, today) if each.amount > 0 else 0] += each.amount
    if not activity.overpaid_known and client.outstanding_balance is not None:
        # A balance is of all invoices: it is below what is open by as much as was paid too much.
        for code in {*open_by_code, *outstanding}:
            ages = open_by_code.setdefault(code, [*_NONE])
            ages[0] += min(_ZERO, outstanding.get(code, _ZERO) - sum(ages))
    codes = {*open_by_code, *outstanding, *overdue, *credit}
    return Figures(
        amounts={
            code: Amounts(
                outstanding.get(code, _ZERO),
                overdue.get(code, _ZERO),
                credit.get(code, _ZERO),
                ages=tuple(open_by_code.get(code, _NONE)) if activity.open is not None else None,
            )
            for code in codes
        },
        last_invoice=activity.invoice,
        last_payment=activity.payment,
        next_due=min(
            (
                each.due
                for each in activity.open or ()
                if each.due is not None and each.due >= today and each.amount > 0
            ),
            default=None,
        ),
        invoice_known=activity.invoice_known,
        payment_known=activity.payment_known,
    )


def age_of(due: date | None, today: date) -> int:
    """Return which of `AGES` an open amount is in; without a due date it is not due yet."""
    late = (today - due).days if due is not None else 0
    limits = list(AGES.values())
    return next(index for index, limit in enumerate(limits) if limit is None or late <= limit)


def total(parts: Iterable[Figures]) -> Figures:
    """Return the figures of several clients together."""
    parts = list(parts)
    amounts: dict[str, Amounts] = {}
    for part in parts:
        for code, each in part.amounts.items():
            amounts[code] = amounts.get(code, Amounts()) + each
    return Figures(
        amounts=amounts,
        last_invoice=max((p.last_invoice for p in parts if p.last_invoice), default=None),
        last_payment=max((p.last_payment for p in parts if p.last_payment), default=None),
        next_due=min((p.next_due for p in parts if p.next_due), default=None),
        invoice_known=all(p.invoice_known for p in parts),
        payment_known=all(p.payment_known for p in parts),
    )


def write_amounts(amounts: Mapping[str, Amounts]) -> str:
    """Return amounts as the text that a client's row keeps, to be read again exactly."""
    return json.dumps(
        {
            code: [
                f"{value.normalize():f}"
                for value in (each.outstanding, each.overdue, each.credit, *(each.ages or ()))
            ]
            for code, each in sorted(amounts.items())
            if not each.is_nothing
        },
        separators=(",", ":"),
    )


def read_amounts(text: str) -> dict[str, Amounts] | None:
    """Read what `write_amounts` wrote; None for anything else."""
    try:
        found = json.loads(text)
        return {
            str(code): _amounts([Decimal(str(value)) for value in row])
            for code, row in found.items()
        }
    except (ValueError, TypeError, AttributeError, InvalidOperation):
        return None


def _amounts(values: Sequence[Decimal]) -> Amounts:
    outstanding, overdue, credit, *ages = values
    if len(ages) not in {0, len(AGES)} or not all(value.is_finite() for value in values):
        raise ValueError("no amounts")
    return Amounts(outstanding, overdue, credit, tuple(ages) if ages else None)


def _by_currency(money: Sequence[Money] | None) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for each in money or ():
        amounts[each.code] = amounts.get(each.code, _ZERO) + each.amount
    return amounts
