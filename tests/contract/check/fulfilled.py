"""A Dataverse that does as it is expected to, for books of any kind.

Never proves that what is expected is right: that is what the picture is for.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sandbox.check.compare import customers, entries, invoices
from sandbox.check.compare.scene import Scene
from sandbox.check.expected.clients import client
from sandbox.check.expected.expectation import Expectation, Presence
from sandbox.check.expected.lines import Line
from sandbox.check.found.crm import Crm, Currency, FoundLine, FoundRow, Reference
from sandbox.check.rules import AtLeast, Naming, NoneOf, OneOf, Rule, Subject
from sandbox.check.source import Source
from tests.contract.check.picture.customers import account_row, client_row
from tests.contract.check.picture.invoices import invoice_row
from tests.contract.check.picture.rows import NOBODYS
from tests.contract.check.picture.timeline import entry_row

CURRENCIES = {
    "USD": Currency(2, Decimal(1), priced=True),
    "CAD": Currency(2, Decimal("1.36"), priced=True),
    "EUR": Currency(2, Decimal("0.92"), priced=True),
    "JPY": Currency(0, Decimal("151.3"), priced=True),
}
ACCOUNTS = [Reference("account", f"a-{number}", f"Account {number}") for number in range(5)]


def fulfilled(source: Source) -> Crm:
    """Return a Dataverse in which nothing differs from these books."""
    homes = [account_row(account) for account in ACCOUNTS]
    crm = Crm(clients=[], accounts=homes, invoices=[], entries=[], currencies=CURRENCIES)
    crm = replace(crm, clients=_clients(Scene(source, crm)))
    scene = Scene(source, crm)
    crm = replace(crm, accounts=_accounts(scene), invoices=_invoices(scene))
    return replace(crm, entries=_entries(Scene(source, crm)))


def _clients(scene: Scene) -> list[FoundRow]:
    rows = []
    for books in scene.source.books:
        for place, number in enumerate(books.clients):
            key = books.client_key(number)
            gone = books.clients[number]["vis_state"] == 1
            wanted = client(books, number, scene.standings[key], scene.conditions, counts=not gone)
            row = client_row(key, number, "", ACCOUNTS[place % len(ACCOUNTS)])
            rows.append(_obeying(row, wanted, state="gone" if gone else "linked"))
    return rows


def _accounts(scene: Scene) -> list[FoundRow]:
    linked, gone = (customers._by_account(scene, state) for state in ("linked", "gone"))
    rows = []
    for row in scene.target.accounts:
        wanted = customers._expected(scene, row, linked[row.id], gone[row.id])
        # What was converted is said first, for the sum is of what is said.
        said = replace(row, fields={**row.fields, "conversion": concrete(wanted.get("conversion"))})
        again = customers._expected(scene, said, linked[row.id], gone[row.id])
        rows.append(_obeying(said, Expectation("", Presence.NEEDED, again)))
    return rows


def _invoices(scene: Scene) -> list[FoundRow]:
    rows = []
    for books in scene.source.books:
        for number, record in books.invoices.items():
            lines = {
                place: (FoundLine("", "", Decimal(0), Decimal(0)), "0") for place in range(1, 20)
            }
            row = invoice_row(books.key("invoice", number), "", "", "0", NOBODYS, lines=lines)
            row = replace(row, digits=getattr(CURRENCIES.get(record["currency_code"]), "digits", 2))
            wanted = invoices._expected(scene, books, number, row)
            if wanted.presence is Presence.NEEDED:
                code = {"price list": record["currency_code"]}
                priced = replace(row, fields={**row.fields, **code})
                wanted = invoices._expected(scene, books, number, priced)
                rows.append(_obeying(priced, wanted))
    return rows


def _entries(scene: Scene) -> list[FoundRow]:
    rows = []
    for books in scene.source.books:
        for key, wanted, _ in entries._expected(scene, books):
            if wanted.presence is Presence.NEEDED:
                rows.append(_obeying(entry_row(key, "", None, wanted.place["account"]), wanted))
    return rows


def _obeying(row: FoundRow, wanted: Expectation, **more: Any) -> FoundRow:
    named = {**wanted.fields, **wanted.place}
    said = {name: concrete(value) for name, value in named.items()}
    digits = (
        CURRENCIES[said["currency"]].digits if said.get("currency") in CURRENCIES else row.digits
    )
    return replace(row, fields={**row.fields, **said, **more}, digits=digits)


def concrete(wanted: Any) -> Any:
    """Return a value that obeys a rule."""
    if not isinstance(wanted, Rule):
        return wanted
    return _VALUES.get(type(wanted), str)(wanted)


def _subject(wanted: Subject) -> str:
    amounts = ", ".join(f"{each:f} {wanted.code}" for each in wanted.amounts)
    return f"Something of {amounts} for {wanted.number}"


def _line(wanted: Line) -> FoundLine:
    if wanted.quantity is None or wanted.price is None:
        return FoundLine(wanted.name, wanted.description, Decimal(1), Decimal(0))
    original = f"{wanted.description} ({wanted.quantity:f} x {wanted.price:f})"
    return FoundLine(wanted.name, original, Decimal(1), Decimal(7))


# What is not here is itself as text.
_VALUES: dict[type, Callable[[Any], Any]] = {
    OneOf: lambda wanted: concrete(wanted.values[0]),
    NoneOf: lambda _: "recorded",
    Naming: lambda wanted: f"https://my.freshbooks.com/{wanted.numbers[0]}",
    AtLeast: lambda wanted: wanted.least,
    Subject: _subject,
    Line: _line,
}
