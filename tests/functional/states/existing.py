"""Invoices that people typed into Dynamics, what is done about them, and what a person decides.

Never says what becomes of an adopted one later.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, amount, same, town_of, words

# Of a row that is adopted, what is ours and what the platform writes by itself.
_OURS = ("fbx_", "_fbx_", "@", "statecode", "statuscode", "modified", "_modified", "versionnumber")


@dataclass(frozen=True)
class Met:
    """An invoice of FreshBooks whose number stands in Dynamics already.

    Attributes:
        typed: ids of the rows that people typed.
        before: these rows, as they were before it came.
        lines: of these rows.
    """

    record: Row
    typed: tuple[str, ...]
    before: tuple[Row, ...]
    lines: tuple[Row, ...]


def type_invoice(
    town: Town, client: Row, number: str, price: str = "100.00", code: str = "USD", **columns: Any
) -> str:
    """Type an invoice of one line for a client's account, as a person does."""
    lists = town.firm.dataverse.all("pricelevel")
    currency = town.currency(code)
    price_list = next(
        row["pricelevelid"] for row in lists if row["_transactioncurrencyid_value"] == currency[1]
    )
    state = {name: columns.pop(name) for name in ("statecode", "statuscode") if name in columns}
    typed = town.firm.dataverse.add(
        "invoice",
        customerid=("account", town.home(client)),
        transactioncurrencyid=currency,
        pricelevelid=("pricelevel", price_list),
        **{"name": "Workshop in May", "invoicenumber": number, **columns},
    )
    town.firm.dataverse.add(
        "invoicedetail",
        invoiceid=("invoice", typed),
        productdescription="Workshop",
        isproductoverridden=True,
        quantity=1,
        priceperunit=Decimal(price),
    )
    if state:
        town.firm.dataverse.update("invoice", typed, **state)
    return str(typed)


def met(town: Town, client: Row, typed: Sequence[str], number: str, **fields: Any) -> Met:
    """Let an invoice of FreshBooks come whose number people typed already."""
    before, lines = tuple(map(town.row, typed)), tuple(lines_of(town, *typed))
    record = town.bill(client, invoice_number=number, **fields)
    town.run()
    return Met(record, tuple(typed), before, lines)


def agreeing(town: Town, **columns: Any) -> Met:
    """Return one whose currency and total agree."""
    client, number = town.client(), town.name()
    return met(town, client, [type_invoice(town, client, number, **columns)], number)


def _disagreeing(town: Town) -> Iterator[Met]:
    for typed in (
        [{"price": "99.99"}],
        [{"code": "CAD"}],
        [{}, {"price": "1.00"}],
    ):
        client, number = town.client(), town.name()
        yield met(town, client, [type_invoice(town, client, number, **t) for t in typed], number)


def lines_of(town: Town, *typed: str) -> Iterator[Row]:
    """Yield the lines of rows."""
    for each in typed:
        for row in town.rows("invoicedetails", f"_invoiceid_value eq {each}"):
            yield {name: value for name, value in row.items() if name != "@odata.etag"}


def native(row: Row) -> Row:
    """Return what belongs to people."""
    return {name: value for name, value in row.items() if not name.startswith(_OURS)}


def check_setting(said: Said) -> None:
    """Compare what the page says is done about an invoice with what Dynamics then shows."""
    town = town_of(**{said.table.split("`")[1]: said.quoted()[0]})
    agree, other = said.cells[1:]
    assert DONE[agree](town, agreeing(town)), said
    for each in _disagreeing(town):
        assert DONE[agree if other == "likewise" else other](town, each), f"{said}: {each}"


def is_adopted(town: Town, met_before: Met) -> bool:
    """Say whether a typed row stands for an invoice, and is people's otherwise."""
    row, entry = town.invoice(met_before.record), town.entry("invoice", met_before.record)
    if row is None or entry is None or row["invoiceid"] not in met_before.typed:
        return False
    before = met_before.before[met_before.typed.index(row["invoiceid"])]
    return (
        words(row, "fbx_adopted", "statecode", "fbx_status") == ("Yes", "Active", "Sent")
        and row["fbx_number"] == met_before.record["invoice_number"]
        and amount(row, "fbx_total") == 100
        and native(row) == native(before)
        and tuple(lines_of(town, *met_before.typed)) == met_before.lines
        and entry["_fbx_invoiceid_value"] == row["invoiceid"]
    )


def waits(town: Town, met_before: Met) -> bool:
    """Say whether an invoice waits, and what people typed is as it was."""
    holds = [each.hold.awaited.name for each in town.firm.connector.review.list_held()]
    return (
        town.invoice(met_before.record) is None
        and str(met_before.record["id"]) in holds
        and town.outcome("invoice", met_before.record) == "held"
        and _is_untouched(town, met_before)
    )


