"""What is read of clients, accounts and currencies, and of any timeline entry, as requests.

Never sends anything, and names no table of the Sales app.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.odata import (
    PureRequest,
    Query,
    contains,
    equals,
    every,
    get_row,
    get_row_by_key,
    list_rows,
    literal,
    some,
)
from shared.core import schema
from shared.core.blueprint import Blueprint
from shared.core.fitting import LENGTHS
from shared.core.homes import Account
from shared.core.options import ClientState

CLIENTS: Final = schema.ACCOUNT_LOOKUP.relationship
OWNER: Final = "owninguser"

MOST_SIMILAR: Final = 50
_MOST_WORDS: Final = 4
_SHORTEST_WORD: Final = 3
# Dataverse finds parts of words; most of the surplus is sorted out here.
_MOST_HITS: Final = 200

_KEY: Final = schema.CLIENT_KEY.columns[0]
STATE: Final = ("statecode", "statuscode")
ACTIVE: Final = {"statecode": 0}


# Columns that are read beside the connector's, by table: what the administrator maps.
More = Mapping[str, tuple[str, ...]]
NO_MORE: Final[More] = MappingProxyType({})


def widened(columns: tuple[str, ...], table: str, more: More) -> tuple[str, ...]:
    """Return the columns that are read of a table, each once."""
    return tuple(dict.fromkeys((*columns, *more.get(table, ()))))


def own_columns(table: str) -> tuple[str, ...]:
    """Return the connector's columns of a table."""
    return tuple(column.name for column in schema.COLUMNS[table])


def entry_columns(of: Blueprint) -> tuple[str, ...]:
    """Return what is read of a timeline entry."""
    return (
        *LENGTHS[schema.ACTIVITY_TABLE],
        "_regardingobjectid_value",
        "_transactioncurrencyid_value",
        "sortdate",
        "scheduledend",
        "actualend",
        *(f"_{each.name}_value" for each in of.lookups_of(schema.ACTIVITY_TABLE)),
        *own_columns(schema.ACTIVITY_TABLE),
        *STATE,
    )


_CLIENT: Final = (
    *LENGTHS[schema.CLIENT_TABLE],
    f"_{schema.ACCOUNT_LOOKUP.name}_value",
    "_transactioncurrencyid_value",
    *own_columns(schema.CLIENT_TABLE),
)


def client_columns() -> tuple[str, ...]:
    """Return what is read of a client's own row."""
    return _CLIENT


_CURRENCY: Final = ("isocurrencycode", "currencyprecision", "exchangerate")


def account_by_id(
    account: UUID, match_column: str | None, summed: Mapping[str, Query], more: More = NO_MORE
) -> PureRequest:
    """Return the read of an account with all of its clients, and what else is summed up there."""
    return get_row("account", account, _with_clients(match_column, summed, more))


def client_by_key(client_key: str, more: More = NO_MORE) -> PureRequest:
    """Return the read of a client's own row."""
    select = widened(_CLIENT, schema.CLIENT_TABLE, more)
    return get_row_by_key(schema.CLIENT_TABLE, Query(select), **{_KEY: client_key})


def home_of_record(client_key: str, beside: Mapping[str, Query]) -> PureRequest:
    """Return the read of the account a client's row names, with this client alone.

    Args:
        client_key: the client's.
        beside: what of the account decides where a record of the client belongs.
    """
    expand = {CLIENTS: Query(_CLIENT, equal={_KEY: client_key}), **beside}
    return _home(client_key, Query(account_columns(None), expand=expand))


def home_by_client(
    client_key: str, match_column: str | None, summed: Mapping[str, Query], more: More = NO_MORE
) -> PureRequest:
    """Return the read of the account a client's row names, with all of its clients and sums.

    By way of the account's clients, and not by expanding the client's account: an account that is
    expanded comes without its version, and its clients cannot be asked for with it.
    """
    return _home(client_key, _with_clients(match_column, summed, more))


def _with_clients(match_column: str | None, summed: Mapping[str, Query], more: More) -> Query:
    expand = {CLIENTS: Query(_CLIENT), **summed}
    return Query(account_columns(match_column, more), expand=expand)


def _home(client_key: str, query: Query) -> PureRequest:
    where = f"{CLIENTS}/any(c:{equals(f'c/{_KEY}', client_key)})"
    return list_rows("account", replace(query, where=where))


def changed_clients(since: datetime) -> PureRequest:
    """Return the read of the clients' rows that changed since then."""
    return list_rows(schema.CLIENT_TABLE, Query(_CLIENT, where=f"modifiedon ge {literal(since)}"))


