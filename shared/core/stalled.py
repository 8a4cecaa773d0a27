"""How much waits, and for how long: the figures that an alert reads.

Never counts what a person or the record itself decided, or what is in Sales but for a link.
"""

from collections.abc import Iterable
from datetime import datetime

from shared.core.circuit import Circuit, Subject
from shared.core.identity import Awaited, AwaitedKind, Kind
from shared.core.lines import StillWaiting
from shared.core.waiting import Hold, Wait


def still_waiting(
    waits: Iterable[Wait], holds: Iterable[Hold], circuits: Iterable[Circuit], *, now: datetime
) -> StillWaiting:
    """Return the figures of what waits; the records are looked at one by one and not kept.

    Args:
        waits: every record that waits.
        holds: the clients that wait, and the decisions about them.
        circuits: those that are open.
        now: UTC.
    """
    records, oldest = 0, now
    held, ignored = _held(holds)
    for since in held:
        records, oldest = records + 1, min(oldest, since)
    met: set[tuple[str, Awaited]] = set()
    for wait in waits:
        where, what = wait.request.business, wait.awaited
        if what.kind is AwaitedKind.PROBLEM:
            met.add((where, what))
        itself = (where, Awaited(AwaitedKind.CLIENT, str(wait.request.number)))
        left_out = wait.request.kind is Kind.CLIENT and itself in ignored
        left_out = left_out or what.kind in {AwaitedKind.POLICY, AwaitedKind.CHOSEN}
        decided = (where, what) in ignored or left_out
        if not decided and not wait.partly:
            records, oldest = records + 1, min(oldest, wait.since)
    problems, stopping = 0, 0
    stopped = now
    for circuit in circuits:
        if circuit.subject is not Subject.PROBLEM:
            stopping += 1
        elif (circuit.business, Awaited.problem(circuit.signature)) in met:
            problems += 1
        else:
            continue  # nobody waits for its end: it is forgotten when it is due
        stopped = min(stopped, circuit.failing_since or circuit.since)
    return StillWaiting(
        records=records,
        oldest_s=(now - oldest).total_seconds(),
        circuits=stopping,
        problems=problems,
        stopped_s=(now - stopped).total_seconds(),
    )


def _held(holds: Iterable[Hold]) -> tuple[list[datetime], set[tuple[str, Awaited]]]:
    """Return since when clients wait for a decision, and what is waited for of ignored ones."""
    since, ignored = [], set()
    for hold in holds:
        if hold.leaves_out:
            ignored.add((hold.business, Awaited(AwaitedKind.CLIENT, hold.awaited.name)))
        elif hold.is_open and hold.awaited.kind is AwaitedKind.CLIENT:
            since.append(hold.since)
    return since, ignored
