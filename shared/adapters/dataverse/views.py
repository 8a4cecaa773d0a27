"""What is read of Dataverse, as requests, and the rows of the answers as the ports' values.

Never sends anything.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.odata import (
    ENTITY_SETS,
    PureRequest,
    Query,
    contains,
    equals,
    every,
    get_row,
    get_row_by_key,
    list_rows,
    literal,
    navigation,
    some,
)
from shared.adapters.dataverse.sought import ADOPTED, NOTHING_SOUGHT, Sought
from shared.core import schema
from shared.core.existing import TOTAL
from shared.core.fitting import LENGTHS
from shared.core.homes import Account
from shared.core.rows import Scalar

OPPORTUNITIES: Final = "opportunity_customer_accounts"
CLIENTS: Final = schema.ACCOUNT_LOOKUP.relationship
ON_DEAL: Final = "opportunity_invoices"
OWNER: Final = "owninguser"
LINES: Final = "invoice_details"
INVOICES: Final = "invoice_customer_accounts"
ENTRIES: Final = schema.INVOICE_LOOKUP.relationship

MOST_SIMILAR: Final = 50
_MOST_WORDS: Final = 4
_SHORTEST_WORD: Final = 3
# Dataverse finds parts of words; most of the surplus is sorted out here.
_MOST_HITS: Final = 200

_KEY: Final = schema.CLIENT_KEY.columns[0]
_STATE: Final = ("statecode", "statuscode")
_ACTIVE: Final = {"statecode": 0}


def _own(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in schema.COLUMNS[table])


_INVOICE: Final = (
    *LENGTHS["invoice"],
    "duedate",
    "discountamount",
    "discountpercentage",
    "_customerid_value",
    "_opportunityid_value",
    "_pricelevelid_value",
    "_transactioncurrencyid_value",
    f"_{schema.INVOICE_CLIENT_LOOKUP.name}_value",
    *_own("invoice"),
    *_STATE,
)
_NATIVE: Final = ("invoicenumber", TOTAL)
_LINE: Final = (
    "lineitemnumber",
    "productdescription",
    "description",
    "quantity",
    "priceperunit",
    "manualdiscountamount",
    "tax",
)
_ENTRY: Final = (
    *LENGTHS[schema.ACTIVITY_TABLE],
    "_regardingobjectid_value",
    "_transactioncurrencyid_value",
    "sortdate",
    "scheduledend",
    "actualend",
    *(f"_{each.name}_value" for each in schema.LOOKUPS if each.table == schema.ACTIVITY_TABLE),
    *_own(schema.ACTIVITY_TABLE),
    *_STATE,
)
OPPORTUNITY: Final = navigation(schema.ACTIVITY_TABLE, "regardingobjectid", "opportunity")
_CLIENT: Final = (
    *LENGTHS[schema.CLIENT_TABLE],
    f"_{schema.ACCOUNT_LOOKUP.name}_value",
    "_transactioncurrencyid_value",
    *_own(schema.CLIENT_TABLE),
)
_DEAL: Final = ("_customerid_value", "_transactioncurrencyid_value", *_own("opportunity"), *_STATE)
_COUNTED: Final = (
    "_opportunityid_value",
    "_transactioncurrencyid_value",
    "fbx_status",
    "fbx_total",
    "fbx_paid",
    "fbx_outstanding",
    *_STATE,
)
_CURRENCY: Final = ("isocurrencycode", "currencyprecision", "exchangerate")


def for_invoice(
    invoice: UUID,
    entry: UUID,
    client_key: str | None,
    reference: str,
    sought: Sought = NOTHING_SOUGHT,
) -> list[PureRequest]:
    """Return the reads of an invoice, of its timeline entry, and of a client's account, if any.

    The second is the adopted row that its entry points at.
    """
    reads = [invoice_by_id(invoice, lines=True), adopted_by_entry(entry), entry_by_id(entry)]
    return reads + _homes_of(client_key, reference, sought)


def for_entry(
    entry: UUID, invoice: UUID | None, client_key: str | None, invoice_entry: UUID | None = None
) -> list[PureRequest]:
    """Return the reads of a timeline entry, of its invoice, and of a client's account, if any.

    An invoice is read by its id and, where that is given, by its own entry.
    """
    reads = [entry_by_id(entry, opportunity=True)]
    if invoice is not None:
        reads.append(invoice_by_id(invoice, lines=False))
    if invoice_entry is not None:
        reads.append(adopted_by_entry(invoice_entry))
    return reads + _homes_of(client_key, "")


def adopted_by_entry(entry: UUID) -> PureRequest:
    """Return the read of the adopted invoice that a timeline entry points at.

    By way of the entry, whose id is known and whose lookup Dataverse keeps an index on: a key of
    its own would be empty on every other invoice, and nobody says whether those count as equal.
    """
    key = ENTITY_SETS[schema.ACTIVITY_TABLE].key
    pointed_at = f"{ENTRIES}/any(e:{equals(f'e/{key}', entry)})"
    return list_rows("invoice", Query(_INVOICE, where=every(ADOPTED, pointed_at)))


def _homes_of(
    client_key: str | None, reference: str, sought: Sought = NOTHING_SOUGHT
) -> list[PureRequest]:
    if client_key is None:
        return []
    expand = {CLIENTS: Query(_CLIENT, equal={_KEY: client_key}), **_placing(reference, sought)}
    return [_home(client_key, Query(_account(None), expand=expand))]


def place_on(account: UUID, reference: str, sought: Sought) -> PureRequest:
    """Return the read of what decides where an account's invoice belongs, whoever's it is."""
    expand = _placing(reference, sought)
    return get_row("account", account, Query(_account(None), expand=expand))


def _placing(reference: str, sought: Sought) -> dict[str, Query]:
    """Return what is read of an account to place an invoice: opportunities, invoices it may be."""
    wanted = some("statecode eq 0", *([equals("name", reference)] if reference else []))
    expand = {OPPORTUNITIES: Query(("name", "statecode"), where=wanted)}
    if condition := sought.condition:
        columns = dict.fromkeys((*_INVOICE, *_NATIVE, sought.column or TOTAL))
        expand[INVOICES] = Query(tuple(columns), where=condition)
    return expand


def invoice_by_id(invoice: UUID, *, lines: bool, native: bool = False) -> PureRequest:
    """Return the read of an invoice's header, with its lines or native figures if asked for."""
    expand = {LINES: Query(_LINE)} if lines else {}
    select = (*_INVOICE, *_NATIVE) if native else _INVOICE
    return get_row("invoice", invoice, Query(select, expand=expand))


