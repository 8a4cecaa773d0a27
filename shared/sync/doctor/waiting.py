"""Checks of what waits: which circuits are open, and how long records have been waiting.

Never counts what a person or the record itself decided: that may wait for ever.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final

from shared.core.circuit import Circuit
from shared.core.circuit import Subject as Of
from shared.core.listed import Listed, Why
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports import Clock

_DECIDED: Final = {Why.IGNORED, Why.SKIPPED, Why.DISMISSED}
# From what age on it is worth a warning, and a failure.
OLD: Final = timedelta(hours=1)
VERY_OLD: Final = timedelta(days=2)
_BY_ITSELF: Final = "Nobody has to do anything: it is tried every minute, and what waits follows."
_LIST: Final = "`python -m shared waiting` lists each with who can end it."


def check_circuits(list_open: Callable[[], Iterable[Circuit]], clock: Clock) -> Iterator[Finding]:
    """Name every service, login and problem through which nothing goes now."""
    found = list(list_open())
    for circuit in found:
        began = circuit.failing_since or circuit.since
        age = clock() - began
        what, advice = _named(circuit)
        yield Finding(
            Level.FAILURE if age >= VERY_OLD else Level.WARNING,
            Subject.CIRCUITS,
            f"{what} since {began:%Y-%m-%d %H:%M} UTC ({_spelt(age)}): {circuit.reason}",
            advice,
        )
    if not found:
        yield Finding(Level.OK, Subject.CIRCUITS, "All are closed: every service is used.")


def check_waiting(gather: Callable[[], Iterable[Listed]], clock: Clock) -> Iterator[Finding]:
    """Look how long the records that are not in Sales have been waiting."""
    waiting = [each for each in gather() if each.why not in _DECIDED and not each.partly]
    now = clock()
    old = [each for each in waiting if now - each.since >= OLD]
    if not old:
        text = (
            f"Not in Sales: {len(waiting)}; none of them for long."
            if waiting
            else ("Everything of FreshBooks is in Sales, or left out by a decision.")
        )
        yield Finding(Level.OK, Subject.WAITING, text)
        return
    oldest = min(old, key=lambda each: each.since)
    by_why = ", ".join(
        f"{why} {count}" for why, count in sorted(Counter(e.why for e in old).items())
    )
    age = now - oldest.since
    yield Finding(
        Level.FAILURE if age >= VERY_OLD else Level.WARNING,
        Subject.WAITING,
        f"Not in Sales for more than {_spelt(OLD)}: {len(old)} ({by_why}); the oldest is "
        f"{oldest.key}, for {_spelt(age)}.",
        f"{oldest.who[0].upper()}{oldest.who[1:]}. {_LIST}",
    )


def _named(circuit: Circuit) -> tuple[str, str]:
    match circuit.subject:
        case Of.SERVICE:
            return f"Nothing is sent to {circuit.name}", _BY_ITSELF
        case Of.CONNECTION if circuit.needs_login:
            advice = "The administrator runs `python -m shared connect` and logs in to FreshBooks."
            return "A login to FreshBooks is not accepted", advice
        case Of.CONNECTION:
            return "Nothing is read by a login to FreshBooks", _BY_ITSELF
        case Of.PROBLEM:
            advice = "Whoever it names mends it; what waits follows by itself. " + _LIST
            return f"Records of {circuit.business} are refused", advice


def _spelt(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours >= 48:  # noqa: PLR2004  # two days
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} h" if hours >= 1 else f"{age.total_seconds() / 60:.0f} min"
