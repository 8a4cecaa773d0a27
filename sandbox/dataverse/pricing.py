"""The price engine: line amounts and invoice totals from quantities, prices, taxes and discounts.

Never touches an invoice when the organization has switched system pricing off, and leaves totals
as they are where it has to skip: without a price list while one is mandatory, or with one in
another currency.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.dataverse import amounts
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row
from sandbox.dataverse.values import scale

NO_ERROR, MISSING_PRICE_LIST, CURRENCY_MISMATCH = 0, 2, 34
ZERO = Decimal(0)
TOTALS = (
    "totallineitemamount",
    "totallineitemdiscountamount",
    "totaltax",
    "totaldiscountamount",
    "totalamountlessfreight",
    "totalamount",
)


def touch(env: Environment, invoice: str) -> None:
    """Note that a line of `invoice` changed.

    The recalculation writes the invoice, so its version moves at once, while the totals are
    calculated when the transaction ends.
    """
    row = env.store.get("invoice", invoice)
    if row is None or not env.settings()["oobpricecalculationenabled"]:
        return
    env.store.put("invoice", invoice, {**row, "modifiedon": env.now()})
    env.dirty[invoice] = None


def flush(env: Environment) -> None:
    """Calculate all that is noted."""
    while env.dirty:
        invoice = next(iter(env.dirty))
        del env.dirty[invoice]
        _price(env, invoice)


def _price(env: Environment, invoice: str) -> None:
    row = env.store.get("invoice", invoice)
    if row is None or not env.settings()["oobpricecalculationenabled"]:
        return
    error = _pricing_error(env, row)
    figures: dict[str, Any] = {"pricingerrorcode": error}
    if error == NO_ERROR:
        index = env.store.rows("invoicedetail").index("invoiceid")
        lines = [_price_line(env, line_id, row) for line_id in index.find([("invoice", invoice)])]
        figures |= totals(row, lines)
    else:
        figures |= {name: ZERO for name in TOTALS if row[name] is None}
    _store(env, "invoice", invoice, row, figures)


def totals(invoice: Row, lines: Iterable[Row]) -> dict[str, Decimal]:
    """Return the totals of an invoice from its inputs and its priced lines."""
    lines = list(lines)
    net = sum((_of(line, "baseamount") - _of(line, "manualdiscountamount") for line in lines), ZERO)
    tax = sum((_of(line, "tax") for line in lines), ZERO)
    line_discounts = sum((_of(line, "manualdiscountamount") for line in lines), ZERO)
    percentage = _of(invoice, "discountpercentage") * net / 100
    discount = _of(invoice, "discountamount") + percentage
    less_freight = net - discount
    total = less_freight + _of(invoice, "freightamount") + tax
    return dict(zip(TOTALS, (net, line_discounts, tax, discount, less_freight, total), strict=True))


def _pricing_error(env: Environment, invoice: Row) -> int:
    reference = invoice["pricelevelid"]
    if reference is None:
        mandatory = env.settings()["ispricelistmandatory"]
        return MISSING_PRICE_LIST if mandatory else NO_ERROR
    price_list = env.store.get(*reference)
    if price_list and price_list["transactioncurrencyid"] != invoice["transactioncurrencyid"]:
        return CURRENCY_MISMATCH
    return NO_ERROR


def _price_line(env: Environment, line_id: str, invoice: Row) -> Row:
    line = env.store.rows("invoicedetail").by_id[line_id]
    currency = env.store.get(*invoice["transactioncurrencyid"])
    places = currency["currencyprecision"] if currency else 2
    gross = scale(_of(line, "quantity") * _of(line, "priceperunit"), places)
    extended = gross - _of(line, "manualdiscountamount") + _of(line, "tax")
    figures = {"baseamount": gross, "extendedamount": extended}
    return _store(env, "invoicedetail", line_id, line, figures)


def _store(env: Environment, table: str, row_id: str, row: Row, figures: dict[str, Any]) -> Row:
    """Write `figures` where they differ from what is stored."""
    new = {**row, **figures}
    amounts.settle(env, env.schema.tables[table], new, figures)
    if all(new[name] == row[name] for name in figures):
        return row
    return env.store.put(table, row_id, new)


def _of(row: Row, name: str) -> Decimal:
    value: Decimal | None = row[name]
    return ZERO if value is None else value
