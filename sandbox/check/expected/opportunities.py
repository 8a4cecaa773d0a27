"""Expectations of an opportunity's sums.

Never says which invoices are on it.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.check.books import Record, amount, day, is_draft
from sandbox.check.expected.standing import ZERO
from sandbox.check.rules import OneOf


def opportunity(invoices: list[Record], currency: str | None, today: date) -> dict[str, Any]:
    """Expect of the sums over the invoices that are on an opportunity and not canceled.

    Args:
        invoices: FreshBooks' records.
        currency: code of the opportunity's currency, in which its sums are.
        today: the day it is in FreshBooks' calendar.
    """
    own = [each for each in invoices if each["currency_code"] == currency]
    if not own:
        return dict.fromkeys(("invoiced", "paid", "outstanding", "overdue"), OneOf((ZERO, None)))
    sent = [each for each in own if not is_draft(each)]
    return {
        # A draft that is shown asks for nothing yet; whether it counts as invoiced is not said.
        "invoiced": OneOf((_sum(own, "amount"), _sum(sent, "amount"))),
        "paid": _sum(sent, "paid"),
        "outstanding": _sum(sent, "outstanding"),
        # FreshBooks calls an invoice overdue by the business' own day, ages go by its calendar's.
        "overdue": OneOf(
            (_sum(filter(_is_called_overdue, sent), "outstanding"), _late(sent, today))
        ),
    }


def _sum(invoices: Any, figure: str) -> Decimal:
    return sum((amount(each[figure]) for each in invoices), ZERO)


def _is_called_overdue(invoice: Record) -> bool:
    return bool(invoice["v3_status"] == "overdue")


def _late(invoices: list[Record], today: date) -> Decimal:
    late = []
    for each in invoices:
        due, open_now = day(each["due_date"]), amount(each["outstanding"])
        if due is not None and due < today and open_now > 0:
            late.append(open_now)
    return sum(late, ZERO)
