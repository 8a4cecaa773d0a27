"""What differs about the timeline.

Never looks at what other people put there.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.check.books import Books, is_deleted
from sandbox.check.compare import places
from sandbox.check.compare.invoices import waits_for_existing
from sandbox.check.compare.scene import Scene
from sandbox.check.compare.sentences import one, table, where
from sandbox.check.expected.credits import credit
from sandbox.check.expected.entries import invoice_entry
from sandbox.check.expected.expectation import Expectation, Home, Presence
from sandbox.check.expected.expenses import expense
from sandbox.check.expected.payments import payment
from sandbox.check.rules import OneOf

Wanted = tuple[str, Expectation, Home]


def entries(scene: Scene) -> Iterator[str]:
    """Say what differs about the entries."""
    wanted: dict[str, Expectation] = {}
    for books in scene.source.books:
        for key, expectation, home in _expected(scene, books):
            wanted[key] = expectation
            row = scene.entries.get(key)
            yield from one(scene, key, expectation, row)
            if row is not None and expectation.place:
                yield from places.owner(scene, where(expectation, key), key, row=row, home=home)
    yield from table(scene, scene.target.entries, wanted)


def _expected(scene: Scene, books: Books) -> Iterator[Wanted]:
    conditions = scene.conditions
    for number in books.invoices:
        yield _of_invoice(scene, books, number)
    for number in books.payments:
        yield _of_payment(scene, books, number)
    for number, record in books.credits.items():
        home = scene.home(books, record["clientid"])
        place = _on_account(books, record["clientid"], home)
        wanted = credit(books, number, home, conditions, place)
        yield books.key("credit", number), wanted, home
    for number, record in books.expenses.items():
        home = scene.home(books, record["clientid"])
        key = books.key("expense", number)
        where_it_is: dict[str, Any] = dict.fromkeys(("account", "client row", "regarding"))
        if record["clientid"]:
            where_it_is = _on_account(books, record["clientid"], home)
        if record["clientid"] and scene.has_sales:
            del where_it_is["regarding"]
            row = scene.entries.get(key)
            where_it_is |= places.regarding_of_expense(scene, key, row, home)
        yield key, expense(books, number, home, conditions, where_it_is), home


def _of_invoice(scene: Scene, books: Books, number: int) -> Wanted:
    record, key = books.invoices[number], books.key("invoice", number)
    client = record["customerid"]
    home = scene.home(books, client)
    row = scene.invoices.get(key) if scene.has_sales else None
    place = _on_account(books, client, home)
    if scene.has_sales and row is None and key in scene.source.told.deleted:
        del place["regarding"]  # a person may have moved it before
    if row is not None:
        place = _beside(scene, key) | _client(books, home, client)
    wanted = invoice_entry(books, number, home, scene.conditions, place)
    if scene.has_sales and row is None and waits_for_existing(scene, record, home):
        wanted = Expectation(wanted.label, Presence.OPTIONAL)
    return key, wanted, home


def _of_payment(scene: Scene, books: Books, number: int) -> Wanted:
    record, key = books.payments[number], books.key("payment", number)
    billed = books.invoices.get(record["invoiceid"] or 0)
    clients = (billed["customerid"] if billed else record["clientid"], record["clientid"])
    home = scene.home(books, clients[0])
    place = _on_account(books, clients[0], home)
    if billed:
        place |= _beside(scene, books.key("invoice", billed["id"]))
    if "client row" in place:
        place["client row"] = OneOf(tuple(map(books.client_key, clients)))
    homes = [scene.home(books, client) for client in clients]
    # Where its invoice is gone it is its own client's, and may be nobody's.
    own = books.clients.get(record["clientid"] or 0)
    lost = own is not None and is_deleted(own) and not homes[1].known
    nowhere = lost and billed is not None and is_deleted(billed)
    waits = nowhere or any(each.waits for each in homes)
    if waits and not home.waits:
        home = Home(home.account, waits=True, active=home.active)
    return key, payment(books, number, home, scene.conditions, place), home


def _on_account(books: Books, client: int | None, home: Home) -> dict[str, Any]:
    place = {"regarding": home.account, "account": home.account, "invoice": None}
    return place | _client(books, home, client)


def _client(books: Books, home: Home, client: int | None) -> dict[str, Any]:
    return {"client row": books.client_key(client)} if home.known and client else {}


def _beside(scene: Scene, key: str) -> dict[str, Any]:
    """Return where something is that goes where the invoice with this key is."""
    row = scene.invoices.get(key) if scene.has_sales else scene.entries.get(key)
    if row is None:
        return {}
    if not scene.has_sales:
        return {"regarding": row["account"], "account": row["account"], "invoice": row.key}
    regarding = row["opportunity"] or row["customer"]
    return {"regarding": regarding, "account": row["customer"], "invoice": row.key}
