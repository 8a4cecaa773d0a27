"""What became of a record, for an operator to look up.

Never holds more of a record's data than it takes to tell it from others: names and an amount.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from shared.core.identity import RecordId
from shared.core.outcomes import OutcomeName


@dataclass(frozen=True)
class JournalEntry:
    """What happened to a record, newest state.

    Attributes:
        outcome: how it ended.
        reason: why, in words for an operator; "" where the outcome says it all.
        label: what people call the record, such as the invoice's number; "" if it has none.
        fingerprint: `fingerprints.fingerprint` of the state that was handled, "" if none was read.
        read_at: when the record was read from FreshBooks, UTC.
        cause: why it was asked for.
        rows: ids of the rows in Dataverse that stand for it.
        trace: id of the trace of this handling, "" if it is not known.
        awaited: `str(Awaited)` of what it waits for, "" when it waits for nothing.
        pending: the ticket of a message on the queue that nobody took yet and that will read the
            record; "" when no such message is known.
        pending_since: when that message was sent, UTC.
        same: how many handlings in a row found nothing to do.
        name: the customer's name, for the list of what is not in Sales.
        amount: the exact decimal, as text.
        currency: its ISO code.
        beside: whether a dead letter, a question to a person, a decision, or records that wait for
            it may stand beside it; None where its writer did not say, so that they may.
        beside_since: when that was noted last, UTC.
        filed: its history has it already, or is not to have it. An entry goes there when another
            one takes its place; an earlier release put it there at once.
        version: of the newest state as it was read, for `Journal.replace`; "" for none.
    """

    record: RecordId
    outcome: OutcomeName
    at: datetime
    cause: str = ""
    reason: str = ""
    label: str = ""
    fingerprint: str = ""
    read_at: datetime | None = None
    rows: tuple[UUID, ...] = ()
    trace: str = ""
    awaited: str = ""
    pending: str = ""
    pending_since: datetime | None = None
    same: int = 0
    name: str = ""
    amount: str = ""
    currency: str = ""
    beside: bool | None = None
    beside_since: datetime | None = None
    filed: bool = True
    version: str = field(default="", repr=False, compare=False)

    def past(self) -> "JournalEntry":
        """Return it as the history keeps it: without what is true of the newest state only."""
        return replace(
            self,
            pending="",
            pending_since=None,
            same=0,
            beside=None,
            beside_since=None,
            filed=True,
            version="",
        )


def succeeding(
    entry: JournalEntry, before: JournalEntry | None, *, history: bool = True
) -> tuple[JournalEntry, JournalEntry | None]:
    """Return an entry as it takes another one's place, and what its history gets then.

    Args:
        entry: what is to be noted.
        before: what is noted so far, None for nothing.
        history: whether it is to be remembered when its turn comes; a handling that found nothing
            to do never is, and one that ended as the one before stands for that one.
    """
    remembered = history and entry.outcome is not OutcomeName.UNCHANGED
    if before is None:
        return replace(entry, filed=not remembered, version=""), None
    entry = replace(entry, version=before.version)
    if not history and entry.outcome is before.outcome:
        return replace(entry, filed=before.filed), None
    return replace(entry, filed=not remembered), None if before.filed else before


@dataclass(frozen=True)
class DeadLetter:
    """A message that nothing more is done for until an operator decides.

    Attributes:
        key: its name for the operator.
        body: the message as it was on the queue (it carries no record data), as far as 32,000
            characters hold it.
        traceparent: the step of a trace it followed from, "" if none is known.
        label: what people call the record, "" if it is not known.
        name: the customer's name, "" if it is not known.
        amount: the exact decimal, as text; "" if it is not known.
        currency: its ISO code.
        dismissed_at: when an operator decided to forget it, UTC; None for one that waits.
        version: of the row as it was read, for `DeadLetters.replace` and `delete`; "" for none.
    """

    key: str
    body: str
    reason: str
    at: datetime
    code: str = ""
    request_id: str = ""
    traceparent: str = ""
    label: str = ""
    name: str = ""
    amount: str = ""
    currency: str = ""
    dismissed_at: datetime | None = None
    version: str = field(default="", repr=False, compare=False)
