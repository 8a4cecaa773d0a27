"""How far the nightly comparison has come, in small notes that another instance goes on from.

Never trusts what it reads: what cannot be of use begins anew.
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
from shared.sync.ports import Checkpoints, Clock
from shared.sync.reconcile.lists import MOST_PASSES, BookList

PROGRESS: Final = "reconcile"
LAST: Final = "reconcile-last"
MOST_KEYS: Final = 1000  # differences that are known by name from one night to the next
_SEEN: Final = "reconcile-seen"
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
    notes: Annotated[int, Field(ge=0, le=_MOST_NOTES)] = 0
    cancels: tuple[int, ...] = ()
    sums_done: bool = False
    differences: dict[str, Count] = {}
    asked: Count = 0
    keys: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


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


class Notes:
    """Keeps the progress, and what a night came to."""

    def __init__(self, checkpoints: Checkpoints, clock: Clock) -> None:
        self._checkpoints = checkpoints
        self._clock = clock

    def progress(self) -> Progress | None:
        """Return the comparison that is under way, None for none."""
        try:
            return Progress.model_validate_json(self._checkpoints.get_note(PROGRESS))
        except ValidationError:
            return None

    def last(self) -> Night | None:
        """Return what the last night came to, None where nobody knows."""
        try:
            return Night.model_validate_json(self._checkpoints.get_note(LAST))
        except ValidationError:
            return None

    def keep(self, progress: Progress, at: BookList | None) -> Progress:
        """Keep how far a comparison has come, with what its list showed, and return it."""
        place, most = None, progress.notes
        if at is not None:
            notes = _noted(at.seen)
            most = max(most, len(notes))
            for number, note in enumerate(notes):
                self._checkpoints.set(f"{_SEEN}-{number}", self._clock(), note=note)
            place = Place(
                kind=at.kind,
                page=at.page,
                passing=at.passing,
                total=at.total,
                moved=at.moved,
                faults=at.faults,
                notes=len(notes),
            )
        bounded = {"cancels": progress.cancels[:MOST_CANCELS], "keys": progress.keys[:MOST_KEYS]}
        kept = progress.model_copy(update={"at": place, "notes": most, **bounded})
        self._checkpoints.set(PROGRESS, self._clock(), note=kept.model_dump_json())
        return kept

    def place(self, progress: Progress) -> BookList | None:
        """Return the list where a comparison stopped, None where it begins with the business."""
        at = progress.at
        if at is None:
            return None
        seen = _read(self._checkpoints.get_note(f"{_SEEN}-{n}") for n in range(at.notes))
        if seen is None:
            return BookList(at.kind)
        return BookList(
            at.kind,
            seen=seen,
            page=at.page,
            passing=at.passing,
            total=at.total,
            moved=at.moved,
            faults=at.faults,
        )

    def end(self, progress: Progress, night: Night) -> None:
        """Keep what a night came to, and forget how it got there."""
        self._checkpoints.set(LAST, self._clock(), note=night.model_dump_json())
        self._checkpoints.delete(PROGRESS)
        for number in range(progress.notes):
            self._checkpoints.delete(f"{_SEEN}-{number}")


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


def _noted(seen: set[int]) -> list[str]:
    """Return numbers as texts that notes can hold: what each is more than the one before."""
    before, gaps = 0, []
    for number in sorted(seen):
        gaps.append(str(number - before))
        before = number
    text = base64.b85encode(zlib.compress(",".join(gaps).encode())).decode()
    return [text[start : start + _NOTE] for start in range(0, len(text), _NOTE)][:_MOST_NOTES]


def _read(notes: Iterable[str]) -> set[int] | None:
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
