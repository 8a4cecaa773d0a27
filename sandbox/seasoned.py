"""Random edits in FreshBooks that are seldom made: whatever else it lets a person do.

Never touches a record it did not make.
"""

from collections.abc import Mapping
from decimal import Decimal

from sandbox.bookkeeper import ACTIVE, EVERYDAY, Bookkeeper, Fields

# How often what is done, with everything that has a picture of its own in FreshBooks.
WHOLE_LIFE: Mapping[str, int] = {
    **EVERYDAY,
    "change_client_currency": 1,
    "new_odd_invoice": 6,
    "reorder_lines": 3,
    "remove_line": 2,
    "ask_deposit": 2,
    "change_discount": 2,
    "change_invoice_currency": 3,
    "renumber_invoice": 2,
    "change_purchase_order": 2,
    "redraft_invoice": 2,
    "rebill_expense": 3,
    "refund_part": 3,
    "refund_whole": 2,
    "refund_by_line": 2,
    "new_credit": 4,
    "edit_credit": 2,
    "delete_credit": 1,
    "restore_credit": 1,
    "change_expense_currency": 2,
    "restore_expense": 1,
    "new_category": 1,
    "rename_category": 2,
    "change_category": 2,
}

_CURRENCIES = ("USD", "CAD", "EUR", "JPY", "BHD")


class SeasonedBookkeeper(Bookkeeper):
    """Makes one edit after the other, of the whole life of a record.

    Credits are given and applied, money is given back, currencies and numbers change, and lines
    look as few firms write them. Built like a `Bookkeeper`.
    """

    habits = WHOLE_LIFE

    def _change_client_currency(self) -> bool:
        return self._change("client", "edit_client", currency_code=self._currency())

    def _new_odd_invoice(self) -> bool:
        client = self._one("client")
        return client is not None and self._do(
            "invoice",
            "create_invoice",
            customerid=client["id"],
            lines=[self._odd_line() for _ in range(self._random.randint(1, 6))],
            sent=True,
            due_offset_days=self._random.choice((0, 30)),
            currency_code=self._currency(),
            discount_value=self._random.choice(("0", "15.93303", "33.3333333")),
        )

    def _reorder_lines(self) -> bool:
        invoice = self._one("invoice")
        if invoice is None:
            return False
        lines = self._random.sample(invoice["lines"], len(invoice["lines"]))
        return self._do("invoice", "edit_invoice", invoice=invoice["id"], lines=lines)

    def _remove_line(self) -> bool:
        invoice = self._one("invoice")
        if invoice is None or not invoice["lines"]:
            return False
        place = self._random.randrange(len(invoice["lines"]))
        lines = [*invoice["lines"][:place], *invoice["lines"][place + 1 :]]
        return self._do("invoice", "edit_invoice", invoice=invoice["id"], lines=lines)

    def _ask_deposit(self) -> bool:
        percent = self._random.choice(("10", "25", "33.3", None))
        return self._change("invoice", "edit_invoice", deposit_percentage=percent)

    def _change_discount(self) -> bool:
        percent = self._random.choice(("0", "5", "15.93303", "66.6666667"))
        return self._change("invoice", "edit_invoice", discount_value=percent)

    def _change_invoice_currency(self) -> bool:
        return self._change("invoice", "edit_invoice", currency_code=self._currency())

    def _renumber_invoice(self) -> bool:
        return self._change("invoice", "edit_invoice", invoice_number=f"R-{self._digits(6)}")

    def _change_purchase_order(self) -> bool:
        order = self._random.choice((f"PO-{self._digits(4)}", None))
        return self._change("invoice", "edit_invoice", po_number=order)

    def _redraft_invoice(self) -> bool:
        return self._change("invoice", "edit_invoice", stage="draft")

    def _rebill_expense(self) -> bool:
        expense = self._one("expense")
        fitting = [
            each["id"]
            for each in self._made["invoice"].values()
            if expense is not None
            and each["vis_state"] == ACTIVE
            and each["currency_code"] == expense["amount"]["code"]
        ]
        return bool(expense and fitting) and self._do(
            "invoice",
            "rebill_expense",
            expense=expense["id"] if expense else 0,
            invoice=self._random.choice(fitting),
        )

    def _refund_part(self) -> bool:
        payment = self._one("payment")
        if payment is None:
            return False
        half = (Decimal(payment["amount"]["amount"]) / 2).quantize(Decimal("0.01"))
        return self._do("payment", "refund", payment=payment["id"], amount=str(half))

    def _refund_whole(self) -> bool:
        return self._change("payment", "refund", keep=self._random.random() < 0.5)

    def _refund_by_line(self) -> bool:
        amount = f"{self._random.randint(1, 90)}.{self._digits(2)}"
        return self._change("invoice", "refund_by_line", amount=amount)

    def _new_credit(self) -> bool:
        client = self._one("client")
        return client is not None and self._do(
            "credit_note",
            "create_credit_note",
            clientid=client["id"],
            lines=self._lines(),
            credit_type=self._random.choice(("goodwill", "prepayment")),
            currency_code=self._random.choice((client["currency_code"], self._currency())),
        )

    def _edit_credit(self) -> bool:
        return self._change("credit_note", "edit_credit_note", lines=self._lines())

    def _change_expense_currency(self) -> bool:
        return self._change("expense", "edit_expense", code=self._currency())

    def _new_category(self) -> bool:
        return self._do("category", "create_category", name=f"Category {self._digits(4)}")

    def _rename_category(self) -> bool:
        return self._change("category", "edit_category", name=f"Category {self._digits(4)}")

    def _change_category(self) -> bool:
        category = self._one("category")
        return category is not None and self._change(
            "expense", "edit_expense", categoryid=category["id"]
        )

    def _odd_line(self) -> Fields:
        """Draw a line as few firms write them."""
        return {
            "name": f"Oddity {self._digits(4)}",
            "qty": self._random.choice((None, "0", "1", "-1", "0.33333", "120", "10000")),
            "unit_cost": self._random.choice((None, "0", "0.655", "0.003", "-35.50", "19.123456")),
            "taxName1": "GST",
            "taxAmount1": self._random.choice(("0", "5")),
            "taxName2": "QST",
            "taxAmount2": self._random.choice(("0", "9.975")),
            "compounded_tax": self._random.random() < 0.3,
        }

    def _currency(self) -> str:
        return self._random.choice(_CURRENCIES)