def entry_by_id(entry: UUID, *, opportunity: bool = False) -> PureRequest:
    """Return the read of a timeline entry, with the opportunity it is on if asked for."""
    expand = {OPPORTUNITY: Query(("_customerid_value",))} if opportunity else {}
    return get_row(schema.ACTIVITY_TABLE, entry, Query(_ENTRY, expand=expand))


def account_by_id(account: UUID, match_column: str | None) -> PureRequest:
    """Return the read of an account with all of its clients, and the sums of its opportunities."""
    return get_row("account", account, Query(_account(match_column), expand=_summed()))


def deal_by_id(opportunity: UUID) -> PureRequest:
    """Return the read of an opportunity with the invoices on it."""
    return get_row("opportunity", opportunity, Query(_DEAL, expand={ON_DEAL: Query(_COUNTED)}))


def _summed() -> dict[str, Query]:
    """Return what an account and its opportunities are summed up from.

    An opportunity that was closed before it showed anything is missing; it is asked for alone
    when an invoice is put on it.
    """
    shown = some("statecode eq 0", "fbx_invoiced ne null")
    return {
        CLIENTS: Query(_CLIENT),
        OPPORTUNITIES: Query(_DEAL, where=shown),
        INVOICES: Query(_COUNTED, where="_opportunityid_value ne null"),
    }


def client_by_key(client_key: str) -> PureRequest:
    """Return the read of a client's own row."""
    return get_row_by_key(schema.CLIENT_TABLE, Query(_CLIENT), **{_KEY: client_key})


