"""The rows of Dataverse's answers as the ports' values.

Never sends anything, and never says what is asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse.invoice_views import OPPORTUNITY
from shared.adapters.dataverse.odata import ENTITY_SETS, to_current
from shared.adapters.dataverse.views import OWNER
from shared.core import schema
from shared.core.homes import Account, AccountName, ClientRow, Deal, Opportunity
from shared.core.options import ClientState
from shared.core.rows import Current
from shared.core.views import Currency, RecordRow

# Inputs of the price engine that count as 0 when they are empty.
_ZERO_IF_EMPTY: Final = frozenset({"discountamount", "discountpercentage", "manualdiscountamount"})


def to_account_name(row: Mapping[str, Any], match_column: str | None) -> AccountName:
    """Return what an account of an answer is called.

    Raises:
        ValueError: it is no account.
    """
    current = to_current("account", row)
    return AccountName(
        current.id,
        current.text("name"),
        match_value=current.text(match_column) if match_column else "",
        active=current.state is None or current.state.state == 0,
    )


def to_account(
    row: Mapping[str, Any],
    *,
    clients: Iterable[Mapping[str, Any]] = (),
    opportunities: Iterable[Mapping[str, Any]] = (),
    deals: Iterable[Deal] = (),
    match_column: str | None = None,
) -> Account:
    """Return an account of an answer, with what was read of its clients and opportunities.

    Raises:
        ValueError: it is no account.
    """
    current = to_current("account", row)
    if current.state is None:
        raise ValueError("it does not say whether it is active")
    owner = row.get(OWNER)
    named = {"owner": str(owner.get("fullname") or "")} if isinstance(owner, Mapping) else {}
    return Account(
        **{**vars(current), "columns": {**current.columns, **named}},
        clients=tuple(map(to_client, clients)),
        opportunities=tuple(map(_to_opportunity, opportunities)),
        deals=tuple(deals),
        match_value=current.text(match_column) if match_column else "",
    )


def to_client(row: Mapping[str, Any]) -> ClientRow:
    """Return a client's own row of an answer.

    Raises:
        ValueError: it is none.
    """
    return ClientRow(**vars(to_current(schema.CLIENT_TABLE, row)))


def to_misplaced(account: Mapping[str, Any], client: Mapping[str, Any]) -> ClientRow | None:
    """Return a client's own row if it does not stand to its account as it should, else None.

    Raises:
        ValueError: it is no row of a client.
    """
    row = to_client(client)
    active = account.get("statecode") == 0
    wrong = ClientState.NEEDS_A_PERSON if active else ClientState.LINKED
    return replace(row, misplaced=True) if row.link_state is wrong else None


def _to_opportunity(row: Mapping[str, Any]) -> Opportunity:
    return Opportunity(
        UUID(row[ENTITY_SETS["opportunity"].key]),
        str(row.get("name") or ""),
        is_open=row.get("statecode") == 0,
    )


def to_deal(row: Mapping[str, Any], invoices: Iterable[Mapping[str, Any]]) -> Deal:
    """Return an opportunity of an answer with the invoices on it.

    Raises:
        ValueError: it is none, or one of them is no invoice.
    """
    current = to_current("opportunity", row)
    return Deal(**vars(current), invoices=tuple(to_current("invoice", each) for each in invoices))


def to_record_row(table: str, row: Mapping[str, Any]) -> RecordRow:
    """Return a row of an answer that stands for a record.

    Raises:
        ValueError: it is none.
    """
    return RecordRow(**vars(to_current(table, _with_zeros(row))))


def to_line(row: Mapping[str, Any]) -> Current:
    """Return an invoice's line of an answer.

    Raises:
        ValueError: it is none.
    """
    return to_current("invoicedetail", _with_zeros(row))


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
    if opportunity := row.get(OPPORTUNITY):
        customer = opportunity.get("_customerid_value")
        place = {
            "opportunityid": UUID(opportunity[ENTITY_SETS["opportunity"].key]),
            "customerid": UUID(customer) if customer else None,
        }
    return replace(current, lookups={**current.lookups, **place})


def to_entry_alone(row: Mapping[str, Any]) -> RecordRow:
    """Return a timeline entry of an answer that stands for its record alone.

    It is on the account that it names, whatever a person made it regard.

    Raises:
        ValueError: it is none.
    """
    current = to_record_row(schema.ACTIVITY_TABLE, row)
    place = {"opportunityid": None, "customerid": current.lookups.get("fbx_accountid")}
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
        rate=_rate(current.columns.get("exchangerate")),
    )


def _with_zeros(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in which an empty input is the 0 it counts as, so that nobody writes it."""
    return {**row, **{name: 0 for name in _ZERO_IF_EMPTY & row.keys() if row[name] is None}}


def _rate(value: object) -> Decimal:
    rate = value if isinstance(value, Decimal | int) else Decimal(0)
    return Decimal(rate) if rate > 0 else Currency.rate


def _decimals(value: object) -> int:
    return value if isinstance(value, int) else Currency.precision
