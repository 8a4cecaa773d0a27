"""Both sides beside each other, and what differs in words.

Never mends anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.check import expected
from sandbox.check.expected import Books, Expectation, Presence
from sandbox.check.found import Crm, FoundRow, read_crm
from sandbox.remotes import RemoteBooks, RemoteRows

_KINDS = ("clients", "invoices", "payments", "expenses")


def differences(books: RemoteBooks, rows: RemoteRows, *, held: Iterable[int] = ()) -> list[str]:
    """Compare every record of FreshBooks with Dataverse, and Dataverse with FreshBooks.

    Args:
        books: FreshBooks; its first business is compared.
        rows: Dataverse.
        held: ids of clients that wait for a decision.

    Returns:
        One sentence for each difference; empty when both sides are equal.
    """
    account = books.account
    clients, invoices, payments, expenses = (
        {record["id"]: record for record in books.records(kind, account)} for kind in _KINDS
    )
    source = Books(account, clients, invoices, payments, expenses, frozenset(held))
    return compare(source, read_crm(rows))


def compare(source: Books, target: Crm) -> list[str]:
    """Say in one sentence each what differs between the two."""
    return [
        *_accounts(source, target),
        *_table(expected.invoices(source), target.invoices),
        *_table(expected.entries(source), target.entries),
        *_purchase_orders(source, target),
    ]


def count(books: RemoteBooks) -> int:
    """Return how many records FreshBooks holds, deleted ones and drafts among them."""
    return sum(len(books.records(kind)) for kind in _KINDS)


def _accounts(source: Books, target: Crm) -> Iterator[str]:
    found = {row.key: row for row in target.accounts if row.key}
    keys = {source.client_key(client): client for client in source.clients}
    yield from _duplicates(row.key for row in target.accounts if row.key)
    for key, client in keys.items():
        row = found.get(key)
        currency = str(row.fields["currency"]) if row else ""
        yield from _one(key, expected.account(source, client, currency), row)
    yield from _strangers(found.keys() - keys.keys())


def _table(wanted: Mapping[str, Expectation], rows: Iterable[FoundRow]) -> Iterator[str]:
    found = {row.key: row for row in rows}
    yield from _duplicates(row.key for row in rows)
    for key, expectation in wanted.items():
        yield from _one(key, expectation, found.get(key))
    yield from _strangers(found.keys() - wanted.keys())


def _one(key: str, wanted: Expectation, row: FoundRow | None) -> Iterator[str]:
    where = f"{wanted.label} ({key})"
    if row is None:
        if wanted.presence is Presence.NEEDED:
            yield f"{where} is missing in Dataverse"
        return
    if wanted.presence is Presence.FORBIDDEN:
        yield f"{where} is in Dataverse, though its client waits for a decision"
        return
    for name, value in wanted.fields.items():
        if row.fields[name] != value:
            yield (
                f"{where}: {name} is {_said(value)} in FreshBooks, "
                f"{_said(row.fields[name])} in Dataverse"
            )


def _purchase_orders(source: Books, target: Crm) -> Iterator[str]:
    """Compare invoices that name an opportunity of their account in the purchase order."""
    found = {row.key: row for row in (*target.invoices, *target.entries)}
    for record, invoice in source.invoices.items():
        client = source.client_key(invoice["customerid"])
        named = target.opportunities.get((client, invoice["po_number"] or ""), [])
        row = found.get(source.key("invoice", record))
        if row is not None and len(named) == 1 and row.fields["opportunity"] != named[0]:
            yield (
                f"invoice {invoice['invoice_number']} names the purchase order "
                f"{invoice['po_number']} and does not belong to that opportunity"
            )


def _duplicates(keys: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield f"{key} is in Dataverse more than once"
        seen.add(key)


def _strangers(keys: Iterable[str]) -> Iterator[str]:
    for key in sorted(keys):
        yield f"{key} is in Dataverse, but not in FreshBooks"


def _said(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case list():
            shown = ", ".join(_said(each) for each in value[:3])
            return f"{len(value)} ({shown}{', ...' if len(value) > 3 else ''})"
        case tuple():
            return " x ".join(_said(each) for each in value)
        case _:
            return str(value)
