"""What differs about clients, about accounts, and about which is whose.

Never judges whether an account is the right one: people decide that.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sandbox.check.books import Books, is_deleted
from sandbox.check.compare.scene import Scene
from sandbox.check.compare.sentences import duplicates, one, strangers, where
from sandbox.check.expected import accounts as expected_accounts
from sandbox.check.expected.clients import client as expected_client
from sandbox.check.expected.expectation import Expectation, Presence
from sandbox.check.found import FoundRow
from sandbox.check.words import GONE, IGNORED, LINKED, NEEDS_A_PERSON, said


def clients(scene: Scene) -> Iterator[str]:
    """Say what differs about the rows of clients."""
    yield from duplicates(row.key for row in scene.target.clients if row.key)
    yield from (
        f"the row {row.id} does not say of which client it is"
        for row in scene.target.clients
        if not row.key
    )
    wanted: dict[str, Expectation] = {}
    for books in scene.source.books:
        for number in books.clients:
            key = books.client_key(number)
            row = scene.clients.get(key)
            state = row["state"] if row else None
            gone = is_deleted(books.clients[number])
            wanted[key] = expected_client(
                books,
                number,
                scene.standings[key],
                scene.conditions,
                counts=not gone and state != IGNORED,
            )
            yield from one(scene, key, wanted[key], row)
            if row is not None:
                yield from _link(scene, books, number, where(wanted[key], key), row)
    yield from strangers(scene, scene.clients, wanted)


def _link(scene: Scene, books: Books, number: int, start: str, row: FoundRow) -> Iterator[str]:
    """Say what is wrong with a client's state and its account."""
    state, account = row["state"], row["account"]
    if is_deleted(books.clients[number]):
        if state not in {GONE, IGNORED}:
            yield f"{start} is {state}, though it was deleted in FreshBooks"
    elif state == GONE:
        yield f"{start} is gone, though it is there in FreshBooks"
    elif state == LINKED:
        yield from _linked(scene, books, number, start, row)
    elif state == NEEDS_A_PERSON and account is not None and account.active:
        yield f"{start} needs a person, though {account} was chosen"
    elif state not in {NEEDS_A_PERSON, IGNORED}:
        yield f"{start} has no state"
    if not _is_carried_out(row):
        yield f"{start} is {said(state)} with {said(account)}, and that was not carried out"


def _linked(scene: Scene, books: Books, number: int, start: str, row: FoundRow) -> Iterator[str]:
    if scene.source.is_held(books, number):
        yield f"{start} is linked, though it waits for a decision"
    if row["account"] is None:
        yield f"{start} is linked to no account"
    elif not row["account"].active:
        yield f"{start} is linked to {row['account']}"


def _is_carried_out(row: FoundRow) -> bool:
    """Say whether the connector acted on the state, and where records move, on the account."""
    account = row["account"]
    follows = row["state"] in {LINKED, GONE} and account is not None and account.active
    where = str(row["linked to"] or "").lower()
    return row["carried out"] == row["state"] and (not follows or where == account.id.lower())


def accounts(scene: Scene) -> Iterator[str]:
    """Say what differs about what accounts show."""
    linked, gone = _by_account(scene, LINKED), _by_account(scene, GONE)
    for row in scene.target.accounts:
        of_account = [*linked[row.id], *gone[row.id]]
        # What an inactive account shows stays as it was; nobody can add up what is not compared.
        if row["active"] and all(key in scene.standings for key in of_account):
            wanted = _expected(scene, row, linked[row.id], gone[row.id])
            label = f"account {row['name']}"
            yield from one(scene, row.id, Expectation(label, Presence.OPTIONAL, wanted), row)


def healths(scene: Scene) -> dict[str, Any]:
    """Return what the health of each account has to be that somebody keeps up, by its id."""
    linked = _by_account(scene, LINKED)
    return {
        row.id: _expected(scene, row, linked[row.id], [])["health"]
        for row in scene.target.accounts
        if row["active"]
        and linked[row.id]
        and all(key in scene.standings for key in linked[row.id])
    }


def _by_account(scene: Scene, state: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, row in scene.clients.items():
        business = key.partition("-")[0]
        known = key in scene.standings or business in scene.source.others
        if known and row["state"] == state and row["account"] is not None:
            found[row["account"].id].append(key)
    return found


def _expected(scene: Scene, row: FoundRow, linked: list[str], gone: list[str]) -> dict[str, Any]:
    if not linked:
        return (
            expected_accounts.with_gone_clients() if gone else expected_accounts.without_clients()
        )
    currencies = scene.target.currencies
    code = row["currency"]
    return expected_accounts.account(
        [scene.standings[key] for key in linked],
        code,
        {each: currency.rate for each, currency in currencies.items()},
        currencies[code].digits if code in currencies else 2,
        row["conversion"],
    )
