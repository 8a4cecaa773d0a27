"""What FreshBooks says of our webhooks while a person looks: asked now, and not too often.

Never changes anything, here or in FreshBooks, and never says more than it saw.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.core.connections import Registration
from shared.core.sight import Sight
from shared.errors import ConnectorError, ReconnectNeededError, RetryLaterError
from shared.sync.ports import Clock
from shared.sync.webhooks import Webhooks

PAUSE: Final = timedelta(seconds=5)  # a page that reloads itself asks FreshBooks no more often
MOST_ASKED: Final = 10  # businesses, for one page
_SECONDS: Final = 8.0
_MOST_REMEMBERED: Final = 5000
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Look:
    """What came of asking for a business's callbacks, and when that was."""

    at: datetime
    found: tuple[Registration, ...] = ()
    problem: ConnectorError | None = None


class Sightings:
    """Looks at businesses' webhooks in FreshBooks; safe for many threads.

    Args:
        webhooks: those of every business, asked for by tokens that are never renewed for a look.
        clock: the time.
    """

    def __init__(self, webhooks: Webhooks, clock: Clock) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._lock = threading.Lock()
        self._looks: dict[str, _Look] = {}
        self._asked: dict[str, datetime] = {}

    def ends(self) -> datetime:
        """Return until when a page that is begun now may ask FreshBooks: somebody waits for it."""
        return self._clock() + timedelta(seconds=_SECONDS)

    def look(self, businesses: Sequence[str], *, until: datetime) -> Sight:
        """Return the webhooks of some businesses of one login, as far as FreshBooks can be asked.

        Of many businesses only some are asked for in one look: those that are in trouble, and those
        that were not seen for longest. Of the others it is said when they were last seen.

        Args:
            businesses: their ids.
            until: FreshBooks is not asked any more after that.

        Raises:
            ConnectorError: what is kept of them cannot be read.
        """
        kept = self.list_kept(businesses)
        problem = self._ask(kept, until)
        return Sight(self._all(kept), str(problem or ""))

    def recall(self, businesses: Sequence[str]) -> tuple[Registration, ...]:
        """Return the webhooks of some businesses as they were last seen; FreshBooks is not asked.

        Raises:
            ConnectorError: what is kept of them cannot be read.
        """
        return self._all(self.list_kept(businesses))

    def list_kept(self, businesses: Iterable[str]) -> dict[str, list[Registration]]:
        """Return what is kept of businesses' webhooks; FreshBooks is not asked.

        Raises:
            ConnectorError: it cannot be read.
        """
        kept: dict[str, list[Registration]] = {business: [] for business in businesses}
        for each in self._webhooks.list_registrations(*kept):
            kept[each.business].append(each)
        return kept

    def _ask(self, kept: dict[str, list[Registration]], until: datetime) -> ConnectorError | None:
        """Ask for those businesses that are to be asked for now; return why that failed."""
        wanted = sorted(kept, key=lambda name: self._urgency(kept[name], name))
        first = None
        for business in wanted[:MOST_ASKED]:
            if self._clock() >= until:
                break
            problem = self._look_once(business)
            first = first or problem
            if isinstance(problem, RetryLaterError | ReconnectNeededError):
                break  # the others of this login would hear the same
        return first

    def _look_once(self, business: str) -> ConnectorError | None:
        """Ask for a business unless that was done a moment ago; return why it failed."""
        now = self._clock()
        with self._lock:
            if now - self._asked.get(business, _NEVER) < PAUSE:
                known = self._looks.get(business)
                return known.problem if known is not None else None
            if len(self._asked) >= _MOST_REMEMBERED:
                self._asked.clear()
                self._looks.clear()
            self._asked[business] = now
        try:
            look = _Look(now, found=tuple(self._webhooks.inspect(business)))
        except ConnectorError as error:
            before = self._looks.get(business)
            look = _Look(now, found=before.found if before else (), problem=error)
        self._looks[business] = look
        return look.problem

    def _all(self, kept: dict[str, list[Registration]]) -> tuple[Registration, ...]:
        return tuple(each for name in kept for each in self._best(kept[name], name))

    def _best(self, kept: Sequence[Registration], business: str) -> list[Registration]:
        """Return of each webhook what was seen last: by a look here, or by whoever keeps it."""
        look = self._looks.get(business)
        seen = {each.noun: each for each in look.found} if look is not None else {}
        return [_newer(each, seen.get(each.noun)) for each in kept]

    def _urgency(self, kept: Sequence[Registration], business: str) -> tuple[bool, datetime]:
        best = self._best(kept, business)
        asked = self._asked.get(business, _NEVER)
        seen = min((each.seen or _NEVER for each in best), default=_NEVER)
        return all(each.is_live for each in best), max(asked, seen)


def _newer(kept: Registration, seen: Registration | None) -> Registration:
    if seen is None or seen.seen is None:
        return kept
    changed = kept.since is not None and kept.since >= seen.seen
    if changed or (kept.seen is not None and kept.seen > seen.seen):
        return kept
    return replace(seen, problem=kept.problem)
