"""Changing credit notes in the books, and the rows that stand for them among the payments.

Never applies a credit to an invoice: that is a payment.

What is certain, from the vendor's published capture of 2020 and the code of its SDKs: the path, the
fields, the three types, `creditid` beside `id`, no `updated`; one note is `credit_note` and a list
`credit_notes` (the Node SDK and the reference's text say the plural for both: a switch). A capture
of a report shows that each note has a row of its own among the payments: its `creditid` is set, its
`invoiceid` is null and `from_credit` false; that of an overpayment has the payment's type and says
"Overpayment: invoice #<number>", the others' type is Credit. What `paid` means is not certain: all
notes of the capture are paid in full, applied or not. Nor is it whether webhooks tell of that row
as of a payment: here they do.
"""

from typing import Any

from sandbox.freshbooks import eastern
from sandbox.freshbooks.clients import snapshot
from sandbox.freshbooks.errors import RefusedError, invalid
from sandbox.freshbooks.ledger import ACTIVE, DELETED
from sandbox.freshbooks.lines import finished
from sandbox.freshbooks.money import ZERO, money, number, totals
from sandbox.freshbooks.payments import WRITABLE as PAYMENT_WRITABLE
from sandbox.freshbooks.payments import PaymentOperations
from sandbox.freshbooks.tables import Fields, Row
from sandbox.freshbooks.values import calendar_day, checked

WRITABLE: Fields = {
    "clientid": None,
    "credit_number": None,
    "credit_type": "goodwill",
    "currency_code": None,
    "create_date": None,
    "language": "en",
    "notes": "",
    "terms": None,
}
STAGES = ("created", "sent", "viewed")

_OVERPAYMENT = "overpayment"
_GIVEN_BY_HAND = {"goodwill", "prepayment"}
_FIXED: Fields = {
    "dispute_status": None,
    "display_status": "created",
    "ext_archive": 0,
    "last_order_status": None,
    "sentid": 1,
    "status": "created",
    "template": "clean-grouped",
}


