"""What befalls a round, by its seed: the same seeds plan the same rounds.

Never says how a round ends: the machine decides in which order the processes come.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.functional.token_race.steps import Blow, Call

MOMENT = 8  # seconds; a save is tried for longer
CALLS = tuple(Call)
GAPS = range(len(CALLS) + 1)  # between every two steps, before the first and after the last
# The last gap of each.
_PAUSES = (
    (2, f"before {Call.TAKE}"),
    (5, f"between {Call.TAKE} and {Call.POST}"),
    (8, f"between {Call.POST} and {Call.SAVE}"),
    (10, f"after {Call.SAVE}"),
)


@dataclass(frozen=True)
class Plan:
    """What befalls a round: `happens` names its row in the table."""

    happens: str
    blow: Blow | None = None
    lose: str = ""


Planned = Callable[[int, random.Random], Plan]  # of the turn and of chance


def plan(seed: int) -> Plan:
    """Return what happens in the round of a seed: one kind after the other."""
    chance = random.Random(f"plan {seed}")
    turn, kind = divmod(seed, len(KINDS))
    return KINDS[kind](turn, chance)


def _nothing(_turn: int, _chance: random.Random) -> Plan:
    return Plan("nothing")


def _lost(what: str) -> Planned:
    return lambda _turn, _chance: Plan(f"the {what} is lost", lose=what)


def _kill(gap: int) -> Planned:
    return lambda _turn, chance: Plan(
        f"killed {_place(gap)}", Blow("kill", *chance.choice(_sides(gap)))
    )


def _pause(offset: int) -> Planned:
    def planned(turn: int, chance: random.Random) -> Plan:
        # Every gap in turn, right after the one step and later right before the other.
        later, gap = divmod(2 * turn + offset + 4, len(GAPS))
        where = next(name for end, name in _PAUSES if gap <= end)
        seconds = chance.uniform(46, 120)  # from hardly longer than the lease to everybody's end
        return Plan(f"paused {where}", Blow("pause", *_sides(gap)[-(later % 2)], seconds=seconds))

    return planned


def _down(store: str, how: str, *, applies: bool = False) -> Planned:
    def planned(_turn: int, chance: random.Random) -> Plan:
        side = chance.choice(_sides(chance.choice(GAPS)))
        seconds = chance.uniform(1, MOMENT)
        return Plan(f"the {how} for a moment", Blow(store, *side, seconds=seconds, applies=applies))

    return planned


def _long_down(_turn: int, chance: random.Random) -> Plan:
    side = chance.choice(_sides(chance.choice([6, 7, 8])))
    blow = Blow("vault", *side, seconds=chance.uniform(45, 70))
    return Plan("the vault is down for longer than saving is tried", blow)


def _sides(gap: int) -> list[tuple[str, Call]]:
    """Return the two ways to fall between two steps, and the one to come first or last."""
    after = [("after", CALLS[gap - 1])] if gap else []
    return after + ([("before", CALLS[gap])] if gap < len(CALLS) else [])


def _place(gap: int) -> str:
    if gap == 0:
        return f"before {CALLS[0]}"
    if gap == len(CALLS):
        return f"after {CALLS[-1]}"
    return f"between {CALLS[gap - 1]} and {CALLS[gap]}"


KINDS = (
    _nothing,
    *(_kill(gap) for gap in GAPS),
    _pause(0),
    _pause(1),
    _lost("request"),
    _lost("answer"),
    _down("vault", "vault is down"),
    _down("vault", "vault's answers are lost", applies=True),
    _long_down,
    _down("tables", "tables are down"),
    _down("tables", "tables' answers are lost", applies=True),
)
# The names of all plans, in the order of a refresh.
ROWS = (
    "nothing",
    *(f"killed {_place(gap)}" for gap in GAPS),
    *(f"paused {where}" for _, where in _PAUSES),
    *(kind(0, random.Random(0)).happens for kind in KINDS[-7:]),
)
