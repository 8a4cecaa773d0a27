"""Circuit breakers: when nothing is sent to what is in trouble, and who may try it again.

Never asks the time, storage or chance: all of it is given. One record at a time is the probe of an
open circuit, by a permit that lapses, so that whoever dies with it stops nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.core.identity import Kind

THRESHOLD: Final = 3  # different records that fail before a service is taken for down
PERMIT: Final = timedelta(seconds=90)  # longer than any record's handling
MEMORY: Final = timedelta(minutes=10)  # trouble that comes back within it has not ended
LONGEST_PAUSE: Final = timedelta(hours=1)  # of a service, also of one that asks for more
LONGEST_PROBLEM_PAUSE: Final = timedelta(hours=6)
LONGEST_REASON: Final = 1000
_LONGEST_FIRST_SIGHT: Final = timedelta(seconds=30)
_NEXT_TRY: Final = timedelta(seconds=5)
_AT_ONCE: Final = timedelta(0)


class Subject(StrEnum):
    """What kinds of things have a circuit."""

    SERVICE = "service"
    CONNECTION = "connection"
    PROBLEM = "problem"


class CircuitState(StrEnum):
    """The states of a circuit."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"  # somebody holds the permit to try it
    RELEASED = "released"  # closed, and what waited is being sent on


def service_circuit(service: str) -> str:
    """Return the name of a service's circuit.

    >>> service_circuit("Dataverse")
    'dataverse'
    """
    return service.lower().replace(" ", "-")


def connection_circuit(connection: str) -> str:
    """Return the name of the circuit of a FreshBooks login."""
    return f"{Subject.CONNECTION}.{connection}"


def problem_circuit(business: str, signature: str) -> str:
    """Return the name of the circuit of one refusal, met by records of one business."""
    return f"{Subject.PROBLEM}.{business}.{signature}"


@dataclass(frozen=True)
class Circuit:
    """A circuit as it stands; one that is closed and has no evidence need not be kept.

    Attributes:
        name: `dataverse`, `connection.<id>` or `problem.<business>.<signature>`.
        since: when it came into this state, by the clock of whoever wrote it.
        reason: what went wrong, fit for people.
        evidence: keys of records that failed without one that passed in between.
        failing_since: when the trouble began; kept while it comes and goes.
        passed_at: when a record passed last after one had failed; of a problem, one of its kind.
        next_probe: when it may be tried again; None when no record is a probe.
        permit_until: until when the one who tries it has time.
        probes: how often in a row it was opened or a probe failed.
        kind: of the records that met a problem.
        version: the row's ETag, "" for one that is not kept yet.
    """

    name: str
    state: CircuitState
    since: datetime
    reason: str = ""
    evidence: tuple[str, ...] = ()
    failing_since: datetime | None = None
    passed_at: datetime | None = None
    next_probe: datetime | None = None
    permit_until: datetime | None = None
    probes: int = 0
    kind: Kind | None = None
    version: str = field(default="", repr=False, compare=False)

    @property
    def subject(self) -> Subject:
        """What it is a circuit of."""
        head, dot, _ = self.name.partition(".")
        return Subject(head) if dot and head in set(Subject) else Subject.SERVICE

    @property
    def business(self) -> str:
        """The business of a problem, "" for everything else."""
        return self.name.split(".")[1] if self.subject is Subject.PROBLEM else ""

    @property
    def signature(self) -> str:
        """The signature of a problem, "" for everything else."""
        return self.name.rpartition(".")[2] if self.subject is Subject.PROBLEM else ""

    @property
    def stops(self) -> bool:
        """Whether nothing but a probe goes through."""
        return self.state in {CircuitState.OPEN, CircuitState.HALF_OPEN}

    @property
    def needs_login(self) -> bool:
        """Whether a person has to log in to FreshBooks again: no record tries it any more."""
        dead = self.state is CircuitState.OPEN and self.next_probe is None
        return dead and self.subject is Subject.CONNECTION

    @property
    def gated(self) -> bool:
        """Whether a problem is everybody's of its kind: no other record is tried meanwhile."""
        problem = self.subject is Subject.PROBLEM
        return problem and self.stops and len(self.evidence) >= THRESHOLD


