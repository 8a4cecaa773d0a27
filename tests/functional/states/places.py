"""The deals that invoices go to, and the expenses that are carried over.

Never says where something belongs: that is written beside what the page says.
"""

from collections.abc import Callable, Iterator
from typing import Any

from shared.core.options import Billing
from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, same, town_of


def check_place(said: Said) -> None:
    """Compare the deal that the page names with the one that an invoice is on."""
    town = town_of()
    invoices = list(PLACES[said.cells](town))
    town.run()
    for invoice, deal in invoices:
        row, entry = town.invoice(invoice), town.entry("invoice", invoice)
        assert row is not None, said
        assert entry is not None, said
        assert row["_opportunityid_value"] == deal, f"{said}: {row}"
        assert entry["_regardingobjectid_value"] == (deal or row["_customerid_value"])


def _sold_to(town: Town) -> tuple[Row, str]:
    """Return a client and its account, both known to each other."""
    client = town.client()
    town.run()
    return client, str(town.account(client)["accountid"])


def _by_name(town: Town) -> Iterator[tuple[Row, str | None]]:
    client, account = _sold_to(town)
    living, won = (town.people.opportunity(account, name) for name in ("PO 1", "PO 2"))
    town.people.win(won)
    yield town.bill(client, po_number=" po 1 "), living
    yield town.bill(client, po_number="PO 2"), won


def _by_no_name(town: Town) -> Iterator[tuple[Row, str | None]]:
    client, account = _sold_to(town)
    town.people.opportunity(account, "PO 1")
    yield town.bill(client, po_number="PO 9"), None
    client, account = _sold_to(town)
    for _ in range(2):
        town.people.opportunity(account, "PO 1")
    yield town.bill(client, po_number="PO 1"), None


def _by_being_alone(town: Town) -> Iterator[tuple[Row, str | None]]:
    client, account = _sold_to(town)
    living, won = (town.people.opportunity(account, name) for name in ("PO 1", "PO 2"))
    town.people.win(won)
    yield town.bill(client), living
    client, account = _sold_to(town)
    for name in ("PO 1", "PO 2"):
        town.people.opportunity(account, name)
    yield town.bill(client), None


PLACES: dict[tuple[str, ...], Callable[[Town], Iterator[tuple[Row, str | None]]]] = {
    (
        (
            "equals the name of exactly one of the account's opportunities, whatever its state "
            "(blanks around it and case do not matter)"
        ),
        "that one",
    ): _by_name,
    ("names none, or several", "none"): _by_no_name,
    (
        "empty, the invoice is new, or new on this account",
        "the account's only open opportunity; none where there are several",
    ): _by_being_alone,
}


def check_expenses(said: Said) -> None:
    """Compare which expenses the page says are carried over with those that are."""
    EXPENSES[said.cells](said)


def _of_clients(_said: Said) -> None:
    town = town_of()
    client = town.client()
    named = town.books.create_expense("12.50", clientid=client["id"])
    internal = town.books.create_expense("9.00")
    town.run()
    assert town.entry("expense", named) is not None
    assert town.entry("expense", internal) is None


def _none(said: Said) -> None:
    town = Town()
    expense = town.books.create_expense("12.50", clientid=town.client()["id"])
    town.run()
    before = town.entry("expense", expense)
    assert before is not None
    name, value = said.table.split("`")[1].lower(), said.quoted()[0]
    policy = type(getattr(town.firm.settings, name))(value)
    town.firm.settings = town.firm.settings.model_copy(update={name: policy})
    town.firm.connector = town.firm.start()
    town.books.edit_expense(expense["id"], amount="99.00")
    other = town.books.create_expense("12.50", clientid=town.client()["id"])
    town.run()
    assert same(town.entry("expense", expense), before)
    assert town.entry("expense", other) is None


def _all(said: Said) -> None:
    town = Town()
    name, value = said.table.split("`")[1].lower(), said.quoted()[0]
    policy = type(getattr(town.firm.settings, name))(value)
    town.firm.settings = town.firm.settings.model_copy(update={name: policy})
    town.firm.connector = town.firm.start()
    named = town.books.create_expense("12.50", clientid=town.client()["id"])
    internal = town.books.create_expense("9.00")
    town.run()
    assert town.entry("expense", named) is not None
    entry = town.entry("expense", internal)
    assert entry is not None
    columns = ("_fbx_accountid_value", "_fbx_clientid_value", "_regardingobjectid_value")
    assert [entry[each] for each in columns] == [None] * 3


def check_billing(said: Said) -> None:
    """Compare what the page says of an expense's billing with what is shown."""
    town = town_of()
    client = town.client()
    made = BILLING[said.cells[0]](town, client)
    town.run()
    entry = town.entry("expense", made)
    assert entry is not None
    assert Billing(entry["fbx_billing"]) is Billing[said.cells[1].upper().replace(" ", "_")]


def _billed(town: Town, client: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made = town.books.create_expense("12.50", clientid=client["id"], billable=True, **fields)
    invoice = town.books.create_invoice(client["id"], [], sent=True)
    town.books.rebill_expense(made["id"], invoice["id"])
    return made


BILLING: dict[str, Callable[[Town, dict[str, Any]], dict[str, Any]]] = {
    "it is not to be billed": lambda town, client: town.books.create_expense(
        "12.50", clientid=client["id"], billable=False
    ),
    "it is marked as billable": lambda town, client: town.books.create_expense(
        "12.50", clientid=client["id"], billable=True
    ),
    "it is on an invoice": _billed,
    "its invoice is paid (`status` 4)": lambda town, client: town.books.create_expense(
        "12.50", clientid=client["id"], status=4
    ),
}
EXPENSES: dict[tuple[str, ...], Callable[[Said], None]] = {
    ("`client` (default)", "those that name a client"): _of_clients,
    (
        "`all`",
        "those that name a client, and the firm's own, which belong to no account",
    ): _all,
    ("`off`", "none; those that are there stay as they are"): _none,
}
