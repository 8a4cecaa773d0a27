"""A payment, a credit note or an expense beside its timeline entry.

Never judges where an entry without an invoice was put by a person.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from shared.core.entries import kind_of
from shared.core.options import EntryKind, Status
from shared.core.reconcile.causes import Cause
from shared.core.reconcile.facts import Entry, Header
from shared.core.reconcile.findings import Finding, age_of, amount_differs, worst
from shared.core.reconcile.places import Home
from shared.core.reconcile.rules import Rules
from shared.core.records import Credit, Expense, Payment

Item = Payment | Credit | Expense


def compare_entry(
    item: Item, entry: Entry, home: Home, rules: Rules, *, invoice: Header | Entry | None = None
) -> Finding | None:
    """Return what differs between a record and its entry, None where nothing does.

    Args:
        item: as a list shows it.
        entry: what stands for it.
        home: where its client's records belong.
        rules: how records stand in Sales.
        invoice: what stands for a payment's invoice, None where nothing does.
    """
    age = age_of(item.version, entry.version, touched=entry.touched)
    return worst([*_shown(item, entry, rules), *_placed(item, entry, home, invoice)], age)


def _shown(item: Item, entry: Entry, rules: Rules) -> Iterator[Finding]:
    code = rules.code_of(entry.currency)
    if code != item.amount.code:
        yield Finding(Cause.CURRENCY, f"it is in {code or '?'} instead of {item.amount.code}")
        return
    amount = item.amount.amount
    yield from amount_differs("amount", amount, rules.units(amount, code), entry.amount)
    left = _left(item)
    if left is not None:
        yield from amount_differs("outstanding", left, rules.units(left, code), entry.outstanding)
    if entry.status != int(Status.RECORDED):
        yield Finding(Cause.STATUS, "its status is not recorded")
    if entry.day != day_of(item):
        yield Finding(Cause.STATUS, f"its day is not {day_of(item)}")
    if entry.kind != int(_kind(item)):
        yield Finding(Cause.STATUS, "it is shown as another kind")


def _placed(
    item: Item, entry: Entry, home: Home, invoice: Header | Entry | None
) -> Iterator[Finding]:
    if invoice is not None:
        yield from _beside(entry, invoice)
        return
    if isinstance(item, Payment) and entry.invoice is not None:
        yield Finding(Cause.PLACE, "it has a link to an invoice that is not its")
    nobodys = isinstance(item, Expense) and item.clientid is None
    if not (home.is_there or nobodys):
        return
    if (entry.account, entry.client) != (home.account, home.client):
        yield Finding(Cause.PLACE, "it is on another account or client")
    elif isinstance(item, Credit) and entry.regarding != home.account:
        yield Finding(Cause.PLACE, "it regards something else than its account")


def _beside(entry: Entry, invoice: Header | Entry) -> Iterator[Finding]:
    """Yield what is wrong with where a payment is: it goes wherever its invoice is."""
    if entry.invoice != invoice.row:
        yield Finding(Cause.PLACE, "the link to its invoice is missing or another one")
    where = (invoice.opportunity if isinstance(invoice, Header) else None) or invoice.account
    if (entry.account, entry.regarding) != (invoice.account, where):
        yield Finding(Cause.PLACE, "it is not where its invoice is")
    number = invoice.called if isinstance(invoice, Header) else invoice.reference
    if entry.reference != number:
        yield Finding(Cause.PLACE, "it names another invoice number")


def day_of(item: Item) -> date:
    """Return a record's own day."""
    return item.create_date if isinstance(item, Credit) else item.date


def _left(item: Item) -> Decimal | None:
    return item.left if isinstance(item, Credit) else None


def _kind(item: Item) -> EntryKind:
    if isinstance(item, Payment):
        return kind_of(item)
    return EntryKind.CREDIT if isinstance(item, Credit) else EntryKind.EXPENSE
