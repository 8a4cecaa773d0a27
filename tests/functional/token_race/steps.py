"""The steps of a refresh as the process takes them, and the blows that fall between two of them.

Never changes what a step does: a port gets the same calls, and gives the same answers, as without.
"""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from shared.sync.ports import Lease
from tests.functional.token_race.clock import FastClock
from tests.functional.token_race.world import SENDER


class Call(StrEnum):
    """What a refresh does, in its order."""

    LOOK = "looking into the vault"
    STATE = "reading the state"
    TAKE = "taking the lease"
    LOOK_AGAIN = "looking again"
    NOTE = "noting the try"
    POST = "the POST"
    CHECK = "checking the vault"
    FENCE = "renewing the lease"
    SAVE = "saving"
    GIVE_BACK = "giving the lease back"


_LONGEST_LINE = 4000  # bytes; a pipe keeps lines of several writers apart up to 4096


@dataclass(frozen=True)
class Blow:
    """What happens to the first process that comes to a point, and to no other one.

    Attributes:
        kind: `kill`, `pause`, or `vault` or `tables` for a store that is down from then on.
        when: `before` or `after` the call.
        seconds: how long, by the fast clock.
        applies: the store that is down does what it is asked, and loses the answers.
    """

    kind: str
    when: str
    call: Call
    seconds: float = 0.0
    applies: bool = False


@dataclass(frozen=True)
class Scene:
    """Where everything is, what time it is, and what happens.

    Attributes:
        tables: a connection string.
        reports: a pipe's end; every process writes lines of JSON to it.
        claim: a pipe's end with one byte in it, for the one process that the blow hits.
    """

    freshbooks: str
    vault: str
    tables: str
    clock: FastClock
    blow: Blow | None = None
    reports: int = -1
    claim: int = -1


class Steps:
    """Tells the steps of one process, and lets the blow fall where it was told to."""

    def __init__(self, scene: Scene, process: str) -> None:
        self.process = process
        self._scene = scene
        self._lease: Lease | None = None
        self._posted = self._late = False

    def tell(self, **said: Any) -> None:
        said = {"process": self.process, "at": round(self._scene.clock.elapsed(), 1), **said}
        os.write(self._scene.reports, json.dumps(said).encode()[:_LONGEST_LINE] + b"\n")

    def do(self, call: Call, action: Callable[[], Any]) -> Any:
        self._before(call)
        result = action()
        if call is Call.TAKE:
            if result is None:
                return None  # somebody else has it
            self._posted = self._late = False
        if call in {Call.TAKE, Call.NOTE, Call.FENCE}:
            self._lease = result
        if self._lease is not None:
            self.tell(did=call)
        if call is Call.GIVE_BACK:
            self._lease = None
        self._strike("after", call)
        return result

    def call(self, method: str) -> Call:
        """Return which step a port's method is now."""
        holds = self._lease is not None
        match method:
            case "get":
                after_post = Call.CHECK if self._posted else Call.LOOK_AGAIN
                return after_post if holds else Call.LOOK
            case "renew":
                return Call.FENCE if self._posted else Call.NOTE
            case _:
                return {
                    "set": Call.SAVE,
                    "read": Call.STATE,
                    "acquire": Call.TAKE,
                    "give_back": Call.GIVE_BACK,
                }[method]

    def _before(self, call: Call) -> None:
        if call in {Call.POST, Call.SAVE} and self._overdue():
            self.tell(careless=call)
        self._strike("before", call)
        if self._overdue() and not self._late:
            self._late = True
            self.tell(late=call)
        if call is Call.POST:
            self._posted = True

    def _overdue(self) -> bool:
        return self._lease is not None and self._scene.clock() > self._lease.until

    def _strike(self, when: str, call: Call) -> None:
        blow = self._scene.blow
        if blow is None or (blow.when, blow.call) != (when, call) or not self._claimed():
            return
        self.tell(hit=blow.kind)
        if blow.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif blow.kind == "pause":
            self._scene.clock.sleep(blow.seconds)
        else:
            self._bring_down(blow)

    def _claimed(self) -> bool:
        try:
            return os.read(self._scene.claim, 1) != b""
        except BlockingIOError:
            return False

    def _bring_down(self, blow: Blow) -> None:
        seconds = blow.seconds / self._scene.clock.factor
        told = {"store": blow.kind, "seconds": seconds, "applies": blow.applies}
        url = f"{self._scene.freshbooks}/_race/bring_down"
        requests.post(url, json=told, timeout=10).raise_for_status()


class Watched:
    """A port whose every call is a step."""

    def __init__(self, port: object, steps: Steps) -> None:
        self._port = port
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *args, **options: self._steps.do(
            self._steps.call(name), lambda: method(*args, **options)
        )


class Wire(HTTPAdapter):
    """The way to FreshBooks, on which the POST to the token endpoint is a step."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(max_retries=0)
        self._steps = steps

    def send(  # type: ignore[override]  # the options are the base class's business
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        request.headers[SENDER] = self._steps.process
        send = super().send
        if not request.path_url.endswith("/oauth/token"):
            return send(request, **options)
        answer: requests.Response = self._steps.do(Call.POST, lambda: send(request, **options))
        return answer
