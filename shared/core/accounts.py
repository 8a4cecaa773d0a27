"""A FreshBooks client as the account Dataverse should hold: its key, its balances.

Never touches what belongs to the people in Sales, except on an account it creates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.core.mapping import rounded
from shared.core.records import Client, Money
from shared.core.rows import Reference, Row, Scalar, client_key, row_id
from shared.core.schema import Health, fit


def account_id(account: str, client: int) -> UUID:
    """Return the id an account gets when the connector has to create it."""
    return row_id(account, "client", client)


@dataclass(frozen=True)
class Standing:
    """A client's balances, as an account shows them.

    Attributes:
        currency: ISO code of the account's currency; other currencies appear in the text only.
        precision: decimals of amounts in it.
        last_invoice: day of the newest invoice.
        last_payment: day of the newest payment.
    """

    currency: str
    precision: int
    last_invoice: date | None
    last_payment: date | None


def render_balances(client: Client, *, account: str, standing: Standing) -> dict[str, Scalar]:
    """Return the columns we own on the account of a client."""
    outstanding, overdue, credit = (
        _by_currency(money)
        for money in (client.outstanding_balance, client.overdue_balance, client.credit_balance)
    )
    health = Health.NO_ACTIVITY
    if any(overdue.values()):
        health = Health.OVERDUE
    elif any(outstanding.values()):
        health = Health.PAYMENT_DUE
    elif standing.last_invoice is not None or standing.last_payment is not None:
        health = Health.GOOD_STANDING
    texts = [
        f"{code}: {outstanding.get(code, Decimal(0)):,.2f} open"
        f" ({overdue.get(code, Decimal(0)):,.2f} overdue),"
        f" {credit.get(code, Decimal(0)):,.2f} credit"
        for code in sorted({*outstanding, *overdue, *credit})
        if outstanding.get(code) or overdue.get(code) or credit.get(code)
    ]

    def in_account_currency(amounts: Mapping[str, Decimal]) -> Decimal:
        return rounded(amounts.get(standing.currency, Decimal(0)), standing.precision)

    return {
        "fbx_clientkey": client_key(account, client.id),
        "fbx_outstanding": in_account_currency(outstanding),
        "fbx_overdue": in_account_currency(overdue),
        "fbx_credit": in_account_currency(credit),
        "fbx_balances": fit("account", "fbx_balances", "; ".join(texts)),
        "fbx_financialhealth": int(health),
        "fbx_lastinvoiceon": standing.last_invoice,
        "fbx_lastpaymenton": standing.last_payment,
    }


def render_account(
    client: Client, *, account: str, currency: UUID, balances: Mapping[str, Scalar], now: datetime
) -> Row:
    """Return the account the connector creates for a client that has none.

    Name and contact details are written once; afterwards they belong to the people in Sales.
    """
    initial = {
        "name": fit("account", "name", client.name or f"FreshBooks client {client.id}"),
        "emailaddress1": fit("account", "emailaddress1", client.email),
        "telephone1": fit("account", "telephone1", client.phone),
        "address1_line1": fit("account", "address1_line1", client.street),
        "address1_line2": fit("account", "address1_line2", client.street2),
        "address1_city": fit("account", "address1_city", client.city),
        "address1_stateorprovince": fit("account", "address1_stateorprovince", client.province),
        "address1_postalcode": fit("account", "address1_postalcode", client.postal_code),
        "address1_country": fit("account", "address1_country", client.country),
    }
    return Row(
        table="account",
        id=account_id(account, client.id),
        columns=balances,
        initial={column: value for column, value in initial.items() if value is not None},
        initial_lookups={"transactioncurrencyid": Reference("transactioncurrency", currency)},
        stamps={"fbx_syncedon": now},
    )


def _by_currency(money: Sequence[Money] | None) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for each in money or ():
        amounts[each.code] = amounts.get(each.code, Decimal(0)) + each.amount
    return amounts
