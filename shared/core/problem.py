"""Problems: the same refusal for records of a business, which a person has to end.

Never takes a problem for over by itself: one record is tried now and then, and when it passes all
that wait for it follow.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.circuit import (
    LONGEST_PROBLEM_PAUSE,
    LONGEST_REASON,
    THRESHOLD,
    Circuit,
    CircuitState,
    recent,
)
from shared.core.identity import Kind

_SHORTEST_PAUSE: Final = timedelta(minutes=1)


def refused(
    circuit: Circuit | None,
    name: str,
    kind: Kind,
    record: str,
    *,
    reason: str,
    now: datetime,
    probe: bool = False,
) -> Circuit:
    """Return a problem's circuit after it was met; the same one when nothing changed.

    It is open from the first record on: that one waits. Three different ones without one that
    passed in between make it everybody's of their kind (`gated`).
    """
    before = circuit or Circuit(name, CircuitState.CLOSED, now, kind=kind)
    if before.state is CircuitState.RELEASED:
        before = replace(before, evidence=())
    evidence = before.evidence
    if record not in evidence and len(evidence) < THRESHOLD:
        evidence = (*evidence, record)
    if before.stops and not probe:
        return before if evidence == before.evidence else replace(before, evidence=evidence)
    again = before.stops or recent(before.passed_at, now)
    began = (before.failing_since if again else None) or now
    pause = min(max((now - began) / 20, _SHORTEST_PAUSE), LONGEST_PROBLEM_PAUSE)
    return replace(
        before,
        state=CircuitState.OPEN,
        since=now,
        reason=reason[:LONGEST_REASON],
        evidence=evidence,
        failing_since=began,
        next_probe=now + pause,
        permit_until=None,
        probes=before.probes + 1,
        kind=kind,
    )


def kind_passed(circuit: Circuit, now: datetime) -> Circuit:
    """Return a problem's circuit after another record of its kind passed: it is not everybody's."""
    return replace(circuit, evidence=(), passed_at=now) if circuit.evidence else circuit
