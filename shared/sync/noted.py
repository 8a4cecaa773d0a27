"""Checkpoints as one poll sees them: read together, and those that moved written together.

Never lets a cursor go before the checkpoint is kept that it led to.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from shared.sync.ports import Checkpoints

MOST_PUT_OFF: Final = 50


class NotedCheckpoints(Checkpoints):
    """The port `Checkpoints` over the stored ones, for one poll.

    Nobody but the poll moves what it reads here, and there is one poll at a time. What is put off
    is lost where the process ends: then the next poll lists a little more.

    Args:
        stored: where they are kept.
    """

    def __init__(self, stored: Checkpoints) -> None:
        self._stored = stored
        self._seen: dict[str, tuple[datetime | None, str]] | None = None
        self._put_off: dict[str, datetime] = {}

    def get(self, name: str) -> datetime | None:
        """Return a point in time as it was when the poll began, or as the poll moved it."""
        return self._known().get(name, (None, ""))[0]

    def get_note(self, name: str) -> str:
        """Return the note beside a point in time, "" when there is none that can be read."""
        return self._known().get(name, (None, ""))[1]

    def list_all(self) -> Iterator[tuple[str, datetime]]:
        """Yield all with their names."""
        for name, (moment, _) in list(self._known().items()):
            if moment is not None:
                yield name, moment

    def list_notes(self) -> Iterator[tuple[str, datetime | None, str]]:
        """Yield all with their names and notes."""
        for name, (moment, note) in list(self._known().items()):
            yield name, moment, note

    def set(self, name: str, moment: datetime, *, note: str = "") -> None:
        """Keep a point in time and a note beside it."""
        self._stored.set(name, moment, note=note)
        self._put_off.pop(name, None)
        self._known()[name] = moment, note

    def move(self, name: str, moment: datetime) -> None:
        """Keep a point in time without a note, by the next `write`."""
        self._known()[name] = moment, ""
        self._put_off[name] = moment
        if len(self._put_off) >= MOST_PUT_OFF:
            self.write()

    def set_all(self, moments: Mapping[str, datetime]) -> None:
        """Keep several points in time without notes."""
        for name, moment in moments.items():
            self.move(name, moment)
        self.write()

    def write(self) -> None:
        """Write what was put off.

        Raises:
            ConnectorError: it cannot be written now; the next poll begins where this one did.
        """
        moments, self._put_off = self._put_off, {}
        if moments:
            self._stored.set_all(moments)

    def delete(self, name: str) -> None:
        """Forget a point in time, after all that was put off is written."""
        self.write()
        self._stored.delete(name)
        self._known().pop(name, None)

    def _known(self) -> dict[str, tuple[datetime | None, str]]:
        if self._seen is None:
            found = self._stored.list_notes()
            self._seen = {name: (moment, note) for name, moment, note in found}
        return self._seen
