"""Outages: when a service's circuit opens, or a login's, and how long until the next probe.

Never decides who is the probe (`circuit`), and never takes one record for an outage.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.core.circuit import (
    LONGEST_PAUSE,
    LONGEST_REASON,
    THRESHOLD,
    Circuit,
    CircuitState,
    recent,
)

WINDOW: Final = timedelta(minutes=2)  # between two failures that are evidence of one outage
_FIRST_PAUSE: Final = 5.0  # seconds
_FIRST_THROTTLED_PAUSE: Final = 10.0
_LAST_PAUSE: Final = 45.0
_MOST_DOUBLINGS: Final = 10
_LONGEST_ASKED: Final = LONGEST_PAUSE.total_seconds()
_WORTH_A_WRITE: Final = timedelta(seconds=5)


def failed(
    circuit: Circuit | None,
    name: str,
    record: str,
    *,
    reason: str,
    now: datetime,
    draw: float,
    throttled: bool = False,
    retry_after: float | None = None,
    probe: bool = False,
    threshold: int = THRESHOLD,
) -> Circuit:
    """Return a service's circuit after a record failed by it; the same one when nothing changed.

    Args:
        circuit: as it stands, None for one that is not kept.
        name: the circuit's.
        record: the record's key.
        reason: what the service said.
        now: the time.
        draw: a number in [0, 1) that spreads probes out.
        throttled: it asked for fewer requests.
        retry_after: seconds it asked to wait, None when it did not say.
        probe: whether the record held the permit.
        threshold: different records that have to fail.
    """
    before = circuit or Circuit(name, CircuitState.CLOSED, now)
    asks = throttled or retry_after is not None
    if before.stops and not probe:
        return _extended(before, retry_after, now)
    if before.stops or asks:
        return _opened(
            before, record, reason, now, draw, throttled=throttled, retry_after=retry_after
        )
    fresh = abs(now - before.since) <= WINDOW or before.state is CircuitState.RELEASED
    evidence = before.evidence if fresh else ()
    if record in evidence:
        return before
    evidence = (*evidence, record)
    if len(evidence) >= threshold:
        return _opened(replace(before, evidence=evidence[:-1]), record, reason, now, draw)
    since = before.since if before.state is CircuitState.RELEASED else now
    goes_on = len(evidence) > 1 or recent(before.passed_at, now)
    return replace(
        before,
        since=since,
        reason=reason[:LONGEST_REASON],
        evidence=evidence,
        failing_since=(before.failing_since if goes_on else None) or now,
    )


def disconnected(circuit: Circuit | None, name: str, *, reason: str, now: datetime) -> Circuit:
    """Return the circuit of a login that is dead: no record is a probe, a person has to connect."""
    if circuit is not None and circuit.state is CircuitState.OPEN and circuit.next_probe is None:
        return circuit
    before = circuit or Circuit(name, CircuitState.CLOSED, now)
    return replace(
        before,
        state=CircuitState.OPEN,
        since=now,
        reason=reason[:LONGEST_REASON],
        failing_since=(before.failing_since if before.stops else None) or now,
        next_probe=None,
        permit_until=None,
        probes=before.probes + 1,
    )


def _opened(
    before: Circuit,
    record: str,
    reason: str,
    now: datetime,
    draw: float,
    *,
    throttled: bool = False,
    retry_after: float | None = None,
) -> Circuit:
    again = before.stops or recent(before.passed_at, now)
    probes = before.probes + 1 if again else 0
    asked = min(max(retry_after or 0.0, 0.0), _LONGEST_ASKED)
    pause = asked
    if again or retry_after is None:
        first = _FIRST_THROTTLED_PAUSE if throttled else _FIRST_PAUSE
        doubled = first * 2.0 ** min(probes, _MOST_DOUBLINGS)
        pause = max(asked, min(doubled, _LAST_PAUSE) * (0.9 + draw / 10))
    evidence = before.evidence if record in before.evidence else (*before.evidence, record)
    return replace(
        before,
        state=CircuitState.OPEN,
        since=now,
        reason=reason[:LONGEST_REASON],
        evidence=evidence[-THRESHOLD:],
        failing_since=(before.failing_since if again or before.evidence else None) or now,
        next_probe=now + timedelta(seconds=pause),
        permit_until=None,
        probes=probes,
    )


def _extended(circuit: Circuit, retry_after: float | None, now: datetime) -> Circuit:
    if retry_after is None or circuit.state is CircuitState.HALF_OPEN:
        return circuit
    asked = now + timedelta(seconds=min(retry_after, _LONGEST_ASKED))
    if circuit.next_probe is None or asked <= circuit.next_probe + _WORTH_A_WRITE:
        return circuit
    return replace(circuit, since=now, next_probe=asked)
