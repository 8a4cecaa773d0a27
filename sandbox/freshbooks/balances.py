"""What clients owe and what is owed to them, by currency, from their invoices and payments.

Never changes a row.
"""

from decimal import Decimal

from sandbox.freshbooks.figures import status_on
from sandbox.freshbooks.ledger import DELETED, Ledger
from sandbox.freshbooks.money import ZERO, number
from sandbox.freshbooks.tables import Row

BALANCES = (
    "outstanding_balance",
    "overdue_balance",
    "credit_balance",
    "draft_balance",
    "grand_total_balance",
)


def balances(books: Ledger, account: str, client: int) -> dict[str, dict[str, Decimal]]:
    """Return a client's balances by their name and currency; drafts are owed by nobody yet."""
    sums: dict[str, dict[str, Decimal]] = {name: {} for name in BALANCES}

    def add(name: str, code: str, value: Decimal) -> None:
        sums[name][code] = sums[name].get(code, ZERO) + value

    day = books.today(account)
    with books.lock:
        invoices = books.tables["invoice"].find(account, "customerid", [client])
        payments = books.tables["payment"].find(account, "clientid", [client])
    for invoice in (row.now for row in invoices):
        if invoice["vis_state"] == DELETED:
            continue
        code, value = invoice["currency_code"], number(invoice["outstanding"])
        draft = invoice["_stage"] == "draft"
        add("draft_balance" if draft else "outstanding_balance", code, value)
        add("grand_total_balance", code, value)
        if status_on(invoice, day) == "overdue":
            add("overdue_balance", code, value)
    return sums | {"credit_balance": credits_left(payments)}


def credits_left(payments: list[Row]) -> dict[str, Decimal]:
    """Return the unspent credit by currency, from all payment rows of one client."""
    left: dict[str, Decimal] = {}
    for row in payments:
        fields = row.now
        if fields["vis_state"] == DELETED:
            continue
        sign = 1 if fields["creditid"] is not None else -1 if fields["from_credit"] else 0
        code = fields["amount"]["code"]
        left[code] = left.get(code, ZERO) + sign * number(fields["amount"])
    return left
