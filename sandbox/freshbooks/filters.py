"""The filters of each kind of list: the ones that work, and by omission the ones that do nothing.

Never complains about a key it does not know: FreshBooks ignores it and answers the whole list.
"""

from collections.abc import Callable, Hashable, Iterator
from decimal import Decimal
from typing import Any

from sandbox.freshbooks import eastern
from sandbox.freshbooks.balances import balances
from sandbox.freshbooks.errors import RefusedError
from sandbox.freshbooks.figures import status_on
from sandbox.freshbooks.ledger import Ledger
from sandbox.freshbooks.money import number
from sandbox.freshbooks.rendering import spelled
from sandbox.freshbooks.tables import Fields, Row, Table

Search = dict[str, list[str]]
Predicate = Callable[[Fields], bool]

# Bad values of filters that work, by what the filter takes.
_BAD_DATE, _BAD_NUMBER, _BAD_BOOLEAN = 1023, 1024, 1032

_EQUAL = {
    "client": {"email"},
    "invoice": {"invoice_number"},
    "payment": {"type", "from_credit"},
    "credit_note": {"credit_type"},
    "category": {"is_cogs", "is_editable"},
}
_IDS = {
    "client": {},
    "invoice": {"customerid": "customerid"},
    "payment": {
        "logid": "logid",
        "invoiceid": "invoiceid",
        "clientid": "clientid",
        "customerid": "clientid",
    },
    "credit_note": {"creditid": "creditid", "clientid": "clientid"},
    "expense": {"clientid": "clientid", "projectid": "projectid", "categoryid": "categoryid"},
    "category": {"categoryid": "categoryid", "parentid": "parentid"},
}
_LIKE = {
    "fname_like": ("fname",),
    "lname_like": ("lname",),
    "organization_like": ("organization",),
    "address_like": ("p_street", "p_street2", "p_city", "p_province", "p_country", "p_code"),
    "note_like": ("note",),
    "phone_like": ("bus_phone", "mob_phone", "home_phone", "fax"),
    "user_like": ("organization", "fname", "lname", "email"),
}
_BALANCES = {
    "has_credit": "credit_balance",
    "has_draft": "draft_balance",
    "has_outstanding": "outstanding_balance",
    "has_overdue": "overdue_balance",
}
_DATE = {"invoice": "create_date", "payment": "date", "expense": "date"}
# A date that is the limit itself is below it for payments, as their documents say.
_DATE_MAX_EXCLUDED = {"payment"}
_NO_UPDATED_FILTER = {"category", "credit_note"}

_Path = tuple[str, str, tuple[str, ...]]
_RELATED: dict[str, tuple[_Path, ...]] = {
    "client_name": (
        ("client", "clientid", ("fname", "lname", "organization")),
        ("invoice", "invoiceid", ("organization",)),
        ("credit_note", "creditid", ("organization",)),
    ),
    "number": (
        ("invoice", "invoiceid", ("invoice_number",)),
        ("credit_note", "creditid", ("credit_number",)),
    ),
}
_NO_CREDITS = ["invoice"]


def select(books: Ledger, kind: str, account: str, search: Search) -> list[Row]:
    """Return the rows of an account that match `search`, in order of id.

    Deleted rows are left out unless `vis_state` asks for them.
    """
    holds = predicate(books, kind, account, search)
    with books.lock:
        rows = candidates(books, kind, account, search)
    return [row for row in rows if holds(row.now)]


def predicate(books: Ledger, kind: str, account: str, search: Search) -> Predicate:
    """Return the test for a row of an account to match `search`.

    Raises:
        RefusedError: a filter that works has a bad value.
    """
    tests = tuple(_predicates(books, kind, account, _effective(books, kind, search)))
    return lambda fields: all(holds(fields) for holds in tests)


def depends(books: Ledger, kind: str, account: str, search: Search) -> Hashable:
    """Return what a row's matching hangs on besides the row; None where that may change any time.

    Balances are made of other records, and what a payment is about is another record.
    """
    if (kind == "client" and _BALANCES.keys() & search.keys()) or (
        kind == "payment" and _RELATED.keys() & search.keys()
    ):
        return None
    switches = books.switches
    spelled = (switches.hyphenated_statuses, *sorted(switches.renamed_statuses.items()))
    return (
        *(switches.payments_list_credits, switches.expenses_filter_updated),
        *(switches.credit_notes_filter_client, switches.invoice_booleans_filter),
        (books.today(account), spelled) if "v3_status" in search else None,
    )


