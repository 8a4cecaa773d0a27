"""The minute's look after what waits for circuits: probes, what follows an end, and stragglers.

Never handles a record; it puts messages on the queue, bounded, and takes up what was cut short.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from shared.core.circuit import (
    Circuit,
    Subject,
    connection_circuit,
    problem_circuit,
)
from shared.core.identity import SWEEP_CHECKPOINT, Awaited, AwaitedKind
from shared.core.known import CLOCKS_APART
from shared.core.lines import Trouble, need_of
from shared.core.stalled import still_waiting
from shared.core.waiting import CIRCUITS, Hold, Wait
from shared.errors import ConnectorError
from shared.sync.beside import Beside
from shared.sync.circuits import CircuitBreakers
from shared.sync.ports import Businesses, Checkpoints, Holds, Telemetry
from shared.sync.release import MOST_AT_ONCE, Release
from shared.sync.tickets import Tickets

_T = TypeVar("_T", Wait, Hold)

OVERDUE: Final = timedelta(seconds=40)  # longer than an instance mistrusts a clock
SWEEP_EVERY: Final = timedelta(minutes=10)
# A probe that lies on a queue which is not served needs no company; one that is lost does.
LOST_PROBE: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Wake:
    """Sees that whatever waits for a circuit is tried again, whoever died meanwhile."""

    circuits: CircuitBreakers
    release: Release
    beside: Beside
    tickets: Tickets
    holds: Holds
    businesses: Businesses
    checkpoints: Checkpoints
    telemetry: Telemetry
    clock: Callable[[], datetime]

    def run(self) -> None:
        """Look after every circuit once; trouble with one stops no other from being looked at."""
        for circuit in self.circuits.released():
            self._contained(partial(self.end, circuit))
        self._contained(self._of_nobody)
        for circuit in self.circuits.due():
            if self._is_left(circuit):
                self._contained(partial(self._probe, circuit))
        self._contained(self._sweep)

    def end(self, circuit: Circuit) -> int:
        """Send on what waited for a circuit that is closed, and return how many records there were.

        What is more than goes at once, or is cut short, the next look sends on.

        Raises:
            ConnectorError: the queue or the tables cannot be reached; the next look takes it up.
        """
        awaited, sent = awaited_of(circuit), 0
        for business in self._businesses(circuit):
            most = MOST_AT_ONCE - sent
            sent += self.release.send_some(business, awaited, most=most, ahead=sent)
            if sent >= MOST_AT_ONCE:
                return sent
        self.circuits.forget(circuit)
        return sent

    def retry(self, awaited: Awaited | None = None, business: str | None = None) -> int:
        """Try now what waits, whatever its circuit says, and return how many records there are.

        Args:
            awaited: what it waits for; None for every circuit.
            business: only this one's records; None for all.

        Raises:
            ConnectorError: the queue or the tables cannot be reached; calling again is safe.
        """
        for circuit in self.circuits.list_open():
            concerned = business is None or circuit.business in {"", business}
            if concerned and awaited in {None, awaited_of(circuit)}:
                self.circuits.close(circuit.name)
        waits = {
            (wait.request.business, wait.awaited)
            for wait in self.holds.list_waits(business)
            if (wait.awaited == awaited if awaited else wait.awaited.kind in CIRCUITS)
        }
        sent = 0
        for where, what in sorted(waits, key=str):
            sent += self.release.send_some(where, what, most=None, ahead=sent)
        return sent

    def _of_nobody(self) -> None:
        """Close the circuits of logins that read no business any more: another one does."""
        used = {business.connection for business in self.businesses.list_all()}
        for circuit in self.circuits.list_open():
            login = awaited_of(circuit).name
            if circuit.subject is Subject.CONNECTION and login not in used:
                self.close(circuit.name)

    def reconnected(self, connection: str) -> None:
        """Let what waited for a login follow, which is accepted again."""
        name = connection_circuit(connection)
        circuit = self.circuits.state(name)
        # One that may be tried again was not opened by a dead login.
        if circuit is not None and circuit.needs_login:
            self._contained(partial(self.close, name))

    def close(self, name: str) -> None:
        """Close a circuit from outside, and let what waits for it follow.

        Raises:
            ConnectorError: the queue or the tables cannot be reached; the next look takes it up.
        """
        if (closed := self.circuits.close(name)) is not None:
            self.end(closed)

    def _is_left(self, circuit: Circuit) -> bool:
        """Say whether the minute's look has to see to a probe.

        A service's or login's is on the queue already, sent by the record that failed last; should
        it be lost, the look takes over.
        """
        if circuit.subject is Subject.PROBLEM or circuit.next_probe is None:
            return True
        return self.clock() - circuit.next_probe >= OVERDUE

    def _probe(self, circuit: Circuit) -> None:
        awaited, businesses = awaited_of(circuit), self._businesses(circuit)
        first = circuit.probes % max(len(businesses), 1)
        for business in (*businesses[first:], *businesses[:first]):
            request = self.release.next_probe(business, awaited, turn=circuit.probes)
            if request is not None:
                self.tickets.send_once(request, at_most_every=LOST_PROBE)
                return
        # Nobody waits: whoever comes next finds out.
        if (closed := self.circuits.close(circuit.name)) is not None:
            self.circuits.forget(closed)

    def _sweep(self) -> None:
        """Tell how much waits, and send on what waits for a circuit whose end was missed."""
        now, last = self.clock(), self.checkpoints.get(SWEEP_CHECKPOINT)
        if last is not None and -CLOCKS_APART < now - last < SWEEP_EVERY:
            return
        stopped: set[tuple[str, Awaited]] = set()
        untold: list[Wait | Hold] = []

        def waits() -> Iterator[Wait]:
            for wait in self.holds.list_waits():
                if wait.awaited.kind in CIRCUITS:
                    stopped.add((wait.request.business, wait.awaited))
                yield wait

        opened = self.circuits.list_open()
        self.telemetry.write(
            still_waiting(
                self._heard(waits(), untold),
                self._heard(self.holds.list_all(), untold),
                opened,
                now=now,
            )
        )
        self._take_up(untold)
        for business, awaited in sorted(stopped, key=str):
            if not self.circuits.is_open(circuit_of(business, awaited)):
                self.release.send_some(business, awaited)
        self.checkpoints.set(SWEEP_CHECKPOINT, now)

    def _heard(self, found: Iterator[_T], untold: list[Wait | Hold]) -> Iterator[_T]:
        """Yield what was found, and keep what stands beside an invoice without a word."""
        for each in found:
            if self.beside.is_untold(each):
                untold.append(each)
            yield each

    def _take_up(self, untold: Sequence[Wait | Hold]) -> None:
        """Mark the entries of invoices beside which an earlier release let something wait."""
        synced = {business.id for business in self.businesses.list_all()} if untold else set()
        for index, each in enumerate(untold[:MOST_AT_ONCE]):
            delay = index * self.release.pace
            self._contained(partial(self.beside.take_up, each, synced=synced, delay=delay))

    def _businesses(self, circuit: Circuit) -> list[str]:
        if circuit.subject is Subject.PROBLEM:
            return [circuit.business]
        # Whoever has a record that waits for it, whichever login reads it by now.
        awaited = awaited_of(circuit)
        waits = (wait for wait in self.holds.list_waits() if wait.awaited == awaited)
        return sorted({wait.request.business for wait in waits})

    def _contained(self, look: Callable[[], object]) -> None:
        try:
            look()
        except ConnectorError as error:
            text = f"What waits cannot be looked after now: {error}"
            self.telemetry.count(Trouble(what=need_of(error), text=text))


def awaited_of(circuit: Circuit) -> Awaited:
    """Return what records wait for that a circuit stops."""
    match circuit.subject:
        case Subject.PROBLEM:
            return Awaited.problem(circuit.signature)
        case Subject.CONNECTION:
            return Awaited.connection(circuit.name.partition(".")[2])
        case Subject.SERVICE:
            return Awaited(AwaitedKind.SERVICE, circuit.name)


def circuit_of(business: str, awaited: Awaited) -> str:
    """Return the name of the circuit that records of a business wait for."""
    match awaited.kind:
        case AwaitedKind.PROBLEM:
            return problem_circuit(business, awaited.name)
        case AwaitedKind.CONNECTION:
            return connection_circuit(awaited.name)
        case _:
            return awaited.name


def by_awaited(circuits: Iterable[Circuit]) -> dict[tuple[str, Awaited], Circuit]:
    """Return circuits by the business each belongs to, "" for all, and what is waited for."""
    return {(circuit.business, awaited_of(circuit)): circuit for circuit in circuits}
