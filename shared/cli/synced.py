"""What became of one record, in words: what was read of it, decided about it and written for it.

Never finds it out.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from shared.cli.commands import command_line, printable
from shared.cli.foreseen import row_lines
from shared.core.called import Called, surely
from shared.core.identity import Kind
from shared.core.outcomes import OutcomeName
from shared.core.records import Category, Client, Credit, Expense, Invoice, Payment, Record
from shared.sync.at_once import Done

_OUTCOMES: Final = {
    OutcomeName.ASKED: "not known yet: the app has not said what became of it",
    OutcomeName.DEFERRED: "not done yet, it comes again by itself",
    OutcomeName.UNCHANGED: "unchanged, Sales shows what FreshBooks has",
}
_IN_SALES: Final = {
    OutcomeName.CREATED,
    OutcomeName.UPDATED,
    OutcomeName.UNCHANGED,
}


def choice_lines(found: Sequence[Called], kind: Kind, text: str, *, business: str) -> Iterator[str]:
    """Yield the records that a text fits, each with the command that means it alone.

    Args:
        found: the records.
        kind: theirs.
        text: what was asked for.
        business: the FreshBooks account the command has to name, "" where it need not.
    """
    yield printable(f"{len(found)} {kind}s are called {text}; nothing was done. Say which:")
    for each in found:
        shown, number = each.shown, each.record.number
        money = f"{shown.amount} {shown.currency}" if shown.amount else ""
        parts = (f"{kind} {shown.label or number}", shown.name, money, each.day)
        yield "  " + "  ".join(printable(part) for part in parts if part)
        yield f"    {command_line('sync', f'--{kind}', surely(number), business=business)}"


def done_lines(done: Done, seconds: float) -> Iterator[str]:
    """Yield what became of a record.

    Args:
        done: what was read, decided and written.
        seconds: how long it took.
    """
    shown, record = done.shown, done.record
    money = f"{shown.amount} {shown.currency}" if shown.amount else ""
    parts = (f"{record.kind} {shown.label or record.number}", shown.name, money)
    yield "  ".join(printable(part) for part in parts if part)
    yield f"  read: {printable(_read(done))}"
    if done.not_here:
        yield f"  not done here: {printable(done.not_here)}"
        yield "  the app was asked to do it"
    yield f"  decided: {printable(_decided(done))}"
    for each in done.written:
        if each.record != record:
            yield printable(f"  wrote first, for {each.record.kind} {each.record.number}:")
        for row in each.rows:
            yield from row_lines(row, each)
    if not done.written and not done.not_here:
        yield "  wrote: nothing"
    if done.asked:
        follows = ", ".join(f"{each.kind} {each.number}" for each in done.asked)
        yield f"  follows by itself: {follows}"
    if done.outcome is OutcomeName.ASKED:
        later = command_line("history", record.kind, record.number, business=record.business)
        yield f"  look later: {later}"
    yield f"{seconds:.1f} s"


def _read(done: Done) -> str:
    source = done.source
    if source is None:
        return "nothing" if done.not_here else "FreshBooks has no such record"
    version = source.version.text
    known = (
        f"FreshBooks id {source.id}",
        f"version {version} (US/Eastern)" if version else "",
        "deleted there" if source.deleted else "",
        *_told(source),
    )
    return ", ".join(filter(None, known))


def _told(source: Record) -> Iterator[str]:
    """Yield what tells most about a record."""
    match source:
        case Client():
            for word, balances in (
                ("outstanding", source.outstanding_balance),
                ("overdue", source.overdue_balance),
                ("in credit", source.credit_balance),
            ):
                for each in balances or ():
                    yield f"{each.amount} {each.code} {word}"
        case Invoice():
            code = source.amount.code
            yield source.status
            yield f"{source.amount.amount} {code}"
            yield f"{source.paid.amount} {code} paid"
            yield f"{source.outstanding.amount} {code} outstanding"
            yield f"of {source.create_date}"
            yield f"client {source.customerid}"
        case Payment():
            yield f"{source.amount.amount} {source.amount.code}"
            yield f"of {source.date}"
            yield f"invoice {source.invoiceid}" if source.invoiceid else "of no invoice"
        case Expense():
            yield f"{source.amount.amount} {source.amount.code}"
            yield f"of {source.date}"
            yield f"client {source.clientid}" if source.clientid else "of no client"
        case Credit():
            yield f"{source.amount.amount} {source.amount.code}"
            yield f"of {source.create_date}"
            yield f"client {source.clientid}" if source.clientid else "of no client"
        case Category():
            yield source.name


def _decided(done: Done) -> str:
    said = _OUTCOMES.get(done.outcome, str(done.outcome))
    if done.account and done.outcome in _IN_SALES:
        linked = f" ({done.linked})" if done.linked else ""
        said = f"{said}, on the account {done.account}{linked}"
    return f"{said}: {done.reason}" if done.reason else said


def read_as_json(source: Record | None) -> dict[str, object] | None:
    """Return what was read of a record for a program, None for nothing."""
    if source is None:
        return None
    return {
        "record": source.id,
        "version": source.version.text,
        "deleted": source.deleted,
        "told": list(_told(source)),
    }
