"""How far the nightly comparison has come, in small notes that another instance goes on from.

Never trusts what it reads: what cannot be of use begins anew.
"""

from typing import Final

from shared.core.reconcile.nights import (
    LAST,
    MOST_CANCELS,
    MOST_KEYS,
    PROGRESS,
    Night,
    Place,
    Progress,
    noted,
    read_noted,
)
from shared.sync.ports import Checkpoints, Clock
from shared.sync.reconcile.lists import BookList

_SEEN: Final = "reconcile-seen"


class Notes:
    """Keeps the progress, and what a night came to."""

    def __init__(self, checkpoints: Checkpoints, clock: Clock) -> None:
        self._checkpoints = checkpoints
        self._clock = clock

    def progress(self) -> Progress | None:
        """Return the comparison that is under way, None for none."""
        return Progress.read(self._checkpoints.get_note(PROGRESS))

    def last(self) -> Night | None:
        """Return what the last night came to, None where nobody knows."""
        return Night.read(self._checkpoints.get_note(LAST))

    def keep(self, progress: Progress, at: BookList | None) -> Progress:
        """Keep how far a comparison has come, with what its list showed, and return it."""
        place, most = None, progress.notes
        if at is not None:
            notes = noted(at.seen)
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
        seen = read_noted(self._checkpoints.get_note(f"{_SEEN}-{n}") for n in range(at.notes))
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
