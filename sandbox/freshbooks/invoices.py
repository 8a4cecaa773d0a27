"""Changing invoices and their lines in the books.

Never takes money: that is a payment.
"""

import uuid
from decimal import Decimal
from typing import Any

from sandbox.freshbooks import eastern
from sandbox.freshbooks.changes import Changes
from sandbox.freshbooks.clients import snapshot
from sandbox.freshbooks.errors import RefusedError, invalid
from sandbox.freshbooks.figures import figure
from sandbox.freshbooks.ledger import ACTIVE, DELETED
from sandbox.freshbooks.lines import finished
from sandbox.freshbooks.money import ZERO, number
from sandbox.freshbooks.tables import Fields, Row
from sandbox.freshbooks.values import calendar_day, checked, decimal

WRITABLE: Fields = {
    "customerid": None,
    "invoice_number": None,
    "create_date": None,
    "due_offset_days": 0,
    "currency_code": None,
    "language": "en",
    "discount_value": "0",
    "discount_description": None,
    "description": "",
    "notes": "",
    "terms": None,
    "po_number": None,
    "fulfillment_date": None,
    "generation_date": None,
    "estimateid": 0,
    "organization": None,
    "fname": None,
    "lname": None,
    "address": "",
    "street": None,
    "street2": None,
    "city": None,
    "province": None,
    "code": None,
    "country": None,
    "vat_name": None,
    "vat_number": None,
    "deposit_amount": None,
    "deposit_percentage": None,
    "auto_bill": False,
    "show_attachments": False,
    "template": "clean-grouped",
    "return_uri": None,
    "payment_details": "",
}
_FIXED: Fields = {
    "autobill_status": None,
    "basecampid": 0,
    "deposit_status": "none",
    "dispute_status": None,
    "ext_archive": 0,
    "gmail": False,
    "last_order_status": None,
    "ownerid": 1,
    "parent": 0,
    "sentid": 1,
    "_marked": None,
}


