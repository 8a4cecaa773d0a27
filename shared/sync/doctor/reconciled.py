"""Check of the nightly comparison: when it ran last, and what it found.

Never compares anything itself.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from shared.core.policies import ReconcilePolicy
from shared.core.reconcile.causes import DECIDED
from shared.core.reconcile.nights import LAST, Night
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports import Checkpoints, Clock

OLD: Final = timedelta(days=2)  # a night may be lost to an outage
_LIST: Final = "`python -m shared reconcile` lists each with its cause and who can end it."
_DECIDED: Final = {str(cause) for cause in DECIDED}


def check_reconciled(
    mode: ReconcilePolicy, checkpoints: Checkpoints, clock: Clock
) -> Iterator[Finding]:
    """Say when both sides were compared last, and what differed."""
    subject = Subject.RECONCILED
    if mode is ReconcilePolicy.OFF:
        yield Finding(Level.OK, subject, "Both sides are not compared, by the setting RECONCILE.")
        return
    last = Night.read(checkpoints.get_note(LAST))
    if last is None:
        text = "Both sides were not compared so far: the timer does it at night."
        yield Finding(Level.OK, subject, text)
        return
    found = sum(count for cause, count in last.differences.items() if cause not in _DECIDED)
    text = (
        f"Both sides were compared on {last.night}: {found} differences that nobody decided, "
        f"{last.asked} records asked for."
    )
    if clock().date() - last.night > OLD:
        advice = "The administrator looks in the portal whether the function `reconcile` runs."
        yield Finding(Level.WARNING, subject, text, advice)
    elif said := last.text:
        yield Finding(Level.WARNING, subject, f"{text} {said}.", _LIST)
    else:
        yield Finding(Level.OK, subject, text)