def stands_beside(town: Town, met_before: Met) -> bool:
    """Say whether an invoice has a row of its own beside what people typed."""
    row, entry = town.invoice(met_before.record), town.entry("invoice", met_before.record)
    return (
        row is not None
        and row["invoiceid"] not in met_before.typed
        and words(row, "fbx_adopted") == ("No",)
        and entry is not None
        and entry["_fbx_invoiceid_value"] == row["invoiceid"]
        and _is_untouched(town, met_before)
    )


def _is_untouched(town: Town, met_before: Met) -> bool:
    rows = map(town.row, met_before.typed)
    return all(map(same, rows, met_before.before)) and (
        tuple(lines_of(town, *met_before.typed)) == met_before.lines
    )


DONE: dict[str, Callable[[Town, Met], bool]] = {
    "it is adopted: `fbx_adopted` Yes; our columns, its state and the entry come to it; lines, "
    "products, name, address, due date, owner, price list and native totals stay": is_adopted,
    "the invoice waits for a person": waits,
    "a row of our own beside it": stands_beside,
}


def check_decision(said: Said) -> None:
    """Compare what the page says of a person's decision with what Dynamics then shows."""
    DECISIONS[said.cells](town_of())


def _decided(town: Town, decision: str, found: Met, *given: Any) -> None:
    review = town.firm.connector.invoice_review
    getattr(review, decision)(town.firm.account, found.record["id"], *given)
    town.run()


def _asked(town: Town, *, price: str = "99.99") -> Met:
    """Return one about which a person is asked."""
    client, number = town.client(), town.name()
    found = met(town, client, [type_invoice(town, client, number, price)], number)
    assert waits(town, found)
    return found


def _edit(town: Town, found: Met) -> None:
    town.books.edit_invoice(found.record["id"], notes=town.name())
    town.run()


def _chosen(town: Town) -> None:
    client, number = town.client(), town.name()
    typed = [type_invoice(town, client, number), type_invoice(town, client, "another", "7.00")]
    several = met(town, client, [*typed, type_invoice(town, client, number, "1.00")], number)
    _decided(town, "link", several, UUID(typed[1]))
    row = town.invoice(several.record)
    assert row is not None
    assert row["invoiceid"] == typed[1]
    assert words(row, "fbx_adopted") == ("Yes",)
    assert [amount(row, column) for column in ("fbx_total", "totalamount")] == [100, 7]


def _made(town: Town) -> None:
    found = _asked(town)
    _decided(town, "create", found)
    assert stands_beside(town, found)
    _edit(town, found)
    assert stands_beside(town, found)
    assert town.outcome("invoice", found.record) != "held"


def _left_out(town: Town) -> None:
    found = _asked(town)
    _decided(town, "ignore", found)
    _edit(town, found)
    assert town.invoice(found.record) is None
    assert town.entry("invoice", found.record) is None
    assert town.outcome("invoice", found.record) == "skipped"
    town.firm.dataverse.delete("invoice", found.typed[0])
    _decided(town, "unignore", found)
    assert town.invoice(found.record) is not None
    assert town.entry("invoice", found.record) is not None


def _given_back(town: Town) -> None:
    found = agreeing(town)
    payment = town.books.pay_invoice(found.record["id"], "40.00")
    town.run()
    before = town.invoice(found.record)
    assert before is not None
    _decided(town, "unlink", found)
    _edit(town, found)
    row, own = town.row(found.typed[0]), town.invoice(found.record)
    assert words(row, "fbx_adopted", "fbx_complete") == ("No", "No")
    assert words(row, "statecode", "statuscode") == words(before, "statecode", "statuscode")
    left = {
        name: value
        for name, value in row.items()
        if name.startswith(("fbx_", "_fbx_")) and "@" not in name and value not in {None, False}
    }
    assert left == {}
    assert native(row) == native(before)
    assert own is not None
    assert own["invoiceid"] not in found.typed
    for entry in (town.entry("invoice", found.record), town.entry("payment", payment)):
        assert entry is not None
        assert entry["_fbx_invoiceid_value"] == own["invoiceid"]


DECISIONS: dict[tuple[str, ...], Callable[[Town], None]] = {
    (
        (
            "that it is this one (any invoice of the account in the same currency that is nobody's "
            "and not canceled, whatever its number and total)"
        ),
        "that one is adopted; `fbx_total` is FreshBooks', `totalamount` stays",
    ): _chosen,
    (
        "to have one made",
        "a row of our own beside what is there; nobody is asked again",
    ): _made,
    ("to leave it out", "no row and no entry until that is taken back"): _left_out,
    (
        "to give an adopted one back",
        (
            "all our columns on it are empty (`fbx_adopted` and `fbx_complete` No), everything "
            "else stays as it is, its state among it; a row of our own stands beside it, with the "
            "entry and the payments; it is not adopted again"
        ),
    ): _given_back,
}