def due_in(circuit: Circuit, *, now: datetime, known_for: timedelta) -> timedelta | None:
    """Return how long until an open circuit may be tried, None when no record is a probe.

    The clocks of two processes may differ by minutes, so that a moment another one wrote is not
    believed alone. Once a process has known the same version for the whole pause, it is due for it
    whatever the moments say; and one that has just met it waits up to half a pause, else two
    clocks that differ would find each other's pauses over at once.

    Args:
        circuit: open or half-open.
        now: by this process's clock.
        known_for: how long this process has known this version, by the same clock.
    """
    until = circuit.permit_until if circuit.state is CircuitState.HALF_OPEN else circuit.next_probe
    if until is None:
        return None if circuit.state is CircuitState.OPEN else _AT_ONCE
    pause = _bounded(until - circuit.since, _longest(circuit))
    by_moments = max(until - now, min(pause / 2, _LONGEST_FIRST_SIGHT) - known_for)
    return max(_AT_ONCE, min(by_moments, pause - known_for))


def probing(circuit: Circuit, now: datetime) -> Circuit:
    """Return an open circuit with the permit for one probe taken."""
    return replace(circuit, state=CircuitState.HALF_OPEN, since=now, permit_until=now + PERMIT)


def undecided(circuit: Circuit, now: datetime) -> Circuit:
    """Return a circuit whose probe came to nothing: it did not meet what is in trouble."""
    if circuit.state is not CircuitState.HALF_OPEN:
        return circuit
    return replace(
        circuit,
        state=CircuitState.OPEN,
        since=now,
        next_probe=now + _NEXT_TRY,
        permit_until=None,
    )


def probe_passed(circuit: Circuit, now: datetime) -> Circuit | None:
    """Return a circuit after the record passed that held its permit: one that is open closes."""
    return released(circuit, now) if circuit.stops else passed(circuit, now)


def passed(circuit: Circuit, now: datetime) -> Circuit | None:
    """Return a circuit after a record passed, None for one that need not be kept any more.

    One that is open stays so: what was under way when it opened says nothing new, and a service
    that asked for a pause gets it.
    """
    if circuit.stops:
        return circuit
    if circuit.state is CircuitState.RELEASED or recent(circuit.passed_at, now):
        return replace(circuit, evidence=()) if circuit.evidence else circuit
    return None


def closed(circuit: Circuit, now: datetime) -> Circuit:
    """Return a circuit after somebody says that its trouble is over."""
    return released(circuit, now) if circuit.stops else circuit


def released(circuit: Circuit, now: datetime) -> Circuit:
    """Return a circuit that is closed again, while what waited is sent on."""
    return replace(
        circuit,
        state=CircuitState.RELEASED,
        since=now,
        passed_at=now,
        evidence=(),
        next_probe=None,
        permit_until=None,
    )


def forgotten(circuit: Circuit, now: datetime) -> Circuit | None:
    """Return a circuit for which everything was sent on: None when it need not be kept.

    A service's is kept for a while, so that it stays open longer when it opens again soon.
    """
    if circuit.subject is Subject.SERVICE and recent(circuit.passed_at, now):
        return replace(circuit, state=CircuitState.CLOSED, since=now)
    return None


def unreadable(name: str, *, reason: str, changed_at: datetime, version: str) -> Circuit:
    """Return what a circuit that cannot be read stands for: one that is open, and due.

    It is neither overlooked nor in the way for ever: the probe writes it anew.
    """
    return Circuit(
        name,
        CircuitState.OPEN,
        changed_at,
        reason=reason,
        failing_since=changed_at,
        next_probe=changed_at,
        version=version,
    )


def recent(moment: datetime | None, now: datetime) -> bool:
    """Say whether trouble that ended then has not ended, should it come back now."""
    return moment is not None and abs(now - moment) <= MEMORY


def _longest(circuit: Circuit) -> timedelta:
    if circuit.state is CircuitState.HALF_OPEN:
        return PERMIT
    if circuit.subject is Subject.PROBLEM:
        return LONGEST_PROBLEM_PAUSE
    return LONGEST_PAUSE


def _bounded(span: timedelta, longest: timedelta) -> timedelta:
    return min(max(span, _AT_ONCE), longest)
