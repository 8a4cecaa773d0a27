"""Rows as FreshBooks shows them: what is asked for by `include[]`, and what depends on today.

Never changes a row.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.freshbooks.balances import BALANCES, balances, spent
from sandbox.freshbooks.figures import status_on
from sandbox.freshbooks.ledger import Ledger
from sandbox.freshbooks.money import ZERO, money, number
from sandbox.freshbooks.tables import Fields

# What belongs to the record itself though the API shows it on request only.
OWN: dict[str, tuple[str, ...]] = {
    "client": (*BALANCES, "last_activity"),
    "invoice": ("lines",),
    "payment": (),
    "credit_note": ("lines",),
    "expense": (),
    "category": (),
}


def render(
    books: Ledger, kind: str, account: str, fields: Fields, includes: Collection[str]
) -> Fields:
    """Return the body of a record; unknown includes are ignored."""
    shown = {name: value for name, value in fields.items() if name[0] != "_"}
    if fields.get("from_credit") and books.switches.applied_credits_name_their_credit:
        shown["creditid"] = fields["_source"]
    if kind in _RENDER:
        _RENDER[kind](books, account, shown, includes)
    return shown


def _client(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    if not includes:
        return
    for name, sums in balances(books, account, shown["id"]).items():
        if name in includes:
            shown[name] = [
                {"amount": money(value, code)}
                for code, value in sorted(sums.items())
                if value or books.switches.zero_balances
            ]
    if "last_activity" in includes:
        with books.lock:
            found = books.tables["invoice"].find(account, "customerid", [shown["id"]])
        shown["last_activity"] = max((row.now["updated"] for row in found), default=None)


def _invoice(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    lines = shown.pop("lines")
    shown["v3_status"] = v3_status(books, account, shown)
    shown |= _current_organization(books, account, shown["customerid"])
    if "lines" in includes:
        shown["lines"] = [line | {"invoiceid": shown["id"]} for line in lines]
    if not _EXTRAS.isdisjoint(includes):
        shown.update(_extras(shown, includes))


_EXTRAS = frozenset({"presentation", "allowed_gateways", "attachments", "contacts", "owner"})


def _extras(shown: Fields, includes: Collection[str]) -> Fields:
    extras: dict[str, Any] = {
        "presentation": {
            "date_format": "mm/dd/yyyy",
            "image_banner_src": None,
            "image_logo_src": None,
            "invoiceid": shown["id"],
            "theme_font_name": "modern",
            "theme_layout": "simple",
            "theme_primary_color": "#2f6f4f",
        },
        "allowed_gateways": [],
        "attachments": [],
        "contacts": [],
        "owner": {"userid": shown["ownerid"]},
    }
    return {name: extras[name] for name in extras if name in includes}


def v3_status(books: Ledger, account: str, invoice: Fields) -> str:
    """Return an invoice's status of today in the spelling that is switched on."""
    switches = books.switches
    return spelled(
        status_on(invoice, books.today(account)),
        hyphens=switches.hyphenated_statuses,
        renamed=switches.renamed_statuses,
    )


def spelled(status: str, *, hyphens: bool, renamed: Mapping[str, str]) -> str:
    """Return a status as the switches let FreshBooks write it."""
    if hyphens:
        status = status.replace("_", "-")
    return renamed.get(status, status)


def _current_organization(books: Ledger, account: str, client: int) -> Fields:
    row = books.tables["client"].get(account, client)
    if row is None:
        return {}
    person = " ".join(name for name in (row.now["fname"], row.now["lname"]) if name)
    return {"current_organization": row.now["organization"] or person}


def _credit_note(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    lines = shown.pop("lines")
    shown |= _current_organization(books, account, shown["clientid"])
    with books.lock:
        notes = books.tables["credit_note"].find(account, "clientid", [shown["clientid"]])
        payments = books.tables["payment"].find(account, "clientid", [shown["clientid"]])
    whole = paid = number(shown["amount"])
    if books.switches.credits_paid_when_applied:
        paid = spent(notes, payments).get(shown["id"], ZERO)
    shown["paid"] = money(paid, shown["currency_code"])
    shown["payment_status"] = "paid" if paid >= whole else "partial" if paid else "unpaid"
    if "lines" in includes:
        shown["lines"] = [
            {name: line[name] for name in _CREDIT_LINE} | {"creditid": shown["id"]}
            for line in lines
        ]


def _payment(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    if "credit_note" in includes:
        shown["credit_note"] = _other(books, "credit_note", account, shown["creditid"])
    if "client" in includes:
        shown["client"] = _other(books, "client", account, shown["clientid"])
    if "invoice" in includes:
        shown["invoice"] = _other(books, "invoice", account, shown["invoiceid"])


def _expense(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    if "category" in includes:
        shown["category"] = _other(books, "category", account, shown["categoryid"])


def _other(books: Ledger, kind: str, account: str, record: int | None) -> Fields | None:
    row = books.tables[kind].get(account, record) if record is not None else None
    return render(books, kind, account, row.now, ()) if row is not None else None


_CREDIT_LINE = (
    "amount",
    "compounded_tax",
    "description",
    "name",
    "qty",
    "taskno",
    "taxAmount1",
    "taxAmount2",
    "taxName1",
    "taxName2",
    "unit_cost",
)
_RENDER = {
    "client": _client,
    "invoice": _invoice,
    "payment": _payment,
    "credit_note": _credit_note,
    "expense": _expense,
}
