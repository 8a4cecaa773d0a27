"""An invoice's figures and statuses, from its lines, its stage and what has been paid.

Never looks at other rows, and never at the clock except as an argument.
"""

from decimal import Context, Decimal
from typing import Any

from sandbox.freshbooks.money import ZERO, line_amount, money, number, totals
from sandbox.freshbooks.tables import Fields

# What a person has done with the invoice so far, as `status` numbers it.
STAGES = {"draft": 1, "sent": 2, "viewed": 3}
_PAID, _AUTOPAID = 4, 5
_OPEN = {"sent", "viewed", "partial"}
# Some figures arrive with far more digits than cents have.
_LONG = Context(prec=28)


def figure(fields: Fields, paid: Decimal, *, paid_on: str | None, automatic: bool) -> Fields:
    """Return what of an invoice follows from its lines, stage and payments.

    Args:
        fields: the invoice; `_stage` is draft, sent or viewed, `_marked` a `v3_status` set by hand.
        paid: sum of its living payments.
        paid_on: day of the last of them.
        automatic: that one was made by automatic billing.
    """
    code = fields["currency_code"]
    sums = totals(fields["lines"], number(fields["discount_value"]))
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
    share = _LONG.divide(sums.net, sums.amount) if sums.amount else ZERO
    return {
        "_stage": stage,
        "amount": money(sums.amount, code),
        "outstanding": money(outstanding, code),
        "paid": money(paid, code),
        "discount_total": money(-sums.discount, code),
        "net_paid_amount": {"amount": f"{_LONG.multiply(paid, share):f}", "code": code},
        "status": status,
        "v3_status": fields["_marked"] or v3_status,
        "payment_status": payment_status,
        "display_status": stage,
        "date_paid": paid_on if payment_status not in {"unpaid", "partial"} else None,
    }


def status_on(fields: Fields, day: str) -> str:
    """Return `v3_status` as it reads on `day`: time alone makes an open invoice overdue."""
    late = fields["due_date"] < day and number(fields["outstanding"]) > 0
    return "overdue" if late and fields["v3_status"] in _OPEN else str(fields["v3_status"])


def finished_lines(lines: list[dict[str, Any]], code: str, updated: str) -> list[Fields]:
    """Return `lines` with their amounts, ids and time; an id is unique within its invoice only."""
    taken = [int(line["lineid"]) for line in lines if line["lineid"]]
    following = max(taken, default=0)
    finished = []
    for taskno, line in enumerate(lines, start=1):
        if not line["lineid"]:
            following += 1
        finished.append(
            line
            | {
                "lineid": line["lineid"] or following,
                "taskno": taskno,
                "unit_cost": {"amount": str(line["unit_cost"]["amount"]), "code": code},
                "amount": money(line_amount(line), code),
                "updated": updated,
            }
        )
    return finished
