"""The page on which a person changes the simulated books by hand.

Never does anything the books' operations do not.
"""

from html import escape
from typing import Any
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.freshbooks.books import Books
from sandbox.freshbooks.consent import document
from sandbox.freshbooks.errors import RefusedError

_SHOWN = 50
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #cdd6d0;padding:.3rem;text-align:left}"
    "form{display:inline-flex;gap:.3rem;margin:.1rem}input{width:7rem}"
)
_STATES = {0: "active", 1: "deleted", 2: "archived"}
_ACTIONS = {
    "create_client": ("organization", "fname", "lname", "email", "currency_code"),
    "edit_client": ("organization", "email"),
    "create_invoice": ("customerid", "name", "qty", "unit_cost"),
    "edit_invoice": ("name", "qty", "unit_cost"),
    "send_invoice": (),
    "pay_invoice": ("amount",),
    "delete_client": (),
    "restore_client": (),
    "delete_invoice": (),
    "restore_invoice": (),
}


def show(books: Books, request: Request) -> Response:
    """Show an account's newest clients and invoices, each with what can be done to it."""
    account = request.args.get("account") or books.business(None).account_id
    clients = books.records("client", account)[: -_SHOWN - 1 : -1]
    invoices = books.records("invoice", account)[: -_SHOWN - 1 : -1]
    accounts = " ".join(
        f'<a href="?{urlencode({"account": one.account_id})}">{escape(one.name)}</a>'
        for one in books.businesses.values()
    )
    said = request.args.get("said", "")
    return document(
        "FreshBooks sandbox",
        f"<p>{accounts} · account <code>{escape(account)}</code></p>"
        f'<p role="status">{escape(said)}</p>'
        f"<h2>Clients</h2>{_form('create_client', account, 'New client')}"
        f"<table><tr><th>Id<th>Client<th>State<th>Owes<th></tr>"
        f"{''.join(_client(one, account) for one in clients)}</table>"
        f"<h2>Invoices</h2>{_form('create_invoice', account, 'New invoice')}"
        f"<table><tr><th>Id<th>Number<th>Client<th>Amount<th>Open<th>Status<th>State<th></tr>"
        f"{''.join(_invoice(one, account) for one in invoices)}</table>",
        style=_STYLE,
    )


def submit(books: Books, request: Request, operation: str) -> Response:
    """Carry out one form and go back to the page, with what came of it.

    Raises:
        LookupError: the page has no such form.
    """
    if request.method != "POST" or operation not in _ACTIONS:
        raise LookupError(f"no such form: {operation}")
    account = request.form.get("account") or books.business(None).account_id
    given = {name: value for name, value in request.form.items() if value and name != "account"}
    try:
        done = books.perform(operation, _arguments(operation, account, given))
        said = f"{operation.replace('_', ' ')}: {done['id']}"
    except (RefusedError, TypeError, ValueError) as error:
        said = f"Not done: {error}"
    return redirect(f"/_sandbox/?{urlencode({'account': account, 'said': said})}", 303)


def _arguments(operation: str, account: str, given: dict[str, Any]) -> dict[str, Any]:
    verb, kind = operation.split("_")
    arguments = {name: value for name, value in given.items() if name in _ACTIONS[operation]}
    if verb == "create":
        arguments["account"] = account
    else:
        arguments[kind] = int(given.get("id", ""))
    if kind == "invoice" and verb in {"create", "edit"}:
        line = {
            name: arguments.pop(name) for name in ("name", "qty", "unit_cost") if name in arguments
        }
        if line:
            arguments["lines"] = [line]
    return arguments


def _client(client: dict[str, Any], account: str) -> str:
    name = client["organization"] or f"{client['fname']} {client['lname']}"
    owes = ", ".join(_money(one["amount"]) for one in client["outstanding_balance"])
    again = "delete_client" if client["vis_state"] == 0 else "restore_client"
    forms = _form("edit_client", account, "Edit", client["id"]) + _form(
        again, account, again.partition("_")[0].capitalize(), client["id"]
    )
    return (
        f"<tr><td>{client['id']}<td>{escape(name)}<td>{_STATES[client['vis_state']]}"
        f"<td>{owes}<td>{forms}</tr>"
    )


def _invoice(invoice: dict[str, Any], account: str) -> str:
    record = invoice["id"]
    again = "delete_invoice" if invoice["vis_state"] == 0 else "restore_invoice"
    forms = "".join(
        _form(operation, account, operation.partition("_")[0].capitalize(), record)
        for operation in ("edit_invoice", "send_invoice", "pay_invoice", again)
    )
    return (
        f"<tr><td>{record}<td>{escape(invoice['invoice_number'])}"
        f"<td>{escape(invoice.get('current_organization', ''))}<td>{_money(invoice['amount'])}"
        f"<td>{_money(invoice['outstanding'])}<td>{escape(invoice['v3_status'])}"
        f"<td>{_STATES[invoice['vis_state']]}<td>{forms}</tr>"
    )


def _form(operation: str, account: str, label: str, record: int | None = None) -> str:
    inputs = "".join(
        f'<input name="{name}" placeholder="{name}" aria-label="{name}">'
        for name in _ACTIONS[operation]
    )
    if record is not None:
        inputs += f'<input type="hidden" name="id" value="{record}">'
    return (
        f'<form method="post" action="/_sandbox/forms/{operation}">{inputs}'
        f'<input type="hidden" name="account" value="{escape(account)}">'
        f"<button>{escape(label)}</button></form>"
    )


def _money(value: dict[str, str]) -> str:
    return f"{escape(value['amount'])} {escape(value['code'])}"
