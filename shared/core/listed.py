"""What is not in Sales, one line each: why, since when, what it waits for and who can end it.

Never asks anybody; it words what was read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from shared.core.circuit import Circuit
from shared.core.events import SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.waiting import Hold, Shown, Wait
from shared.errors import InvalidMessageError


class Why(StrEnum):
    """Why something is not in Sales."""

    HELD = "held"  # a person is asked
    WAITING = "waiting"  # for a service, a login, an invoice, the end of a refusal
    REFUSED = "refused"  # a dead letter
    DISMISSED = "dismissed"  # a dead letter that a person does not want to hear of
    IGNORED = "ignored"  # a person decided so
    SKIPPED = "skipped"  # the record as it is now is left out
    DEFERRED = "deferred"  # its message is on the queue
    UNREADABLE = "unreadable"  # a message or row that names no record


@dataclass(frozen=True)
class Listed:
    """One thing that is not in Sales.

    Attributes:
        business: whose, "" when that cannot be said.
        kind: of the record, "" for a message that names none.
        number: of the record, 0 for a message that names none.
        shown: what people call it and what it is worth.
        since: UTC.
        awaited: what it waits for, "" for a person's look alone.
        who: who can end it, and how, in words for an operator.
        key: by which the terminal knows it.
        partly: it is in Sales, only its link to what it waits for is not.
    """

    why: Why
    business: str
    kind: str
    number: int
    shown: Shown
    reason: str
    since: datetime
    awaited: str
    who: str
    key: str
    partly: bool = False


def of_wait(
    wait: Wait, *, ignored: bool = False, reason: str = "", circuit: Circuit | None = None
) -> Listed:
    """Word a record that waits.

    Args:
        wait: the record.
        ignored: whether its client is left out by a person's decision.
        reason: why what it waits for is not there, where that is known of the thing itself.
        circuit: the open one that it waits for, None when it waits for none.
    """
    why = Why.WAITING
    if wait.awaited.kind in {AwaitedKind.CLIENT, AwaitedKind.CURRENCY, AwaitedKind.EXISTING}:
        why = Why.IGNORED if ignored else Why.HELD
    elif wait.awaited.kind is AwaitedKind.CHOSEN:
        why = Why.IGNORED
    elif wait.awaited.kind is AwaitedKind.POLICY:
        why = Why.SKIPPED
    record = wait.request.record
    who = _unignore(wait.awaited.name) if ignored else who_ends(wait.awaited)
    if wait.awaited.kind is AwaitedKind.CONNECTION and not (circuit and circuit.needs_login):
        who = _ENDED_BY[AwaitedKind.SERVICE]  # FreshBooks throttles it, or is down
    return Listed(
        why=why,
        business=record.business,
        kind=record.kind,
        number=record.number,
        shown=wait.shown,
        reason=wait.reason or reason or (circuit.reason if circuit is not None else ""),
        since=wait.since,
        awaited=str(wait.awaited),
        who=who,
        key=record.key,
        partly=wait.partly,
    )


def of_hold(hold: Hold) -> Listed:
    """Word a client that waits for a decision, or that is ignored by one."""
    ignored = hold.leaves_out
    number = int(hold.awaited.name)
    record = RecordId(hold.business, Kind.CLIENT, number)
    return Listed(
        why=Why.IGNORED if ignored else Why.HELD,
        business=hold.business,
        kind=Kind.CLIENT,
        number=number,
        shown=Shown(str(number), hold.name),
        reason=hold.reason,
        since=hold.since,
        awaited=str(hold.awaited),
        who=_unignore(hold.awaited.name) if ignored else who_ends(hold.awaited),
        key=record.key,
    )


def of_letter(letter: DeadLetter, *, dismissed: bool) -> Listed:
    """Word a dead letter."""
    shown = Shown(letter.label, letter.name, letter.amount, letter.currency)
    why, record = Why.DISMISSED if dismissed else Why.REFUSED, None
    try:
        record = SyncRequest.parse(letter.body.encode("utf-8", "replace")).record
    except InvalidMessageError:
        why = why if dismissed else Why.UNREADABLE
    return Listed(
        why=why,
        business=record.business if record else "",
        kind=record.kind if record else "",
        number=record.number if record else 0,
        shown=shown,
        reason=letter.reason,
        since=letter.at,
        awaited="",
        who=(
            f"the administrator: dead-letters undo {letter.key}"
            if dismissed
            else f"the administrator: dead-letters retry {letter.key}, or dismiss"
        ),
        key=letter.key,
    )


def of_entry(entry: JournalEntry) -> Listed:
    """Word a record whose message is on the queue."""
    record = entry.record
    deferred = entry.outcome is OutcomeName.DEFERRED
    return Listed(
        why=Why.DEFERRED,
        business=record.business,
        kind=record.kind,
        number=record.number,
        shown=Shown(entry.label, entry.name, entry.amount, entry.currency),
        reason=entry.reason if deferred else "",
        since=entry.at,
        awaited="",
        who=f"nobody: it is {'tried again within minutes' if deferred else 'read in its turn'}",
        key=record.key,
    )


def who_ends(awaited: Awaited) -> str:
    """Return who can end a wait, and how, in words for an operator."""
    words = _ENDED_BY[awaited.kind].format(awaited=awaited, name=awaited.name)
    return _POLICIES.get(awaited.name, words) if awaited.kind is AwaitedKind.POLICY else words


DRAFT: Final = "draft"
NO_CLIENT: Final = "no-client"
OFF: Final = "expenses-off"
_ENDED_BY: Final = {
    AwaitedKind.CLIENT: "the administrator: held link, create or ignore {name}",
    AwaitedKind.IGNORED: "the administrator: held unignore {name}",
    AwaitedKind.INVOICE: "whoever sends or restores the invoice in FreshBooks",
    AwaitedKind.CURRENCY: "the Dynamics administrator adds the currency; then by itself",
    AwaitedKind.SERVICE: "nobody: it is tried every minute and follows by itself",
    AwaitedKind.CONNECTION: "the administrator: connect, and log in to FreshBooks again",
    AwaitedKind.PROBLEM: "whoever mends what the reason names; it is tried now and then and "
    "follows by itself, at once with: waiting retry {awaited}",
    AwaitedKind.POLICY: "whoever changes the record in FreshBooks",
    AwaitedKind.EXISTING: "the administrator: held link, create or ignore invoice-{name}",
    AwaitedKind.CHOSEN: "the administrator: held unignore invoice-{name}",
}
_POLICIES: Final = {
    DRAFT: "whoever sends the invoice in FreshBooks",
    NO_CLIENT: "whoever names a client on it in FreshBooks",
    OFF: "the administrator: the setting EXPENSES",
}


def totals(listed: Iterable[Listed]) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Return how many invoices, payments and so on there are, and their sum, by kind and currency.

    What is in Sales but for a link does not count.
    """
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for each in listed:
        if each.partly or not each.kind:
            continue
        count, total = found.get((each.kind, each.shown.currency), (0, Decimal(0)))
        found[each.kind, each.shown.currency] = (count + 1, total + _amount(each.shown))
    return found


def _amount(shown: Shown) -> Decimal:
    """Return an amount, 0 where a row holds none that is one."""
    try:
        amount = Decimal(shown.amount or 0)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _unignore(client: str) -> str:
    return _ENDED_BY[AwaitedKind.IGNORED].format(name=client)
