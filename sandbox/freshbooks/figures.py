"""An invoice's figures and statuses, from its lines, its stage and what has been paid.

Never looks at other rows, and never at the clock except as an argument.
"""

from decimal import Context, Decimal

from sandbox.freshbooks.money import ZERO, Money, money, number, totals
from sandbox.freshbooks.tables import Fields

# What a person has done with the invoice so far, as `status` numbers it.
STAGES = {"draft": 1, "sent": 2, "viewed": 3}
_PAID, _AUTOPAID = 4, 5
_OPEN = {"sent", "viewed", "partial", "deposit_partial", "deposit_paid"}
# Some figures arrive with far more digits than cents have.
_LONG = Context(prec=28)


def figure(
    fields: Fields,
    paid: Decimal,
    *,
    paid_on: str | None,
    automatic: bool,
    tax_per_line: bool = True,
) -> Fields:
    """Return what of an invoice follows from its lines, stage and payments.

    What is outstanding is negative where more was paid than the lines come to by now.

    Args:
        fields: the invoice; `_stage` is draft, sent or viewed, `_marked` a `v3_status` set by hand.
        paid: sum of its living payments.
        paid_on: day of the last of them.
        automatic: that one was made by automatic billing.
        tax_per_line: see `totals`.
    """
    code = fields["currency_code"]
    sums = totals(fields["lines"], number(fields["discount_value"]), tax_per_line=tax_per_line)
    deposit, deposit_status = _deposit(fields, sums.amount, paid)
    outstanding = sums.amount - paid
    stage = fields["_stage"]
    if paid and stage == "draft":
        stage = "sent"  # what has been paid is no draft any more
    payment_status = "unpaid"
    status, v3_status = STAGES[stage], stage
    if paid and outstanding <= 0:
        status, v3_status = (_AUTOPAID, "autopaid") if automatic else (_PAID, "paid")
        payment_status = "auto-paid" if automatic else "paid"
    elif paid:
        # The numeric status stays what it was: a sample shows 2 beside `partial`.
        v3_status = payment_status = "partial"
        if deposit_status in {"partial", "paid"}:
            v3_status = f"deposit_{deposit_status}"
    share = _LONG.divide(sums.net, sums.amount) if sums.amount else ZERO
    return {
        "_stage": stage,
        "amount": money(sums.amount, code),
        "outstanding": money(outstanding, code),
        "paid": money(paid, code),
        "deposit_amount": deposit,
        "deposit_status": deposit_status,
        "discount_total": money(-sums.discount, code),
        "net_paid_amount": {"amount": f"{_LONG.multiply(paid, share):f}", "code": code},
        "status": status,
        "v3_status": fields["_marked"] or v3_status,
        "payment_status": payment_status,
        "display_status": stage,
        "date_paid": paid_on if payment_status not in {"unpaid", "partial"} else None,
    }


def _deposit(fields: Fields, total: Decimal, paid: Decimal) -> tuple[Money | None, str]:
    """Return what is asked for in advance, and how far it has come in."""
    asked = fields["deposit_amount"]
    if fields["deposit_percentage"] is not None:
        asked = total * number(fields["deposit_percentage"]) / 100
    if asked is None:
        return None, "none"
    deposit = money(number(asked), fields["currency_code"])
    wanted = number(deposit)
    if wanted <= 0:
        return deposit, "none"
    if paid >= wanted:
        return deposit, "paid"
    return deposit, "partial" if paid > 0 else "unpaid"


def status_on(fields: Fields, day: str) -> str:
    """Return `v3_status` as it reads on `day`: time alone makes an open invoice overdue."""
    late = fields["due_date"] < day and number(fields["outstanding"]) > 0
    return "overdue" if late and fields["v3_status"] in _OPEN else str(fields["v3_status"])