def home_by_client(client_key: str, match_column: str | None) -> PureRequest:
    """Return the read of the account a client's row names, with all of its clients and sums.

    By way of the account's clients, and not by expanding the client's account: an account that is
    expanded comes without its version, and its clients cannot be asked for with it.
    """
    return _home(client_key, Query(_account(match_column), expand=_summed()))


def _home(client_key: str, query: Query) -> PureRequest:
    where = f"{CLIENTS}/any(c:{equals(f'c/{_KEY}', client_key)})"
    return list_rows("account", replace(query, where=where))


def changed_clients(since: datetime) -> PureRequest:
    """Return the read of the clients' rows that changed since then."""
    return list_rows(schema.CLIENT_TABLE, Query(_CLIENT, where=f"modifiedon ge {literal(since)}"))


def client_links() -> PureRequest:
    """Return the read of every client's key, state and account."""
    return list_rows(schema.CLIENT_TABLE, Query(_CLIENT))


def equal_accounts(
    client_key: str, name: str, field_value: str | None, match_column: str | None
) -> PureRequest:
    """Return the read of the active accounts with this name or this value; one must be given.

    The account that an earlier release linked to the client is among them, active or not.
    """
    conditions = [equals("name", name)] if name else []
    if match_column and field_value:
        conditions.append(equals(match_column, field_value))
    equal = every(equals("statecode", 0), some(*conditions))
    linked = equals(schema.ACCOUNT_KEY.columns[0], client_key)
    return list_rows("account", _candidates(match_column, some(f"({equal})", linked)))


def similar_accounts(name: str, match_column: str | None) -> PureRequest | None:
    """Return the read of active accounts that may share a word with `name`, None for no word."""
    telling = sorted(words(name), key=lambda word: (-len(word), word))
    long = [word for word in telling if len(word) >= _SHORTEST_WORD] or telling
    if not long:
        return None
    where = some(*(contains("name", word) for word in long[:_MOST_WORDS]))
    wanted = every(equals("statecode", 0), where)
    return list_rows("account", replace(_candidates(match_column, wanted), top=_MOST_HITS))


def _candidates(match_column: str | None, where: str) -> Query:
    expand = {CLIENTS: Query(_CLIENT), OWNER: Query(("fullname",))}
    return Query(_account(match_column), where=where, expand=expand)


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
    select = tuple(dict.fromkeys(("name", match_column or "name", *_STATE)))
    if changed_since is None:
        return list_rows("account", Query(select, equal=_ACTIVE))
    where = f"modifiedon ge {literal(changed_since)}"
    return list_rows("account", Query(select, where=where))


def currency_codes() -> PureRequest:
    """Return the read of the active currencies."""
    return list_rows("transactioncurrency", Query(("isocurrencycode",), equal=_ACTIVE))


def currency_by_code(code: str) -> PureRequest:
    """Return the read of the active currencies with an ISO code."""
    query = Query(_CURRENCY, equal={"isocurrencycode": code, **_ACTIVE})
    return list_rows("transactioncurrency", query)


def currency_by_id(currency: UUID) -> PureRequest:
    """Return the read of a currency."""
    return get_row("transactioncurrency", currency, Query(_CURRENCY))


def environment() -> PureRequest:
    """Return the read of what holds for the whole environment."""
    return list_rows("organization", Query(("pricingdecimalprecision",)))


def price_lists(currency: UUID, name: str | None) -> PureRequest:
    """Return the read of the active price lists in a currency, of one name if given."""
    equal: dict[str, Scalar | UUID] = {"_transactioncurrencyid_value": currency, **_ACTIVE}
    if name is not None:
        equal["name"] = name
    return list_rows("pricelevel", Query(("name",), equal=equal))


def _account(match_column: str | None) -> tuple[str, ...]:
    wanted = ("name", match_column or "name", *_ACCOUNT, *_own("account"))
    return tuple(dict.fromkeys((*wanted, *_STATE)))


_ACCOUNT: Final = (
    "accountnumber",
    "address1_city",
    "_transactioncurrencyid_value",
    "_masterid_value",
    "_owninguser_value",
    "_owningteam_value",
)
