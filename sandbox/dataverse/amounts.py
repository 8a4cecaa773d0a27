"""Money of one row: its currency, rounding to the currency's precision, and base currency twins.

Never adds rows up; that is the price engine's part.
"""

from decimal import Decimal
from typing import Any

from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Table
from sandbox.dataverse.store import Row
from sandbox.dataverse.values import scale

BASE_DIGITS = 4
_LINES = {"invoicedetail": "invoiceid", "opportunityproduct": "opportunityid"}


def settle(env: Environment, table: Table, row: Row, changed: dict[str, Any]) -> None:
    """Round the changed amounts of `row` and bring its currency columns up to date."""
    if "exchangerate" not in table.columns or table.name == "transactioncurrency":
        return
    if row.get("transactioncurrencyid") is None:
        row["transactioncurrencyid"] = _default_currency(env, table, row)
    currency = env.store.get(*row["transactioncurrencyid"])
    if currency is None:
        return
    rate: Decimal = currency["exchangerate"]
    every = row.get("exchangerate") is None or "transactioncurrencyid" in changed
    row["exchangerate"] = rate
    for column in env.shape(table).money:
        if column.name in changed or (every and row.get(column.name) is not None):
            _settle_one(env, row, column, currency)


def digits(env: Environment, column: Column, currency: Row) -> int:
    """Return how many decimals an amount in `column` keeps."""
    if column.precision_source == 0:
        return column.precision
    if column.precision_source == 1:
        return int(env.settings()["pricingdecimalprecision"])
    return int(currency["currencyprecision"])


def _settle_one(env: Environment, row: Row, column: Column, currency: Row) -> None:
    amount = row.get(column.name)
    base = None
    if amount is not None:
        places, rate = digits(env, column, currency), currency["exchangerate"]
        amount = scale(amount, places)
        base = scale(amount if rate == 1 else amount / rate, max(BASE_DIGITS, places))
    row[column.name] = amount
    row[f"{column.name}_base"] = base


def _default_currency(env: Environment, table: Table, row: Row) -> tuple[str, str]:
    """Return the currency of the row a line belongs to, else the organization's."""
    reference = row.get(_LINES.get(table.name, ""))
    parent = env.store.get(*reference) if reference else None
    if parent is not None:
        found: tuple[str, str] = parent["transactioncurrencyid"]
        return found
    return ("transactioncurrency", env.currency)
