"""Checks of what the settings choose in Dataverse and FreshBooks: the match field, price lists.

Never writes to either.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from shared.core.identity import Kind
from shared.core.matching import normal
from shared.core.records import Client
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports import Crm, FreshBooks
from shared.sync.ports.doctor import Environment, PriceList

MOST_CLIENTS: Final = 100  # of a business: one page
_TEXT: Final = "String"
_MOST_SHOWN: Final = 5


def check_match_column(match_field: tuple[str, str] | None, environment: Environment) -> Finding:
    """Look whether the account's column of `MATCH_CLIENT_FIELD` is there and can be compared.

    Args:
        match_field: the client's field and the account's column, None when it is not set.
        environment: what Dataverse says of its columns.
    """
    if match_field is None:
        text = "MATCH_CLIENT_FIELD is not set: a client is found by its name."
        return Finding(Level.OK, Subject.MATCH_FIELD, text)
    _, column = match_field
    problem = _wrong_column("account", column, environment)
    if problem is None:
        text = f"The table account has the column {column}, a line of text."
        return Finding(Level.OK, Subject.MATCH_FIELD, text)
    return Finding(
        Level.FAILURE,
        Subject.MATCH_FIELD,
        f"MATCH_CLIENT_FIELD {problem}, so no client can be matched.",
        "The administrator writes the logical name of a text column (Power Apps, Tables, Account, "
        "Columns), such as vat_number:accountnumber.",
    )


def check_invoice_column(column: str, environment: Environment) -> Finding:
    """Look whether the column of `MATCH_INVOICE_FIELD` is there and can be compared.

    Args:
        column: the invoice's column, "" when it is not set.
        environment: what Dataverse says of its columns.
    """
    if not column:
        text = "MATCH_INVOICE_FIELD is not set: an invoice that Sales has is found by its number."
        return Finding(Level.OK, Subject.INVOICE_FIELD, text)
    problem = _wrong_column("invoice", column, environment)
    if problem is None:
        text = f"The table invoice has the column {column}, a line of text."
        return Finding(Level.OK, Subject.INVOICE_FIELD, text)
    return Finding(
        Level.FAILURE,
        Subject.INVOICE_FIELD,
        f"MATCH_INVOICE_FIELD {problem}, so no invoice can be carried over.",
        "The administrator writes the logical name of a text column (Power Apps, Tables, Invoice, "
        "Columns), such as new_freshbooksnumber, or removes the setting.",
    )


def _wrong_column(table: str, column: str, environment: Environment) -> str | None:
    """Return what is wrong with a column that texts are compared with, None for nothing."""
    there = environment.get_column(table, column)
    if there is None:
        return f"names the column {column}, which the table {table} does not have"
    if there.kind != _TEXT:
        return f"names the column {column}, which is of type {there.kind} and no single line"
    return None if there.readable else f"names the column {column}, which cannot be read"


def check_match_use(
    match_field: tuple[str, str], freshbooks: FreshBooks, businesses: Sequence[str]
) -> Iterator[Finding]:
    """Look whether any client in FreshBooks has the field of `MATCH_CLIENT_FIELD` filled in."""
    field, _ = match_field
    clients = [client for each in businesses for client in _clients(freshbooks, each)]
    if clients and not any(str(getattr(client, field)).strip() for client in clients):
        yield Finding(
            Level.WARNING,
            Subject.MATCH_FIELD,
            f"Of the first {MOST_CLIENTS} clients of each account in FreshBooks none has a "
            f"{field}: MATCH_CLIENT_FIELD finds nothing.",
            "The administrator names a field that is filled in, or has it filled in.",
        )


def check_price_lists(
    chosen: Mapping[str, str], crm: Crm, environment: Environment
) -> Iterator[Finding]:
    """Look whether every price list that `PRICE_LISTS` names is there, active, in its currency.

    Args:
        chosen: names by ISO code, as the setting has them.
        crm: knows the currencies.
        environment: knows the price lists.
    """
    if not chosen:
        text = "PRICE_LISTS is not set: a currency's only active price list is taken."
        yield Finding(Level.OK, Subject.PRICE_LISTS, text)
        return
    lists = environment.list_all_price_lists()
    good = []
    for code, name in chosen.items():
        currency = crm.get_currency(code)
        if currency is None:
            problem: str | None = f"{code}, which is no active currency of Dataverse"
        else:
            problem = _problem(code, name, currency.id, lists)
        if problem is None:
            good.append(code)
            continue
        yield Finding(
            Level.FAILURE,
            Subject.PRICE_LISTS,
            f"PRICE_LISTS names {problem}.",
            f"The administrator writes {code}=<name> as the active price list is called in "
            f"Dynamics, or removes {code} from the setting.",
        )
    if good:
        text = f"{', '.join(good)}: the chosen price list is there, active, in that currency."
        yield Finding(Level.OK, Subject.PRICE_LISTS, text)


def _problem(code: str, name: str, currency: UUID, lists: Sequence[PriceList]) -> str | None:
    """Return what is wrong with a chosen price list, None when it is the one of its name."""
    named = [each for each in lists if normal(each.name) == normal(name)]
    fitting = [each for each in named if each.active and each.currency == currency]
    if len(fitting) == 1:
        return None
    chosen = f"the price list {name!r} for {code}"
    if fitting:
        return f"{chosen}, of which there are {len(fitting)}: give them different names"
    if any(each.currency == currency for each in named):
        return f"{chosen}, which is not active"
    if named:
        return f"{chosen}, which is in another currency"
    active = sorted(each.name for each in lists if each.active and each.currency == currency)
    shown = ", ".join(active[:_MOST_SHOWN]) or "none"
    return f"{chosen}, which is not there; active in {code}: {shown}"


def _clients(freshbooks: FreshBooks, business: str) -> list[Client]:
    records = freshbooks.list_records(business, Kind.CLIENT, updated_since=None)
    return [each for each in islice(records, MOST_CLIENTS) if isinstance(each, Client)]
