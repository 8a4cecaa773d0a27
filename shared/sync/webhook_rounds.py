"""Going round the webhooks of many businesses: a bounded number at a time, each in its turn.

Never lets one login's many businesses, or one that fails, keep the others waiting.
"""

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from shared.core.connections import HANDSHAKE_PATIENCE, Registration, RegistrationState
from shared.core.identity import Kind
from shared.errors import ConfigurationError, ConnectorError
from shared.sync.ports import Clock
from shared.sync.webhooks import Webhooks

PAUSE: Final = timedelta(seconds=5)  # between two tries of one business that failed
_HANDSHAKES: Final = len(Kind)  # settled for each business that may be compared
_MOST_REMEMBERED: Final = 20_000
_T = TypeVar("_T")
_Kept = Mapping[str, Sequence[Registration]]  # by business
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Bounds:
    """How much is done in one go.

    Attributes:
        businesses: how many are compared with FreshBooks' list.
        seconds: after so many nothing more is begun.
    """

    businesses: int
    seconds: float


class WebhookRounds:
    """Compares businesses' webhooks with FreshBooks, those first that wait longest.

    Args:
        webhooks: of every business.
        clock: the time.
    """

    def __init__(self, webhooks: Webhooks, clock: Clock) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._lock = threading.Lock()
        # What failed is not in the tables: without this it would come first every time.
        self._tried: dict[tuple[str, ...], datetime] = {}
        self._failed: dict[str, ConnectorError] = {}

    def go(
        self,
        logins: Iterable[Sequence[str]],
        *,
        seen_since: datetime,
        bounds: Bounds,
        hurried: bool = False,
    ) -> dict[str, ConnectorError]:
        """Go on with the round and return why webhooks of which business cannot be looked after.

        Handshakes that arrived are settled first; then businesses are compared.

        Args:
            logins: the businesses of each login; each login has its turn after the other.
            seen_since: a business is due whose webhooks were not compared since then.
            bounds: how much is done now; the next call goes on.
            hurried: somebody waits: a handshake that did not come in time is asked for again.
        """
        wanted = [list(dict.fromkeys(each)) for each in logins]
        began = self._clock()
        kept = self._kept(list(itertools.chain.from_iterable(wanted)))
        handshakes = _by_turns(self._list_pending(kept, login) for login in wanted)
        until = began + timedelta(seconds=bounds.seconds / 2)
        for registration in itertools.islice(handshakes, bounds.businesses * _HANDSHAKES):
            if self._clock() >= until:
                break
            self._note(registration.business, registration.noun)
            self._webhooks.try_to_settle(registration)
        now = self._clock()
        due = [
            [each for each in login if _is_due(kept[each], now, seen_since, hurried=hurried)]
            for login in wanted
        ]
        turns = _by_turns(self._list_ready(kept, login, now) for login in due)
        until = began + timedelta(seconds=bounds.seconds)
        for business in itertools.islice(turns, bounds.businesses):
            if self._clock() >= until:
                break
            self._repair(business)
        return self._problems(kept, {business for login in due for business in login})

    def _kept(self, businesses: Sequence[str]) -> dict[str, list[Registration]]:
        kept: dict[str, list[Registration]] = {business: [] for business in businesses}
        for each in self._webhooks.list_registrations(*businesses):
            kept[each.business].append(each)
        return kept

    def _list_pending(self, kept: _Kept, login: Iterable[str]) -> list[Registration]:
        """Return those of a login that wait for a handshake, those first that wait longest."""

        def waits_since(each: Registration) -> datetime:
            return max(each.since or _NEVER, self._last(each.business, each.noun))

        pending = (
            each
            for business in login
            for each in kept[business]
            if each.state is RegistrationState.PENDING and each.callback is not None
        )
        return sorted(pending, key=waits_since)

    def _list_ready(self, kept: _Kept, due: Iterable[str], now: datetime) -> list[str]:
        """Return those of a login that may be tried now, those first that wait longest."""

        def waits_since(business: str) -> datetime:
            seen = min(each.seen or _NEVER for each in kept[business])
            return max(seen, self._last(business))

        return sorted((each for each in due if not self._rests(each, now)), key=waits_since)

    def _rests(self, business: str, now: datetime) -> bool:
        return business in self._failed and now - self._last(business) < PAUSE

    def _repair(self, business: str) -> None:
        self._note(business)
        try:
            self._webhooks.repair(business)
        except ConnectorError as error:
            self._failed[business] = error
        else:
            self._failed.pop(business, None)

    def _problems(self, kept: _Kept, due: set[str]) -> dict[str, ConnectorError]:
        """Return what is wrong: where it was tried, and where it is kept that it was refused."""
        found: dict[str, ConnectorError] = {}
        for business, registrations in kept.items():
            refused = next((each.problem for each in registrations if each.problem), "")
            if business not in due:
                self._failed.pop(business, None)
                if refused:
                    found[business] = ConfigurationError(refused)
            elif business in self._failed:
                found[business] = self._failed[business]
        return found

    def _last(self, *of: str) -> datetime:
        return self._tried.get(of, _NEVER)

    def _note(self, *of: str) -> None:
        with self._lock:
            if len(self._tried) >= _MOST_REMEMBERED:
                self._tried.clear()
            self._tried[of] = self._clock()


def _by_turns(queues: Iterable[Iterable[_T]]) -> Iterator[_T]:
    """Yield one of each queue, then the next one of each."""
    for turn in itertools.zip_longest(*queues):
        yield from (each for each in turn if each is not None)


def _is_due(
    registrations: Sequence[Registration], now: datetime, seen_since: datetime, *, hurried: bool
) -> bool:
    """Say whether a business's webhooks are to be compared with what FreshBooks has."""
    return any(
        not each.is_seen_since(seen_since)
        or _is_cut_short(each, now)
        or (hurried and not (each.is_live or each.is_asked(now) or each.problem))
        for each in registrations
    )


def _is_cut_short(registration: Registration, now: datetime) -> bool:
    """Say whether it is not known what became of a registration: an answer was lost."""
    unknown = registration.state is RegistrationState.PENDING and registration.callback is None
    recent = registration.is_seen_since(now - HANDSHAKE_PATIENCE)
    return unknown and not registration.problem and not recent
