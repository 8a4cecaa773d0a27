"""The way to a service: how long an answer takes, how much it takes at once, what goes wrong there.

Never changes what the simulator behind it answers.
"""

import collections
import math
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import requests
from werkzeug.wrappers import Request

from sandbox.control import Controlled
from sandbox.web import json_response
from tests.functional.bad_days.timeline import Timeline

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE: Final = 30.0  # seconds the connector waits for an answer; `shared.world.TIMEOUT`
AT_ONCE: Final = 52  # requests under way at Dataverse
_TOKENS: Final = "/oauth/token"

Rule = Callable[[Request], "WSGIApplication | None"]


class Service:
    """A simulator a network away.

    Attributes:
        latency: seconds an answer takes; longer than the connector waits, and the answer is lost.
        rate: requests it works off in a second, one after the other; None for any number. More than
            `AT_ONCE` of them are refused with 429, and told to wait until those are done.
        rules: asked about every request; the first that answers answers for the service.
        before: called before every request reaches the service.
        step: called where a process may die: before a request is sent, and after its answer came.
        moments: when each request came.
    """

    def __init__(self, behind: Controlled, timeline: Timeline, *, seed: int) -> None:
        self.behind = behind
        self.latency = 0.05
        self.rate: float | None = None
        self.rules: list[Rule] = []
        self.before: list[Callable[[Request], object]] = []
        self.step: Callable[[], object] = lambda: None
        self.moments: list[datetime] = []
        self._timeline = timeline
        self._random = random.Random(f"service {seed}")
        self._free_at = timeline.now

    @property
    def traffic(self) -> "collections.Counter[str]":
        """Requests so far by method and path."""
        return self.behind.traffic

    def asked(self) -> int:
        """Return how many requests came so far."""
        return len(self.moments)

    def down(self, status: int = 503, *, retry_after: str | None = None) -> None:
        """Answer everything with an error until `mend`."""
        self.behind.fail(kind="status", status=status, retry_after=retry_after, times=None)

    def mend(self) -> None:
        """Answer as the simulator does, whatever was wrong."""
        self.behind.heal()
        self.rules.clear()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request, later."""
        request = Request(environ)
        if request.path.startswith("/_sandbox/") or self._timeline.current is None:
            return self.behind(environ, start_response)
        self.moments.append(self._timeline.now)
        # Who refreshes tokens waits in real time, and holds what others wait for.
        if request.path.endswith(_TOKENS):
            with self._timeline.elsewhere():
                return self.behind(environ, start_response)
        self.step()
        answer = self._later(request, start_response)
        self.step()
        return answer

    def _later(self, request: Request, start_response: "StartResponse") -> Iterable[bytes]:
        queued = self._queued()
        if queued is not None and queued * (self.rate or 1) >= AT_ONCE:
            self._timeline.advance(self.latency)
            busy = json_response({}, status=429, headers={"Retry-After": f"{math.ceil(queued)}"})
            return busy(request.environ, start_response)
        if queued is not None:
            self._free_at = self._timeline.now + timedelta(seconds=queued + 1 / (self.rate or 1))
        takes = self.latency + (queued or 0.0)
        if takes > PATIENCE:
            self._timeline.advance(PATIENCE)
            if self._random.random() < 0.5:  # it was carried out all the same
                self._answer(request, start_response)
            raise requests.ReadTimeout
        self._timeline.advance(takes / 2)
        answer = self._answer(request, start_response)
        self._timeline.advance(takes / 2)
        return answer

    def _queued(self) -> float | None:
        """Return the seconds until the service gets to a request, None where it has no queue."""
        if self.rate is None:
            return None
        return max(0.0, (self._free_at - self._timeline.now).total_seconds())

    def _answer(self, request: Request, start_response: "StartResponse") -> list[bytes]:
        with self._timeline.elsewhere():
            for call in self.before:
                call(request)
            for rule in self.rules:
                answer = rule(request)
                if answer is not None:
                    return list(answer(request.environ, start_response))
            return list(self.behind(request.environ, start_response))
