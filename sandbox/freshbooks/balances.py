"""What clients owe and what is owed to them, by currency, from invoices, credits and payments.

Never changes a row.
"""

from decimal import Decimal

from sandbox.freshbooks.figures import status_on
from sandbox.freshbooks.ledger import DELETED, Ledger
from sandbox.freshbooks.money import ZERO, number
from sandbox.freshbooks.tables import Fields, Row

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
        notes = books.tables["credit_note"].find(account, "clientid", [client])
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
    return sums | {"credit_balance": credits_left(notes, payments)}


def credits_left(notes: list[Row], payments: list[Row]) -> dict[str, Decimal]:
    """Return one client's credit by currency: given minus applied.

    It is negative where a credit note is deleted that had been applied.
    """
    left: dict[str, Decimal] = {}
    for note in _living(notes):
        code = note["currency_code"]
        left[code] = left.get(code, ZERO) + number(note["amount"])
    for code, applied in _applied(payments).items():
        left[code] = left.get(code, ZERO) - applied
    return left


def spent(notes: list[Row], payments: list[Row]) -> dict[int, Decimal]:
    """Return what of each living credit note of one client has been applied, the oldest first."""
    applied, spent_of = _applied(payments), {}
    for note in _living(notes):
        open_still = applied.get(note["currency_code"], ZERO)
        spent_of[note["id"]] = taken = min(open_still, number(note["amount"]))
        applied[note["currency_code"]] = open_still - taken
    return spent_of


def first_left(notes: list[Row], payments: list[Row], code: str) -> int | None:
    """Return the oldest credit note in a currency of which something is left."""
    spent_of = spent(notes, payments)
    return next(
        (
            note["id"]
            for note in _living(notes)
            if note["currency_code"] == code and number(note["amount"]) > spent_of[note["id"]]
        ),
        None,
    )


def _living(rows: list[Row]) -> list[Fields]:
    return [row.now for row in rows if row.now["vis_state"] != DELETED]


def _applied(payments: list[Row]) -> dict[str, Decimal]:
    """Add up the payments from credit, in the currency of what they were drawn from."""
    applied: dict[str, Decimal] = {}
    for payment in _living(payments):
        if payment["from_credit"]:
            code = payment["_source_code"]
            applied[code] = applied.get(code, ZERO) + number(payment["amount"])
    return applied
