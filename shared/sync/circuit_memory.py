"""The circuits as one process knows them: read once a second at most, written by compare-and-set.

Never raises for what storage cannot do, and never decides whether a circuit is open.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.circuit import Circuit, due_in
from shared.errors import ConflictError, NeedsPersonError, RetryLaterError
from shared.sync.ports import Circuits, Clock

NOW: Final = timedelta(0)
_FRESH: Final = timedelta(seconds=1)
_REST: Final = timedelta(seconds=5)  # after storage failed to write
_FIRST_LOOK: Final = 5.0  # seconds that others wait for a process's first look
_TRIES: Final = 5

Change = Callable[[Circuit | None], Circuit | None]
_Trouble = (RetryLaterError, NeedsPersonError)


@dataclass(frozen=True)
class Known:
    """A circuit as it was read or written, and since when this process knows it so."""

    circuit: Circuit
    since: datetime

    def due_in(self, now: datetime) -> timedelta | None:
        """Return how long until it may be tried, None when no record is a probe."""
        return due_in(self.circuit, now=now, known_for=max(now - self.since, NOW))


class CircuitMemory:
    """What a process knows of the circuits; safe for many threads.

    Args:
        circuits: where they are kept.
        clock: the time.
    """

    def __init__(self, circuits: Circuits, *, clock: Clock) -> None:
        self._circuits = circuits
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._read_at: datetime | None = None
        self._rests_until: datetime | None = None
        self._changes = 0
        self._reading = threading.Lock()
        self._writing = threading.Lock()

    def get(self, name: str) -> Known | None:
        """Return a circuit as far as known, without asking storage."""
        return self._known.get(name)

    def all(self) -> list[Known]:
        """Return the circuits as far as known, without asking storage."""
        return list(self._known.values())

    def look(self) -> None:
        """Know the circuits as they were a second ago, if storage can be read.

        Whoever comes while another thread reads goes on with what is known, after the first time.
        """
        if self._is_fresh():
            return
        first = self._read_at is None
        if self._reading.acquire(blocking=first, timeout=_FIRST_LOOK if first else -1):
            try:
                if not self._is_fresh():
                    self._read()
            finally:
                self._reading.release()

    def look_at(self, name: str) -> Circuit | None:
        """Return a circuit as storage has it now, or as far as known where storage is down."""
        try:
            found = self._circuits.get(name)
        except _Trouble:
            held = self._known.get(name)
            return held.circuit if held is not None else None
        with self._writing:
            self._remember(name, found)
        return found

    def change(self, name: str, change: Change) -> tuple[Circuit | None, bool]:
        """Change a circuit by compare-and-set, and return what it is then.

        Args:
            name: the circuit's.
            change: returns the next state, None for one that need not be kept; called again when
                somebody else was faster.

        Returns:
            The circuit, and whether storage has it so. What storage did not take, this process
            goes by until it can read again; what others changed again and again, it leaves.
        """
        with self._writing:
            held = self._known.get(name)
            before = held.circuit if held is not None else None
            for _ in range(_TRIES):
                after = change(before)
                if after == before:
                    return before, True
                try:
                    kept = self._keep(before, after)
                except ConflictError:
                    try:
                        before = self._circuits.get(name)
                    except _Trouble:
                        return self._go_by(name, after), False
                    self._remember(name, before)
                except _Trouble:
                    return self._go_by(name, after), False
                else:
                    self._remember(name, kept)
                    return kept, True
            return before, False

    def _keep(self, before: Circuit | None, after: Circuit | None) -> Circuit | None:
        if self._rests():
            raise RetryLaterError("Storage failed a moment ago.")
        if after is None:
            if before is not None and before.version:
                self._circuits.delete(before)
            return None
        if before is None or not before.version:
            return self._circuits.insert(after)
        return self._circuits.replace(replace(after, version=before.version))

    def _go_by(self, name: str, circuit: Circuit | None) -> Circuit | None:
        # Threads that fail one after the other must not each wait for storage that is down.
        if not self._rests():
            self._rests_until = self._clock() + _REST
        self._remember(name, circuit)
        return circuit

    def _rests(self) -> bool:
        until = self._rests_until
        return until is not None and NOW < until - self._clock() <= _REST

    def _remember(self, name: str, circuit: Circuit | None) -> None:
        self._changes += 1
        known = dict(self._known)  # others read it meanwhile
        known.pop(name, None)
        if circuit is not None:
            known[name] = self._since(circuit)
        self._known = known

    def _since(self, circuit: Circuit) -> Known:
        now, before = self._clock(), self._known.get(circuit.name)
        if before is None or before.circuit != circuit or before.since > now:
            return Known(circuit, now)
        return Known(circuit, before.since)

    def _is_fresh(self) -> bool:
        return self._read_at is not None and abs(self._clock() - self._read_at) < _FRESH

    def _read(self) -> None:
        changes = self._changes
        try:
            found = self._circuits.list_all()
        except _Trouble:
            found = None  # storage in trouble stops nothing
        with self._writing:
            self._read_at = self._clock()
            # What this process wrote while it read may be missing in what it read.
            if found is not None and changes == self._changes:
                self._known = {each.name: self._since(each) for each in found}
