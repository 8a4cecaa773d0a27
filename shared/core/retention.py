"""What is old enough to be forgotten, and how far a run that forgets it has come.

Never says that a decision, a record that waits or a dead letter is old.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

MOST_TRIES: Final = 3  # of one part of a run, a minute apart
# A checkpoint that says until when a client's balances are asked for counts for minutes.
SURELY_PAST: Final = timedelta(days=1)
_BALANCES: Final = "balances"
# Checkpoints that only a business which is synced gets, and gets again and again.
_OF_A_SYNCED_ONE: Final = frozenset(
    {"poll", "overdue", "credits", "webhooks", "cursor", "gap", "backfill", _BALANCES}
)


@dataclass(frozen=True)
class Cut:
    """What of the journal is old.

    Attributes:
        before: entries of a history from before this moment, UTC, are.
        keep: so many entries of a record's history stay, the newest; all others are.
        gone: businesses of which everything is, the newest entries of their records too.
    """

    before: datetime
    keep: int
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Slice:
    """What a bounded piece of work did.

    Attributes:
        deleted: how many rows.
        position: where the next piece begins; None at the end.
    """

    deleted: int
    position: str | None = None


class Progress(BaseModel):
    """How far a run has come; kept as text between its pieces.

    Attributes:
        step: the part that is next, by its place.
        position: where in that part.
        gone: businesses that are not synced and were not heard of for long.
        blind: some business cannot be read, so it is not known which logins are used.
        failed: some part could not be done; what the parts go by stays for the next run.
        tries: how often in a row the part failed.
        deleted: how many things the run deleted so far.
    """

    model_config = ConfigDict(frozen=True)

    step: int = 0
    position: str = ""
    gone: tuple[str, ...] = ()
    blind: bool = False
    failed: bool = False
    tries: int = 0
    deleted: int = 0

    @classmethod
    def parse(cls, note: str) -> "Progress":
        """Read its text; one that is none stands for a run that begins."""
        try:
            return cls.model_validate_json(note)
        except ValidationError:
            return cls()

    def after(self, piece: Slice) -> "Progress":
        """Return how far it has come after a piece of its part."""
        changes = {"deleted": self.deleted + piece.deleted, "tries": 0}
        if piece.position is None:
            changes |= {"step": self.step + 1}
        return self.model_copy(update={**changes, "position": piece.position or ""})

    def after_fault(self) -> "Progress":
        """Return how far it has come when its part failed: in the end that is left out."""
        if self.tries + 1 < MOST_TRIES:
            return self.model_copy(update={"tries": self.tries + 1})
        return self.after(Slice(0)).model_copy(update={"failed": True})


def is_past_balances(name: str, moment: datetime, now: datetime) -> bool:
    """Say whether a checkpoint is of balances that were asked for long ago."""
    return name.startswith(f"{_BALANCES}.") and abs(now - moment) > SURELY_PAST


def last_heard(checkpoints: Iterable[tuple[str, datetime]]) -> Mapping[str, datetime]:
    """Return when each business was polled or looked after last, by its checkpoints."""
    last: dict[str, datetime] = {}
    for name, moment in checkpoints:
        what, business = what_and_business(name)
        if what in _OF_A_SYNCED_ONE and business:
            last[business] = max(moment, last.get(business, moment))
    return last


def is_of_business(name: str, business: str) -> bool:
    """Say whether a checkpoint is a business's."""
    what, of = what_and_business(name)
    return of == business and what in _OF_A_SYNCED_ONE


def what_and_business(name: str) -> tuple[str, str]:
    """Return what a checkpoint is for, and the business it is of, "" where it is of none.

    >>> what_and_business("poll.xazq5.invoice")
    ('poll', 'xazq5')
    """
    what, _, rest = name.partition(".")
    return what, rest.partition(".")[0]
