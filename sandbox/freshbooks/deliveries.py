"""Deliveries: every webhook on its way, with retries, and what can go wrong on purpose.

Never holds a record; a delivery names one.
"""

import collections
import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.freshbooks.callbacks import Callback
from sandbox.freshbooks.switches import Changeable
from sandbox.freshbooks.webhook import post, shuffled

Send = Callable[[str, bytes, dict[str, str]], int]

_WORKERS = 4
_LINGER = 0.5


@dataclass
class Knobs(Changeable):
    """How deliveries behave; no figure of these is published, and the disturbances are for tests.

    Attributes:
        retries: seconds before the second, third, ... attempt; after the last the delivery is
            dropped for good.
        disable_after: seconds of nothing but failures after which a callback is unverified.
        drop: share of events that are never sent.
        duplicate: share of events that are sent twice.
        delay: events wait up to this many seconds, each its own time, so they overtake each other.
        reorder: events that are due together go out in any order.
        hold: events wait until `release`.
        extras: share of deliveries with a field more than documented.
        drop_next: so many of the next events are never sent.
        duplicate_next: so many of the next events are sent twice.
        disturb_handshakes: the shares above hold for handshakes too.
    """

    retries: list[float] = field(default_factory=lambda: [1.0, 5.0, 30.0, 120.0])
    disable_after: float = 7 * 24 * 3600.0
    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    reorder: bool = False
    hold: bool = False
    extras: float = 0.25
    drop_next: int = 0
    duplicate_next: int = 0
    disturb_handshakes: bool = False


@dataclass(frozen=True)
class Attempt:
    """One POST that was made; `status` is None when there was no answer."""

    callback: int
    name: str
    object_id: str
    uri: str
    status: int | None
    at: datetime


@dataclass
class _Delivery:
    callback: Callback
    fields: dict[str, str]
    handshake: bool
    attempts: int = 0


