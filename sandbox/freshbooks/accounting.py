"""The accounting endpoints: clients, invoices, payments, credit notes, expenses, categories.

Never decides who is asking; that has been settled before.
"""

from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.freshbooks import (
    clients,
    credit_notes,
    expenses,
    invoices,
    lists,
    payments,
    rendering,
)
from sandbox.freshbooks.books import Books
from sandbox.freshbooks.errors import RefusedError, invalid, unknown
from sandbox.freshbooks.figures import STAGES
from sandbox.freshbooks.ledger import DELETED, ID_FIELDS
from sandbox.freshbooks.tables import Fields
from sandbox.web import json_response

# What stands behind /accounting/account/<account>/, and the scope each of it needs.
PATHS = {
    "users/clients": "client",
    "invoices/invoices": "invoice",
    "payments/payments": "payment",
    "credit_notes/credit_notes": "credit_note",
    "expenses/expenses": "expense",
    "expenses/categories": "category",
}
SCOPES = {
    "client": "clients",
    "invoice": "invoices",
    "payment": "payments",
    "credit_note": "credit_notes",
    "expense": "expenses",
    "category": "expenses",
}
# Families that an account without the feature gets told about inside HTTP 200.
REFUSED_IN_200 = {
    "items/items": (12001, "You do not have access to items."),
    "other_incomes/other_incomes": (1003, "You do not have access to other income."),
}
# The SDK deletes invoices by DELETE and everything else by PUT of vis_state.
_DELETABLE = {"invoice"}
_WRITABLE: dict[str, Fields] = {
    "client": clients.WRITABLE,
    "invoice": invoices.WRITABLE,
    "payment": payments.WRITABLE,
    "credit_note": credit_notes.WRITABLE,
    "expense": expenses.WRITABLE,
}


