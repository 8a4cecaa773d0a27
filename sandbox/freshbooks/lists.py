"""Lists: what the query asks for, one page of it, in the order FreshBooks honours.

Never fails for a page beyond the end, nor for a sort or include it does not know.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.freshbooks import rendering
from sandbox.freshbooks.balances import balances
from sandbox.freshbooks.errors import RefusedError
from sandbox.freshbooks.filters import Search, candidates, depends, predicate, select
from sandbox.freshbooks.ledger import Ledger
from sandbox.freshbooks.listings import Listing
from sandbox.freshbooks.money import ZERO
from sandbox.freshbooks.tables import Fields, Row

PLURALS = {
    "client": "clients",
    "invoice": "invoices",
    "payment": "payments",
    "credit_note": "credit_notes",
    "expense": "expenses",
    "category": "categories",
}
DEFAULT_PER_PAGE, MOST_PER_PAGE = 15, 100

_BAD_PER_PAGE, _BAD_PAGE = 1013, 1014
_BROKEN = 500
_SEARCH = re.compile(r"search\[(\w+)\](?:\[\])?")
# Booleans are sent bare by the SDKs, everything else inside search[...].
_BARE = {
    "paid",
    "outstanding",
    "has_credit",
    "has_draft",
    "has_outstanding",
    "has_overdue",
    "from_credit",
    "is_cogs",
    "is_editable",
}
_SORTS: dict[str, dict[str, Callable[[Fields], Any]]] = {
    # Everything else that one would sort invoices by, `updated` first of all, is ignored.
    "invoice": {"invoice_date": lambda fields: fields["create_date"]},
    "client": {
        "client_id": lambda fields: fields["id"],
        "organization_name": lambda fields: fields["organization"].lower(),
        "email": lambda fields: fields["email"].lower(),
        "bus_phone": lambda fields: fields["bus_phone"],
        "updated": lambda fields: fields["updated"],
        "fullname": lambda fields: f"{fields['fname']} {fields['lname']}".lower(),
        "primarycontact": lambda fields: f"{fields['fname']} {fields['lname']}".lower(),
    },
}
_BALANCE_SORTS = {
    "outstanding": "outstanding_balance",
    "overdue": "overdue_balance",
    "credit": "credit_balance",
}


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    size: int


def page_of(query: MultiDict[str, str]) -> Page:
    """Read `page` and `per_page`: 15 rows unless asked, never more than 100, page 0 is page 1.

    Raises:
        RefusedError: one is no such number (422).
    """
    number = _natural(query.get("page", "1"), "page", _BAD_PAGE, least=0)
    size = _natural(
        query.get("per_page", str(DEFAULT_PER_PAGE)), "per_page", _BAD_PER_PAGE, least=1
    )
    return Page(max(number, 1), min(size, MOST_PER_PAGE))


def searched(query: MultiDict[str, str]) -> Search:
    """Read the filters: `search[key]=`, `search[keys][]=`, and bare booleans."""
    search: Search = {}
    for name, values in query.lists():
        found = _SEARCH.fullmatch(name)
        if found:
            search.setdefault(found.group(1), []).extend(values)
        elif name in _BARE:
            search.setdefault(name, []).extend(values)
    return search


def included(query: MultiDict[str, str]) -> set[str]:
    """Read `include[]=`."""
    return {*query.getlist("include[]"), *query.getlist("include")}


def answer(
    books: Ledger,
    kind: str,
    account: str,
    query: MultiDict[str, str],
    *,
    own_client: int | None = None,
) -> dict[str, Any]:
    """Return one page of a list with its counts.

    Args:
        books: what to list from.
        kind: what to list.
        account: whose.
        query: the parsed query string.
        own_client: the reader is this client, and sees their own rows only; `total` counts all.
    """
    page = page_of(query)
    rows, total = _part(books, kind, account, page, query)
    includes = included(query)
    shown = [
        rendering.render(books, kind, account, row.now, includes)
        for row in rows
        if own_client is None or own_client == owner(kind, row.now)
    ]
    counted = counts(page, total)
    if books.switches.endless_lists:
        counted["pages"] = page.number + 1
    return {PLURALS[kind]: [_disturbed(books, row) for row in shown], **counted}


def _part(
    books: Ledger, kind: str, account: str, page: Page, query: MultiDict[str, str]
) -> tuple[list[Row], int]:
    """Return the rows of a page, and how many there are on all."""
    search, sort = searched(query), query.get("sort", "")
    name, _, direction = sort.rpartition("_")
    key = _SORTS.get(kind, {}).get(name) if direction in {"asc", "desc"} else None
    by_balance = kind == "client" and name in _BALANCE_SORTS
    hangs_on = None if by_balance else depends(books, kind, account, search)
    newest_first = books.switches.newest_first
    if hangs_on is None:
        rows = select(books, kind, account, search)
        if newest_first:
            rows.reverse()
        rows = _sorted(books, kind, account, rows, sort)
        begin = _begin(books, page, len(rows))
        return rows[begin : begin + page.size], len(rows)

    def listing() -> Listing:
        made = Listing(
            account,
            predicate(books, kind, account, search),
            key or _as_they_come,
            descending=key is not None and direction == "desc",
            newest_first=newest_first,
        )
        made.fill((row.id, row.now) for row in candidates(books, kind, account, search))
        return made

    asked = tuple(sorted((name, tuple(values)) for name, values in search.items()))
    table = books.tables[kind]
    with books.lock:
        found = table.listing((account, asked, sort, newest_first, hangs_on), listing)
        begin = _begin(books, page, len(found))
        ids = found.part(begin, begin + page.size)
        there = [row for each in ids if (row := table.get(account, each)) is not None]
        return there, len(found)


def _begin(books: Ledger, page: Page, total: int) -> int:
    begin = (page.number - 1) * page.size
    return min(begin, max(0, total - page.size)) if books.switches.endless_lists else begin


def _as_they_come(_fields: Fields) -> int:
    return 0


def _disturbed(books: Ledger, row: Fields) -> Fields | None:
    """Return a row as a list on a bad day shows it.

    Raises:
        RefusedError: the page cannot be shown at all (500).
    """
    switches = books.switches
    if row["id"] in switches.breaking_rows:
        raise RefusedError(_BROKEN, _BROKEN, "ORM error")
    if row["id"] in switches.shapeless_rows:
        return None
    if row["id"] in switches.unreadable_rows:
        return row | {"vis_state": "none of them"}
    return row


def counts(page: Page, total: int) -> dict[str, int]:
    """Return the counts beside a page's rows; an empty list has no pages."""
    pages = -(-total // page.size)
    return {"page": page.number, "pages": pages, "per_page": page.size, "total": total}


def owner(kind: str, fields: Fields) -> int | None:
    """Return the client that a record is about."""
    key = {"client": "id", "invoice": "customerid"}.get(kind, "clientid")
    found = fields.get(key)
    return int(found) if found else None


def _sorted(books: Ledger, kind: str, account: str, rows: list[Row], sort: str) -> list[Row]:
    name, _, direction = sort.rpartition("_")
    if direction not in {"asc", "desc"}:
        return rows
    key = _SORTS.get(kind, {}).get(name)
    if kind == "client" and name in _BALANCE_SORTS:
        key = _by_balance(books, account, _BALANCE_SORTS[name])
    if key is None:
        return rows
    chosen = key
    return sorted(rows, key=lambda row: chosen(row.now), reverse=direction == "desc")


def _by_balance(books: Ledger, account: str, name: str) -> Callable[[Fields], Any]:
    def key(fields: Fields) -> Any:
        return sum(balances(books, account, fields["id"])[name].values(), ZERO)

    return key


def _natural(text: str, field: str, errno: int, *, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < least:
        message = f"'{field}' must be a positive integer."
        raise RefusedError(422, errno, message, {"field": field, "value": text})
    return value