class InvoiceOperations(Changes):
    """What can be done to invoices."""

    def create_invoice(
        self,
        customerid: int,
        lines: list[dict[str, Any]] | None = None,
        *,
        account: str | None = None,
        sent: bool = False,
        **fields: Any,
    ) -> Fields:
        """Add an invoice to a client, as a draft unless `sent`.

        Args:
            customerid: the client's id.
            lines: each with `name`, `qty`, `unit_cost` (a number, text or money object) and, if
                taxed, `taxName1` and the percentage `taxAmount1`.
            account: None means the client's.
            sent: leave the draft stage at once, without an e-mail.
            **fields: FreshBooks' names.

        >>> # books.create_invoice(92001, [{"name": "Design", "qty": 2, "unit_cost": "80.00"}])
        """
        given = checked("invoice", fields, WRITABLE)
        with self.lock:
            client = self._customer(customerid, account)
            start = self._started_invoice(client, sent=sent) | given
            made = self._invoice(start | {"customerid": client.id}, lines or [])
            made |= self._figure(made, ZERO, paid_on=None, automatic=False)
            row = self._insert("invoice", client.account, made)
            self._lines_changed(row, [])
        return self.shown("invoice", row)

    def _started_invoice(self, client: Row, *, sent: bool) -> Fields:
        """Return an invoice to a client of which nothing is written yet."""
        return {
            "accountid": client.account,
            "accounting_systemid": client.account,
            "uuid": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "created_at": eastern.stamp(self.clock()),
            **_FIXED,
            **WRITABLE,
            **snapshot(client.now),
            "invoice_number": f"{self.tables['invoice'].count(client.account) + 1:07}",
            "create_date": self.today(client.account),
            "currency_code": client.now["currency_code"],
            "_stage": "sent" if sent else "draft",
            "customerid": client.id,
        }

    def edit_invoice(
        self,
        invoice: int,
        *,
        lines: list[dict[str, Any]] | None = None,
        stage: str | None = None,
        by_email: bool = False,
        **fields: Any,
    ) -> Fields:
        """Change an invoice.

        Args:
            invoice: its id.
            lines: the whole new set in its new order; a line sent with its `lineid` keeps it. None
                keeps the lines.
            stage: draft, sent or viewed; None keeps it. What was sent can be a draft again.
            by_email: send it too, which is an event of its own.
            **fields: as in `create_invoice`; another `currency_code` leaves every number as it is.
        """
        given = checked("invoice", fields, WRITABLE)
        if "deposit_amount" in given:
            given.setdefault("deposit_percentage", None)
        with self.lock:
            row = self.row("invoice", invoice)
            before = row.now
            if "customerid" in given:
                given["customerid"] = self._customer(given["customerid"], row.account).id
            changed = row.now | given | ({"_stage": stage} if stage else {})
            if given or lines is not None:
                kept = row.now["lines"] if lines is None else lines
                changed = self._invoice(changed, kept)
            self._recalculate(row, changed)
            self._fire("invoice", "update", row)
            self._lines_changed(row, before["lines"])
            if any(before[name] != row.now[name] for name in ("currency_code", "customerid")):
                self._invoice_moved(row)
            if by_email:
                self._fire("invoice", "sendByEmail", row)
        return self.shown("invoice", row)

    def send_invoice(self, invoice: int, *, by_email: bool = True) -> Fields:
        """Send a draft, or send an invoice again."""
        draft = self.row("invoice", invoice).now["_stage"] == "draft"
        return self.edit_invoice(invoice, stage="sent" if draft else None, by_email=by_email)

    def view_invoice(self, invoice: int) -> Fields:
        """Let the client look at the invoice."""
        return self._restage(invoice, {"_stage": "viewed"})

    def mark_invoice(self, invoice: int, v3_status: str | None) -> Fields:
        """Force `v3_status` to a value that no operation here leads to; None lets it go again."""
        return self._restage(invoice, {"_marked": v3_status})

    def delete_invoice(self, invoice: int) -> Fields:
        """Delete an invoice softly; its payments stay."""
        return self.set_visibility("invoice", invoice, DELETED)

    def restore_invoice(self, invoice: int) -> Fields:
        """Make a deleted or archived invoice active again."""
        return self.set_visibility("invoice", invoice, ACTIVE)

    def _restage(self, invoice: int, changes: Fields) -> Fields:
        with self.lock:
            row = self.row("invoice", invoice)
            self._recalculate(row, changes)
            self._fire("invoice", "update", row)
        return self.shown("invoice", row)

    def _customer(self, customerid: int, account: str | None) -> Row:
        if customerid is None:
            raise invalid("invoice", "customerid", "", "'customerid' is required.", 1001)
        try:
            return self.row("client", int(customerid), account)
        except (RefusedError, ValueError):
            raise invalid("invoice", "customerid", customerid, "Client not found.", 1012) from None

    def _invoice(self, fields: Fields, lines: list[dict[str, Any]]) -> Fields:
        fields["create_date"] = calendar_day("invoice", "create_date", fields["create_date"])
        fields["due_offset_days"] = int(
            decimal("invoice", "due_offset_days", fields["due_offset_days"])
        )
        fields["due_date"] = eastern.days_after(fields["create_date"], fields["due_offset_days"])
        fields["discount_value"] = (
            f"{decimal('invoice', 'discount_value', fields['discount_value']):f}"
        )
        if fields["deposit_percentage"] is not None:
            fields["deposit_percentage"] = (
                f"{decimal('invoice', 'deposit_percentage', fields['deposit_percentage']):f}"
            )
        if fields["deposit_amount"] is not None:
            decimal("invoice", "deposit_amount", fields["deposit_amount"])
        fields["lines"] = finished(
            "invoice",
            lines,
            fields["currency_code"],
            eastern.stamp(self.clock()),
            self.switches,
        )
        return fields

    def _figure(self, fields: Fields, paid: Decimal, **known: Any) -> Fields:
        return figure(fields, paid, tax_per_line=self.switches.tax_per_line, **known)

    def _recalculate(self, row: Row, changes: Fields, *, touch: bool = True) -> None:
        """Change an invoice and bring its figures in line with its payments."""
        alive = [
            payment.now
            for payment in self.tables["payment"].find(row.account, "invoiceid", [row.id])
            if payment.now["vis_state"] != DELETED
        ]
        paid = sum((number(payment["amount"]) for payment in alive), ZERO)
        last = max(alive, key=lambda payment: (payment["date"], payment["id"]), default=None)
        changes = changes | self._figure(
            row.now | changes,
            paid,
            paid_on=last["date"] if last else None,
            automatic=bool(last and last["_automatic"]),
        )
        self._change("invoice", row, changes, touch=touch)

    def _lines_changed(self, row: Row, before: list[Fields]) -> None:
        """Carry a change of an invoice's lines on to other rows."""

    def _invoice_moved(self, row: Row) -> None:
        """Carry a change of an invoice's currency or client on to its payments."""