def _effective(books: Ledger, kind: str, search: Search) -> Search:
    ignored = _ignored(books, kind)
    return {key: values for key, values in search.items() if key not in ignored}


def _ignored(books: Ledger, kind: str) -> set[str]:
    """Return what is switched off: it then does nothing, like every key that is not known."""
    if kind == "credit_note" and not books.switches.credit_notes_filter_client:
        return {"clientid", "clientids"}
    if kind == "invoice":
        return _ignored_of_invoices(books)
    return set()


def _ignored_of_invoices(books: Ledger) -> set[str]:
    ignored = set() if books.switches.invoice_booleans_filter else {"paid", "outstanding"}
    return ignored if books.switches.invoices_filter_number else ignored | {"invoice_number"}


def candidates(books: Ledger, kind: str, account: str, search: Search) -> list[Row]:
    """Return few rows that hold all matching ones, found by an index where one helps."""
    search = _effective(books, kind, search)
    table = books.tables[kind]
    for key in ("invoiceid", "customerid", "clientid"):
        field = _IDS[kind].get(key)
        if field in {"invoiceid", "customerid", "clientid"} and key in search:
            return table.find(account, field, [_integer(key, text) for text in search[key]])
    if "updated_min" in search and _filters_updated(books, kind):
        since = _day("updated_min", search["updated_min"][0])
        days = [day for day in table.values(account, "day") if str(day) >= since]
        return table.find(account, "day", days)
    if kind in _DATE and {"date_min", "date_max"} & search.keys():
        return table.find(account, "date", _days(table, account, search))
    if "vis_state" in search:
        states = [_integer("vis_state", text) for text in search["vis_state"]]
        return table.find(account, "vis_state", states)
    return table.rows(account)


def _days(table: Table, account: str, search: Search) -> list[Hashable]:
    """Return the days of a table between both limits, which are included."""
    low = _day("date_min", search["date_min"][0]) if "date_min" in search else ""
    high = _day("date_max", search["date_max"][0]) if "date_max" in search else "9999"
    return [day for day in table.values(account, "date") if low <= str(day) <= high]


def _predicates(books: Ledger, kind: str, account: str, search: Search) -> Iterator[Predicate]:
    states = {_integer("vis_state", text) for text in search.get("vis_state", ("0", "2"))}
    yield lambda fields: fields["vis_state"] in states
    for key, field in _IDS[kind].items():
        wanted = [*search.get(key, ()), *search.get(f"{key}s", ())]
        if wanted:
            yield _among(field, {_integer(key, text) for text in wanted})
    for key in _EQUAL.get(kind, set()) & search.keys():
        yield _equal(key, search[key][0])
    if _filters_updated(books, kind):
        yield from _range("updated", "updated", search, exclusive=True)
    if kind in _DATE:
        yield from _range("date", _DATE[kind], search, exclusive=kind in _DATE_MAX_EXCLUDED)
    if kind == "client":
        yield from _client_predicates(books, account, search)
    elif kind == "invoice":
        yield from _invoice_predicates(books, account, search)
    elif kind == "payment":
        yield from _payment_predicates(books, account, search)
    elif kind == "category" and "name" in search:
        yield _equal("category", search["name"][0])


def _filters_updated(books: Ledger, kind: str) -> bool:
    if kind == "expense":
        return books.switches.expenses_filter_updated
    return kind not in _NO_UPDATED_FILTER


def _client_predicates(books: Ledger, account: str, search: Search) -> Iterator[Predicate]:
    for key, fields in _LIKE.items():
        if key in search:
            yield _like(fields, search[key][0])
    for key, balance in _BALANCES.items():
        if key in search:
            yield _balance(books, account, balance, _boolean(key, search[key][0]))


def _invoice_predicates(books: Ledger, account: str, search: Search) -> Iterator[Predicate]:
    if "v3_status" in search:
        yield _status(books, account, set(search["v3_status"]))
    for key in ("paid", "outstanding"):
        if key in search:
            yield _positive(books, key, _boolean(key, search[key][0]))


