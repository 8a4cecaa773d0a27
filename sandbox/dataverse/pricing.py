"""The price engine: line amounts and invoice totals from quantities, prices, taxes and discounts.

Never totals an invoice when the organization has switched system pricing off, and leaves totals
as they are where it has to skip: without a price list while one is mandatory, or with one in
another currency. Every product is rounded to the currency's decimals before it is added up.
"""

from decimal import Decimal
from typing import Any

from sandbox.dataverse import amounts
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row, changed
from sandbox.dataverse.values import scale

NO_ERROR, MISSING_PRICE_LIST, CURRENCY_MISMATCH = 0, 2, 34
PER_UNIT = 1
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
    calculated when the transaction ends. Once in a transaction is enough.
    """
    row = env.store.get("invoice", invoice)
    if invoice in env.dirty or row is None or not env.settings()["oobpricecalculationenabled"]:
        return
    env.store.put("invoice", invoice, changed(row, {"modifiedon": env.now()}))
    env.dirty[invoice] = None


def flush(env: Environment) -> None:
    """Calculate all that is noted."""
    while env.dirty:
        invoice = next(iter(env.dirty))
        del env.dirty[invoice]
        _price(env, invoice)


def _price(env: Environment, invoice: str) -> None:
    row = env.store.get("invoice", invoice)
    if row is None:
        return
    _follow_currency(env, row)
    if not env.settings()["oobpricecalculationenabled"]:
        return
    error = _pricing_error(env, row)
    figures: dict[str, Any] = {"pricingerrorcode": error}
    if error == NO_ERROR:
        figures |= _totals(env, row)
    else:
        figures |= {name: ZERO for name in TOTALS if row[name] is None}
    _store(env, "invoice", invoice, row, figures)


def _totals(env: Environment, invoice: Row) -> dict[str, Decimal]:
    """Price an invoice's lines; return its totals."""
    places = _places(env, invoice)
    per_unit = env.settings()["discountcalculationmethod"] == PER_UNIT
    net = tax = line_discounts = ZERO
    for line in _lines(env, invoice):
        gross = scale(_of(line, "quantity") * _of(line, "priceperunit"), places)
        units = _of(line, "quantity") if per_unit else 1
        off = scale(_of(line, "manualdiscountamount") * units, places)
        extended = gross - off + _of(line, "tax")
        figures = {"baseamount": gross, "extendedamount": extended}
        _store(env, "invoicedetail", line["invoicedetailid"], line, figures)
        net += gross - off
        tax += _of(line, "tax")
        line_discounts += off
    percentage = scale(_of(invoice, "discountpercentage") * net / 100, places)
    discount = _of(invoice, "discountamount") + percentage
    less_freight = net - discount
    total = less_freight + _of(invoice, "freightamount") + tax
    return dict(zip(TOTALS, (net, line_discounts, tax, discount, less_freight, total), strict=True))


def _follow_currency(env: Environment, invoice: Row) -> None:
    """Keep the lines in the invoice's currency, where that was allowed to change."""
    currency = {"transactioncurrencyid": invoice["transactioncurrencyid"]}
    for line in _lines(env, invoice):
        _store(env, "invoicedetail", line["invoicedetailid"], line, currency)


def _lines(env: Environment, invoice: Row) -> list[Row]:
    rows = env.store.rows("invoicedetail")
    ids = rows.index("invoiceid").find([("invoice", invoice["invoiceid"])])
    return [rows.by_id[row_id] for row_id in ids]


def _places(env: Environment, invoice: Row) -> int:
    currency = env.store.get(*invoice["transactioncurrencyid"])
    return currency["currencyprecision"] if currency else 2


def _pricing_error(env: Environment, invoice: Row) -> int:
    reference = invoice["pricelevelid"]
    if reference is None:
        mandatory = env.settings()["ispricelistmandatory"]
        return MISSING_PRICE_LIST if mandatory else NO_ERROR
    price_list = env.store.get(*reference)
    if price_list and price_list["transactioncurrencyid"] != invoice["transactioncurrencyid"]:
        return CURRENCY_MISMATCH
    return NO_ERROR


def _store(env: Environment, table: str, row_id: str, row: Row, figures: dict[str, Any]) -> None:
    """Write `figures` where they differ from what is stored."""
    if figures.items() <= row.items():
        return
    new = changed(row, figures)
    amounts.settle(env, env.schema.tables[table], new, figures)
    if any(new[name] != row[name] for name in figures):
        env.store.put(table, row_id, new)


def _of(row: Row, name: str) -> Decimal:
    value: Decimal | None = row[name]
    return ZERO if value is None else value
