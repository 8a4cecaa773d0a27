"""Which processes send to a service, as one of them knows: it beats while it sends, and looks.

Never raises for what storage cannot do: a process that cannot be counted takes the smallest slice.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import uuid4

from shared.core.rates import (
    BEAT,
    LAPSE,
    SETTLED_AT_ONCE,
    VALID,
    Budget,
    Member,
    Sighting,
    Slice,
    Standing,
    is_gone,
    may_enter,
    sighted,
    slice_of,
    smallest,
)
from shared.errors import ConflictError, ConnectorError
from shared.sync.ports import Shares

_LOOK: Final = 5.0  # seconds that others wait for a thread that looks
_PAUSE: Final = 1.0


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
        self._budget = budget
        self._shares = shares
        self._token = token
        self._looking = threading.Lock()
        self._me: Member | None = None
        self._seen: dict[str, Sighting] = {}
        self._members = 1
        self._joined_at = self._beat_at = self._tried_at = float("-inf")

    def slice(self, now: float) -> Slice | None:
        """Return what this process may send now, None for nothing yet.

        Args:
            now: seconds that only grow.
        """
        if self._shares is None:
            return slice_of(self._budget, members=1, age=SETTLED_AT_ONCE)
        if now - self._tried_at >= BEAT:
            # One thread looks; the others go on with what is known, unless it is too old.
            stale = now - self._beat_at >= VALID
            if self._looking.acquire(timeout=_LOOK if stale else 0):
                try:
                    if now - self._tried_at >= BEAT:
                        self._look(self._shares, now)
                finally:
                    self._looking.release()
        if self._me is None or now - self._beat_at >= VALID:
            return smallest(self._budget)
        if self._me.standing is Standing.WAITING:
            return None
        return slice_of(self._budget, members=self._members, age=now - self._joined_at)

    def _look(self, shares: Shares, now: float) -> None:
        self._tried_at = now
        try:
            if self._me is None or now - self._beat_at >= LAPSE:
                self._join(shares, now)
            else:
                self._beat(shares, self._me, now)
        except ConflictError:
            # Forgotten by the others, or an answer was lost: join again.
            self._me, self._tried_at = None, now - BEAT + _PAUSE
        except ConnectorError:
            return

    def _join(self, shares: Shares, now: float) -> None:
        self._leave(shares)
        self._me = shares.insert(Member(self._token(), Standing.NEW))
        self._enter(shares, self._me, now)

    def _beat(self, shares: Shares, me: Member, now: float) -> None:
        settled = now - self._joined_at >= SETTLED_AT_ONCE
        match me.standing:
            case Standing.WAITING:
                self._me = shares.replace(replace(me, standing=Standing.NEW))
                self._enter(shares, self._me, now)
            case Standing.NEW | Standing.SETTLED:
                standing = Standing.SETTLED if settled else me.standing
                self._me = shares.replace(replace(me, standing=standing))
                self._count(shares, self._me, now)
        self._beat_at = now

    def _enter(self, shares: Shares, me: Member, now: float) -> None:
        """See who is there, and whether there is room; the first one has it all."""
        others = self._count(shares, me, now)
        self._joined_at = self._beat_at = now
        if not may_enter(self._budget, others):
            self._me = shares.replace(replace(me, standing=Standing.WAITING))
        elif not [each for each in others if each.standing is not Standing.WAITING]:
            self._joined_at = now - SETTLED_AT_ONCE

    def _count(self, shares: Shares, me: Member, now: float) -> list[Member]:
        seen = sighted(self._seen, shares.list_all(), now=now)
        seen.pop(me.id, None)
        for each in [each for each in seen.values() if is_gone(each, now=now)]:
            del seen[each.member.id]
            with contextlib.suppress(ConnectorError):
                shares.delete(each.member)
        self._seen = seen
        others = [each.member for each in seen.values()]
        sending = [each for each in others if each.standing is not Standing.WAITING]
        self._members = len(sending) + 1
        return others

    def _leave(self, shares: Shares) -> None:
        old, self._me = self._me, None
        if old is not None:
            with contextlib.suppress(ConnectorError):
                shares.delete(old)