def _payment_predicates(books: Ledger, account: str, search: Search) -> Iterator[Predicate]:
    for key, low in (("amount_min", True), ("amount_max", False)):
        if key in search:
            yield _amount(_decimal(key, search[key][0]), low=low)
    if "currency" in search:
        code = search["currency"][0]
        yield lambda fields: fields["amount"]["code"] == code
    if "notes" in search:
        yield _like(("note",), search["notes"][0])
    unasked = [] if books.switches.payments_list_credits else _NO_CREDITS
    kinds = search.get("payment_or_credit", unasked)
    if kinds:
        credits_only = kinds[0] == "credit"
        yield lambda fields: (fields["creditid"] is not None) == credits_only
    for key, paths in _RELATED.items():
        if key in search:
            yield _related(books, account, paths, search[key][0])


def _status(books: Ledger, account: str, wanted: set[str]) -> Predicate:
    """Look for statuses as they read today, in the spelling that is switched on now."""
    day, switches = books.today(account), books.switches
    hyphens, renamed = switches.hyphenated_statuses, dict(switches.renamed_statuses)
    return lambda fields: (
        spelled(status_on(fields, day), hyphens=hyphens, renamed=renamed) in wanted
    )


def _among(field: str, wanted: set[int]) -> Predicate:
    return lambda fields: fields[field] in wanted


def _equal(field: str, text: str) -> Predicate:
    if text.lower() in {"true", "false"}:
        return lambda fields: str(fields[field]).lower() == text.lower()
    return lambda fields: str(fields[field]) == text


def _like(names: tuple[str, ...], text: str) -> Predicate:
    part = text.lower()
    return lambda fields: any(part in str(fields[name] or "").lower() for name in names)


def _positive(
    books: Ledger,
    field: str,
    wanted: bool,  # noqa: FBT001  # a value, not a mode
) -> Predicate:
    if field == "paid":
        return lambda fields: (fields["payment_status"] in {"paid", "auto-paid"}) == wanted
    if books.switches.overpaid_are_outstanding:
        return lambda fields: bool(number(fields[field])) == wanted
    return lambda fields: (number(fields[field]) > 0) == wanted


def _balance(
    books: Ledger,
    account: str,
    name: str,
    wanted: bool,  # noqa: FBT001  # a value, not a mode
) -> Predicate:
    def holds(fields: Fields) -> bool:
        sums = balances(books, account, fields["id"])[name]
        return any(sums.values()) == wanted

    return holds


def _amount(limit: Decimal, *, low: bool) -> Predicate:
    if low:
        return lambda fields: number(fields["amount"]) >= limit
    return lambda fields: number(fields["amount"]) <= limit


def _related(books: Ledger, account: str, paths: tuple[_Path, ...], text: str) -> Predicate:
    """Look for `text` in fields of the records that a payment is about."""

    def holds(fields: Fields) -> bool:
        for kind, key, names in paths:
            row = books.tables[kind].get(account, fields[key]) if fields[key] is not None else None
            if row is not None and _like(names, text)(row.now):
                return True
        return False

    return holds


def _range(key: str, field: str, search: Search, *, exclusive: bool) -> Iterator[Predicate]:
    """Compare days: `_min` is inclusive; `updated_max` is exclusive, `date_max` is not."""
    if f"{key}_min" in search:
        low = _day(f"{key}_min", search[f"{key}_min"][0])
        yield lambda fields: fields[field][:10] >= low
    if f"{key}_max" in search:
        high = _day(f"{key}_max", search[f"{key}_max"][0])
        if exclusive:
            yield lambda fields: fields[field][:10] < high
        else:
            yield lambda fields: fields[field][:10] <= high


def _day(key: str, text: str) -> str:
    try:
        return eastern.day(text)
    except ValueError:
        raise _bad(key, text, "Date filter must be YYYY-MM-DD.", _BAD_DATE) from None


def _integer(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _bad(key, text, "Filter must be a number.", _BAD_NUMBER) from None


def _decimal(key: str, text: str) -> Decimal:
    try:
        return number(text)
    except ValueError:
        raise _bad(key, text, "Filter must be a number.", _BAD_NUMBER) from None


def _boolean(key: str, text: Any) -> bool:
    if str(text).lower() not in {"true", "false", "1", "0"}:
        raise _bad(key, text, "Filter must be a boolean.", _BAD_BOOLEAN)
    return str(text).lower() in {"true", "1"}


def _bad(key: str, value: str, message: str, errno: int) -> RefusedError:
    return RefusedError(422, errno, message, {"field": key, "value": value})