def misplaced_clients() -> PureRequest:
    """Return the read of accounts whose clients do not stand to them as they should.

    They were deactivated with a client that is linked, or are active again with one that waits.
    """
    linked, waits = (
        f"{CLIENTS}/any(c:{equals('c/fbx_state', int(state))})"
        for state in (ClientState.LINKED, ClientState.NEEDS_A_PERSON)
    )
    where = some(
        f"({every('statecode eq 1', linked)})",
        f"({every('statecode eq 0', waits)})",
    )
    return list_rows("account", Query(STATE, where=where, expand={CLIENTS: Query(_CLIENT)}))


def client_links() -> PureRequest:
    """Return the read of every client's key, state and account."""
    return list_rows(schema.CLIENT_TABLE, Query(_CLIENT))


def equal_accounts(
    client_key: str,
    name: str,
    field_value: str | None,
    match_column: str | None,
    more: More = NO_MORE,
) -> PureRequest:
    """Return the read of the active accounts with this name or this value; one must be given.

    The account that an earlier release linked to the client is among them, active or not.
    """
    conditions = [equals("name", name)] if name else []
    if match_column and field_value:
        conditions.append(equals(match_column, field_value))
    equal = every(equals("statecode", 0), some(*conditions))
    linked = equals(schema.ACCOUNT_KEY.columns[0], client_key)
    return list_rows("account", _candidates(match_column, some(f"({equal})", linked), more))


def similar_accounts(
    name: str, match_column: str | None, more: More = NO_MORE
) -> PureRequest | None:
    """Return the read of active accounts that may share a word with `name`, None for no word."""
    telling = sorted(words(name), key=lambda word: (-len(word), word))
    long = [word for word in telling if len(word) >= _SHORTEST_WORD] or telling
    if not long:
        return None
    where = some(*(contains("name", word) for word in long[:_MOST_WORDS]))
    wanted = every(equals("statecode", 0), where)
    return list_rows("account", replace(_candidates(match_column, wanted, more), top=_MOST_HITS))


def _candidates(match_column: str | None, where: str, more: More) -> Query:
    expand = {CLIENTS: Query(_CLIENT), OWNER: Query(("fullname",))}
    return Query(account_columns(match_column, more), where=where, expand=expand)


def most_similar(name: str, accounts: Iterable[Account]) -> list[Account]:
    """Return the accounts that share a word with `name`, those with most words first."""
    wanted = words(name)
    shared = [(len(wanted & words(account.name)), account) for account in accounts]
    hits = sorted(
        ((count, account) for count, account in shared if count),
        key=lambda pair: (-pair[0], pair[1].name, pair[1].id),
    )
    return [account for _, account in hits[:MOST_SIMILAR]]


def words(text: str) -> frozenset[str]:
    """Return the words of a name, without case; accents stay, Dataverse may tell them apart."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return frozenset("".join(c if c.isalnum() else " " for c in folded).split())


def account_names(changed_since: datetime | None, match_column: str | None) -> PureRequest:
    """Return the read of what accounts changed since then are called; None for all active ones."""
    select = tuple(dict.fromkeys(("name", match_column or "name", *STATE)))
    if changed_since is None:
        return list_rows("account", Query(select, equal=ACTIVE))
    where = f"modifiedon ge {literal(changed_since)}"
    return list_rows("account", Query(select, where=where))


def currency_codes() -> PureRequest:
    """Return the read of the active currencies."""
    return list_rows("transactioncurrency", Query(("isocurrencycode",), equal=ACTIVE))


def currency_by_code(code: str) -> PureRequest:
    """Return the read of the active currencies with an ISO code."""
    query = Query(_CURRENCY, equal={"isocurrencycode": code, **ACTIVE})
    return list_rows("transactioncurrency", query)


def currency_by_id(currency: UUID) -> PureRequest:
    """Return the read of a currency."""
    return get_row("transactioncurrency", currency, Query(_CURRENCY))


def user_by_id(user: UUID) -> PureRequest:
    """Return the read of whether a user can be told anything."""
    return get_row("systemuser", user, Query(("isdisabled", "applicationid")))


def environment() -> PureRequest:
    """Return the read of what holds for the whole environment."""
    return list_rows("organization", Query(("pricingdecimalprecision",)))


def account_columns(match_column: str | None, more: More = NO_MORE) -> tuple[str, ...]:
    """Return what is read of an account."""
    wanted = ("name", match_column or "name", *_ACCOUNT, *own_columns("account"), *STATE)
    return widened(wanted, "account", more)


_ACCOUNT: Final = (
    "accountnumber",
    "address1_city",
    "_transactioncurrencyid_value",
    "_masterid_value",
    "_owninguser_value",
    "_owningteam_value",
)
