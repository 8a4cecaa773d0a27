"""Invoices in every state that FreshBooks has, and what the page says of each.

Never says what a state looks like in Dynamics: the page does, in its own words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, amount, by_key, same, town_of, words


@dataclass(frozen=True)
class Shown:
    """An invoice, and what is in Dynamics of it.

    Attributes:
        status: FreshBooks' word, as the page spells it; "" where the page names none.
        number: of the page's words, which one that is.
        before: what was there before the last thing happened.
    """

    record: Row
    status: str = ""
    number: int = 0
    before: tuple[Row | None, Row | None] = (None, None)


def check(said: Said) -> None:
    """Compare what a row of the page says with what Dynamics then shows."""
    happens = HAPPENS[said.cells[0]]
    entries = said.alternatives(3)[0][1].split("; ")
    for number, (settings, invoice) in enumerate(said.alternatives(2)):
        town = town_of(**settings)
        for shown in list(happens(town, said)):
            rows = (town.invoice(shown.record), town.entry("invoice", shown.record))
            where = f"{said} {shown.record['invoice_number']} {shown.status}: {rows}"
            entry = entries[number] if len(entries) > 1 else entries[0]
            if said.cells[1] == "as if it were not":
                assert all(map(same, rows, shown.before)), where
                continue
            if invoice in WHOLE:
                assert WHOLE[invoice](town, shown), where
                continue
            assert is_as_said(invoice, rows[0], shown.before[0]), where
            likewise = invoice if entry == "likewise" else entry
            assert is_as_said(likewise, rows[1], shown.before[1]), where
            for row in filter(None, rows):
                if "as it was" not in invoice:
                    assert has_status(said.cells[1], shown, row), where


def is_as_said(text: str, row: Row | None, before: Row | None) -> bool:
    """Say whether a row is what the page says: in words of Dynamics, or in ours."""
    if text in {"none", "removed"}:
        return row is None
    if row is None:
        return False
    if text in {"as it was", "open again, everything as before"}:
        return same(row, before)
    states = {word.casefold() for word in words(row, "statecode", "statuscode")}
    told = text.split(", ")
    nothing = "nothing outstanding" in told
    if nothing:
        told.remove("nothing outstanding")
    return {word.casefold() for word in told} <= states and (
        not nothing or amount(row, "fbx_outstanding") == 0
    )


def has_status(text: str, shown: Shown, row: Row) -> bool:
    (status,) = words(row, "fbx_status")
    if text == "of that name":
        return status == shown.status.replace("_", " ").replace("-", " ").capitalize()
    if text == "its status":
        before = shown.before[0]
        return before is not None and (status,) == words(before, "fbx_status")
    return status == (text.split(", ") * 9)[shown.number]


def _made(town: Town, status: str, *, paid: str = "", **fields: Any) -> Row:
    """Return an invoice with a status of FreshBooks' own, by a way that leads there if any."""
    client = town.client()
    if status in {"draft", "created"}:
        invoice = town.bill(client, sent=False, **fields)
    else:
        invoice = town.bill(client, **fields)
    if paid:
        town.books.pay_invoice(invoice["id"], paid, automatic=status == "autopaid")
    if town.books.record("invoice", invoice["id"])["v3_status"] != status:
        town.books.mark_invoice(invoice["id"], status)
    return invoice


def _seen(town: Town, *invoices: Row) -> list[Shown]:
    """Return invoices with what is in Dynamics of them now."""
    return [
        Shown(each, before=(town.invoice(each), town.entry("invoice", each))) for each in invoices
    ]


def _of_status(town: Town, said: Said, *, paid: str = "") -> Iterator[Shown]:
    """Yield an invoice of each status that the page names."""
    names = said.quoted()
    spelled = [name.replace("_", "-") for name in names if "_" in name]
    every = names + (spelled if "with a hyphen" in said.cells[0] else [])
    made = [_made(town, status, paid=paid) for status in every]
    town.run()
    for number, (status, invoice) in enumerate(zip(every, made, strict=True)):
        yield Shown(invoice, status, number)


def _uncertain(town: Town, *payments: tuple[str, bool]) -> Iterator[Shown]:
    """Yield invoices that call themselves a success, or something nobody knew."""
    made = []
    for paid, automatic in payments:
        for number, status in enumerate(("success", "negotiated")):
            invoice = town.bill(town.client())
            if paid:
                town.books.pay_invoice(invoice["id"], paid, automatic=automatic)
            town.books.mark_invoice(invoice["id"], status)
            made.append(Shown(invoice, status, number))
    town.run()
    yield from made


