"""What an error says: of a service, of a login, of many records, or of the record alone.

Never takes one failure for a verdict: a record is given up only when others of its kind passed
while it was refused again and again.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.core.circuit import (
    THRESHOLD,
    Circuit,
    CircuitState,
    Subject,
    connection_circuit,
    problem_circuit,
    service_circuit,
)
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind
from shared.core.journal import JournalEntry
from shared.core.outcomes import DeadLettered, Deferred, Outcome, OutcomeName, Skipped, Waits
from shared.core.refusal import signature
from shared.core.retries import (
    LONGEST_SHORT_DELAY,
    SHORT_OF_A_NAME,
    SHORTEST_DELAY,
    Reaction,
    describe,
    patience,
    reaction_to,
)
from shared.core.waiting import NOTHING_SHOWN, Shown
from shared.errors import ConnectorError, NotSyncedError, RetryLaterError
from shared.sync.circuits import CircuitBreakers
from shared.sync.wake import awaited_of

# Their trouble is everybody's. Our own queues and tables are no such services: without them
# nothing could be noted.
FRESHBOOKS: Final = "FreshBooks"
DATAVERSE: Final = "Dataverse"
SERVICES: Final = (FRESHBOOKS, DATAVERSE, "Entra", "Key Vault")
_MARGIN: Final = 1.0  # seconds after which a probe is surely due


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Weighs what happened to records.

    Attributes:
        circuits: the circuit breakers.
        connection_of: returns the login that reads a business.
        on_closed: is told of a circuit that closed, so that what waits follows.
        max_attempts: refusals of a record, while others of its kind pass, that make a dead letter.
    """

    circuits: CircuitBreakers
    connection_of: Callable[[str], str]
    on_closed: Callable[[Circuit], object]
    clock: Callable[[], datetime]
    draw: Callable[[], float]
    max_attempts: int

    def stopped(self, request: SyncRequest, before: JournalEntry | None) -> Waits | None:
        """Return what stops a record from being handled now, None when nothing does.

        This may make the handling the probe of a circuit; `settle` has to follow it.
        """
        names = self._names(request)
        # Sent to try whether a refusal has ended, it goes on only if it is time for that.
        if request.cause is Cause.RELEASE and (problem := _problem_of(before)) is not None:
            names.append(problem_circuit(request.business, problem.name))
        circuit = self.circuits.blocking(names, request.record)
        if circuit is None:
            return None
        return Waits(awaited_of(circuit), circuit.reason, probe=self._comes_again(circuit))

    def _comes_again(self, circuit: Circuit) -> float | None:
        """Return when a message is to come again that came to try a circuit, None for any other.

        It was time for that by the clock of whoever opened it; this instance has just met it and
        waits a little before it believes that.
        """
        due = circuit.next_probe
        if circuit.state is not CircuitState.OPEN or due is None or self.clock() < due:
            return None
        left = self.circuits.due_in(circuit.name)
        return (
            left + _MARGIN if left is not None and circuit.subject is not Subject.PROBLEM else None
        )

    @property
    def is_probe(self) -> bool:
        """Whether the handling of this thread tries a circuit: it asks once, and no more."""
        return bool(self.circuits.probes)

    def passed(self, request: SyncRequest, before: JournalEntry | None, outcome: Outcome) -> None:
        """Note that a record was handled: who was asked has answered, and what it met is over."""
        names = self._names(request)
        if isinstance(outcome, Skipped):  # Dataverse may not have been asked
            names.remove(service_circuit(DATAVERSE))
        if (problem := _problem_of(before)) is not None:
            names.append(problem_circuit(request.business, problem.name))
        for circuit in self.circuits.passed(names, request.record):
            with contextlib.suppress(ConnectorError):  # the minute's look takes it up
                self.on_closed(circuit)

    def settle(self) -> None:
        """End a handling: whoever was a probe and met nothing leaves the turn to others."""
        self.circuits.undecided()

    def outcome_of(
        self,
        error: Exception,
        request: SyncRequest,
        before: JournalEntry | None,
        shown: Shown = NOTHING_SHOWN,
    ) -> Outcome:
        """Return how the handling of a message ends that met an error.

        Args:
            error: the error.
            request: the message.
            before: what was noted of the record when its handling began.
            shown: what was read of it since; a refusal that repeats it is the same refusal.
        """
        own: tuple[str, ...] = (shown.label, shown.name)
        if before is not None:
            own = (*own, before.label, before.name)
        match reaction_to(error):
            case Reaction.SKIP:
                return Skipped(str(error))
            case Reaction.SERVICE:
                assert isinstance(error, RetryLaterError)  # noqa: S101  # the table says so
                return self._service(error, request, before, own)
            case Reaction.LOGIN:
                return self._login(error, request)
            case Reaction.RACE:
                return self._short(error, request, before, own)
            case Reaction.PROBLEM:
                return self._problem(error, request, before, own)

    def _service(
        self,
        error: RetryLaterError,
        request: SyncRequest,
        before: JournalEntry | None,
        own: tuple[str, ...],
    ) -> Outcome:
        if error.service not in SERVICES:
            return self._short(error, request, before, own)
        name = self._circuit_of(error.service, request.business)
        circuit = self.circuits.failed(name, request.record.key, error)
        if not circuit.stops:
            return self._short(error, request, before, own)
        due = self.circuits.due_in(name) or 0.0
        return Waits(awaited_of(circuit), str(error), probe=due + _MARGIN)

    def _circuit_of(self, service: str, business: str) -> str:
        """Return the circuit of a service; FreshBooks has one for each login.

        It throttles logins, and what is wrong with the books of one is not wrong with the others'.
        """
        connection = self.connection_of(business) if service == FRESHBOOKS else ""
        return connection_circuit(connection) if connection else service_circuit(service)

    def _login(self, error: Exception, request: SyncRequest) -> Outcome:
        connection = self.connection_of(request.business)
        if not connection:
            return Deferred(str(error), SHORTEST_DELAY)
        self.circuits.open_connection(connection, str(error))
        return Waits(Awaited.connection(connection), str(error))

    def _short(
        self,
        error: Exception,
        request: SyncRequest,
        before: JournalEntry | None,
        own: tuple[str, ...],
    ) -> Outcome:
        """Leave it on the queue for a while; what does not end there waits and is listed."""
        now = self.clock()
        if _is_endless(before, now) and not _is_ours(error):
            return self._problem(error, request, before, own)
        asked = getattr(error, "retry_after", None) or 0.0
        wait = patience(request, longest=LONGEST_SHORT_DELAY, now=now, draw=self.draw())
        return Deferred(str(error), max(asked, wait))

    def _problem(
        self,
        error: Exception,
        request: SyncRequest,
        before: JournalEntry | None,
        own: tuple[str, ...],
    ) -> Outcome:
        """Let it wait until it is refused no more; give it up when only it is refused."""
        mark, words = signature(error, request.kind, known=own)
        said = str(error) if isinstance(error, ConnectorError) else describe(error)
        awaited, record = Awaited.problem(mark), request.record
        met = self.circuits.state(problem_circuit(request.business, mark))
        known = before is not None and before.awaited == str(awaited)
        given_up = known and before is not None and before.outcome is OutcomeName.DEAD_LETTERED
        others_passed = (
            known
            and met is not None
            and met.passed_at is not None
            and record.key not in met.evidence
            and len(met.evidence) < THRESHOLD
        )
        attempts = request.attempt + (1 if others_passed else 0)
        self.circuits.problem(record, mark, reason=words)
        if given_up or attempts >= self.max_attempts:
            return DeadLettered(
                said if given_up else f"Refused {attempts} times while others passed: {said}",
                code=getattr(error, "code", ""),
                request_id=getattr(error, "request_id", ""),
                awaited=awaited,
            )
        return Waits(awaited, said, attempt=attempts)

    def _names(self, request: SyncRequest) -> list[str]:
        names = [service_circuit(service) for service in SERVICES]
        with contextlib.suppress(NotSyncedError, ConnectorError):
            if connection := self.connection_of(request.business):
                names.append(connection_circuit(connection))
        return names


def _is_endless(before: JournalEntry | None, now: datetime) -> bool:
    """Say whether a record has been on the queue for this long, or has been a problem before."""
    if before is None:
        return False
    deferred = before.outcome is OutcomeName.DEFERRED and now - before.at >= SHORT_OF_A_NAME
    return deferred or _problem_of(before) is not None


def _is_ours(error: Exception) -> bool:
    """Say whether it is our own storage or our own rate that makes a message wait."""
    if not isinstance(error, RetryLaterError):
        return False
    own_rate = not error.service and error.retry_after is not None
    return own_rate or error.service in {"Queues", "Tables"}


def _problem_of(before: JournalEntry | None) -> Awaited | None:
    """Return the problem a record waits for, None when it waits for none."""
    if before is None:
        return None
    try:
        awaited = Awaited.parse(before.awaited)
    except ValueError:
        return None
    return awaited if awaited.kind is AwaitedKind.PROBLEM else None
