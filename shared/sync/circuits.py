"""The circuit breakers as every handling of a record asks them, shared by a process's threads.

Never costs a request while all circuits are closed, never raises for what storage cannot do, and
never lets two records be the probe of one circuit.

Around a handling: `blocking` first, then the work, then `failed`, `problem` or `passed`. All of
them are called in the thread of the handling, which is how a probe is known by its outcome.
"""

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from shared.core import circuit as states
from shared.core import outage
from shared.core import problem as problems
from shared.core.circuit import Circuit, CircuitState, Subject, connection_circuit, problem_circuit
from shared.core.identity import RecordId
from shared.errors import RetryLaterError
from shared.sync.circuit_memory import NOW, CircuitMemory, Known
from shared.sync.ports import Circuits, Clock

_Next = Callable[[Circuit, datetime], Circuit | None]


class CircuitBreakers:
    """All circuits, as one process knows them; what it knows is at most a second old.

    Args:
        circuits: where they are kept.
        clock: the time.
        draw: a number in [0, 1) that spreads probes out.
    """

    def __init__(
        self, circuits: Circuits, *, clock: Clock, draw: Callable[[], float] = random.random
    ) -> None:
        self._circuits = circuits
        self._memory = CircuitMemory(circuits, clock=clock)
        self._clock = clock
        self._draw = draw
        self._thread = threading.local()

    # what a handling asks and tells

    def blocking(self, names: Sequence[str], record: RecordId | None = None) -> Circuit | None:
        """Return the first of these circuits through which nothing may go now, None to go on.

        Where one is open and due this takes the permit: the handling is the probe, see `probes`.

        Args:
            names: of everything the handling needs.
            record: the record; what is everybody's problem of its kind stops it too.
        """
        self._thread.probes = frozenset()
        self._memory.look()
        now = self._clock()
        gates = [each.circuit.name for each in self._of_kind(record) if each.circuit.gated]
        stopping = [
            held
            for name in dict.fromkeys([*names, *gates])
            if (held := self._memory.get(name)) is not None and held.circuit.stops
        ]
        for held in stopping:
            if held.due_in(now) != NOW:
                return held.circuit
        for held in stopping:
            blocked = self._take(held.circuit.name)
            if blocked is not None:
                self.undecided()
                return blocked
        return None

    @property
    def probes(self) -> frozenset[str]:
        """The circuits whose probe this thread's handling is."""
        found: frozenset[str] = getattr(self._thread, "probes", frozenset())
        return found

    def failed(self, name: str, record: str, error: RetryLaterError) -> Circuit:
        """Note that a record failed by a service, and return the service's circuit.

        Args:
            name: of the service's circuit.
            record: the record's key.
            error: what the service said.
        """
        probe, draw = self._ends(name), self._draw()
        return self._noted(
            name,
            lambda before: outage.failed(
                before,
                name,
                record,
                reason=str(error),
                now=self._clock(),
                draw=draw,
                throttled=error.throttled,
                retry_after=error.retry_after,
                probe=probe,
            ),
        )

    def problem(self, record: RecordId, signature: str, *, reason: str) -> Circuit:
        """Note that a record met a problem, and return the problem's circuit, which is open.

        Args:
            record: the record.
            signature: of the refusal.
            reason: what the refusal says, without ids and values.
        """
        name = problem_circuit(record.business, signature)
        probe = self._ends(name)
        return self._noted(
            name,
            lambda before: problems.refused(
                before,
                name,
                record.kind,
                record.key,
                reason=reason,
                now=self._clock(),
                probe=probe,
            ),
        )

    def passed(self, names: Iterable[str], record: RecordId | None = None) -> list[Circuit]:
        """Note that a record passed, and return the circuits that it closed.

        It asks storage nothing unless one of them is known to be open or to have evidence.

        Args:
            names: of the circuits it went through: the services that answered it, its connection,
                the problem it waited for.
            record: the record; what kept others of its kind waiting is not everybody's problem.
        """
        names, closed = list(names), []
        for name in names:
            probe, held = self._ends(name), self._memory.get(name)
            if held is None:
                continue
            stopped = held.circuit.stops
            after, kept = self._change(name, states.probe_passed if probe else states.passed)
            if after is not None and stopped and kept and after.state is CircuitState.RELEASED:
                closed.append(after)
        for held in self._of_kind(record):
            if held.circuit.evidence and held.circuit.name not in names:
                self._change(held.circuit.name, problems.kind_passed)
        return closed

    def undecided(self) -> None:
        """Give back the permits of this thread's handling, which did not need them after all."""
        for name in self.probes:
            self._ends(name)
            self._change(name, states.undecided)

    # what opens and closes from outside

    def open_connection(self, connection: str, reason: str) -> Circuit:
        """Open the circuit of a FreshBooks login that is dead."""
        name = connection_circuit(connection)
        self._ends(name)
        return self._noted(
            name,
            lambda before: outage.disconnected(before, name, reason=reason, now=self._clock()),
        )

    def close_connection(self, connection: str) -> Circuit | None:
        """Close the circuit of a login that lives; None when it was not open."""
        return self.close(connection_circuit(connection))

    def close(self, name: str) -> Circuit | None:
        """Close a circuit whatever it waits for, as a person may; None when it was not open."""
        self._memory.look()
        held = self._memory.get(name)
        if held is None or not held.circuit.stops:
            return None
        after, _ = self._change(name, states.closed)
        return after

    def forget(self, circuit: Circuit) -> None:
        """Forget a circuit for which everything that waited was sent on.

        One that opened again meanwhile is left alone. A problem that is open is forgotten too,
        unless it changed: whoever finds that nothing waits for it says so.
        """

        def change(before: Circuit, now: datetime) -> Circuit | None:
            if before.state is CircuitState.RELEASED:
                return states.forgotten(before, now)
            idle = before.subject is Subject.PROBLEM and before.version == circuit.version
            return None if idle else before

        self._memory.look()
        self._change(circuit.name, change)

    # what can be seen

    def state(self, name: str) -> Circuit | None:
        """Return a circuit as this process knows it, None for one that is closed."""
        self._memory.look()
        held = self._memory.get(name)
        return held.circuit if held is not None else None

    def is_open(self, name: str) -> bool:
        """Say whether a circuit is open, as storage has it now.

        Who has noted that a record waits for a circuit asks once more: what closed in between has
        been sent on without it. Where storage is down it is open as far as known.
        """
        found = self._memory.look_at(name)
        return found is not None and found.stops

    def due_in(self, name: str) -> float | None:
        """Return seconds until a circuit may be tried, 0 for now; None when no record is a probe.

        0 for one that is not open.
        """
        self._memory.look()
        held = self._memory.get(name)
        if held is None or not held.circuit.stops:
            return 0.0
        left = held.due_in(self._clock())
        return left.total_seconds() if left is not None else None

    def due(self) -> list[Circuit]:
        """Return the open circuits that may be tried now: one of their records is a probe."""
        self._memory.look()
        now, known = self._clock(), self._memory.all()
        return [held.circuit for held in known if held.circuit.stops and held.due_in(now) == NOW]

    def released(self) -> list[Circuit]:
        """Return the circuits that are closed again, and for which records may still wait."""
        self._memory.look()
        known = [held.circuit for held in self._memory.all()]
        return [circuit for circuit in known if circuit.state is CircuitState.RELEASED]

    def list_open(self) -> list[Circuit]:
        """Return the circuits that are open, as storage has them now, the oldest trouble first.

        Raises:
            RetryLaterError: storage is down.
            ConfigurationError: access is denied.
        """
        found = [circuit for circuit in self._circuits.list_all() if circuit.stops]
        return sorted(found, key=lambda each: (each.failing_since or each.since, each.name))

    # inside

    def _of_kind(self, record: RecordId | None) -> list[Known]:
        """Return the problems of a record's business that others of its kind met."""
        if record is None:
            return []
        return [
            held
            for held in self._memory.all()
            if held.circuit.subject is Subject.PROBLEM
            and (held.circuit.business, held.circuit.kind) == (record.business, record.kind)
        ]

    def _ends(self, name: str) -> bool:
        """Say whether this thread's handling is a circuit's probe, which it is no longer."""
        probes = self.probes
        self._thread.probes = probes - {name}
        return name in probes

    def _take(self, name: str) -> Circuit | None:
        """Take the permit of a circuit that is due; return the circuit when somebody else has."""
        mine: Circuit | None = None

        def change(before: Circuit, now: datetime) -> Circuit:
            nonlocal mine
            held = self._memory.get(name)
            due = held is not None and before.stops and held.due_in(now) == NOW
            mine = states.probing(before, now) if due else None
            return mine or before

        after, kept = self._change(name, change)
        # Where storage is down every process has a permit of its own: it stops nothing for ever.
        if mine is not None and (kept or after is mine):
            self._thread.probes = self.probes | {name}
            return None
        return after if after is not None and after.stops else None

    def _noted(self, name: str, change: Callable[[Circuit | None], Circuit]) -> Circuit:
        after, _ = self._memory.change(name, change)
        return after or change(None)

    def _change(self, name: str, change: _Next) -> tuple[Circuit | None, bool]:
        """Change a circuit that is kept, by what comes next to it."""
        return self._memory.change(
            name,
            lambda before: change(before, self._clock()) if before is not None else None,
        )
