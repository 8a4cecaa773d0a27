"""Clients in every state, and in all kinds of financial health.

Never says what a state looks like in Dynamics: the page does, in its own words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from shared.core.options import ClientState
from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, by_key, same, town_of, words

IGNORED = int(ClientState.IGNORED)


@dataclass(frozen=True)
class Standing:
    """A client in some state.

    Attributes:
        account: id of the one that its row is to name, None for none.
        before: its invoice in Dynamics when it came into this state, None where there was none.
        row: its own row before that.
    """

    client: Row
    account: str | None
    before: Row | None = None
    row: Row | None = None


def check_state(said: Said) -> None:
    """Compare what the page says of a client's state with what Dynamics then shows."""
    town = town_of()
    for standing in list(BECOMES[said.cells[0]](town)):
        row = town.client_row(standing.client)
        where = f"{said}: {row}"
        if said.cells[1] == "as if it were not":
            assert same(row, standing.row), where
            continue
        assert words(row, "fbx_state") == (said.cells[1].removesuffix(" again"),), where
        assert row["_fbx_accountid_value"] == standing.account, where
        assert ACCOUNTS[said.cells[2]](row, standing), where
        assert RECORDS[said.cells[3]](town, standing), where
        assert row["fbx_carriedout"] == row["fbx_state"], where
        assert row["fbx_linkedto"] == standing.account or standing.account is None, where


ACCOUNTS: dict[str, Callable[[Row, Standing], bool]] = {
    "that account": lambda _row, standing: standing.account is not None,
    "empty, or the inactive account": lambda row, _: (
        row["_fbx_accountid_value"] is None or "is inactive" in row["fbx_reason"]
    ),
    "as it was": lambda row, standing: (
        standing.row is not None
        and row["_fbx_accountid_value"] == standing.row["_fbx_accountid_value"]
    ),
}


def _sold(town: Town, *, home: bool = True) -> Standing:
    """Return a client with an invoice, both carried over as far as they can be."""
    client = town.client(home=home)
    invoice = town.bill(client)
    town.run()
    town.firm.clock.advance(60)
    row = town.client_row(client)
    return Standing(client, row["_fbx_accountid_value"], town.invoice(invoice), row)


def _linked(town: Town) -> Iterator[Standing]:
    yield _sold(town)


def _needs_a_person(town: Town) -> Iterator[Standing]:
    yield _sold(town, home=False)

    name = town.name()
    for _ in range(2):
        town.people.account(name)
    client = town.books.create_client(organization=name)
    town.bill(client)
    town.run()
    yield Standing(client, None)

    standing = _sold(town)
    assert standing.account is not None
    town.people.set_active(standing.account, active=False)
    town.bill(standing.client)
    town.run()
    yield standing

    standing = _sold(town)
    town.firm.decide(standing.client, fbx_accountid=None)
    town.run()
    yield Standing(standing.client, None, standing.before)


def _ignored(town: Town) -> Iterator[Standing]:
    for home in (True, False):
        standing = _sold(town, home=home)
        town.firm.decide(standing.client, fbx_state=IGNORED)
        town.run()
        yield standing


def _gone(town: Town) -> Iterator[Standing]:
    standing = _sold(town)
    town.books.delete_client(standing.client["id"])
    town.run()
    yield standing


def _restored(town: Town) -> Iterator[Standing]:
    for standing in list(_gone(town)):
        town.books.restore_client(standing.client["id"])
        town.run()
        yield standing


def _archived(town: Town) -> Iterator[Standing]:
    standing = _sold(town)
    town.books.archive_client(standing.client["id"])
    town.run()
    yield standing


BECOMES: dict[str, Callable[[Town], Iterator[Standing]]] = {
    "it has an active account": _linked,
    "no account fits, several do, or its account is inactive or was taken from it": _needs_a_person,
    "somebody decided to leave it out": _ignored,
    "deleted in FreshBooks": _gone,
    "restored in FreshBooks": _restored,
    "archived in FreshBooks": _archived,
}


def _follow(town: Town, standing: Standing) -> bool:
    """Say whether a new invoice of the client comes to its account."""
    invoice = town.bill(standing.client, "7.00")
    town.run()
    row = town.invoice(invoice)
    return row is not None and row["_customerid_value"] == standing.account


def _is_left(town: Town, standing: Standing, outcome: str) -> bool:
    """Say whether a new invoice ends so, while what is in Sales is as it was."""
    invoice = town.bill(standing.client, "7.00")
    town.run()
    if standing.before is not None:
        key = standing.before["fbx_sourcekey"]
        (now,) = town.rows("invoices", by_key(key))
        if not same(now, standing.before):
            return False
    return town.invoice(invoice) is None and town.outcome("invoice", invoice) == outcome


RECORDS: dict[str, Callable[[Town, Standing], bool]] = {
    "are carried over to it": _follow,
    "wait": lambda town, standing: _is_left(town, standing, "held"),
    "are skipped; what is in Sales stays where it is": (
        lambda town, standing: _is_left(town, standing, "skipped")
    ),
    "its invoices and payments are shown as they are": _follow,
    "as before": _follow,
}


def check_health(said: Said) -> None:
    """Compare the health that the page names with what a client's row and its account show."""
    town = town_of()
    clients = HEALTH[said.cells](town)
    town.run()
    for client in clients:
        row, account = town.client_row(client), town.account(client)
        for shown in (row, account):
            health = words(shown, "fbx_financialhealth")
            assert health == (said.cells[0],), f"{said}: {shown}"


def _old(town: Town, **fields: str) -> Row:
    """Return a client that has not paid in time."""
    client = town.client()
    town.bill(client, create_date="2026-01-05", **fields)
    return client


def _overpaid(town: Town, **fields: str) -> Row:
    """Return a client that paid more than its invoice came to in the end."""
    client = town.client()
    invoice = town.bill(client, **fields)
    town.books.pay_invoice(invoice["id"], "100.00")
    town.books.edit_invoice(invoice["id"], lines=[{"name": "Work", "unit_cost": "50.00"}])
    outstanding = town.books.record("invoice", invoice["id"])["outstanding"]["amount"]
    assert Decimal(outstanding) == -50
    return client


def _credited(town: Town) -> Row:
    client = town.client()
    town.books.create_credit_note(client["id"], [{"name": "Voucher", "unit_cost": "15.00"}])
    return client


def _paid(town: Town) -> Row:
    client = town.client()
    town.books.pay_invoice(town.bill(client)["id"], "100.00")
    return client


def _drafted(town: Town) -> Row:
    client = town.client()
    town.bill(client, sent=False)
    return client


def _current(town: Town, **fields: str) -> Row:
    client = town.client()
    town.bill(client, due_offset_days="30", **fields)
    return client


HEALTH: dict[tuple[str, ...], Callable[[Town], list[Row]]] = {
    ("Overdue", "any currency has more than zero overdue"): (
        lambda town: [_old(town), _old(town, currency_code="CAD")]
    ),
    ("Payment due", "else any currency has more than zero open"): (
        lambda town: [_current(town), _current(town, currency_code="CAD")]
    ),
    ("Good standing", "else there was an invoice or a payment ever, or there is a credit"): (
        lambda town: [
            _paid(town),
            _credited(town),
            _overpaid(town),
            _overpaid(town, create_date="2026-01-05"),
        ]
    ),
    ("No activity", "else"): lambda town: [town.client(), _drafted(town)],
}
