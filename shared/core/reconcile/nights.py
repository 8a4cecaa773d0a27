"""A night's comparison: how far it has come, and what it came to, as small texts.

Never trusts what it reads: what cannot be of use is none.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.core.identity import Kind
from shared.core.pages import MOST_PAGES

PROGRESS: Final = "reconcile"
LAST: Final = "reconcile-last"
MOST_PASSES: Final = 3  # over a list whose rows move
MOST_KEYS: Final = 1000  # differences that are known by name from one night to the next
_MOST_NOTES: Final = 50
MOST_CANCELS: Final = 2000
_NOTE: Final = 30_000  # characters; a checkpoint's note may have 32,000

Count = Annotated[int, Field(ge=0)]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1


class Place(_Kept):
    """Where in a list the comparison stopped.

    Attributes:
        notes: how many notes hold the numbers that the list showed so far.
    """

    kind: Kind
    page: Annotated[int, Field(ge=1, le=MOST_PAGES)] = 1
    passing: Annotated[int, Field(ge=1, le=MOST_PASSES)] = 1
    total: int | None = None
    moved: bool = False
    faults: Count = 0
    notes: Annotated[int, Field(ge=0, le=_MOST_NOTES)] = 0


class Progress(_Kept):
    """A night's comparison.

    Attributes:
        night: the day on which it began, UTC.
        done: businesses that are compared.
        business: the one it is in, "" between two.
        at: where in it.
        tries: pieces that a service ended in the middle of this business.
        notes: how many notes were ever written of what lists showed.
        cancels: records of this kind whose rows would be cancelled: they are asked for together.
        sums_done: accounts and opportunities are compared.
        differences: how many were found, by cause.
        asked: how many records were asked for.
        keys: what tells those differences apart that are nobody's decision, as far as they fit.
        stopped: what the guard held back.
        not_compared: what could not be compared.
    """

    night: date
    done: tuple[str, ...] = ()
    business: str = ""
    at: Place | None = None
    tries: Count = 0
    notes: Annotated[int, Field(ge=0, le=_MOST_NOTES)] = 0
    cancels: tuple[int, ...] = ()
    sums_done: bool = False
    differences: dict[str, Count] = {}
    asked: Count = 0
    keys: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()

    @classmethod
    def read(cls, note: str) -> "Progress | None":
        """Return a comparison that is under way as it was kept, None where there is none."""
        try:
            return cls.model_validate_json(note)
        except ValidationError:
            return None


class Night(_Kept):
    """What a night's comparison came to.

    Attributes:
        remained: differences that were there the night before as well.
    """

    night: date
    differences: dict[str, Count] = {}
    asked: Count = 0
    keys: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    remained: Count = 0

    @classmethod
    def read(cls, note: str) -> "Night | None":
        """Return what a night came to as it was kept, None where that cannot be read."""
        try:
            return cls.model_validate_json(note)
        except ValidationError:
            return None

    @property
    def text(self) -> str:
        """What a person has to look at, "" for nothing."""
        parts = [*self.stopped, *self.not_compared]
        if self.remained:
            parts.append(
                f"{self.remained} differences between FreshBooks and Sales are still there after a "
                "night: `python -m shared reconcile` lists them"
            )
        return "; ".join(parts)


def ended(progress: Progress, last: Night | None) -> Night:
    """Return what a night came to.

    Args:
        progress: of the comparison that is done.
        last: what the night before came to.
    """
    remained = set(progress.keys) & set(last.keys if last is not None else ())
    return Night(
        night=progress.night,
        differences=progress.differences,
        asked=progress.asked,
        keys=progress.keys[:MOST_KEYS],
        stopped=progress.stopped,
        not_compared=progress.not_compared,
        remained=len(remained),
    )


def key_of(text: str) -> str:
    """Return a short name of a difference, the same every night."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def noted(seen: set[int]) -> list[str]:
    """Return numbers as texts that notes can hold: what each is more than the one before."""
    before, gaps = 0, []
    for number in sorted(seen):
        gaps.append(str(number - before))
        before = number
    text = base64.b85encode(zlib.compress(",".join(gaps).encode())).decode()
    return [text[start : start + _NOTE] for start in range(0, len(text), _NOTE)][:_MOST_NOTES]


def read_noted(notes: Iterable[str]) -> set[int] | None:
    """Return the numbers of notes, None where they cannot be read."""
    try:
        text = zlib.decompress(base64.b85decode("".join(notes))).decode()
        before, seen = 0, set()
        for gap in text.split(",") if text else ():
            before += int(gap)
            seen.add(before)
    except (ValueError, zlib.error):
        return None
    return seen
