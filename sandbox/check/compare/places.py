"""Which opportunity an invoice or an expense belongs to, and whose its row is.

Never follows what a person did by hand, as far as it is told.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.check.books import Record
from sandbox.check.compare.scene import Scene
from sandbox.check.expected.expectation import Home
from sandbox.check.found import FoundRow, Reference
from sandbox.check.words import said


def opportunity(
    scene: Scene, start: str, key: str, record: Record, *, row: FoundRow, home: Home
) -> Iterator[str]:
    """Say what is wrong with the opportunity of an invoice, by its purchase order number.

    Args:
        scene: both sides.
        start: how the sentence begins.
        key: of the invoice.
        record: the invoice in FreshBooks.
        row: the invoice in Dataverse.
        home: where its client's records belong.
    """
    if key in scene.source.told.moved or not isinstance(home.account, Reference):
        return
    found: Reference | None = row["opportunity"]
    number = _folded(record["po_number"])
    of_account = scene.opportunities[home.account.id]
    if not number:
        yield from _unnamed(start, found, of_account, row)
        return
    named = [each for each in of_account if _folded(each["name"]) == number]
    # One that was opened later draws no old invoice to itself, nor does it take one away.
    then = [each for each in named if each["created"] <= row["created"]]
    allowed = {_only(named), _only(then)}
    if (found.id if found else None) not in allowed:
        wanted = " or ".join(_name(scene, each) for each in sorted(allowed, key=str))
        yield (
            f"{start} has the purchase order {record['po_number'].strip()}, by which it belongs to "
            f"{wanted}, and it is on {said(found)}"
        )
    elif found and found.id == _only(named) and _folded(row["placed by"]) != number:
        yield (
            f"{start} is on {found} by its purchase order {record['po_number'].strip()}, "
            f"and says that it is by {said(row['placed by'])}"
        )


def _unnamed(
    start: str, found: Reference | None, of_account: list[FoundRow], row: FoundRow
) -> Iterator[str]:
    if found is None:
        return
    known = next((each for each in of_account if each.id == found.id), None)
    if known is None:
        yield f"{start} is on {found}, which is another account's"
    elif known["created"] > row["created"]:
        yield f"{start} is on {found}, which was opened later"


def regarding_of_expense(
    scene: Scene, key: str, row: FoundRow | None, home: Home
) -> dict[str, Any]:
    """Return what an expense may regard: its account, or an opportunity as old as its entry."""
    if key in scene.source.told.moved or row is None:
        return {}
    found = row["regarding"]
    if found is None or found.table != "opportunity" or not isinstance(home.account, Reference):
        return {"regarding": home.account}
    for each in scene.opportunities[home.account.id]:
        if each.id == found.id and each["created"] <= row["created"]:
            return {}
    return {"regarding": home.account}


def owner(scene: Scene, start: str, key: str, *, row: FoundRow, home: Home) -> Iterator[str]:
    """Say whether a row belongs to somebody else than whom the setting gives it to."""
    setting = scene.source.policies.row_owner
    if setting is None or key in scene.source.told.reassigned:
        return
    allowed = {row["creator"]}
    if setting == "account" and isinstance(home.account, Reference):
        of_account = scene.accounts[home.account.id]["owner"]
        # Who can own nothing leaves it to whoever made the row.
        allowed = {of_account} | (allowed if of_account in scene.target.disabled else set())
    if row["owner"] not in allowed:
        whom = "its account's owner" if setting == "account" else "the connector"
        yield f"{start} belongs to the user {row['owner']}, and has to belong to {whom}"


def _folded(text: str | None) -> str:
    return (text or "").strip().casefold()


def _only(named: list[FoundRow]) -> str | None:
    return named[0].id if len(named) == 1 else None


def _name(scene: Scene, identity: str | None) -> str:
    if identity is None:
        return "none"
    known = (row for row in scene.target.opportunities if row.id == identity)
    return f"the opportunity {next(known)['name']}"