def _sent_before(town: Town, _said: Said) -> Iterator[Shown]:
    invoice = town.bill(town.client())
    town.run()
    town.books.edit_invoice(invoice["id"], stage="draft")
    town.run()
    yield Shown(invoice)


def _deleted(town: Town, _said: Said) -> Iterator[Shown]:
    living, paid = town.bill(town.client()), _made(town, "paid", paid="100.00")
    town.run()
    before = _seen(town, living, paid)
    for each in before:
        town.books.delete_invoice(each.record["id"])
    town.run()
    yield from before


def _restored(town: Town, _said: Said) -> Iterator[Shown]:
    living, partly = town.bill(town.client()), _made(town, "partial", paid="40.00")
    town.run()
    before = _seen(town, living, partly)
    for change in (town.books.delete_invoice, town.books.restore_invoice):
        for each in before:
            change(each.record["id"])
        town.run()
    yield from before


def _archived(town: Town, _said: Said) -> Iterator[Shown]:
    invoice = town.bill(town.client())
    town.run()
    before = _seen(town, invoice)
    town.books.set_visibility("invoice", invoice["id"], 2)
    town.run()
    yield from before


def _in_another_currency(town: Town, _said: Said) -> Iterator[Shown]:
    invoice = town.bill(town.client())
    town.run()
    before = _seen(town, invoice)
    town.books.edit_invoice(invoice["id"], currency_code="CAD")
    town.run()
    yield from before


def _in_a_currency_that_is_missing(town: Town, _said: Said) -> Iterator[Shown]:
    invoice = town.bill(town.client(), currency_code="XOF")
    town.run()
    yield Shown(invoice)


HAPPENS: dict[str, Callable[[Town, Said], Iterator[Shown]]] = {
    "`draft`, `created`, never sent": _of_status,
    "`draft`, sent before": _sent_before,
    "`sent`, `viewed`, `overdue`, `failed`, `retry`, `disputed`, `resolved`, `declined`, "
    "`pending`, `deposit_partial`, `deposit_paid` (or with a hyphen)": _of_status,
    "`partial`": lambda town, said: _of_status(town, said, paid="40.00"),
    "`paid`, `autopaid`": lambda town, said: _of_status(town, said, paid="100.00"),
    "`success`, or a status nobody knew, with `payment_status` `paid` or `auto-paid`": (
        lambda town, _: _uncertain(town, ("100.00", False), ("100.00", True))
    ),
    "`success`, or a status nobody knew, else": (
        lambda town, _: _uncertain(town, ("", False), ("40.00", False))
    ),
    "deleted": _deleted,
    "restored": _restored,
    "archived": _archived,
    "its currency changed": _in_another_currency,
    "Dynamics lacks its currency": _in_a_currency_that_is_missing,
}


def _replaced(town: Town, shown: Shown) -> bool:
    """Say whether an old row gave way to one in the new currency, and so did its entry."""
    for table, before in zip(("invoices", "fbx_financialactivities"), shown.before, strict=True):
        assert before is not None
        key = before["fbx_sourcekey"]
        rows = town.rows(table, by_key(key))
        (old,) = [row for row in rows if row["fbx_replacedby"]]
        (new,) = [row for row in rows if not row["fbx_replacedby"]]
        if words(old, "statecode", "fbx_status") != ("Canceled", "Replaced"):
            return False
        if amount(old, "fbx_outstanding") != 0 or old["createdon"] != before["createdon"]:
            return False
        if new["_transactioncurrencyid_value"] != town.currency("CAD")[1]:
            return False
    return True


def _waits_for_its_currency(town: Town, shown: Shown) -> bool:
    holds = [each.hold for each in town.firm.connector.review.list_held()]
    nothing = town.invoice(shown.record) is None and town.entry("invoice", shown.record) is None
    return nothing and any("currency XOF" in hold.reason for hold in holds)


# What is said of the row and of its entry together.
WHOLE: dict[str, Callable[[Town, Shown], bool]] = {
    "the old row Canceled, nothing outstanding, `fbx_replacedby` filled in; "
    "a new row in the new currency": _replaced,
    "none; it waits for the currency": _waits_for_its_currency,
}
