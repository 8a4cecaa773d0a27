"""Billing expenses on to clients: lines of invoices that stand for an expense.

Never changes what an expense cost.
"""

from decimal import Decimal

from sandbox.freshbooks.errors import invalid
from sandbox.freshbooks.expenses import ExpenseOperations
from sandbox.freshbooks.invoices import InvoiceOperations
from sandbox.freshbooks.lines import REBILLED
from sandbox.freshbooks.money import number
from sandbox.freshbooks.tables import Fields, Row


class RebillingOperations(InvoiceOperations, ExpenseOperations):
    """What ties expenses to invoices."""

    def rebill_expense(self, expense: int, invoice: int) -> Fields:
        """Add a line for an expense to an invoice, with its markup, and return the invoice."""
        with self.lock:
            spent, bill = self.row("expense", expense), self.row("invoice", invoice)
            if spent.now["amount"]["code"] != bill.now["currency_code"]:
                text = "The expense is in another currency."
                raise invalid("invoice", "expenseid", expense, text)
            factor = 1 + number(spent.now["markup_percent"] or 0) / Decimal(100)
            category = self.row("category", spent.now["categoryid"])
            line = {
                "type": REBILLED,
                "expenseid": spent.id,
                "name": category.now["category"],
                "description": spent.now["notes"] or spent.now["vendor"] or "",
                "qty": "1",
                "unit_cost": number(spent.now["amount"]) * factor,
            }
            return self.edit_invoice(invoice, lines=[*bill.now["lines"], line])

    def _lines_changed(self, row: Row, before: list[Fields]) -> None:
        super()._lines_changed(row, before)
        billed, now = _expenses(before), _expenses(row.now["lines"])
        for expense in sorted(billed ^ now):
            found = self.tables["expense"].get(row.account, expense)
            if found is not None:
                self.edit_expense(found.id, invoiceid=row.id if expense in now else None)


def _expenses(lines: list[Fields]) -> set[int]:
    return {int(line["expenseid"]) for line in lines if line["expenseid"]}
