"""Check of the histories of businesses: under way, still, paused, cancelled.

Never begins, ends or goes on with one.
"""

from collections.abc import Callable, Iterator
from typing import Final

from shared.core.histories import Histories, History, Standing, say
from shared.sync.doctor.findings import Finding, Level, Subject

_LEVELS: Final = {
    Standing.UNDER_WAY: Level.OK,
    Standing.DONE: Level.OK,
    # Whoever did it knows it, and may have forgotten it.
    Standing.PAUSED: Level.WARNING,
    Standing.CANCELLED: Level.WARNING,
    Standing.WAITS: Level.WARNING,
    Standing.STILL: Level.WARNING,
}


def check_histories(ask: Callable[[], Histories]) -> Iterator[Finding]:
    """Look how the history of each business stands.

    Args:
        ask: says it.
    """
    found = ask()
    for each in found.shown:
        text = f"{each.business}: its history {each.standing}; {say(each)}."
        yield Finding(_LEVELS[each.standing], Subject.HISTORIES, text, _advice(each))
    if found.more:
        text = f"{found.more} others, all ended or less new, are not looked at."
        yield Finding(Level.OK, Subject.HISTORIES, text)
    if not found.shown:
        text = "No history is carried over in bulk; polls carry what FreshBooks has."
        yield Finding(Level.OK, Subject.HISTORIES, text)


def _advice(history: History) -> str:
    match history.standing:
        case Standing.PAUSED:
            return "The administrator lets it go on with `python -m shared backfill resume`."
        case Standing.CANCELLED:
            return (
                "Polls carry the rest, one record after the other; the administrator begins anew "
                "with `python -m shared backfill`, which writes nothing of what is there already."
            )
        case Standing.WAITS:
            return (
                "It goes on by itself when that is over; if it stays, the administrator mends what "
                "it names."
            )
        case Standing.STILL:
            return (
                "Its messages are sent anew after half an hour; if it stays, the administrator "
                "looks whether the function `backfill` runs."
            )
        case Standing.UNDER_WAY | Standing.DONE:
            return ""
