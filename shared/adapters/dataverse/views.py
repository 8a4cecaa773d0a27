"""What is read of Dataverse, as requests, and the rows of the answers as the ports' values.

Never sends anything.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse.odata import (
    ENTITY_SETS,
    PureRequest,
    Query,
    contains,
    equals,
    get_row,
    get_row_by_key,
    list_rows,
    literal,
    navigation,
    some,
    to_current,
)
from shared.core import schema
from shared.core.fitting import LENGTHS
from shared.core.rows import Scalar
from shared.core.views import Account, AccountName, Currency, RecordRow

OPPORTUNITIES: Final = "opportunity_customer_accounts"
LINES: Final = "invoice_details"

MOST_SIMILAR: Final = 50
_MOST_WORDS: Final = 4
_SHORTEST_WORD: Final = 3
# Dataverse finds parts of words; most of the surplus is sorted out here.
_MOST_HITS: Final = 200

_CLIENT_KEY: Final = schema.CLIENT_KEY.columns[0]
_STATE: Final = ("statecode", "statuscode")
_ACTIVE: Final = {"statecode": 0}


def _own(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in schema.COLUMNS[table])


_INVOICE: Final = (
    *LENGTHS["invoice"],
    "duedate",
    "discountpercentage",
    "_customerid_value",
    "_opportunityid_value",
    *_own("invoice"),
    *_STATE,
)
_LINE: Final = (
    "lineitemnumber",
    "productdescription",
    "description",
    "quantity",
    "priceperunit",
    "tax",
)
_ENTRY: Final = (
    *LENGTHS[schema.ACTIVITY_TABLE],
    "_regardingobjectid_value",
    f"_{schema.INVOICE_LOOKUP.name}_value",
    *_own(schema.ACTIVITY_TABLE),
    *_STATE,
)
_OPPORTUNITY: Final = navigation(schema.ACTIVITY_TABLE, "regardingobjectid", "opportunity")
_CURRENCY: Final = ("isocurrencycode", "currencyprecision")


def for_invoice(
    invoice: UUID, entry: UUID, client_key: str | None, match_column: str | None
) -> list[PureRequest]:
    """Return the reads of an invoice, of its timeline entry, and of a client's account, if any."""
    reads = [invoice_by_id(invoice, lines=True), entry_by_id(entry)]
    return reads + _accounts_of(client_key, match_column)


def for_entry(
    entry: UUID, invoice: UUID | None, client_key: str | None, match_column: str | None
) -> list[PureRequest]:
    """Return the reads of a timeline entry, of its invoice, and of a client's account, if any."""
    reads = [entry_by_id(entry, opportunity=True)]
    if invoice is not None:
        reads.append(invoice_by_id(invoice, lines=False))
    return reads + _accounts_of(client_key, match_column)


def _accounts_of(client_key: str | None, match_column: str | None) -> list[PureRequest]:
    if client_key is None:
        return []
    return [account_by_client(client_key, match_column, opportunities=True)]


def invoice_by_id(invoice: UUID, *, lines: bool) -> PureRequest:
    """Return the read of an invoice's header, with its lines if asked for."""
    expand = {LINES: Query(_LINE)} if lines else {}
    return get_row("invoice", invoice, Query(_INVOICE, expand=expand))


def entry_by_id(entry: UUID, *, opportunity: bool = False) -> PureRequest:
    """Return the read of a timeline entry, with the opportunity it is on if asked for."""
    expand = {_OPPORTUNITY: Query(("_customerid_value",))} if opportunity else {}
    return get_row(schema.ACTIVITY_TABLE, entry, Query(_ENTRY, expand=expand))


def account_by_id(account: UUID, match_column: str | None) -> PureRequest:
    """Return the read of an account."""
    return get_row("account", account, Query(_account(match_column)))


def account_by_client(
    client_key: str, match_column: str | None, *, opportunities: bool
) -> PureRequest:
    """Return the read of the account that carries a client's key."""
    expand = {OPPORTUNITIES: Query(("name",), equal=_ACTIVE)} if opportunities else {}
    query = Query(_account(match_column), expand=expand)
    return get_row_by_key("account", query, **{schema.CLIENT_KEY.columns[0]: client_key})


