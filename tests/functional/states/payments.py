"""Payments and credits in every state, and what the page says of each.

Never looks at a payment's amounts in the connector: they are those that were paid here.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, amount, town_of, words
from tests.functional.world import Firm


def check(said: Said) -> None:
    """Compare what the page says of a payment with what Dynamics then shows."""
    PAYMENTS[said.cells[0], said.cells[2]](town_of(), said.cells[1])


def _billed(town: Town, amount: str = "60.00", *, at: str = "") -> Row:
    """Return an invoice of a client, carried over; with a place it names a deal of its own."""
    client = town.client()
    fields = {"po_number": at} if at else {}
    invoice = town.bill(client, amount, **fields)
    if at:
        town.people.opportunity(town.home(client), at)
    return invoice


def _paid(town: Town, *payments: Row) -> list[Row]:
    """Return the entries of payments, once all is carried over."""
    town.run()
    entries = [town.entry("payment", each) for each in payments]
    return [entry for entry in entries if entry is not None]


def _is(entry: Row, kind: str, state: str = "Completed") -> bool:
    return words(entry, "fbx_kind", "statecode") == (kind, state)


def _beside_its_invoice(town: Town, entry: Row, invoice: Row) -> bool:
    """Say whether an entry is where its invoice is, with its link and number."""
    row = town.invoice(invoice)
    assert row is not None
    place = row["_opportunityid_value"] or row["_customerid_value"]
    return bool(
        entry["_regardingobjectid_value"] == place
        and entry["_fbx_accountid_value"] == row["_customerid_value"]
        and entry["_fbx_invoiceid_value"] == row["invoiceid"]
        and entry["fbx_reference"] == row["fbx_number"]
    )


def _payment(town: Town, kind: str) -> None:
    invoice = _billed(town)
    (entry,) = _paid(town, town.books.pay_invoice(invoice["id"], "60.00"))
    assert _is(entry, kind), entry
    assert entry["subject"] == f"Payment 60.00 USD for invoice {invoice['invoice_number']}"
    assert _beside_its_invoice(town, entry, invoice)


def _part(town: Town, kind: str) -> None:
    invoice = _billed(town)
    parts = [town.books.pay_invoice(invoice["id"], "20.00") for _ in range(2)]
    entries = _paid(town, *parts)
    row = town.invoice(invoice)
    assert all(_is(entry, kind) for entry in entries), entries
    assert len(entries) == 2
    assert row is not None
    assert words(row, "statecode") == ("Active",)
    _paid(town, town.books.pay_invoice(invoice["id"], "20.00"))
    row = town.invoice(invoice)
    assert row is not None
    assert words(row, "statecode") == ("Paid",)


def _applied(town: Town, kind: str) -> None:
    invoice = _billed(town)
    client = {"id": invoice["customerid"]}
    town.books.create_credit_note(client["id"], [{"name": "Voucher", "unit_cost": "15.00"}])
    town.run()
    before = town.client_row(client)["fbx_lastpaymenton"]
    (entry,) = _paid(town, town.books.pay_invoice(invoice["id"], "15.00", from_credit=True))
    assert _is(entry, kind), entry
    assert (entry["fbx_received"], entry["fbx_returned"]) == (None, None)
    assert _beside_its_invoice(town, entry, invoice)
    assert town.client_row(client)["fbx_lastpaymenton"] == before


class _Narrow(Firm):
    """A firm whose login may not read credit notes."""

    narrow = True

    def consent(self, page: str, **decision: Any) -> dict[str, str]:
        scope = "%20user%3Acredit_notes%3Aread"
        return super().consent(page.replace(scope, "") if self.narrow else page, **decision)


def _credited(town: Town) -> tuple[list[Row], list[Row], str]:
    """Return three credits, the payments that stand for them, and the client's account."""
    invoice = _billed(town)
    town.books.pay_invoice(invoice["id"], "75.00")
    for kind in ("goodwill", "prepayment"):
        lines = [{"name": "Voucher", "unit_cost": "15.00"}]
        town.books.create_credit_note(invoice["customerid"], lines, credit_type=kind)
    town.run()
    mine = (
        [row for row in town.books.records(kind) if row["clientid"] == invoice["customerid"]]
        for kind in ("credit_note", "payment")
    )
    notes, payments = mine
    standing = [row for row in payments if row["invoiceid"] is None]
    assert len(notes) == len(standing) == 3
    return notes, standing, town.account({"id": invoice["customerid"]})["accountid"]


def _noted(town: Town, kind: str) -> None:
    notes, standing, account = _credited(town)
    assert _paid(town, *standing) == []
    for note in notes:
        entry = town.entry("credit", note)
        assert entry is not None
        assert _is(entry, kind), entry
        assert amount(entry, "fbx_amount") == 15
        assert entry["_regardingobjectid_value"] == account

    town = Town(firm=_Narrow)
    _, standing, _ = _credited(town)
    assert len(_paid(town, *standing)) == 3
    town.firm.clock.advance(86_400)
    town.firm.narrow = False  # type: ignore[attr-defined]  # it is one of ours
    town.firm.connect()
    town.firm.clock.advance(3600)
    town.firm.poll()
    for entry in _paid(town, *standing):
        assert words(entry, "statecode", "fbx_status") == ("Canceled", "Replaced"), entry


