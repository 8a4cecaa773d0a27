"""The life of a row that people typed and the connector adopted.

Never says how it was adopted.
"""

from collections.abc import Callable
from typing import Any

from tests.functional.states.existing import Met, agreeing, met, native, type_invoice
from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, amount, same, town_of, words

Rows = tuple[Row | None, Row | None]


def check(said: Said) -> None:
    """Compare what the page says of an adopted row with what Dynamics then shows."""
    LIVES[said.cells]()


def _rows(town: Town, found: Met) -> Rows:
    """Return the typed row as it is now, and the invoice's entry."""
    return town.row(found.typed[0]), town.entry("invoice", found.record)


def _both(town: Town, found: Met) -> tuple[Row, Row]:
    row, entry = _rows(town, found)
    assert row is not None
    assert entry is not None
    return row, entry


def _change(town: Town, found: Met, **fields: Any) -> None:
    town.books.edit_invoice(found.record["id"], **fields)
    town.run()


def _states() -> None:
    town = town_of()
    closed = agreeing(town, statecode=2, statuscode=100001)
    row, entry = _both(town, closed)
    assert words(row, "fbx_adopted", "statecode") == ("Yes", "Active")
    assert words(entry, "statecode") == ("Open",)
    for paid, state in (("40.00", ("Active", "Open")), ("60.00", ("Paid", "Completed"))):
        town.books.pay_invoice(closed.record["id"], paid)
        town.run()
        row, entry = _both(town, closed)
        assert (*words(row, "statecode"), *words(entry, "statecode")) == state
    assert words(row, "statuscode") == ("Complete",)


def _edited() -> None:
    town = town_of()
    found = agreeing(town)
    before, _ = _both(town, found)
    lines = [{"name": f"Work {n}", "unit_cost": "50.00"} for n in range(3)]
    _change(town, found, lines=lines, po_number="PO 9", street="9 Oak Lane")
    row, entry = _both(town, found)
    assert native(row) == native(before)
    assert amount(row, "fbx_total") == amount(entry, "fbx_amount") == 150
    assert (row["fbx_ponumber"], entry["fbx_ponumber"]) == ("PO 9", "PO 9")


def _gone(town: Town, found: Met, status: str, before: Row) -> None:
    """See that only our columns of the row say that its record is gone."""
    row, _ = _rows(town, found)
    assert row is not None
    assert words(row, "fbx_status") == (status,)
    assert amount(row, "fbx_outstanding") == 0
    assert words(row, "statecode", "statuscode") == words(before, "statecode", "statuscode")
    assert native(row) == native(before)


def _deleted() -> None:
    for policy, shown in (("cancel", ("Canceled",)), ("delete", None), ("keep", ("Open",))):
        town = town_of(DELETED_RECORDS=policy)
        found = agreeing(town)
        before, entry_before = _both(town, found)
        town.books.delete_invoice(found.record["id"])
        town.run()
        row, entry = _rows(town, found)
        assert (words(entry, "statecode") if entry else None) == shown
        if policy == "keep":
            assert same(row, before)
            assert same(entry, entry_before)
        else:
            _gone(town, found, "Deleted", before)


def _drafted() -> None:
    town = town_of()
    found = agreeing(town)
    before, _ = _both(town, found)
    _change(town, found, stage="draft")
    _gone(town, found, "Draft", before)
    assert words(_both(town, found)[1], "statecode") == ("Canceled",)


def _restored() -> None:
    for policy in ("cancel", "delete"):
        town = town_of(DELETED_RECORDS=policy)
        found = agreeing(town)
        before, _ = _both(town, found)
        for change in (town.books.delete_invoice, town.books.restore_invoice):
            change(found.record["id"])
            town.run()
        row, entry = _both(town, found)
        assert same(row, before)
        assert words(entry, "statecode") == ("Open",)
        assert entry["_fbx_invoiceid_value"] == found.typed[0]


def _in_another_currency() -> None:
    town = town_of()
    found = agreeing(town)
    before, _ = _both(town, found)
    _change(town, found, currency_code="CAD")
    _gone(town, found, "Replaced", before)
    row, _ = _rows(town, found)
    own = town.invoice(found.record)
    assert row is not None
    assert row["fbx_replacedby"] == "CAD"
    assert own is not None
    assert own["invoiceid"] not in found.typed
    assert own["_transactioncurrencyid_value"] == town.currency("CAD")[1]
    _change(town, found, currency_code="USD")
    row, entry = _both(town, found)
    assert same(row, before)
    assert entry["_fbx_invoiceid_value"] == found.typed[0]


