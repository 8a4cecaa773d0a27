"""The minute's measuring: how queues, polls, webhooks, tokens and histories are.

Never mends anything, and what cannot be measured keeps nothing else from being measured.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from shared.core.connections import ConnectionState
from shared.core.histories import Histories
from shared.core.identity import Kind, poll_checkpoint
from shared.core.lines import Connected, Watched
from shared.core.reconcile.nights import LAST, Night
from shared.core.watching import QueueAge, queue_age
from shared.errors import ConnectorError
from shared.sync.heartbeats import POLL, TAKEN, WEBHOOK, Heartbeats
from shared.sync.ports import (
    Businesses,
    Checkpoints,
    Clock,
    PoisonQueue,
    Registrations,
    SyncQueue,
    Telemetry,
    Tokens,
)

_T = TypeVar("_T")
_NEED_LOGIN = {ConnectionState.RECONNECT_NEEDED, ConnectionState.NOT_CONNECTED}


def look_at_queue(queue: SyncQueue, heartbeats: Heartbeats, clock: Clock) -> QueueAge:
    """Return how the queue stands.

    Raises:
        ConnectorError: the queue or the tables cannot be read.
    """
    return queue_age(queue.depth(), queue.visible_since(), heartbeats.last(TAKEN), clock())


@dataclass
class _Looks:
    """Looks that may fail, and how many did."""

    failed: int = field(default=0)

    def at(self, look: Callable[[], _T]) -> _T | None:
        try:
            return look()
        except ConnectorError:
            self.failed += 1
            return None


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Measures once and writes one line of it, and one for each login.

    Attributes:
        backfill_queue: on which histories are carried, beside what happens now.
        backfill_poison_queue: what the host gave up on of them.
        histories: says how they stand.
        compares: whether both sides are compared at night.
    """

    queue: SyncQueue
    poison_queue: PoisonQueue
    backfill_queue: SyncQueue
    backfill_poison_queue: PoisonQueue
    histories: Callable[[], Histories]
    compares: bool
    checkpoints: Checkpoints
    heartbeats: Heartbeats
    businesses: Businesses
    registrations: Registrations
    tokens: Tokens
    telemetry: Telemetry
    clock: Clock

    def run(self) -> Watched:
        """Measure everything once."""
        looks = _Looks()
        age = looks.at(lambda: look_at_queue(self.queue, self.heartbeats, self.clock))
        logins = looks.at(lambda: self._logins(looks)) or []
        callbacks = looks.at(lambda: list(self.registrations.list_all()))
        histories = looks.at(self.histories)
        moving = [each for each in histories.shown if each.standing.moves] if histories else []
        ends = [login.expires_s for login in logins if login.expires_s is not None]
        watched = Watched(
            depth=age.depth if age else None,
            oldest_s=age.oldest if age else None,
            unserved_s=age.unserved if age else None,
            taken_s=age.taken if age else None,
            poison=looks.at(self.poison_queue.depth),
            webhook_s=looks.at(lambda: self._since(self.heartbeats.last(WEBHOOK))),
            poll_s=looks.at(lambda: self._since(self.heartbeats.last(POLL))),
            polled_s=looks.at(self._polled),
            connections=len(logins),
            reconnect=sum(login.state in _NEED_LOGIN for login in logins),
            token_s=min(ends, default=None),
            callbacks=len(callbacks) if callbacks is not None else None,
            callbacks_down=(
                sum(not each.is_live for each in callbacks) if callbacks is not None else None
            ),
            backfill=looks.at(self.backfill_queue.depth),
            backfill_poison=looks.at(self.backfill_poison_queue.depth),
            backfill_oldest_s=looks.at(self._oldest_of_history),
            histories=len(moving) if histories else None,
            history_s=max((each.still_s for each in moving), default=0.0) if histories else None,
            compared_s=looks.at(self._compared),
            remained=looks.at(self._remained),
            unmeasured=looks.failed,
        )
        self.telemetry.write(watched)
        for login in logins:
            self.telemetry.write(login)
        return watched

    def _logins(self, looks: _Looks) -> list[Connected]:
        names = {business.connection for business in self.businesses.list_all()}
        found = (looks.at(partial(self._login, name)) for name in sorted(names))
        return [login for login in found if login is not None]

    def _login(self, connection: str) -> Connected:
        kept = self.tokens.get_state(connection)
        ends = (kept.expires_at - self.clock()).total_seconds() if kept.expires_at else None
        return Connected(
            connection=connection,
            state=kept.state,
            age_s=self._since(kept.tried_at),
            expires_s=ends,
        )

    def _oldest_of_history(self) -> float:
        return max(0.0, self._since(self.backfill_queue.visible_since()) or 0.0)

    def _polled(self) -> float | None:
        """Return seconds since the business and kind that waits longest was polled."""
        names = [
            poll_checkpoint(business.id, kind)
            for business in self.businesses.list_all()
            for kind in Kind
        ]
        found = [self._since(self.checkpoints.get(name)) for name in names]
        return max((age for age in found if age is not None), default=None)

    def _compared(self) -> float | None:
        return self._since(self.checkpoints.get(LAST)) if self.compares else None

    def _remained(self) -> int | None:
        if not self.compares:
            return None
        night = Night.read(self.checkpoints.get_note(LAST))
        return night.remained if night is not None else None

    def _since(self, moment: datetime | None) -> float | None:
        return (self.clock() - moment).total_seconds() if moment is not None else None
