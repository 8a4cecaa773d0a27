"""Check of whether Dynamics' own totals can be FreshBooks'.

Never looks at invoices in Dynamics: what its settings and currencies make impossible is said once.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

from shared.core.identity import Kind
from shared.core.price_engine import rounded
from shared.core.records import Invoice
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports import Crm, FreshBooks
from shared.sync.ports.doctor import Environment, PriceSettings

MOST_INVOICES: Final = 500  # of a business, five pages


def check_totals(
    freshbooks: FreshBooks, businesses: Sequence[str], crm: Crm, environment: Environment
) -> Iterator[Finding]:
    """Look whether Dynamics adds invoices up, and holds FreshBooks' totals to the last decimal.

    Whether a currency has the price list that may be needed for it is a matter of the currencies.

    Args:
        freshbooks: whose invoices say which decimals are in use.
        businesses: whose invoices.
        crm: knows the decimals of each currency.
        environment: knows what the organization has settled.
    """
    settled = environment.get_price_settings()
    if not settled.calculates:
        yield Finding(
            Level.WARNING,
            Subject.TOTALS,
            "The organization does not use Dynamics' pricing calculations "
            "(oobpricecalculationenabled), so the native totals of invoices are not FreshBooks'; "
            "fbx_total is.",
            "Nobody, where a plug-in of your own calculates; else a Sales administrator sets Use "
            "system pricing calculations to Yes (Sales Hub, App Settings, Product Catalog "
            "Settings).",
        )
        return
    amounts = _amounts(freshbooks, businesses)
    short = [finding for code in sorted(amounts) if (finding := _short(code, amounts[code], crm))]
    yield from short
    if not short:
        listed = (code for code in sorted(amounts) if _adds_up(code, crm, settled))
        codes = ", ".join(listed) or "no currency that is in use"
        text = f"Dynamics adds invoices up to FreshBooks' totals, to the last decimal: {codes}."
        yield Finding(Level.OK, Subject.TOTALS, text)


def _amounts(freshbooks: FreshBooks, businesses: Sequence[str]) -> Mapping[str, list[Decimal]]:
    """Return what invoices ask for, by currency."""
    found: defaultdict[str, list[Decimal]] = defaultdict(list)
    for business in businesses:
        records = freshbooks.list_records(business, Kind.INVOICE, updated_since=None)
        for record in islice(records, MOST_INVOICES):
            if isinstance(record, Invoice):
                found[record.amount.code].append(record.amount.amount)
    return found


def _adds_up(code: str, crm: Crm, settled: PriceSettings) -> bool:
    if crm.get_currency(code) is None:
        return False
    return not settled.needs_list or crm.get_price_list(code) is not None


def _short(code: str, amounts: Sequence[Decimal], crm: Crm) -> Finding | None:
    currency = crm.get_currency(code)
    if currency is None:
        return None
    finer = sum(rounded(amount, currency.precision) != amount for amount in amounts)
    if not finer:
        return None
    return Finding(
        Level.WARNING,
        Subject.TOTALS,
        f"{code} has {currency.precision} decimals in Dynamics, and {finer} of {len(amounts)} "
        f"invoices in {code} have more in FreshBooks: Dynamics shows all their amounts rounded.",
        "The Power Platform administrator raises the currency's precision (currencyprecision); "
        "each invoice follows when it is synced the next time.",
    )