def _with_a_deal(town: Town, name: str, **columns: Any) -> tuple[Met, str, str]:
    """Return an adopted invoice, a deal of its account, and that account."""
    client, number = town.client(), town.name()
    typed = type_invoice(town, client, number, **columns)
    account = str(town.row(typed)["_customerid_value"])
    return met(town, client, [typed], number), town.people.opportunity(account, name), account


def _moved() -> None:
    town = town_of()
    client, number = town.client(), town.name()
    typed = type_invoice(town, client, number)
    deal = town.people.opportunity(str(town.row(typed)["_customerid_value"]), "Roof")
    town.firm.dataverse.update("invoice", typed, opportunityid=("opportunity", deal))
    found = met(town, client, [typed], number)
    assert _both(town, found)[0]["_opportunityid_value"] == deal
    other = town.client()
    town.run()
    home = town.account(other)["accountid"]
    _change(town, found, customerid=other["id"])
    row, entry = _both(town, found)
    assert (row["_customerid_value"], row["_opportunityid_value"]) == (home, None)
    assert entry["_regardingobjectid_value"] == home


def _by_reference() -> None:
    town = town_of()
    found, deal, account = _with_a_deal(town, "PO 1")
    assert _both(town, found)[0]["_opportunityid_value"] is None
    _change(town, found, po_number="PO 1")
    row, entry = _both(town, found)
    assert row["_opportunityid_value"] == entry["_regardingobjectid_value"] == deal
    chosen = town.people.opportunity(account, "Chosen")
    town.people.move(found.typed[0], chosen)
    _change(town, found, notes="Thank you")
    row, entry = _both(town, found)
    assert row["_opportunityid_value"] == entry["_regardingobjectid_value"] == chosen
    _change(town, found, po_number="nobody's")
    row, entry = _both(town, found)
    assert (row["_opportunityid_value"], entry["_regardingobjectid_value"]) == (None, account)


def _removed_by_a_person() -> None:
    town = town_of()
    for again in (True, False):
        found = agreeing(town)
        town.firm.dataverse.delete("invoice", found.typed[0])
        client, number = found.record["customerid"], found.record["invoice_number"]
        named = town.books.record("client", client)
        typed = type_invoice(town, named, number) if again else ""
        _change(town, found, notes="Thank you")
        row, entry = town.invoice(found.record), town.entry("invoice", found.record)
        assert row is not None
        assert entry is not None
        assert entry["_fbx_invoiceid_value"] == row["invoiceid"]
        assert words(row, "fbx_adopted") == ("Yes" if again else "No",)
        assert (row["invoiceid"] == typed) is again


LIVES: dict[tuple[str, ...], Callable[[], None]] = {
    (
        "open or paid",
        (
            "Active or Paid as in the table above, whatever it was: a row that Sales had as Paid "
            "and FreshBooks has as open becomes Active, which can be set back by hand"
        ),
        "as of any invoice",
    ): _states,
    ("edited, other lines, other total", "only our columns follow", "follows"): _edited,
    (
        "deleted",
        (
            "never removed and never canceled by us: `fbx_status` Deleted, `fbx_outstanding` 0, "
            "its state as it was (`DELETED_RECORDS=cancel` and `delete`); as it was (`keep`)"
        ),
        "canceled; removed; as it was",
    ): _deleted,
    (
        "a draft again (`DRAFT_INVOICES=skip`)",
        "`fbx_status` Draft, `fbx_outstanding` 0, its state as it was",
        "canceled",
    ): _drafted,
    (
        "restored",
        "the same row again, `fbx_status` as in FreshBooks",
        "open again, or made anew",
    ): _restored,
    (
        "its currency changed",
        (
            "`fbx_status` Replaced, `fbx_outstanding` 0, `fbx_replacedby` filled in, its state as "
            "it was; a row of our own in the new currency; changed back: the adopted row again"
        ),
        "as of any invoice",
    ): _in_another_currency,
    (
        "moved to another client",
        "its customer follows, and with it the opportunity",
        "follows",
    ): _moved,
    (
        "`po_number`",
        (
            "the opportunity it is on stays until `po_number` changes; one that is on none gets "
            "that of its `po_number`"
        ),
        "follows",
    ): _by_reference,
    (
        "a person deleted it in Dynamics",
        "one is looked for again, else made anew, with the next change",
        "follows",
    ): _removed_by_a_person,
}
