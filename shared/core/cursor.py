"""How far a walk has come, so that another process goes on where one was killed.

Never trusts what it reads: a cursor that cannot be of use is none, and the walk begins anew.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.core.pages import MOST_PAGES, MOST_PASSES, Position

CLOCKS_APART: Final = timedelta(minutes=10)  # what two instances' clocks may differ by, amply
OLDEST: Final = timedelta(days=7)
LONGEST_PAUSE: Final = timedelta(hours=6)
_PART_OF_ITS_AGE: Final = 10

Count = Annotated[int, Field(ge=0)]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1


class Cursor(_Kept):
    """A walk that is under way.

    Attributes:
        base: the checkpoint it started from; None for none.
        since: the Eastern day it lists from; None for all.
        started: when it started, UTC: where the checkpoint goes.
        part: which of its lists it is in.
        at: where in that list.
        faults: what could not be read so far.
        why: the first of these.
        number: the last record of a bulk: before it is handled, no more are asked for; 0 for none.
        ticket: of the message that asked for it.
    """

    base: AwareDatetime | None
    since: date | None
    started: AwareDatetime
    part: Count = 0
    at: Position = Position()
    faults: Count = 0
    why: str = ""
    number: Count = 0
    ticket: str = ""

    @classmethod
    def read(
        cls, note: str, *, base: datetime | None, parts: int, now: datetime
    ) -> "Cursor | None":
        """Return a cursor as it was kept, None for one that is of no use any more.

        Args:
            note: its text.
            base: the checkpoint as it is now.
            parts: how many lists the walk has.
            now: UTC.
        """
        try:
            found = cls.model_validate_json(note)
        except ValidationError:
            return None
        age = now - found.started
        of_today = -CLOCKS_APART <= age <= OLDEST and found.base == base
        at = found.at
        somewhere = 1 <= at.page <= MOST_PAGES and 1 <= at.passing <= MOST_PASSES
        there = somewhere and found.part < parts and 0 <= at.limit <= MOST_PAGES and at.fresh >= 0
        return found if of_today and there else None


class Gap(_Kept):
    """Something that no walk could read so far: the checkpoint stays before it.

    Attributes:
        first: when it was found, UTC.
        tried: when the last whole walk started that ended with it; None before one ended.
        why: what it is.
    """

    first: AwareDatetime
    tried: AwareDatetime | None = None
    why: str = ""

    @classmethod
    def read(cls, note: str, *, now: datetime) -> "Gap | None":
        """Return a gap as it was kept, None for one that cannot be read."""
        try:
            found = cls.model_validate_json(note)
        except ValidationError:
            return None
        latest = max(found.first, found.tried or found.first)
        return found if latest - now <= CLOCKS_APART else None

    def is_due(self, now: datetime) -> bool:
        """Say whether a whole walk should try again; the pause is a tenth of its age."""
        if self.tried is None:
            return True
        pause = min((self.tried - self.first) / _PART_OF_ITS_AGE, LONGEST_PAUSE)
        return now - self.tried >= pause
