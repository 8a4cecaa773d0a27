"""Changing payments in the books.

Never lets an invoice take more than is open on it: the rest is handed on, to become a credit.
"""

from decimal import Decimal
from typing import Any

from sandbox.freshbooks.balances import credits_left, first_left
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

        Of an amount above what is open, the payment takes the open part; the rest is a credit of
        the client, and `overpaymentid` names that credit's own row among the payments.

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
            source = None
            if from_credit:
                full = min(full, open_now, max(self.credit(paid.account, paid.now), ZERO))
                given = given | {"type": "Credit"}
                source = self._source(paid)
            if full < 0:
                raise invalid("payment", "amount", full, "'amount' must not be negative.")
            start = self._tender(paid, given) | {
                "from_credit": from_credit,
                "_automatic": automatic,
                # What it was drawn from stays, whatever becomes of the invoice.
                "_source": source,
                "_source_code": paid.now["currency_code"] if from_credit else None,
                "amount": money(min(full, open_now), paid.now["currency_code"]),
            }
            start["date"] = calendar_day("payment", "date", start["date"])
            row = self._insert("payment", paid.account, start)
            if full > open_now:
                self._overpaid(row, full - open_now)
            self._paid(paid)
        return self.shown("payment", row)

    def _tender(self, paid: Row, given: Fields) -> Fields:
        """Return a payment of an invoice of which `given` is known."""
        return {
            "accounting_systemid": paid.account,
            "bulk_paymentid": None,
            "clientid": paid.now["customerid"],
            "creditid": None,
            "invoiceid": paid.id,
            "overpaymentid": None,
            "from_credit": False,
            "_automatic": False,
            "_source": None,
            "_source_code": None,
            **WRITABLE,
            "date": self.today(paid.account),
            **given,
        }

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
            if excess > 0 and not row.now["from_credit"]:
                self._overpaid(row, excess)
            self._fire("payment", "update", row)
            self._paid_by(row)
            self._row_edited(row)
        return self.shown("payment", row)

    def delete_payment(self, payment: int) -> Fields:
        """Delete a payment softly, and the credit that its overpayment made."""
        return self.set_visibility("payment", payment, DELETED)

    def restore_payment(self, payment: int) -> Fields:
        """Make a deleted payment active again, whatever is open by now."""
        return self.set_visibility("payment", payment, ACTIVE)

    def refund(self, payment: int, amount: Any = None, *, keep: bool = False) -> Fields:
        """Give a payment back in one of the three ways that FreshBooks' help describes.

        There is no record of a refund: what had been paid before is known to nobody afterwards.

        Args:
            payment: its id.
            amount: what is given back, by which the payment is lowered; None is all of it.
            keep: of a payment given back whole keep a row of 0.00; else it is deleted.
        """
        if amount is None and not keep:
            return self.delete_payment(payment)
        with self.lock:
            paid = number(self.row("payment", payment).now["amount"])
            back = paid if amount is None else decimal("payment", "amount", amount)
            if not 0 <= back <= paid:
                raise invalid("payment", "amount", back, "No more than was paid can be returned.")
            return self.edit_payment(payment, amount=paid - back)

    def refund_by_line(self, invoice: int, amount: Any, name: str = "Refund") -> Fields:
        """Write a refund into its invoice as a negative line, as FreshBooks' help advises."""
        with self.lock:
            row = self.row("invoice", invoice)
            back = decimal("invoice", "unit_cost", amount)
            line = {"name": name, "qty": "1", "unit_cost": -abs(back)}
            return self.edit_invoice(invoice, lines=[*row.now["lines"], line])

    def credit(self, account: str, invoice: Fields) -> Decimal:
        """Return the unspent credit of the invoice's client in the invoice's currency."""
        notes, payments = self._credits(account, invoice["customerid"])
        return credits_left(notes, payments).get(invoice["currency_code"], ZERO)

    def _source(self, invoice: Row) -> int | None:
        """Return the credit note that a payment from credit draws on first."""
        notes, payments = self._credits(invoice.account, invoice.now["customerid"])
        return first_left(notes, payments, invoice.now["currency_code"])

    def _credits(self, account: str, client: int) -> tuple[list[Row], list[Row]]:
        return (
            self.tables["credit_note"].find(account, "clientid", [client]),
            self.tables["payment"].find(account, "clientid", [client]),
        )

    def _room(self, row: Row) -> Decimal:
        """Return what the payment may be at most."""
        own = number(row.now["amount"])
        if row.now["invoiceid"] is None:
            return Decimal("Infinity")
        invoice = self.row("invoice", row.now["invoiceid"])
        room = max(number(invoice.now["outstanding"]), ZERO)
        if row.now["from_credit"]:
            notes, payments = self._credits(row.account, row.now["clientid"])
            left = credits_left(notes, payments).get(row.now["_source_code"], ZERO)
            room = min(room, max(left, ZERO))
        return room + own

    def _overpaid(self, row: Row, excess: Decimal) -> None:
        """Put what the invoice could not take into a credit of the client."""

    def _row_edited(self, row: Row) -> None:
        """Carry an edited row on to the credit note it stands for, if it stands for one."""

    def _invoice_moved(self, row: Row) -> None:
        """Let payments follow their invoice: its currency always, its client by switch."""
        super()._invoice_moved(row)
        code, touch = row.now["currency_code"], self.switches.moves_touch_payments
        for payment in self.tables["payment"].find(row.account, "invoiceid", [row.id]):
            changes: Fields = {"amount": payment.now["amount"] | {"code": code}}
            if self.switches.payments_follow_clients and not payment.now["from_credit"]:
                changes["clientid"] = row.now["customerid"]
            if payment.now | changes != payment.now:
                self._change("payment", payment, changes, touch=touch)
                if touch:
                    self._fire("payment", "update", payment)

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
            # With a payment that is deleted goes the credit that it made.
            if row.now["overpaymentid"] is not None:
                self.set_visibility("payment", row.now["overpaymentid"], row.now["vis_state"])
            self._paid_by(row)
