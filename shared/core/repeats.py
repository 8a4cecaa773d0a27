"""Whether a message has anything to do: tickets of other messages, and pauses between readings.

Never asks anybody: what it needs is given to it.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.core.events import Cause
from shared.core.journal import JournalEntry
from shared.core.known import is_pending
from shared.core.outcomes import OutcomeName

# No message but a poll's is sent to be seen later than that.
_SURELY_TAKEN: Final = timedelta(minutes=15)
_FREE: Final = 2  # readings in a row that found nothing to do, before the pauses begin
_FIRST_PAUSE: Final = 5.0  # seconds
_LONGEST_PAUSE: Final = 300.0  # a poll finds by then what a list shows of it
_URGENT: Final = frozenset({Cause.WEBHOOK, Cause.OPERATOR, Cause.RELEASE, Cause.RECONCILE})


def will_be_read(entry: JournalEntry, *, cause: Cause, now: datetime) -> bool:
    """Say whether another message reads the record soon enough for this one to have nothing to do.

    What a poll asked for in bulk may come much later; whoever is urgent goes ahead of it.
    """
    if not is_pending(entry, now, idle=False):
        return False
    since = entry.pending_since
    if cause in _URGENT and since is not None and now - since > _SURELY_TAKEN:
        return False  # its message is lost, or nobody serves the queue: one more costs a reading
    return entry.outcome is not OutcomeName.ASKED or cause not in _URGENT


def rest(entry: JournalEntry, *, cause: Cause, now: datetime) -> float:
    """Return how long the record is left alone that was found unchanged again and again, seconds.

    Only where webhooks report it again and again: a decision of a person is carried out at once,
    what a poll saw has changed, and what follows from another record has a change behind it.
    The pause grows fourfold from one such reading to the next. The first two are free: a webhook
    that came twice holds up no change that follows it.
    """
    told = (cause, entry.cause) == (Cause.WEBHOOK, Cause.WEBHOOK)
    if entry.same < _FREE or entry.read_at is None or not told:
        return 0.0
    pause = min(_FIRST_PAUSE * 4.0 ** min(entry.same - _FREE, 10), _LONGEST_PAUSE)
    passed = (now - entry.read_at).total_seconds()
    return max(0.0, pause - passed) if passed >= 0 else 0.0
