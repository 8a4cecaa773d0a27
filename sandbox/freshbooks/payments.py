"""Changing payments and credits in the books.

Never lets an invoice take more than is open on it: the rest becomes the client's credit.
"""

import itertools
from decimal import Decimal
from typing import Any

from sandbox.freshbooks.balances import credits_left
from sandbox.freshbooks.errors import invalid
from sandbox.freshbooks.invoices import InvoiceOperations
from sandbox.freshbooks.ledger import ACTIVE, DELETED
from sandbox.freshbooks.money import ZERO, money, number
from sandbox.freshbooks.tables import Fields, Row
from sandbox.freshbooks.values import calendar_day, checked, decimal

WRITABLE: Fields = {
    "amount": None,
    "date": None,
    "type": "Other",
    "note": "",
    "gateway": None,
    "orderid": None,
    "transactionid": None,
    "send_client_notification": None,
}


class PaymentOperations(InvoiceOperations):
    """What can be done to payments."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._credit_ids = itertools.count(51_001)

    def pay_invoice(
        self,
        invoice: int,
        amount: Any = None,
        *,
        from_credit: bool = False,
        automatic: bool = False,
        **fields: Any,
    ) -> Fields:
        """Record a payment and return it as stored.

        Of an amount above what is open, the payment takes the open part; the rest is a second row,
        a credit, named by `overpaymentid`.

        Args:
            invoice: the invoice's id.
            amount: a number, text or money object; None pays what is open.
            from_credit: take it from the client's credit; `type` is then Credit.
            automatic: it was made by automatic billing.
            **fields: FreshBooks' names, such as `date`, `type`, `note`.
        """
        given = checked("payment", fields, WRITABLE)
        with self.lock:
            paid = self.row("invoice", invoice)
            open_now = max(number(paid.now["outstanding"]), ZERO)
            full = open_now if amount is None else decimal("payment", "amount", amount)
            if from_credit:
                full = min(full, self.credit(paid.account, paid.now))
                given = given | {"type": "Credit"}
            if full < 0:
                raise invalid("payment", "amount", full, "'amount' must not be negative.")
            start = {
                "accounting_systemid": paid.account,
                "bulk_paymentid": None,
                "clientid": paid.now["customerid"],
                "creditid": None,
                "invoiceid": paid.id,
                "overpaymentid": None,
                "from_credit": from_credit,
                "_automatic": automatic,
                **WRITABLE,
                "date": self.today(paid.account),
                **given,
                "amount": money(min(full, open_now), paid.now["currency_code"]),
            }
            start["date"] = calendar_day("payment", "date", start["date"])
            row = self._insert("payment", paid.account, start)
            if full > open_now:
                self._overpaid(row, full - open_now)
            self._paid(paid)
        return self.shown("payment", row)

    def edit_payment(self, payment: int, **fields: Any) -> Fields:
        """Change a payment; an amount above what is open is split as in `pay_invoice`."""
        given = checked("payment", fields, WRITABLE)
        with self.lock:
            row = self.row("payment", payment)
            excess = ZERO
            if "amount" in given:
                wanted = decimal("payment", "amount", given["amount"])
                taken = min(wanted, self._room(row))
                excess = wanted - taken
                given["amount"] = money(taken, row.now["amount"]["code"])
            if "date" in given:
                given["date"] = calendar_day("payment", "date", given["date"])
            self._change("payment", row, given)
            if excess > 0:
                self._overpaid(row, excess)
            self._fire("payment", "update", row)
            self._paid_by(row)
        return self.shown("payment", row)

    def delete_payment(self, payment: int) -> Fields:
        """Delete a payment softly, and the credit that its overpayment made."""
        return self.set_visibility("payment", payment, DELETED)

    def restore_payment(self, payment: int) -> Fields:
        """Make a deleted payment active again, whatever is open by now."""
        return self.set_visibility("payment", payment, ACTIVE)

    def refund(self, payment: int, amount: Any = None) -> Fields:
        """Give `amount` of a payment back; None gives back all of it, which deletes it."""
        if amount is None:
            return self.delete_payment(payment)
        with self.lock:
            row = self.row("payment", payment)
            left = number(row.now["amount"]) - decimal("payment", "amount", amount)
            return self.edit_payment(payment, amount=left)

    def credit(self, account: str, invoice: Fields) -> Decimal:
        """Return the unspent credit of the invoice's client in the invoice's currency."""
        rows = self.tables["payment"].find(account, "clientid", [invoice["customerid"]])
        return credits_left(rows).get(invoice["currency_code"], ZERO)

    def _room(self, row: Row) -> Decimal:
        """Return what the payment may be at most."""
        own = number(row.now["amount"])
        if row.now["invoiceid"] is None:
            return Decimal("Infinity")
        invoice = self.row("invoice", row.now["invoiceid"])
        return max(number(invoice.now["outstanding"]), ZERO) + own

    def _overpaid(self, row: Row, excess: Decimal) -> None:
        """Put what the invoice could not take into the payment's credit row."""
        code = row.now["amount"]["code"]
        if row.now["overpaymentid"] is not None:
            credit = self.row("payment", row.now["overpaymentid"])
            whole = number(credit.now["amount"]) + excess
            self._change("payment", credit, {"amount": money(whole, code)})
            self._fire("payment", "update", credit)
            return
        copied = {name: value for name, value in row.now.items() if name not in {"id", "logid"}}
        credit = self._insert(
            "payment",
            row.account,
            copied
            | {
                "invoiceid": None,
                "creditid": next(self._credit_ids),
                "amount": money(excess, code),
                "overpaymentid": None,
            },
        )
        self._change("payment", row, {"overpaymentid": credit.id}, touch=False)

    def _paid_by(self, row: Row) -> None:
        if row.now["invoiceid"] is not None:
            self._paid(self.row("invoice", row.now["invoiceid"]))

    def _paid(self, invoice: Row) -> None:
        touch = self.switches.payments_touch_invoices
        self._recalculate(invoice, {}, touch=touch)
        if touch:
            self._fire("invoice", "update", invoice)

    def _visibility_changed(self, kind: str, row: Row) -> None:
        super()._visibility_changed(kind, row)
        if kind == "payment":
            if row.now["overpaymentid"] is not None:
                self.set_visibility("payment", row.now["overpaymentid"], row.now["vis_state"])
            self._paid_by(row)