class Accounting:
    """Requests on records, answered from the books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def answer(
        self,
        request: Request,
        kind: str,
        account: str,
        record: int | None,
        *,
        own_client: int | None = None,
    ) -> Response:
        """Answer one request.

        Args:
            request: the request.
            kind: what it is about.
            account: whose books.
            record: the id in the path, if there is one.
            own_client: the reader is a mere client of the account, and sees their own rows only.

        Raises:
            RefusedError: the documented refusal.
        """
        method = request.method
        if method == "GET" and record is None:
            result = lists.answer(self._books, kind, account, request.args, own_client=own_client)
            return json_response({"response": {"result": result}})
        if method == "GET" and record is not None:
            fields = self._read(kind, account, record)
            if own_client is not None and lists.owner(kind, fields) != own_client:
                raise unknown(kind, ID_FIELDS[kind], record)
            return self._one(request, kind, account, fields)
        if own_client is not None:
            raise RefusedError(403, 1003, "Permission Denied")
        if method == "POST" and record is None:
            made = self._create(kind, account, self._sent(request, kind))
        elif method == "PUT" and record is not None and kind != "category":
            made = self._update(kind, account, record, self._sent(request, kind))
        elif method == "DELETE" and record is not None and kind in _DELETABLE:
            self._books.row(kind, record, account)
            self._books.set_visibility(kind, record, DELETED)
            return json_response({"response": {}})
        else:
            raise RefusedError(405, 405, "Method Not Allowed")
        return self._one(request, kind, account, self._books.row(kind, made["id"]).now)

    def _read(self, kind: str, account: str, record: int) -> Fields:
        with self._books.lock:
            row = self._books.row(kind, record, account)
            fields = row.now
            if row.stale > 0:
                row.stale -= 1
                if row.before is None:
                    raise unknown(kind, ID_FIELDS[kind], record)
                fields = row.before
        answers = self._books.switches.deleted_reads
        if fields["vis_state"] == DELETED and answers != "row":
            refusal = unknown(kind, ID_FIELDS[kind], record)
            if answers == "deleted":
                refusal.errno, refusal.message = 1011, "This resource has been deleted."
            raise refusal
        return fields

    def _one(self, request: Request, kind: str, account: str, fields: Fields) -> Response:
        includes = lists.included(request.args)
        shown = rendering.render(self._books, kind, account, fields, includes)
        return json_response({"response": {"result": {self._key(kind): shown}}})

    def _key(self, kind: str) -> str:
        """Return what one record is called in a body."""
        plural = kind == "credit_note" and self._books.switches.plural_credit_note_key
        return lists.PLURALS[kind] if plural else kind

    def _sent(self, request: Request, kind: str) -> Fields:
        body = request.get_json(force=True, silent=True)
        if not isinstance(body, dict):
            raise RefusedError(400, 1005, "The body could not be parsed.")
        key = self._key(kind)
        sent = body.get(key)
        if not isinstance(sent, dict):
            raise invalid(kind, key, "", f"'{key}' is required.", 1001)
        return sent

    def _create(self, kind: str, account: str, sent: Fields) -> Fields:
        if kind == "client":
            return self._books.create_client(account=account, **_known(kind, sent))
        if kind == "invoice":
            stage = _invoice_stage(sent)
            given = _known(kind, sent)
            return self._books.create_invoice(
                given.pop("customerid", None),
                _lines(kind, sent) or [],
                account=account,
                sent=stage in {"sent", "viewed"},
                **given,
            )
        if kind == "payment":
            return self._pay(account, sent)
        if kind == "credit_note":
            given = _known(kind, sent)
            return self._books.create_credit_note(
                given.pop("clientid", None), _lines(kind, sent) or [], account=account, **given
            )
        if kind == "expense":
            return self._spend(account, sent)
        if not sent.get("category"):
            raise invalid("category", "category", "", "'category' is required.", 1001)
        return self._books.create_category(str(sent["category"]), account=account)

    def _pay(self, account: str, sent: Fields) -> Fields:
        invoice, given = sent.get("invoiceid"), _known("payment", sent)
        if given.get("amount") is None:
            raise invalid("payment", "amount", "", "'amount' is required.", 1001)
        try:
            self._books.row("invoice", int(str(invoice)), account)
        except (ValueError, RefusedError):
            raise invalid("payment", "invoiceid", invoice, "Invoice not found.", 1012) from None
        return self._books.pay_invoice(
            int(str(invoice)), from_credit=sent.get("type") == "Credit", **given
        )

    def _spend(self, account: str, sent: Fields) -> Fields:
        given = _known("expense", sent)
        amount = given.pop("amount", None)
        if amount is None:
            raise invalid("expense", "amount", "", "'amount' is required.", 1001)
        if isinstance(amount, dict) and amount.get("code"):
            given["code"] = amount["code"]
        return self._books.create_expense(amount, account=account, **given)

    def _update(self, kind: str, account: str, record: int, sent: Fields) -> Fields:
        self._books.row(kind, record, account)
        if "vis_state" in sent:
            # Even an unchanged vis_state makes FreshBooks drop every other field of the PUT.
            return self._books.set_visibility(kind, record, sent["vis_state"])
        given = _known(kind, sent)
        if kind == "client":
            return self._books.edit_client(record, **given)
        if kind == "payment":
            return self._books.edit_payment(record, **given)
        if kind == "expense":
            return self._books.edit_expense(record, **given)
        if kind == "credit_note":
            return self._books.edit_credit_note(record, lines=_lines(kind, sent), **given)
        return self._books.edit_invoice(
            record,
            lines=_lines(kind, sent),
            stage=_invoice_stage(sent),
            by_email=bool(sent.get("action_email")),
            **given,
        )


def _known(kind: str, sent: Fields) -> Fields:
    """Return what of a body can be written; the rest is ignored, but for one field."""
    if kind == "invoice" and "due_date" in sent:
        # It follows from create_date and due_offset_days; writing it is refused.
        raise RefusedError(
            403,
            1038,
            "'due_date' cannot be written.",
            {"object": "invoice", "field": "due_date", "value": str(sent["due_date"])},
        )
    return {name: value for name, value in sent.items() if name in _WRITABLE[kind]}


def _lines(kind: str, sent: Fields) -> list[dict[str, Any]] | None:
    lines = sent.get("lines")
    if lines is None:
        return None
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise invalid(kind, "lines", lines, "'lines' must be a list.", 1034)
    return lines


def _invoice_stage(sent: Fields) -> str | None:
    if sent.get("action_email") or sent.get("action_mark_as_sent"):
        return "sent"
    if "status" not in sent:
        return None
    for stage, wire in STAGES.items():
        if str(sent["status"]) == str(wire):
            return stage
    raise invalid("invoice", "status", sent["status"], "Invalid status.")
