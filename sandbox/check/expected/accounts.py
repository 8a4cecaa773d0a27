"""Expectations of accounts: the sum over the clients that are linked to them.

Never says which clients those are.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.check.expected.clients import balances, total
from sandbox.check.expected.conversion import Conversion
from sandbox.check.expected.standing import ZERO, Standing, newest
from sandbox.check.rules import OneOf
from sandbox.check.words import AGES, BALANCES, HEALTH

_AMOUNTS = (*BALANCES, *AGES)


def account(
    clients: list[Standing],
    currency: str | None,
    rates: Mapping[str, Decimal],
    decimals: int,
    conversion: str | None,
) -> dict[str, Any]:
    """Expect of the columns of an account.

    Args:
        clients: the figures of those that are linked to it.
        currency: code of the account's currency.
        rates: how much of each currency that Dynamics has one unit of its own currency is.
        decimals: those of the account's currency.
        conversion: how the account says what was converted, for its results are to add up.
    """
    fields: dict[str, Any] = {
        "balances": balances(clients),
        "health": OneOf(_worst(clients)),
        "last invoice": newest(each.last_invoice for each in clients),
        "last payment": OneOf(
            tuple(newest(each.last_payments[way] for each in clients) for way in (0, 1))
        ),
        "next due": min((each.next_due for each in clients if each.next_due), default=None),
    }
    if currency is None:
        return fields | {"currency": OneOf(tuple(sorted({each.currency for each in clients})))}
    fields |= _sums(clients, currency)
    return fields | _conversion(clients, currency, rates, decimals, conversion)


def without_clients() -> dict[str, Any]:
    """Expect of an account to which no client is linked: all of it is empty."""
    columns = (*_AMOUNTS, "converted", "conversion", "balances", "health")
    return dict.fromkeys((*columns, "last invoice", "last payment", "next due"))


def with_gone_clients() -> dict[str, Any]:
    """Expect of an account whose clients are all gone: nothing, or that nothing is owed."""
    nothing = dict.fromkeys(_AMOUNTS, OneOf((None, ZERO)))
    return nothing | dict.fromkeys(("converted", "conversion", "balances"))


def _sums(clients: list[Standing], currency: str) -> dict[str, Any]:
    """Expect the sums in the account's currency.

    Where nothing is in that currency but something in another the column is empty. Whether that
    is asked of the column or of the account as a whole, both stand.
    """
    totals = {name: total(clients, name) for name in _AMOUNTS}
    here = any(sums.get(currency) for sums in totals.values())
    elsewhere = any(
        value for sums in totals.values() for code, value in sums.items() if code != currency
    )
    fields: dict[str, Any] = {}
    for name, sums in totals.items():
        other = any(value for code, value in sums.items() if code != currency)
        of_account = None if elsewhere and not here else ZERO
        of_column = None if other else ZERO
        fields[name] = sums.get(currency) or OneOf((of_account, of_column))
    return fields


def _conversion(
    clients: list[Standing],
    currency: str,
    rates: Mapping[str, Decimal],
    decimals: int,
    conversion: str | None,
) -> dict[str, Any]:
    sums = total(clients, "outstanding")
    others = {code: value for code, value in sums.items() if value and code != currency}
    if not others:
        return {"converted": None, "conversion": None}
    lacking = tuple(sorted(others.keys() - rates.keys()))
    into = {code: rates[currency] / rates[code] for code in others if code in rates}
    known = {code: value for code, value in others.items() if code in rates}
    rule = Conversion(known, into, currency, decimals, lacking)
    everything = sums.get(currency, ZERO) + rule.converted(conversion)
    if not known:  # whether what cannot be converted counts as nothing is not said
        return {"conversion": rule, "converted": OneOf((everything, None))}
    return {"conversion": rule, "converted": everything}


def _worst(clients: list[Standing]) -> tuple[str, ...]:
    """Return the worst health, for the best and for the worst that each client's may be called."""
    ranks = [sorted(HEALTH.index(health) for health in each.healths) for each in clients]
    return tuple(
        dict.fromkeys((HEALTH[max(low for low, *_ in ranks)], HEALTH[max(r[-1] for r in ranks)]))
    )
