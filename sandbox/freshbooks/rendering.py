"""Rows as FreshBooks shows them: what is asked for by `include[]`, and what depends on today.

Never changes a row.
"""

from collections.abc import Collection
from typing import Any

from sandbox.freshbooks.balances import BALANCES, balances
from sandbox.freshbooks.figures import status_on
from sandbox.freshbooks.ledger import Ledger
from sandbox.freshbooks.money import money
from sandbox.freshbooks.tables import Fields

# What belongs to the record itself though the API shows it on request only.
OWN: dict[str, tuple[str, ...]] = {
    "client": (*BALANCES, "last_activity"),
    "invoice": ("lines",),
    "payment": (),
    "expense": (),
    "category": (),
}


def render(
    books: Ledger, kind: str, account: str, fields: Fields, includes: Collection[str]
) -> Fields:
    """Return the body of a record; unknown includes are ignored."""
    shown = {name: value for name, value in fields.items() if name[0] != "_"}
    if kind == "client":
        _client(books, account, shown, includes)
    elif kind == "invoice":
        _invoice(books, account, shown, includes)
    elif kind == "payment":
        _payment(books, account, shown, includes)
    elif kind == "expense":
        _expense(books, account, shown, includes)
    return shown


def _client(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    if not includes:
        return
    for name, sums in balances(books, account, shown["id"]).items():
        if name in includes:
            # A currency in which nothing is open has no entry; nothing open at all is [].
            shown[name] = [
                {"amount": money(value, code)} for code, value in sorted(sums.items()) if value
            ]
    if "last_activity" in includes:
        with books.lock:
            found = books.tables["invoice"].find(account, "customerid", [shown["id"]])
        shown["last_activity"] = max((row.now["updated"] for row in found), default=None)


def _invoice(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
    lines = shown.pop("lines")
    shown["v3_status"] = status_on(shown, books.today(account))
    client = books.tables["client"].get(account, shown["customerid"])
    if client is not None:
        shown["current_organization"] = client.now["organization"] or " ".join(
            name for name in (client.now["fname"], client.now["lname"]) if name
        )
    extras: dict[str, Any] = {
        "lines": [line | {"invoiceid": shown["id"]} for line in lines],
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
    shown.update({name: extras[name] for name in extras if name in includes})


def _payment(books: Ledger, account: str, shown: Fields, includes: Collection[str]) -> None:
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
