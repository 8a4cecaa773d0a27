"""An invoice beside its row and its timeline entry, as far as a list without lines tells.

Never judges what people may change: its opportunity stands until its purchase order changes.
"""

from collections.abc import Iterator

from shared.core.fitting import fit
from shared.core.mapping import called, overdue_since, settled
from shared.core.options import Status
from shared.core.reconcile.causes import Cause
from shared.core.reconcile.facts import Entry, Header
from shared.core.reconcile.findings import Finding, age_of, amount_differs, worst
from shared.core.reconcile.places import Home
from shared.core.reconcile.rules import Rules
from shared.core.records import Invoice

_PAID = 2  # statecode of a row that is closed as paid


def compare_invoice(
    invoice: Invoice, header: Header | None, entry: Entry | None, home: Home, rules: Rules
) -> Finding | None:
    """Return what differs between an invoice that is shown and its rows, None where nothing does.

    Args:
        invoice: as a list shows it.
        header: its row; None where entries are all there is.
        entry: its timeline entry, None without one.
        home: where its client's records belong.
        rules: how records stand in Sales.
    """
    row = header or entry
    assert row is not None  # noqa: S101  # without any row there is nothing to compare
    age = age_of(invoice.version, row.version, touched=row.touched)
    found = [*_row(invoice, header, home, rules)] if header is not None else []
    if entry is None:
        found.append(Finding(Cause.MISSING, "its timeline entry is not there"))
        return worst(found, age)
    beside = [*_entry(invoice, entry, header, home, rules)]
    if header is not None:
        beside = [each._replace(text=f"on its timeline entry {each.text}") for each in beside]
        age = age._replace(touched=age.touched or (bool(beside) and entry.touched))
    return worst([*found, *beside], age)


def _row(invoice: Invoice, header: Header, home: Home, rules: Rules) -> Iterator[Finding]:
    code = rules.code_of(header.currency)
    if code != invoice.amount.code:
        yield Finding(Cause.CURRENCY, f"it is in {code or '?'} instead of {invoice.amount.code}")
        return
    yield from _amounts(invoice, header.total, header.outstanding, rules)
    paid = rules.units(invoice.paid.amount, code)
    yield from amount_differs("paid", invoice.paid.amount, paid, header.paid)
    yield from _standing(invoice, header)
    done = settled(invoice) and not invoice.draft
    if not header.adopted and (header.state == _PAID) is not done:
        yield Finding(Cause.STATUS, "it is paid" if done else "it is not paid any more")
    if not header.complete:
        yield Finding(Cause.STALE, "not all of its lines are written")
    if header.called != called(invoice):
        yield Finding(Cause.STATUS, "it has another number")
    if header.reference != invoice.po_number and header.reference != _fitted(invoice):
        yield Finding(Cause.STATUS, "it has another purchase order")
    if invoice.version.text and header.version != invoice.version.text:
        yield Finding(Cause.STALE, f"its version is {header.version or 'unknown'}")
    if home.is_there and (header.account, header.client) != (home.account, home.client):
        yield Finding(Cause.PLACE, "it is on another account or client")


def _entry(
    invoice: Invoice, entry: Entry, header: Header | None, home: Home, rules: Rules
) -> Iterator[Finding]:
    code = rules.code_of(entry.currency)
    if code != invoice.amount.code:
        yield Finding(Cause.CURRENCY, f"it is in {code or '?'} instead of {invoice.amount.code}")
        return
    yield from _amounts(invoice, entry.amount, entry.outstanding, rules)
    yield from _standing(invoice, entry)
    if entry.is_cancelled:
        yield Finding(Cause.STATUS, "it is cancelled")
    if header is not None and entry.invoice != header.row:
        yield Finding(Cause.PLACE, "the link to its invoice is another one")
    if not home.is_there:
        return
    account = header.account if header is not None else home.account
    regarding = (header.opportunity if header is not None else None) or account
    if (entry.account, entry.client, entry.regarding) != (account, home.client, regarding):
        yield Finding(Cause.PLACE, "the account, client or opportunity is another one")


def _amounts(
    invoice: Invoice, total: int | None, outstanding: int | None, rules: Rules
) -> Iterator[Finding]:
    code, amount, left = invoice.amount.code, invoice.amount.amount, invoice.outstanding.amount
    if invoice.draft:
        left -= left
    yield from amount_differs("total", amount, rules.units(amount, code), total)
    yield from amount_differs("outstanding", left, rules.units(left, code), outstanding)


def _standing(invoice: Invoice, row: Header | Entry) -> Iterator[Finding]:
    """Yield what is wrong with status and days; what came with a later release may be missing."""
    status = Status.DRAFT if invoice.draft else Status.of(invoice.status)
    if row.status != int(status):
        yield Finding(Cause.STATUS, f"its status is not {status.name.lower()}")
    if row.day != invoice.create_date:
        yield Finding(Cause.STATUS, f"its day is not {invoice.create_date}")
    done = settled(invoice) and not invoice.draft
    turns = (
        (row.paid_on, invoice.date_paid if done else None),
        (row.overdue_since, overdue_since(invoice)),
    )
    if any(there is not None and there != wanted for there, wanted in turns):
        yield Finding(Cause.STATUS, "the day it was paid or became overdue is another one")


def _fitted(invoice: Invoice) -> str:
    return str(fit("invoice", {"fbx_ponumber": invoice.po_number})["fbx_ponumber"] or "")
