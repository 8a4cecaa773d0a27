"""A FreshBooks client as the account Dataverse should hold: its key, its balances.

Never touches what belongs to the people in Sales, except on an account it creates.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.core.fitting import fit
from shared.core.identity import RecordId
from shared.core.mapping import rounded
from shared.core.options import Health
from shared.core.records import Client, LastActivity, Money
from shared.core.rows import Change, Reference, Row, Scalar
from shared.core.views import Account, Currency

_OF_CLIENT: Final = (
    "fbx_clientkey",
    "fbx_outstanding",
    "fbx_overdue",
    "fbx_credit",
    "fbx_balances",
    "fbx_financialhealth",
    "fbx_lastinvoiceon",
    "fbx_lastpaymenton",
)


def render_balances(
    client: Client, *, record: RecordId, currency: Currency, activity: LastActivity
) -> dict[str, Scalar]:
    """Return the columns we own on the account of a client.

    Args:
        client: the record, with its balances.
        record: its identity.
        currency: the account's; other currencies appear in the text only.
        activity: the client's newest invoice and payment.
    """
    outstanding, overdue, credit = (
        _by_currency(money)
        for money in (client.outstanding_balance, client.overdue_balance, client.credit_balance)
    )
    health = Health.NO_ACTIVITY
    if any(overdue.values()):
        health = Health.OVERDUE
    elif any(outstanding.values()):
        health = Health.PAYMENT_DUE
    elif activity.invoice is not None or activity.payment is not None:
        health = Health.GOOD_STANDING
    texts = [
        f"{code}: {outstanding.get(code, Decimal(0)):,.2f} open"
        f" ({overdue.get(code, Decimal(0)):,.2f} overdue),"
        f" {credit.get(code, Decimal(0)):,.2f} credit"
        for code in sorted({*outstanding, *overdue, *credit})
        if outstanding.get(code) or overdue.get(code) or credit.get(code)
    ]

    def in_account_currency(amounts: Mapping[str, Decimal]) -> Decimal:
        return rounded(amounts.get(currency.code, Decimal(0)), currency.precision)

    columns: dict[str, Scalar] = {
        "fbx_clientkey": record.client_key,
        "fbx_outstanding": in_account_currency(outstanding),
        "fbx_overdue": in_account_currency(overdue),
        "fbx_credit": in_account_currency(credit),
        "fbx_balances": "; ".join(texts),
        "fbx_financialhealth": int(health),
    }
    # What is not known is not written: the row keeps what it has.
    if activity.invoice_known:
        columns["fbx_lastinvoiceon"] = activity.invoice
    if activity.payment_known:
        columns["fbx_lastpaymenton"] = activity.payment
    if health is Health.NO_ACTIVITY and not (activity.invoice_known and activity.payment_known):
        del columns["fbx_financialhealth"]
    return fit("account", columns)


def render_account(
    client: Client,
    *,
    record: RecordId,
    currency: Currency,
    balances: Mapping[str, Scalar],
    now: datetime,
) -> Row:
    """Return the account the connector creates for a client that has none.

    Name and contact details are written once; afterwards they belong to the people in Sales.
    """
    initial = {
        "name": client.name or f"FreshBooks client {client.id}",
        "emailaddress1": client.email,
        "telephone1": client.phone,
        "address1_line1": client.street,
        "address1_line2": client.street2,
        "address1_city": client.city,
        "address1_stateorprovince": client.province,
        "address1_postalcode": client.postal_code,
        "address1_country": client.country,
    }
    fitted = fit("account", initial).items()
    return Row(
        table="account",
        id=record.row,
        columns=balances,
        initial={column: value for column, value in fitted if value is not None},
        initial_lookups={"transactioncurrencyid": Reference("transactioncurrency", currency.id)},
        stamps={"fbx_syncedon": now},
    )


def render_update(
    account: Account, *, currency: Currency, balances: Mapping[str, Scalar], now: datetime
) -> Row:
    """Return an account that is there with a client's balances; a currency only if it has none."""
    return Row(
        table="account",
        id=account.id,
        columns=balances,
        filled_lookups={"transactioncurrencyid": Reference("transactioncurrency", currency.id)},
        stamps={"fbx_syncedon": now},
    )


def link_to(account: Account, client: RecordId) -> Change:
    """Return the change that makes an account a client's, in the version that was read."""
    return Change(
        "account", account.id, columns={"fbx_clientkey": client.client_key}, etag=account.etag
    )


def unlink(account: Account) -> Change:
    """Return the change that takes an account from its client, in the version that was read.

    What it shows of the client's balances would be wrong from then on, and goes with the key.
    """
    return Change("account", account.id, columns=dict.fromkeys(_OF_CLIENT), etag=account.etag)


def _by_currency(money: Sequence[Money] | None) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for each in money or ():
        amounts[each.code] = amounts.get(each.code, Decimal(0)) + each.amount
    return amounts
