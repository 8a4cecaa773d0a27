"""The histories of businesses as lines of a page.

Never offers to change one: that is done in a terminal, by whoever may sign in there.
"""

from collections.abc import Mapping
from typing import Final

from shared.console.steps import Step, StepState
from shared.core.histories import Histories, History, Standing, say

_STATES: Final = {
    Standing.UNDER_WAY: StepState.NOW,
    Standing.WAITS: StepState.NOW,
    Standing.STILL: StepState.NOW,
    Standing.PAUSED: StepState.WAITING,
    Standing.CANCELLED: StepState.WAITING,
    Standing.DONE: StepState.DONE,
}
_PAUSE: Final = "python -m shared backfill pause"
_RESUME: Final = "python -m shared backfill resume"
_CANCEL: Final = "python -m shared backfill cancel"


def list_histories(histories: Histories, names: Mapping[str | None, str]) -> list[Step]:
    """Return a line for each history, those first that have not ended.

    Args:
        histories: how they stand.
        names: of their businesses, by their ids.
    """
    several = len(histories.shown) > 1 or histories.more > 0
    lines = [_line(each, names if several else {}) for each in histories.shown]
    if histories.more:
        lines.append(Step(f"And {histories.more:,} more that have ended", StepState.DONE))
    return lines


def list_commands(histories: Histories) -> list[str]:
    """Return the command lines that mean something for one of the histories."""
    standings = {each.standing for each in histories.shown}
    moving = any(each.moves for each in standings)
    paused = Standing.PAUSED in standings
    commands = [*([_PAUSE] if moving else []), *([_RESUME] if paused else [])]
    return [*commands, _CANCEL] if commands else []


def _line(history: History, names: Mapping[str | None, str]) -> Step:
    business = history.business
    whose = f"The history of {names.get(business) or business}" if names else "The history"
    return Step(f"{whose} {history.standing}", _STATES[history.standing], say(history))
