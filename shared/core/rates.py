"""Which part of what a service takes each process claims, beside the others that send to it.

Never asks the time, chance or storage: what it needs is given to it, in seconds that only grow.
The reasoning, and why the sum never exceeds the budget, is docs/decisions/0027.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

BEAT: Final = 4.0  # seconds after which a process that sends writes its row again
LOOK: Final = 2.0  # and after which one that claims more than the least sees who came
HURRY: Final = 0.5  # the same for one that has little of what it should have
VALID: Final = 10.0  # after its last beat a process takes no more than the least
LAPSE: Final = 55.0  # and nothing after this
LONGEST_REQUEST: Final = 35.0  # seconds: to connect, and for the answer
_APART: Final = 1.0  # two clocks may go by in a minute
_SERVERS_APART: Final = 5.0  # seconds by which storage's own clocks may differ, one after another
SILENT: Final = VALID + _APART  # the others cut a row that has been the same for so long
ENDED: Final = LONGEST_REQUEST + _APART  # what was under way when it was cut has ended
GONE: Final = LAPSE + LONGEST_REQUEST + _APART  # and delete it after this
MILLION: Final = 1_000_000
_FOR_BULK: Final = 0.05  # what live traffic leaves: history goes on, however slowly
_AHEAD: Final = 1.2  # times what was asked for lately
_CALMER: Final = 0.5  # at each look
_NEARLY: Final = 1e-6  # what a sum of parts may miss that is one, or a whole number


def in_millionths(part: float) -> int:
    """Return a part as it is written down, never more than it is."""
    return int(part * MILLION + _NEARLY)


@dataclass(frozen=True)
class Budget:
    """What a service takes from all of us together.

    Attributes:
        per_second: requests a second, on average.
        at_once: requests under way.
        seconds: of execution a second, on average; 0 for as many as there are.
    """

    per_second: float
    at_once: int
    seconds: float = 0.0

    @property
    def settled(self) -> int:
        """How many requests those may have under way that know of each other.

        The rest is for newcomers, who find that much free before the others know of them.
        """
        return self.at_once - self.at_once // 2

    @property
    def least(self) -> float:
        """The part of the rate that a process may claim for a minute without looking again."""
        return in_millionths(1 / (2 * self.at_once)) / MILLION


@dataclass(frozen=True)
class Claim:
    """What a process may take.

    Attributes:
        part: of the rate and of the execution time, up to 1.
        at_once: requests under way.
    """

    part: float
    at_once: int

    def __add__(self, other: "Claim") -> "Claim":
        return Claim(self.part + other.part, self.at_once + other.at_once)


NOTHING: Final = Claim(0.0, 0)
UNKNOWN: Final = Claim(1.0, 1_000_000)  # of a row that cannot be read: as much as one may have


@dataclass(frozen=True)
class Wants:
    """Which part of the budget a process has use for, by kind of traffic."""

    live: float = 0.0
    bulk: float = 0.0


@dataclass(frozen=True)
class Member:
    """A process that sends to a service.

    Attributes:
        id: nobody else's.
        claim: None where the row does not say: an earlier release, which takes an equal share.
        wants: what it has use for.
        version: the row's ETag.
        written: when it was, by storage's clock; None where nobody says.
    """

    id: str
    claim: Claim | None = NOTHING
    wants: Wants = Wants()
    version: str = field(default="", repr=False, compare=False)
    written: datetime | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Sighting:
    """In which version a process saw a row, and since when that is, by its own clock."""

    member: Member
    at: float


def sighted(
    before: Mapping[str, Sighting], rows: Iterable[Member], *, me: Member, now: float
) -> dict[str, Sighting]:
    """Return what a process has seen of the others after it looked.

    A row that was written long before its own is as old as that: storage dates both.

    Args:
        before: what it had seen.
        rows: of the others.
        me: its own row, read with them.
        now: seconds that only grow.
    """
    return {
        row.id: old
        if (old := before.get(row.id)) is not None and old.member.version == row.version
        else Sighting(row, now - _older(row, me))
        for row in rows
    }


def _older(row: Member, me: Member) -> float:
    """Return by how many seconds a row is older for certain."""
    if row.written is None or me.written is None:
        return 0.0
    return max(0.0, (me.written - row.written).total_seconds() - _SERVERS_APART)


def is_gone(sighting: Sighting, *, now: float) -> bool:
    """Say whether a process has not beaten for so long that nothing of it is under way."""
    return now - sighting.at >= GONE


def cut(budget: Budget, sighting: Sighting, *, now: float) -> Member | None:
    """Return what to make of a row that has been the same for too long, None for nothing.

    Whoever it belongs to takes the least by now, or is dead. It finds that its row was written by
    somebody else when it comes back, and joins anew.
    """
    member, age = sighting.member, now - sighting.at
    if member.claim is None:
        return None
    least = Claim(min(member.claim.part, budget.least), member.claim.at_once)
    if age >= SILENT and (member.claim != least or member.wants != Wants()):
        return replace(member, claim=_at_most(budget, least), wants=Wants())
    if age >= ENDED and least.at_once > 1:
        return replace(member, claim=Claim(least.part, 1))
    return None


def _at_most(budget: Budget, claim: Claim) -> Claim:
    return Claim(min(claim.part, 1.0), min(claim.at_once, budget.settled))


def claimed(budget: Budget, others: Iterable[Member]) -> Claim:
    """Return what the others claim together."""
    rows = list(others)
    equal = Claim(1 / (len(rows) + 1), max(1, budget.settled // (len(rows) + 1)))
    total = NOTHING
    for each in rows:
        total += equal if each.claim is None else _at_most(budget, each.claim)
    return total


def wanted(before: float, *, asked: float, least: float) -> float:
    """Return which part of the budget one kind of traffic has use for.

    It rises at once, and falls by half at each look.

    Args:
        before: what it wanted at the last look.
        asked: the part it took since then, and what waits.
        least: the smallest part.
    """
    now = _AHEAD * asked + least if asked > 0 else 0.0
    calmer = before * _CALMER
    return min(1.0, max(now, calmer if calmer >= least else 0.0))


def target(budget: Budget, me: Wants, others: Iterable[Member]) -> Claim:
    """Return what a process should claim: everybody what it wants, as far as there is enough.

    Live traffic comes first, whichever process it is in; what is done in bulk shares the rest.
    What there is too little of is shared equally among those that want more.
    """
    wants = [me, *(each.wants for each in others if each.claim is None or each.claim.at_once > 0)]
    kept = min(_FOR_BULK, sum(each.bulk for each in wants))
    live = _level(1.0 - kept, [each.live for each in wants])
    rest = 1.0 - sum(min(live, each.live) for each in wants)
    bulk = _level(rest, [each.bulk for each in wants])
    part = min(1.0, min(live, me.live) + min(bulk, me.bulk))
    part = in_millionths(max(part, min(budget.least, 1 / len(wants)))) / MILLION
    return Claim(part, max(1, int(budget.settled * part + _NEARLY)))


def _level(there: float, wants: Sequence[float]) -> float:
    """Return how much each gets at most, so that all together take what is there."""
    for number, want in enumerate(ordered := sorted(wants)):
        share = there / (len(ordered) - number)
        if want >= share:
            return share
        there -= want
    return 1.0


def within(mine: Claim, wish: Claim, others: Claim, budget: Budget) -> Claim:
    """Return what a process may claim: of what it wishes, what the others leave.

    What it has it keeps, for the others have left that before.
    """
    part = in_millionths(max(0.0, 1.0 - others.part)) / MILLION
    free = Claim(part, max(0, budget.at_once - others.at_once))
    return Claim(
        min(wish.part, max(mine.part, free.part)),
        min(wish.at_once, max(mine.at_once, free.at_once)),
    )


def least_of(budget: Budget, claim: Claim) -> Claim:
    """Return what is left of a claim whose holder has not beaten for a while."""
    return Claim(min(claim.part, budget.least), min(claim.at_once, 1))


def exceeds(claim: Claim, other: Claim) -> bool:
    """Say whether a claim is larger than another in anything."""
    return claim.part > other.part or claim.at_once > other.at_once


def differ(wants: Wants, before: Wants, *, least: float) -> bool:
    """Say whether the others should know what a process wants now."""
    return any(
        abs(new - old) > max(least, old / 4)
        for new, old in ((wants.live, before.live), (wants.bulk, before.bulk))
    )