def _unnoted(_town: Town, kind: str) -> None:
    town = Town(firm=_Narrow)
    _, standing, account = _credited(town)
    entries = _paid(town, *standing)
    assert [amount(entry, "fbx_amount") for entry in entries] == [15, 15, 15]
    assert all(_is(entry, kind) for entry in entries), entries
    assert {entry["_regardingobjectid_value"] for entry in entries} == {account}


def _lowered(town: Town, kind: str, *, left: str = "45.00") -> None:
    invoice = _billed(town)
    payment = town.books.pay_invoice(invoice["id"], "60.00")
    _paid(town, payment)
    returned = Decimal("60.00") - Decimal(left)
    town.books.refund(payment["id"], returned, keep=True)
    (entry,) = _paid(town, payment)
    shown = [amount(entry, f"fbx_{name}") for name in ("amount", "received", "returned")]
    assert _is(entry, kind), entry
    assert shown == [Decimal(left), Decimal("60.00"), returned], entry
    for each in (left, "60.00", str(returned)):
        assert each in entry["subject"], entry


def _deleted(town: Town, _kind: str) -> None:
    invoice = _billed(town)
    payment = town.books.pay_invoice(invoice["id"], "60.00")
    (before,) = _paid(town, payment)
    town.books.delete_payment(payment["id"])
    (entry,) = _paid(town, payment)
    assert _is(entry, words(before, "fbx_kind")[0], "Canceled"), entry
    assert words(entry, "fbx_status") == ("Deleted",)
    for column in ("fbx_amount", "fbx_received", "fbx_returned"):
        assert amount(entry, column) == amount(before, column)
    assert not amount(entry, "fbx_outstanding")


def _alone(town: Town, kind: str) -> None:
    invoice = _billed(town)
    payment = town.books.pay_invoice(invoice["id"], "40.00")
    town.books.delete_invoice(invoice["id"])
    (entry,) = _paid(town, payment)
    account = town.account({"id": invoice["customerid"]})["accountid"]
    assert town.invoice(invoice) is None
    assert _is(entry, kind), entry
    assert entry["_regardingobjectid_value"] == account
    assert entry["_fbx_invoiceid_value"] is None
    town.books.restore_invoice(invoice["id"])
    (entry,) = _paid(town, payment)
    assert _beside_its_invoice(town, entry, invoice), entry


def _follows(town: Town, _kind: str) -> None:
    invoice = _billed(town, at=f"{town.name()} deal")
    payment = town.books.pay_invoice(invoice["id"], "40.00")
    (entry,) = _paid(town, payment)
    assert _beside_its_invoice(town, entry, invoice), entry
    other = town.client()
    changes: list[dict[str, Any]] = [{"po_number": "none"}, {"invoice_number": town.name()}]
    for change in changes:
        town.books.edit_invoice(invoice["id"], **change)
        (entry,) = _paid(town, payment)
        assert _beside_its_invoice(town, entry, invoice), (change, entry)
    row = town.invoice(invoice)
    assert row is not None
    town.firm.dataverse.delete("invoice", row["invoiceid"])
    town.books.edit_invoice(invoice["id"], notes="Thank you")
    (entry,) = _paid(town, payment)
    assert _beside_its_invoice(town, entry, invoice), entry
    town.firm.freshbooks.switches.set(payments_follow_clients=True)
    town.books.edit_invoice(invoice["id"], customerid=other["id"])
    (entry,) = _paid(town, payment)
    assert _beside_its_invoice(town, entry, invoice), entry
    town.firm.freshbooks.switches.set(payments_follow_clients=False)


PAYMENTS: dict[tuple[str, str], Callable[[Town, str], None]] = {
    (
        "payment of an invoice",
        "completed; subject `Payment 60.00 USD for invoice 0001`",
    ): _payment,
    ("part of a payment", "likewise; the invoice stays Active until all is paid"): _part,
    (
        "a credit used for an invoice (`from_credit`, or `type` Credit)",
        "completed; no money received, `fbx_lastpaymenton` does not move",
    ): _applied,
    (
        (
            "without an invoice: an over-payment, a prepayment or goodwill as FreshBooks' payment "
            "lists show them"
        ),
        (
            "none: its credit note is shown; one that was there before is canceled, `fbx_status` "
            "Replaced"
        ),
    ): _noted,
    (
        "likewise, but it names no credit note, or the login may not read credit notes",
        "completed",
    ): _unnoted,
    (
        "lowered since",
        "`fbx_received` the most it ever was, `fbx_returned` the difference; the subject says both",
    ): _lowered,
    ("lowered to zero", "`fbx_amount` 0, else likewise"): (
        lambda town, kind: _lowered(town, kind, left="0.00")
    ),
    (
        "deleted",
        "canceled, `fbx_status` Deleted, amounts stay, nothing outstanding",
    ): _deleted,
    (
        "its invoice is not in Sales",
        "on the account, without the link; it follows when the invoice comes",
    ): _alone,
    (
        "its invoice moved, was renumbered, or was made anew",
        "the entry follows: place, link, number",
    ): _follows,
}
