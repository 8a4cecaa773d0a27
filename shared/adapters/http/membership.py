"""Which part of what a service takes this process claims, beside the others that send to it.

Never raises for what storage cannot do: a process that cannot be counted takes the smallest slice.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import uuid4

from shared.core.buckets import Slice, slice_of, smallest
from shared.core.rates import (
    BEAT,
    HURRY,
    LAPSE,
    LOOK,
    NOTHING,
    VALID,
    Budget,
    Claim,
    Member,
    Sighting,
    Wants,
    claimed,
    cut,
    differ,
    exceeds,
    is_gone,
    least_of,
    sighted,
    target,
    within,
)
from shared.errors import ConflictError, ConnectorError
from shared.sync.ports import Shares

_PATIENCE: Final = 5.0  # seconds that others wait for a thread that looks
_ALL: Final = Wants(live=1.0)


class Membership:
    """This process among those that send to a service; safe for many threads.

    Args:
        budget: what the service takes from all of them.
        shares: where they find each other; None for a process that is alone by its nature.
        token: returns a name nobody else has.
    """

    def __init__(
        self,
        budget: Budget,
        shares: Shares | None,
        *,
        token: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self.budget = budget
        self._shares = shares
        self._token = token
        self._looking = threading.Lock()
        self._me: Member | None = None
        self._held = NOTHING  # of what its row claims, what it may use
        self._seen: dict[str, Sighting] = {}
        self._beat_at = self._next_at = float("-inf")

    def is_counted(self, now: float) -> bool:
        """Say whether the others know of this process."""
        return self._shares is None or (self._me is not None and now - self._beat_at < LAPSE)

    def slice(self, now: float) -> Slice | None:
        """Return what this process may send now, None for nothing yet.

        Args:
            now: seconds that only grow.
        """
        if self._shares is None:
            return slice_of(self.budget, target(self.budget, _ALL, ()))
        if not self.is_counted(now):
            return smallest(self.budget)
        held = self._valid(now)
        return slice_of(self.budget, held) if held.at_once > 0 else None

    def is_due(self, now: float, *, starved: bool) -> bool:
        """Say whether it is time to look: who has no more than the least looks when it wants more.

        Args:
            now: seconds that only grow.
            starved: whether a request has to wait.
        """
        if self._shares is None or now < self._next_at:
            return False
        return starved or not self.is_counted(now) or self._valid(now).part > self.budget.least

    def look(
        self,
        now: float,
        *,
        wants: Callable[[], Wants],
        under_way: Callable[[], int],
        patient: bool,
    ) -> None:
        """See who else sends, and claim what is due to this process.

        Args:
            now: seconds that only grow.
            wants: returns what it has use for.
            under_way: returns how many requests it has under way.
            patient: whether to wait for a thread that looks already.
        """
        if self._shares is None or not self._looking.acquire(timeout=_PATIENCE if patient else 0):
            return
        try:
            if now >= self._next_at:
                self._look(self._shares, now, wants(), under_way)
        finally:
            self._looking.release()

    def has_company(self, now: float) -> bool:
        """Say whether there are others, and something to leave to them."""
        return bool(self._seen) and self._valid(now).part > self.budget.least

    def let_go(self, now: float, *, under_way: Callable[[], int]) -> None:
        """Leave to the others all but the least, until something is to be sent again."""
        self._next_at = min(self._next_at, now)
        self.look(now, wants=Wants, under_way=under_way, patient=False)
        self._next_at = min(self._next_at, now)  # the next request may look at once

    def _look(self, shares: Shares, now: float, wants: Wants, under_way: Callable[[], int]) -> None:
        try:
            if self._me is None:
                self._join(shares, now, wants, under_way)
            elif now - self._beat_at >= VALID:
                self._return(shares, self._me, now, wants, under_way)
            else:
                self._go_on(shares, self._me, now, wants, under_way)
        except ConflictError:
            # Forgotten by the others, or an answer was lost: join again.
            self._me, self._held, self._next_at = None, NOTHING, now + HURRY
        except ConnectorError:
            self._next_at = now + BEAT

    def _join(self, shares: Shares, now: float, wants: Wants, under_way: Callable[[], int]) -> None:
        # Whoever is alone has everything after two operations; company cuts it down to what is due.
        wish = target(self.budget, wants, ())
        self._held = NOTHING
        self._me = shares.insert(Member(self._token(), wish, wants))
        self._beat_at = now
        self._settle(shares, self._me, now, under_way)

    def _return(
        self,
        shares: Shares,
        me: Member,
        now: float,
        wants: Wants,
        under_way: Callable[[], int],
    ) -> None:
        self._held = self._valid(now)
        wish = self._target(wants)
        self._write(shares, replace(me, claim=_over(wish, under_way()), wants=wants), now)
        self._settle(shares, self._now(), now, under_way)

    def _go_on(
        self,
        shares: Shares,
        me: Member,
        now: float,
        wants: Wants,
        under_way: Callable[[], int],
    ) -> None:
        others = self._count(shares, me, now)
        wish = self._target(wants)
        may = within(self._held, wish, others, self.budget)
        raised = exceeds(may, self._held)
        # Nobody begins more than is left before what is given up is written.
        self._held = Claim(min(self._held.part, may.part), min(self._held.at_once, may.at_once))
        claim = _over(may, under_way())
        beaten = now - self._beat_at >= BEAT
        if claim != me.claim or beaten or differ(wants, me.wants, least=self.budget.least):
            self._write(shares, replace(me, claim=claim, wants=wants), now)
        if raised:
            self._settle(shares, self._now(), now, under_way)
        else:
            self._wait(now, wish)

    def _settle(self, shares: Shares, me: Member, now: float, under_way: Callable[[], int]) -> None:
        """Hold of what the row claims as much as the others, seen after it, leave."""
        others = self._count(shares, me, now)
        wish = self._target(me.wants)
        claim = me.claim or NOTHING
        wish = Claim(min(wish.part, claim.part), min(wish.at_once, claim.at_once))
        self._held = within(self._held, wish, others, self.budget)
        if (left := _over(self._held, under_way())) != claim:
            self._write(shares, replace(me, claim=left), now)
        self._wait(now, self._target(me.wants))

    def _wait(self, now: float, wish: Claim) -> None:
        """Settle when to look again: soon, while others hold what is due to this process."""
        if self._held.at_once == 0:
            self._next_at = now + BEAT
        else:
            self._next_at = now + (HURRY if self._held.part < wish.part / 2 else LOOK)

    def _write(self, shares: Shares, member: Member, now: float) -> None:
        self._me = shares.replace(member)
        self._beat_at = now

    def _now(self) -> Member:
        if self._me is None:
            raise ConflictError("This process is no member.")
        return self._me

    def _valid(self, now: float) -> Claim:
        since = now - self._beat_at
        if since < VALID:
            return self._held
        return least_of(self.budget, self._held) if since < LAPSE else NOTHING

    def _count(self, shares: Shares, me: Member, now: float) -> Claim:
        """See who is there, and return what they claim; forget who is gone."""
        rows = list(shares.list_all())
        mine = next((each for each in rows if each.id == me.id), None)
        if mine is None or mine.version != me.version:
            raise ConflictError("The row of this process is not as it left it.")
        seen = sighted(self._seen, (each for each in rows if each.id != me.id), me=mine, now=now)
        for each in list(seen.values()):
            with contextlib.suppress(ConnectorError):
                if is_gone(each, now=now):
                    shares.delete(each.member)
                    del seen[each.member.id]
                elif (shorter := cut(self.budget, each, now=now)) is not None:
                    seen[each.member.id] = Sighting(shares.replace(shorter), now)
        self._seen = seen
        return claimed(self.budget, self._others())

    def _others(self) -> list[Member]:
        return [each.member for each in self._seen.values()]

    def _target(self, wants: Wants) -> Claim:
        return target(self.budget, wants, self._others())


def _over(claim: Claim, under_way: int) -> Claim:
    """Return what a row has to say while more are under way than there may be from now on."""
    return Claim(claim.part, max(claim.at_once, under_way))