class Deliveries:
    """The queue of webhooks and the threads that empty it.

    Attributes:
        knobs: how deliveries behave.
        attempts: what was posted, oldest first, the last 10,000.
    """

    def __init__(
        self, *, clock: Callable[[], datetime], send: Send, seed: int, background: bool
    ) -> None:
        self.knobs = Knobs()
        self.attempts: collections.deque[Attempt] = collections.deque(maxlen=10_000)
        self._clock = clock
        self._send = send
        self._background = background
        self._random = random.Random(f"deliveries {seed}")
        self._order = itertools.count()
        self._waiting: list[tuple[datetime, int, _Delivery]] = []
        self._held: list[_Delivery] = []
        self._changed = threading.Condition()
        self._in_flight = 0
        self._workers = 0
        self._closed = False

    def set(self, **knobs: Any) -> dict[str, Any]:
        """Set knobs by name and return all of them; `hold=False` releases what was held.

        Raises:
            ValueError: there is no such knob.
        """
        self.knobs.set(**knobs)
        if knobs.get("hold") is False:
            self.release()
        return asdict(self.knobs)

    def release(self) -> None:
        """Send what was held, and hold no more."""
        with self._changed:
            self.knobs.hold = False
            held, self._held = self._held, []
            for delivery in held:
                self._put(delivery, 0.0)

    def event(self, callback: Callback, form: dict[str, str]) -> None:
        """Queue the news of a change, disturbed as the knobs say."""
        with self._changed:
            extra: dict[str, str] = {}
            if self._random.random() < self.knobs.extras:
                extra = {"verified": callback.verifier}
            delivery = _Delivery(callback, shuffled(form | extra, self._random), handshake=False)
            for _ in range(self._copies()):
                if self.knobs.hold:
                    self._held.append(delivery)
                else:
                    self._put(delivery, self._random.random() * self.knobs.delay)
                delivery = _Delivery(callback, delivery.fields, handshake=False)

    def handshake(self, callback: Callback, form: dict[str, str], *, at_once: bool) -> None:
        """Queue the POST that carries the verification code, or make it before returning."""
        with self._changed:
            form = shuffled(form, self._random)
            self._in_flight += at_once
        delivery = _Delivery(callback, form, handshake=True)
        if at_once:
            self._attempt(delivery)
            return
        with self._changed:
            copies = self._copies() if self.knobs.disturb_handshakes else 1
            for _ in range(copies):
                self._put(delivery, 0.0)
                delivery = _Delivery(callback, form, handshake=True)

    def run_pending(self) -> int:
        """Send everything that is due by the clock, in the caller's thread; return how much."""
        sent = 0
        while True:
            with self._changed:
                due = []
                while (delivery := self._due()) is not None:
                    due.append(delivery)
                if self.knobs.reorder:
                    self._random.shuffle(due)
            if not due:
                return sent
            for delivery in due:
                self._attempt(delivery)
            sent += len(due)

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is under way but what is held; say whether it came to that."""
        until = time.monotonic() + timeout
        while True:
            if not self._background:
                self.run_pending()
            with self._changed:
                if not self._waiting and not self._in_flight:
                    return True
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.5 if self._background else 0.005))

    def under_way(self) -> dict[str, int]:
        """Return how many deliveries wait, are being sent, and are held."""
        with self._changed:
            return {
                "waiting": len(self._waiting),
                "sending": self._in_flight,
                "held": len(self._held),
            }

    def close(self) -> None:
        """Stop sending; what waits is lost."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._held.clear()
            self._changed.notify_all()

    def _copies(self) -> int:
        if self.knobs.drop_next > 0:
            self.knobs.drop_next -= 1
            return 0
        if self.knobs.duplicate_next > 0:
            self.knobs.duplicate_next -= 1
            return 2
        if self._random.random() < self.knobs.drop:
            return 0
        return 2 if self._random.random() < self.knobs.duplicate else 1

    def _put(self, delivery: _Delivery, seconds: float) -> None:
        if self._closed:
            return
        if self._background and self.knobs.reorder:
            seconds += self._random.random() * 0.05
        due = self._clock() + timedelta(seconds=seconds)
        heapq.heappush(self._waiting, (due, next(self._order), delivery))
        if self._background and self._workers < min(_WORKERS, len(self._waiting)):
            self._workers += 1
            threading.Thread(target=self._work, name="freshbooks-webhooks", daemon=True).start()
        self._changed.notify_all()

    def _due(self) -> _Delivery | None:
        """Take the next delivery that is due; the caller holds the lock and then attempts it."""
        if not self._waiting or self._waiting[0][0] > self._clock():
            return None
        self._in_flight += 1
        return heapq.heappop(self._waiting)[2]

    def _work(self) -> None:
        while True:
            with self._changed:
                delivery = self._due()
                if delivery is None:
                    if not self._waiting and not self._changed.wait(_LINGER):
                        # Nothing came: a simulator that is done with leaves no thread behind.
                        if not self._waiting:
                            self._workers -= 1
                            return
                    elif self._waiting:
                        # The clock may be a test's own, so look at it often.
                        ahead = (self._waiting[0][0] - self._clock()).total_seconds()
                        self._changed.wait(min(max(ahead, 0.001), 0.05))
                    continue
            self._attempt(delivery)

    def _attempt(self, delivery: _Delivery) -> None:
        callback = delivery.callback
        wanted = callback.verified or (delivery.handshake and not callback.deleted)
        try:
            if wanted:
                self._post(delivery)
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _post(self, delivery: _Delivery) -> None:
        callback = delivery.callback
        body, headers = post(delivery.fields, callback.verifier)
        try:
            status = self._send(callback.uri, body, headers)
        except Exception:  # noqa: BLE001  # whatever a receiver does is its failure, not ours
            status = None
        now = self._clock()
        name, record = delivery.fields["name"], delivery.fields["object_id"]
        self.attempts.append(Attempt(callback.id, name, record, callback.uri, status, now))
        delivery.attempts += 1
        if status is not None and 200 <= status < 300:
            callback.failing_since = None
            return
        callback.failing_since = callback.failing_since or now
        if (now - callback.failing_since).total_seconds() >= self.knobs.disable_after:
            callback.verified = False
        if delivery.attempts <= len(self.knobs.retries):
            with self._changed:
                self._put(delivery, self.knobs.retries[delivery.attempts - 1])
