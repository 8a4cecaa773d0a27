"""Checks of the Dataverse environment: who we are there, its schema, currencies, account names.

Never writes to it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from uuid import UUID

from shared.core.identity import Kind
from shared.core.matching import normal
from shared.core.policies import Target
from shared.core.records import Client, Invoice
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports import Crm, FreshBooks
from shared.sync.ports.doctor import Environment, Schema

MOST_RECORDS = 500  # of a business and kind, five pages: their currencies are typical of the rest
MOST_NAMES = 20_000  # four of Dataverse's pages
_MOST_SHOWN = 5


def check_sign_in(
    environment: Environment, *, application: UUID | None = None
) -> Iterator[Finding]:
    """Get a token and say who we are to Dataverse.

    Args:
        environment: Dataverse.
        application: the app's client id, where it is known to a person's terminal.
    """
    who = environment.get_identity()
    named = f", application {who.application}" if who.application else ""
    name = who.name or "a user without a readable name"
    where = f"{who.environment or 'the organization'} ({who.organization})"
    # Who has a name and no application is a person: an administrator in a terminal.
    person = bool(who.name) and not who.application
    whose = "the app's" if application else "this person's, not the app's"
    own = f", a person: the privileges below are {whose}" if person else ""
    text = f"Signed in as {name} ({who.user}{named}) of {where}{own}."
    yield Finding(Level.OK, Subject.SIGN_IN, text)


def check_schema(
    environment: Environment, schema: Schema, target: Target = Target.RECORD
) -> Iterator[Finding]:
    """Compare the connector's tables, columns and keys with those that are there."""
    # A table has privileges wherever it is.
    has_sales = environment.list_privileges(["invoice"])["invoice"] is not None
    if target is Target.RECORD and not has_sales:
        yield Finding(
            Level.FAILURE,
            Subject.SCHEMA,
            "There is no table invoice: the Dynamics 365 Sales app is not installed, and with "
            "TARGET=record every invoice is a row of that table, so none can be carried over.",
            "The administrator sets TARGET=activity (invoices are entries on the timeline alone), "
            "or the Power Platform administrator installs Sales in this environment.",
        )
        return
    if target is Target.ACTIVITY and has_sales:
        yield Finding(
            Level.OK,
            Subject.SCHEMA,
            "The table invoice is there: TARGET=record would show invoices as rows of it too, with "
            "lines, native totals and opportunities.",
        )
    if differences := schema.check():
        shown = " ".join(differences[:_MOST_SHOWN])
        more = len(differences) - _MOST_SHOWN
        yield Finding(
            Level.FAILURE,
            Subject.SCHEMA,
            f"{len(differences)} differences: {shown}" + (f" And {more} more." if more > 0 else ""),
            "A System Customizer runs `python -m shared schema apply`; `schema check` lists all.",
        )
    else:
        text = "Every table, column and key of the connector is there."
        yield Finding(Level.OK, Subject.SCHEMA, text)


def check_currencies(
    freshbooks: FreshBooks,
    businesses: Sequence[str],
    crm: Crm,
    environment: Environment,
    *,
    chosen: Collection[str] = (),
    target: Target = Target.RECORD,
) -> Iterator[Finding]:
    """Look whether invoices in FreshBooks' currencies find a currency, and the price list it needs.

    Args:
        freshbooks: whose records say which currencies are in use.
        businesses: whose records.
        crm: knows the currencies and the price list of each.
        environment: knows the price lists there are.
        chosen: currencies that `PRICE_LISTS` names.
        target: without rows of invoices, no price list is needed.
    """
    codes = sorted({code for business in businesses for code in _codes(freshbooks, business)})
    has_rows = target is Target.RECORD
    needs_list = has_rows and environment.get_price_settings().needs_list
    good = []
    for code in codes:
        problem = _currency_problem(code, crm, environment, needs_list=needs_list)
        if problem is None:
            good.append(code)
        else:
            yield problem
    if good == codes:
        extent = f"the first {MOST_RECORDS} clients and invoices of each account"
        there = "is there and has its price list" if needs_list else "is there"
        text = (
            f"{', '.join(codes)}: each {there}. Looked at: {extent}."
            if codes
            else f"None is in use in {extent}."
        )
        if unused := sorted(set(chosen) - set(codes)):
            text += f" Of those in PRICE_LISTS, not in use: {', '.join(unused)}."
        yield Finding(Level.OK, Subject.CURRENCIES, text)


def check_names(environment: Environment) -> Iterator[Finding]:
    """Look for names that more than one active account has."""
    found = environment.list_account_names(most=MOST_NAMES)
    counts = Counter(key for name in found.names if (key := normal(name)))
    several = [(name, count) for name, count in counts.most_common() if count > 1]
    extent = "" if found.whole else f" among the first {MOST_NAMES:,} names"
    if several:
        shown = ", ".join(f"{name} ({count})" for name, count in several[:_MOST_SHOWN])
        more = f" and {len(several) - _MOST_SHOWN} more" if len(several) > _MOST_SHOWN else ""
        yield Finding(
            Level.WARNING,
            Subject.NAMES,
            f"Carried by several active accounts{extent}: {shown}{more}. A client of such a name "
            "is held.",
            "Sales merges the doubles, or the administrator tells them apart by "
            "MATCH_CLIENT_FIELD; `python -m shared held` decides single ones.",
        )
    else:
        text = f"No name belongs to several active accounts{extent}."
        yield Finding(Level.OK, Subject.NAMES, text)


def _codes(freshbooks: FreshBooks, business: str) -> set[str]:
    seen = {Kind.CLIENT: Client, Kind.INVOICE: Invoice}
    records = (
        record
        for kind in seen
        for record in islice(
            freshbooks.list_records(business, kind, updated_since=None), MOST_RECORDS
        )
    )
    codes = (r.currency_code for r in records if isinstance(r, Client | Invoice))
    return {code.strip().upper() for code in codes if code.strip()}


def _currency_problem(
    code: str, crm: Crm, environment: Environment, *, needs_list: bool
) -> Finding | None:
    currency = crm.get_currency(code)
    if currency is None:
        return Finding(
            Level.WARNING,
            Subject.CURRENCIES,
            f"{code} is used in FreshBooks and is no active currency of Dataverse: its records "
            "are held.",
            f"The Power Platform administrator adds the currency {code}; the records then follow.",
        )
    if not needs_list or crm.get_price_list(code) is not None:
        return None
    names = environment.list_price_lists(currency.id)
    if names:
        return Finding(
            Level.WARNING,
            Subject.CURRENCIES,
            f"{code} has {len(names)} active price lists ({', '.join(names[:_MOST_SHOWN])}), so "
            "its invoices get none and Sales does not calculate their totals.",
            f"The administrator chooses one in the setting PRICE_LISTS: {code}=<name>.",
        )
    return Finding(
        Level.WARNING,
        Subject.CURRENCIES,
        f"{code} has no active price list, and the organization makes one mandatory "
        "(ispricelistmandatory): Sales does not calculate its invoices' totals, and only fbx_total "
        "is right.",
        f"A Sales administrator creates a price list in {code}, or makes price lists optional "
        "(Sales Hub, App Settings, Product Catalog Settings).",
    )
