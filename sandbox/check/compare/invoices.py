"""What differs about invoices, and about the sums of the opportunities they are on.

Never compares lines and native totals of invoices that were somebody's before.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.check.books import Books, Record, amount
from sandbox.check.compare import places
from sandbox.check.compare.customers import healths
from sandbox.check.compare.scene import Scene
from sandbox.check.compare.sentences import one, table, where
from sandbox.check.expected import lines
from sandbox.check.expected.expectation import Expectation, Home, Presence
from sandbox.check.expected.invoices import invoice as expected_invoice
from sandbox.check.expected.opportunities import opportunity as expected_opportunity
from sandbox.check.found import FoundRow, Reference
from sandbox.check.rules import OneOf


def invoices(scene: Scene) -> Iterator[str]:
    """Say what differs about the rows of invoices."""
    wanted = {
        key: _expected(scene, books, number, scene.invoices.get(key))
        for books in scene.source.books
        for number, key in _keys(books)
    }
    for books in scene.source.books:
        for number, key in _keys(books):
            row, record = scene.invoices.get(key), books.invoices[number]
            yield from one(scene, key, wanted[key], row)
            if row is not None and wanted[key].place and not row["adopted"]:
                home = scene.home(books, record["customerid"])
                yield from _double(scene, key, record, row=row, home=home)
                start = where(wanted[key], key)
                yield from places.owner(scene, start, key, row=row, home=home)
                if "lines" in wanted[key].fields:
                    yield from places.opportunity(scene, start, key, record, row=row, home=home)
    yield from table(scene, scene.target.invoices, wanted)


def _keys(books: Books) -> Iterator[tuple[int, str]]:
    for number in books.invoices:
        yield number, books.key("invoice", number)


def _expected(scene: Scene, books: Books, number: int, row: FoundRow | None) -> Expectation:
    record = books.invoices[number]
    home = scene.home(books, record["customerid"])
    adopted = bool(row and row["adopted"])
    wanted = expected_invoice(books, number, home, scene.conditions, adopted=adopted)
    if row is None:
        waits = waits_for_existing(scene, record, home)
        return replace(wanted, presence=Presence.OPTIONAL) if waits else wanted
    if "name" in wanted.fields:
        return replace(wanted, fields={**wanted.fields, **_lines(scene, record, row)})
    return wanted


def _lines(scene: Scene, record: Record, row: FoundRow) -> dict[str, Any]:
    """Expect of the lines that are there, and of totals that the settings allow."""
    organization, code = scene.target.organization, record["currency_code"]
    fields = lines.lines(record)
    totals = lines.totals(record, row.digits, organization.price_digits)
    fields |= totals
    if not organization.engine:
        fields.pop("sum of lines", None)
    else:
        mandatory = organization.price_list_mandatory
        priced = scene.target.currencies[code].priced
        fields |= lines.price_list(code, mandatory=mandatory, priced=priced)
        if totals and (row["price list"] == code or not (mandatory or row["price list"])):
            fields["native total"] = amount(record["amount"])
    # Those that are missing are counted.
    return {name: value for name, value in fields.items() if name in row.fields}


def waits_for_existing(scene: Scene, record: Record, home: Home) -> bool:
    """Say whether an invoice of the account has to be looked at by a person before ours is made."""
    alike = _alike(scene, record, home)
    if scene.source.policies.existing_invoices == "hold" or len(alike) != 1:
        return bool(alike)
    (row,) = alike
    return bool(
        row["currency"] != record["currency_code"]
        or row["native total"] != amount(record["amount"])
    )


def _alike(scene: Scene, record: Record, home: Home) -> list[FoundRow]:
    """Return the invoices of the account that have the number and are nobody's; none by policy."""
    policy = scene.source.policies.existing_invoices
    if policy == "ignore" or not isinstance(home.account, Reference):
        return []
    number = str(record["invoice_number"]).strip()
    return [
        row
        for row in scene.target.unclaimed
        if row["customer"] == home.account
        and number in row["numbers"]
        and row["state"] != "canceled"
    ]


def _double(scene: Scene, key: str, record: Record, *, row: FoundRow, home: Home) -> Iterator[str]:
    """Say which invoice Sales had already when ours was made beside it, and nobody decided so."""
    if key in scene.source.told.beside:
        return
    for other in _alike(scene, record, home):
        if other["created"] <= row["created"]:
            name = f"invoice {record['invoice_number']}"
            yield f"{name} ({key}) is in Dataverse twice: its row, and {other.id} from before"


def opportunities(scene: Scene) -> Iterator[str]:
    """Say what differs about what opportunities show of the invoices on them and their account."""
    placed: dict[str, list[Record]] = defaultdict(list)
    customers_of: dict[str, set[str]] = defaultdict(set)
    unclear: set[str] = set()
    health = healths(scene)
    for books in scene.source.books:
        for number, key in _keys(books):
            row = scene.invoices.get(key)
            if row is None or row["opportunity"] is None or row["state"] == "canceled":
                continue
            if "total" in _expected_plain(scene, books, number, row).fields:
                placed[row["opportunity"].id].append(books.invoices[number])
                customers_of[row["opportunity"].id].add(row["customer"].id)
            else:
                unclear.add(row["opportunity"].id)
    unclear |= _of_others(scene)
    for row in scene.target.opportunities:
        # What waits or stays as it was counts with figures that are nobody's any more.
        if row.id not in unclear:
            fields = expected_opportunity(placed[row.id], row["currency"], scene.source.today)
            fields |= _health(row, health, customers_of[row.id])
            label = f"opportunity {row['name']}"
            yield from one(scene, row.id, Expectation(label, Presence.OPTIONAL, fields), row)


def _health(row: FoundRow, known: Mapping[str, Any], customers: set[str]) -> dict[str, Any]:
    """Expect of an opportunity how its account stands.

    One that has no invoice of its account may be younger than the last look at that, or closed.
    """
    account = row["account"]
    if account is None or account.id not in known:
        return {}
    wanted = known[account.id]
    if account.id in customers:
        return {"health": wanted}
    return {"health": OneOf((wanted, None))} if row["open"] else {}


def strays(scene: Scene) -> Iterator[str]:
    """Say what the Sales app's tables hold where entries are all there is."""
    if not scene.source.told.left:
        for found in scene.target.strays:
            yield f"{found}, though entries are all there is"


def _expected_plain(scene: Scene, books: Books, number: int, row: FoundRow) -> Expectation:
    home = scene.home(books, books.invoices[number]["customerid"])
    adopted = bool(row.fields.get("adopted"))
    return expected_invoice(books, number, home, scene.conditions, adopted=adopted)


def _of_others(scene: Scene) -> set[str]:
    """Return the opportunities with invoices of businesses that are not compared."""
    return {
        row["opportunity"].id
        for key, row in scene.invoices.items()
        if row["opportunity"] is not None and key.partition("-")[0] in scene.source.others
    }