class CreditOperations(PaymentOperations):
    """What can be done to credit notes."""

    def create_credit_note(
        self,
        clientid: int,
        lines: list[dict[str, Any]],
        *,
        account: str | None = None,
        **fields: Any,
    ) -> Fields:
        """Give a client a credit.

        Args:
            clientid: the client's id.
            lines: as an invoice's.
            account: None means the client's.
            **fields: FreshBooks' names; `credit_type` is goodwill or prepayment.

        >>> # books.create_credit_note(92001, [{"name": "Voucher", "unit_cost": "150"}])
        """
        given = checked("credit_note", fields, WRITABLE)
        _refuse_type(given)
        with self.lock:
            note = self._give(self._credited(clientid, account), lines, given)
            self._stand_for(note, {"type": "Credit"})
        return self.shown("credit_note", note)

    def edit_credit_note(
        self,
        credit_note: int,
        *,
        lines: list[dict[str, Any]] | None = None,
        stage: str | None = None,
        **fields: Any,
    ) -> Fields:
        """Change a credit note; the row that stands for it follows.

        Args:
            credit_note: its id.
            lines: the whole new set; None keeps the lines.
            stage: created, sent or viewed; None keeps it.
            **fields: as in `create_credit_note`.
        """
        given = checked("credit_note", fields, WRITABLE)
        with self.lock:
            note = self.row("credit_note", credit_note)
            if given.get("credit_type", note.now["credit_type"]) != note.now["credit_type"]:
                _refuse_type(given)
            if "clientid" in given:
                given["clientid"] = self._credited(given["clientid"], note.account).id
            staged = {"status": stage, "display_status": stage} if stage else {}
            kept = note.now["lines"] if lines is None else lines
            self._change("credit_note", note, self._note(note.now | given | staged, kept))
            self._fire("credit_note", "update", note)
            self._mirror(note)
        return self.shown("credit_note", note)

    def delete_credit_note(self, credit_note: int) -> Fields:
        """Delete a credit note softly; what has been applied of it stays applied."""
        return self.set_visibility("credit_note", credit_note, DELETED)

    def restore_credit_note(self, credit_note: int) -> Fields:
        """Make a deleted credit note active again."""
        return self.set_visibility("credit_note", credit_note, ACTIVE)

    def _credited(self, clientid: Any, account: str | None) -> Row:
        try:
            return self.row("client", int(clientid), account)
        except (RefusedError, TypeError, ValueError):
            raise invalid("credit_note", "clientid", clientid, "Client not found.", 1012) from None

    def _give(self, client: Row, lines: list[dict[str, Any]], given: Fields) -> Row:
        number_of = self.tables["credit_note"].count(client.account) + 1
        start = {
            "accounting_systemid": client.account,
            **_FIXED,
            **WRITABLE,
            **snapshot(client.now),
            "credit_number": f"{number_of:07}",
            "create_date": self.today(client.account),
            "currency_code": client.now["currency_code"],
            **given,
            "clientid": client.id,
        }
        return self._insert("credit_note", client.account, self._note(start, lines))

    def _note(self, fields: Fields, lines: list[dict[str, Any]]) -> Fields:
        code = fields["currency_code"]
        made = finished("credit_note", lines, code, eastern.stamp(self.clock()), self.switches)
        amount = totals(made, ZERO, tax_per_line=self.switches.tax_per_line).amount
        return fields | {
            "create_date": calendar_day("credit_note", "create_date", fields["create_date"]),
            "lines": made,
            "description": made[0]["description"] or "" if made else "",
            "amount": money(amount, code),
        }

    def _stand_for(self, note: Row, given: Fields) -> Row:
        """Put the row for a new note among the payments."""
        start = {
            "accounting_systemid": note.account,
            "bulk_paymentid": None,
            "clientid": note.now["clientid"],
            "creditid": note.id,
            "invoiceid": None,
            "overpaymentid": None,
            "from_credit": False,
            "_automatic": False,
            **PAYMENT_WRITABLE,
            **given,
            "date": note.now["create_date"],
            "amount": note.now["amount"],
        }
        return self._insert("payment", note.account, start)

    def _row_of(self, note: Row) -> Row:
        """Return the row that stands for a note."""
        (row,) = self.tables["payment"].find(note.account, "creditid", [note.id])
        return row

    def _mirror(self, note: Row) -> None:
        row = self._row_of(note)
        changes = {
            "amount": note.now["amount"],
            "clientid": note.now["clientid"],
            "date": note.now["create_date"],
        }
        if row.now | changes != row.now:
            self._change("payment", row, changes)
            self._fire("payment", "update", row)

    def _overpaid(self, row: Row, excess: Any) -> None:
        super()._overpaid(row, excess)
        if row.now["overpaymentid"] is not None:
            standing = self.row("payment", row.now["overpaymentid"])
            whole = number(standing.now["amount"]) + excess
            self.edit_payment(standing.id, amount=whole)
            return
        invoice = self.row("invoice", row.now["invoiceid"])
        said = f"Overpayment: invoice #{invoice.now['invoice_number']}"
        note = self._give(
            self.row("client", row.now["clientid"]),
            [{"name": "Credit", "description": said, "unit_cost": excess}],
            {
                "credit_type": _OVERPAYMENT,
                "currency_code": row.now["amount"]["code"],
                "create_date": row.now["date"],
                "notes": said,
                "terms": "",
            },
        )
        standing = self._stand_for(note, {"type": row.now["type"], "note": said})
        self._change("payment", row, {"overpaymentid": standing.id}, touch=False)

    def _row_edited(self, row: Row) -> None:
        super()._row_edited(row)
        if row.now["creditid"] is None:
            return
        note, lines = self.row("credit_note", row.now["creditid"]), None
        if row.now["amount"] != note.now["amount"]:
            line = note.now["lines"][0] if note.now["lines"] else {"name": "Credit"}
            untaxed = {"qty": "1", "taxAmount1": "0", "taxAmount2": "0"}
            lines = [line | untaxed | {"unit_cost": row.now["amount"]}]
        if lines is not None or row.now["date"] != note.now["create_date"]:
            self.edit_credit_note(note.id, lines=lines, create_date=row.now["date"])

    def _visibility_changed(self, kind: str, row: Row) -> None:
        super()._visibility_changed(kind, row)
        # A note and its row come and go together.
        if kind == "credit_note":
            self.set_visibility("payment", self._row_of(row).id, row.now["vis_state"])
        elif kind == "payment" and row.now["creditid"] is not None:
            self.set_visibility("credit_note", row.now["creditid"], row.now["vis_state"])


def _refuse_type(given: Fields) -> None:
    """Refuse a type that nobody can give; an overpayment makes its credit itself."""
    if given.get("credit_type", "goodwill") not in _GIVEN_BY_HAND:
        raise invalid("credit_note", "credit_type", given["credit_type"], "Invalid credit_type.")
