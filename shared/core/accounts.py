"""What an account shows of its clients: their sum in its currency, and the rest in words.

Never touches what belongs to the people in Sales, except on an account it creates, and where the
administrator gives FreshBooks a column.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.core.currencies import spell
from shared.core.figures import AGES, Amounts, Figures
from shared.core.fitting import fit
from shared.core.homes import Account
from shared.core.identity import RecordId
from shared.core.price_engine import rounded
from shared.core.records import Client
from shared.core.rows import Reference, Row, Scalar
from shared.core.views import Currency

_ZERO: Final = Decimal(0)
_BALANCES: Final = ("fbx_outstanding", "fbx_overdue", "fbx_credit")
_SHOWN: Final = (
    *_BALANCES,
    *AGES,
    "fbx_converted",
    "fbx_conversion",
    "fbx_balances",
    "fbx_financialhealth",
    "fbx_lastinvoiceon",
    "fbx_lastpaymenton",
    "fbx_nextdueon",
)


def money_columns(amounts: Amounts | None, currency: Currency | None) -> dict[str, Scalar]:
    """Return the columns of amounts in one currency; empty ones where there is nothing to say.

    Ages that are not known are left out: the row keeps what it has.
    """
    if amounts is None or currency is None:
        return dict.fromkeys((*_BALANCES, *AGES))
    balances = (amounts.outstanding, amounts.overdue, amounts.credit)
    columns = dict(zip(_BALANCES, balances, strict=True))
    if amounts.ages is not None:
        columns |= dict(zip(AGES, amounts.ages, strict=True))
    return {name: rounded(value, currency.precision) for name, value in columns.items()}


def account_figures(
    figures: Figures | None, *, currency: Currency, others: Mapping[str, Currency]
) -> dict[str, Scalar]:
    """Return what an account shows.

    Args:
        figures: of its linked clients together, None where it has none.
        currency: the account's.
        others: further currencies of the environment, by code; those it lacks are not converted.
    """
    if figures is None:
        return dict.fromkeys(_SHOWN)
    owed = {code: each for code, each in sorted(figures.amounts.items()) if not each.is_nothing}
    own = owed.pop(currency.code, None)
    if own is None and not owed:
        own = Amounts()
    converted, conversion = _converted(own, owed, currency=currency, others=others)
    columns: dict[str, Scalar] = {
        **money_columns(own, currency),
        "fbx_converted": converted,
        "fbx_conversion": conversion,
        "fbx_balances": figures.text,
        "fbx_nextdueon": figures.next_due,
    }
    if figures.invoice_known:
        columns["fbx_lastinvoiceon"] = figures.last_invoice
    if figures.payment_known:
        columns["fbx_lastpaymenton"] = figures.last_payment
    if figures.health_known:
        columns["fbx_financialhealth"] = int(figures.health)
    return fit("account", columns)


def render_account(
    client: Client,
    *,
    record: RecordId,
    currency: Currency,
    figures: Mapping[str, Scalar],
    now: datetime,
) -> Row:
    """Return the account the connector creates for a client that has none.

    Name and contact details are written once; afterwards they belong to the people in Sales.
    """
    return Row(
        table="account",
        id=record.row,
        columns=figures,
        initial=_contact(client),
        initial_lookups={"transactioncurrencyid": Reference("transactioncurrency", currency.id)},
        stamps={"fbx_syncedon": now},
    )


def render_update(
    account: Account,
    *,
    currency: Currency,
    figures: Mapping[str, Scalar],
    now: datetime,
    left_by: str = "",
    client: Client | None = None,
) -> Row:
    """Return an account that is there with its clients' sum; a currency only if it has none.

    An organization may refuse changes of inactive accounts.

    Args:
        account: as it is.
        currency: the account's, or the one it gets.
        figures: what it shows.
        now: written to `fbx_syncedon`, UTC.
        left_by: key of the client that it belongs to no more, "" for none: the release before
            must not take it for that one's.
        client: whose name and contact details it would be given if it were made.
    """
    forget: dict[str, Scalar] = {}
    if left_by and account.key_of_before == left_by:
        forget["fbx_clientkey"] = None
    return Row(
        table="account",
        id=account.id,
        columns={**figures, **forget},
        initial=_contact(client) if client is not None else {},
        filled_lookups={"transactioncurrencyid": Reference("transactioncurrency", currency.id)},
        stamps={"fbx_syncedon": now},
        optional=not account.active,
    )


def _contact(client: Client) -> dict[str, Scalar]:
    return fit(
        "account",
        {
            "name": client.name or f"FreshBooks client {client.id}",
            "emailaddress1": client.email,
            "telephone1": client.phone,
            "address1_line1": client.street,
            "address1_line2": client.street2,
            "address1_city": client.city,
            "address1_stateorprovince": client.province,
            "address1_postalcode": client.postal_code,
            "address1_country": client.country,
        },
    )


def _converted(
    own: Amounts | None,
    foreign: Mapping[str, Amounts],
    *,
    currency: Currency,
    others: Mapping[str, Currency],
) -> tuple[Decimal | None, str]:
    """Return everything outstanding in the account's currency, and how that was made."""
    owed = {code: each.outstanding for code, each in foreign.items() if each.outstanding}
    if not owed:
        return None, ""
    sum_of_all, parts = own.outstanding if own is not None else _ZERO, []
    for code, amount in owed.items():
        other = others.get(code)
        if other is None:
            parts.append(f"{code} {spell(amount, code)} not converted: Dynamics has no {code}")
            continue
        rate = currency.rate / other.rate
        result = rounded(amount * rate, currency.precision)
        sum_of_all += result
        parts.append(
            f"{code} {spell(amount, code)} at {_spell_rate(rate)} = "
            f"{spell(result, currency.code)} {currency.code}"
        )
    return rounded(sum_of_all, currency.precision), "; ".join(parts)


def _spell_rate(rate: Decimal) -> str:
    return f"{rate:.4f}" if rate >= Decimal("0.1") else f"{rate:.8f}"