def equal_accounts(name: str, field_value: str | None, match_column: str | None) -> PureRequest:
    """Return the read of the active accounts with this name or this value; one must be given."""
    conditions = [equals("name", name)] if name else []
    if match_column and field_value:
        conditions.append(equals(match_column, field_value))
    query = Query(_account(match_column), equal=_ACTIVE, where=some(*conditions))
    return list_rows("account", query)


def similar_accounts(name: str, match_column: str | None) -> PureRequest | None:
    """Return the read of active accounts that may share a word with `name`, None for no word."""
    telling = sorted(words(name), key=lambda word: (-len(word), word))
    long = [word for word in telling if len(word) >= _SHORTEST_WORD] or telling
    if not long:
        return None
    where = some(*(contains("name", word) for word in long[:_MOST_WORDS]))
    query = Query(_account(match_column), equal=_ACTIVE, where=where, top=_MOST_HITS)
    return list_rows("account", query)


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
    select = tuple(dict.fromkeys(("name", _CLIENT_KEY, match_column or "name", *_STATE)))
    if changed_since is None:
        return list_rows("account", Query(select, equal=_ACTIVE))
    where = f"modifiedon ge {literal(changed_since)}"
    return list_rows("account", Query(select, where=where))


def to_account_name(row: Mapping[str, Any], match_column: str | None) -> AccountName:
    """Return what an account of an answer is called.

    Raises:
        ValueError: it is no account.
    """
    current = to_current("account", row)
    return AccountName(
        current.id,
        current.text("name"),
        client_key=current.text(_CLIENT_KEY),
        match_value=current.text(match_column) if match_column else "",
        active=current.state is None or current.state.state == 0,
    )


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


def to_account(
    row: Mapping[str, Any],
    opportunities: Iterable[Mapping[str, Any]],
    match_column: str | None,
) -> Account:
    """Return an account of an answer, with its open opportunities.

    Raises:
        ValueError: it is no account.
    """
    key = ENTITY_SETS["opportunity"].key
    current = to_current("account", row)
    if current.state is None:
        raise ValueError("it does not say whether it is active")
    return Account(
        **vars(current),
        opportunities={UUID(each[key]): str(each.get("name") or "") for each in opportunities},
        match_value=current.text(match_column) if match_column else "",
    )


def to_record_row(table: str, row: Mapping[str, Any]) -> RecordRow:
    """Return a row of an answer that stands for a record.

    Raises:
        ValueError: it is none.
    """
    return RecordRow(**vars(to_current(table, row)))


def to_entry(row: Mapping[str, Any]) -> RecordRow:
    """Return a timeline entry of an answer, with the opportunity and the customer it is on.

    Raises:
        ValueError: it is none.
    """
    current = to_record_row(schema.ACTIVITY_TABLE, row)
    place: dict[str, UUID | None] = {
        "opportunityid": None,
        "customerid": current.lookups.get("regardingobjectid"),
    }
    if opportunity := row.get(_OPPORTUNITY):
        customer = opportunity.get("_customerid_value")
        place = {
            "opportunityid": UUID(opportunity[ENTITY_SETS["opportunity"].key]),
            "customerid": UUID(customer) if customer else None,
        }
    return replace(current, lookups={**current.lookups, **place})


def to_currency(row: Mapping[str, Any], organization: Mapping[str, Any]) -> Currency:
    """Return a currency of an answer.

    Raises:
        ValueError: it is none.
    """
    current = to_current("transactioncurrency", row)
    return Currency(
        id=current.id,
        code=str(current.columns.get("isocurrencycode") or ""),
        precision=_decimals(current.columns.get("currencyprecision")),
        price_precision=_decimals(organization.get("pricingdecimalprecision")),
    )


def _account(match_column: str | None) -> tuple[str, ...]:
    wanted = ("name", match_column or "name", "_transactioncurrencyid_value", *_own("account"))
    return tuple(dict.fromkeys((*wanted, *_STATE)))


def _decimals(value: object) -> int:
    return value if isinstance(value, int) else Currency.precision
