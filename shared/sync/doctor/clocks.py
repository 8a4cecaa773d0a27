"""Checks of our clock against the services'.

Never sets a clock.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports import Clock

WARN_ABOVE = 30.0  # seconds
FAIL_ABOVE = 120.0  # seconds; tokens are renewed five minutes early

_ADVICE = (
    "The administrator sets the clock of the machine that runs this by a time server; tokens and "
    "polls go by it."
)


def check_clock(
    subject: Subject, clock: Clock, ask: Callable[[], datetime | None]
) -> Iterator[Finding]:
    """Compare our clock with the one a service puts into its answers, to the second.

    Args:
        subject: which clock.
        clock: ours.
        ask: returns what time it is at the service, aware; None when it does not say.
    """
    there = ask()
    if there is None:
        text = "It could not be determined: the answer does not say what time it is."
        yield Finding(
            Level.WARNING, subject, text, "The administrator checks the address in the settings."
        )
        return
    seconds = (clock() - there).total_seconds()
    off = abs(seconds)
    text = f"Ours is {off:.0f} s {'ahead' if seconds > 0 else 'behind'}."
    if off > FAIL_ABOVE:
        yield Finding(Level.FAILURE, subject, text, _ADVICE)
    elif off > WARN_ABOVE:
        yield Finding(Level.WARNING, subject, text, _ADVICE)
    else:
        yield Finding(Level.OK, subject, f"It agrees with ours to {WARN_ABOVE:.0f} s.")
